"""Read the failed jobs of a window, and those before it with which a triage compares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from writer_jobs_mcp.errors import BudgetExceeded, WriterError
from writer_jobs_mcp.triage.earlier_failures import MIN_EARLIER_FAILURES
from writer_jobs_mcp.triage.failed_jobs import FailedJobs, check_listed
from writer_jobs_mcp.triage.pages import PAGE_SIZE, read_first_page
from writer_jobs_mcp.triage.scan import Progress, scan_jobs
from writer_jobs_mcp.triage.seek import NotSearchable
from writer_jobs_mcp.triage.span import Interval, just_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job, JobPage
    from writer_jobs_mcp.triage.coverage import Coverage
    from writer_jobs_mcp.triage.report import Window


class TakesJobs(Protocol):
    """Takes failed jobs, each once."""

    def add(self, job: Job) -> None:
        """Take a failed job."""


T = TypeVar("T", bound=TakesJobs)


class ReadFailed(NamedTuple):
    """What was read, and how."""

    until: datetime  # the end of the window, after its newest job where it was left open
    coverage: Coverage  # of the failed jobs, also of those before the window
    how_read: str  # a sentence; empty if it needs no remark


def end_of_window(window: Window, now: datetime, first: JobPage) -> datetime:
    """Return when the window ends; an open one ends after the newest job, since Writer's clock may be ahead."""
    if window.until is not None:
        return window.until
    return max(now, just_after(first.jobs[0].created_at)) if first.jobs else now


async def read_failed_jobs(
    client: WriterClient,
    application_id: str,
    window: Window,
    now: datetime,
    new_taker: Callable[[], T],
    progress: Progress | None = None,
    *,
    with_older: bool = True,
) -> tuple[T, ReadFailed]:
    """Read the failed jobs of a window and, ``with_older``, of the one before and at least 500 before that, or all.

    A triage groups all of these errors together; so the groups are the same. They are read through the status filter;
    if that cannot be relied on, among all jobs. Return who has taken them, and how they were read. ``new_taker`` makes
    an empty one, a second time if all jobs must be read.

    Raises:
        WriterError: Nothing could be read. A later error is reported in the coverage.
    """
    first = await read_first_page(client, application_id)
    until = end_of_window(window, now, first)
    interval = Interval(until, window.since)
    since = window.before(now) if with_older else window.since
    min_older = MIN_EARLIER_FAILURES if with_older else 0
    taker = new_taker()
    failed = FailedJobs(client, application_id, until, taker.add, len(first.rows) or PAGE_SIZE)

    def is_missing(job: Job) -> bool:
        return job.status == "failed" and interval.has(job.created_at) and job.id not in failed

    try:
        coverage = await failed.read(since, min_older=min_older, progress=progress)
        if coverage.reached(window.since):
            await check_listed(first.jobs, is_missing, lambda: read_first_page(client, application_id))
        return taker, ReadFailed(until, coverage, "")
    except BudgetExceeded:
        raise
    except (NotSearchable, WriterError) as exc:
        reason = (exc.what if isinstance(exc, WriterError) else str(exc)).rstrip(".")
    taker = new_taker()
    coverage = await scan_jobs(
        client, application_id, _if_failed(taker), since=since, until=until, first_page=first, progress=progress
    )
    return taker, ReadFailed(until, coverage, f"Jobs were read one by one, which takes longer: {reason}.")


def _if_failed(taker: TakesJobs) -> Callable[[Job], None]:
    """Return a function that passes on the failed ones of all jobs."""

    def take(job: Job) -> None:
        if job.status == "failed":
            taker.add(job)

    return take
