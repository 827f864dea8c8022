"""Find out after how long a running job of an application is stuck, where the triage has not read its durations."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING

from writer_jobs_mcp.deadlines import SAMPLE_RESERVE, scope_with_reserve
from writer_jobs_mcp.errors import WriterError
from writer_jobs_mcp.triage.durations import p95, stuck_after

if TYPE_CHECKING:
    from collections.abc import Iterable

    from writer_jobs_mcp.client import WriterClient

_SAMPLE_SIZE = 100  # completed jobs, from whose durations the limit follows


async def find_stuck_limit(client: WriterClient, application_id: str, running_seconds: Iterable[float]) -> float | None:
    """Return after how many seconds a job of this application is stuck; None if that could not be read.

    ``running_seconds`` are the durations that will be compared with it. Writer is asked only if one of them is between
    the shortest and the longest possible limit; otherwise the longest one gives the same answers.
    """
    least, most = stuck_after(None), stuck_after(inf)
    if not any(least < seconds <= most for seconds in running_seconds):
        return most
    page = None
    with await scope_with_reserve(SAMPLE_RESERVE), suppress(WriterError):
        page = await client.list_jobs(application_id, status="completed", limit=_SAMPLE_SIZE)
    if page is None:
        return None
    completed = [each for each in page.jobs if each.status == "completed"]
    if page.rows and not completed:
        return None  # Writer ignored the filter
    return stuck_after(p95(sorted(each.finished_seconds for each in completed if each.finished_seconds is not None)))
