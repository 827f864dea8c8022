"""Read the failures from before both windows of a triage, where all jobs of the windows were read."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from writer_jobs_mcp.errors import WriterError
from writer_jobs_mcp.triage.failed_jobs import INCOMPLETE_LIST
from writer_jobs_mcp.triage.pages import PAGE_SIZE
from writer_jobs_mcp.triage.scan import scan_jobs
from writer_jobs_mcp.triage.seek import JobSearch, NotSearchable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job

MIN_EARLIER_FAILURES = 500  # that must have been read before a kind of failure is called new


class EarlierErrors:
    """The errors of the newest 500 jobs that failed before both windows.

    How many more were read depends on where pages begin. Groups must not: a triage and a list of failed jobs read other
    pages, and have to agree.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._newest: list[tuple[datetime, str, str]] = []  # a heap, the oldest first
        self._ids: set[str] = set()

    def add(self, job: Job, text: str) -> None:
        """Add a failed job with its sanitized error; a job may be added again."""
        if job.id in self._ids:
            return
        self._ids.add(job.id)
        heapq.heappush(self._newest, (job.created_at, job.id, text))
        if len(self._newest) > MIN_EARLIER_FAILURES:
            self._ids.remove(heapq.heappop(self._newest)[1])

    def take(self) -> Iterator[tuple[datetime, str, str]]:
        """Yield when each was created, its id and its error, and forget it."""
        self._ids.clear()
        while self._newest:
            yield self._newest.pop()


async def read_earlier_failures(
    client: WriterClient, application_id: str, on_job: Callable[[Job], None], before: datetime, newer_failed: int
) -> str:
    """Pass the 500 newest failed jobs created before ``before`` to ``on_job``, or all. Return why not, or nothing.

    ``newer_failed`` is about how many failed jobs are newer, one at least.
    """
    search = JobSearch(client, application_id, "failed", page_size=PAGE_SIZE)
    try:
        try:
            offset, page = await search.page_before(before, newer_failed)
        except NotSearchable:
            offset, page = 0, None
        if page and not (offset or search.reaches_up_to(before)):
            return f"{INCOMPLETE_LIST}."
        coverage = await scan_jobs(
            client,
            application_id,
            on_job,
            since=None if page is None else before,
            until=before,
            # A list that cannot be searched may be in any order, so only a number ends the reading.
            max_jobs=MIN_EARLIER_FAILURES if page is None else None,
            min_older=0 if page is None else MIN_EARLIER_FAILURES,
            status="failed",
            offset=offset,
            first_page=page,
        )
    except WriterError as exc:
        return str(exc)
    is_enough = coverage.stopped_by == "max_jobs" and coverage.read_back_to is not None
    if (is_enough or coverage.reached_end) and coverage.has_few_unreadable:
        return ""
    return coverage.why_incomplete
