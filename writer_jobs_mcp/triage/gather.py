"""Everything that one triage reads: the jobs of its windows, all running jobs, the failures before, the application.

The list of jobs is read from the newest job back to the beginning of the window before. Beside it, the running jobs are
read through the status filter, since one that is stuck may be older than both windows. After it, the failures that
precede both windows are read through the filter as well: only with them can a kind of failure be called new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import anyio

from writer_jobs_mcp.errors import WriterError
from writer_jobs_mcp.triage.find_job import try_get_application
from writer_jobs_mcp.triage.coverage import Coverage
from writer_jobs_mcp.triage.scan import Progress, scan_jobs

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Application, Job
    from writer_jobs_mcp.triage.report import ReportBuilder

_EARLIER_FAILURES = 500  # that must have been read before a kind of failure is called new
_OVERLAP = 20  # failures read again, so that a few that left the list meanwhile open no gap
_MOST_UNREADABLE = 0.01  # of the rows; from there on nothing is compared
_GRACE = 2.0  # seconds that the application's name is waited for once all else is read


@dataclass(slots=True)
class Gathered:
    """What was read for one triage."""

    coverage: Coverage
    """Of the application's list of jobs."""
    all_running_read: bool = False
    """Whether every running job was read."""
    running_error: str = ""
    """Why not."""
    earlier_failures_read: bool = False
    """Whether the failures before both windows were read: all of them, or at least the 500 newest."""
    earlier_error: str = ""
    """Why not, where they were needed."""
    application: Application | None = None

    @property
    def can_compare(self) -> bool:
        """Whether the window and the one before were read whole, but for less than 1 % of their rows."""
        return _is_nearly_whole(self.coverage)


async def gather(
    client: WriterClient,
    application_id: str,
    builder: ReportBuilder,
    *,
    since: datetime | None,
    max_jobs: int,
    progress: Progress | None = None,
) -> Gathered:
    """Read what a triage needs, and give the jobs to it.

    Args:
        client: Sends the requests.
        application_id: The id or alias.
        builder: Takes the jobs.
        since: Where the window before begins; None without one, and then nothing before it is read.
        max_jobs: How many jobs of the list to read at most.
        progress: As for `scan_jobs`, of the list.

    Raises:
        WriterError: Nothing of the list could be read. Any other request that fails only leaves its part out.
    """
    gathered, error = Gathered(Coverage()), None

    filtered: set[str] = set()

    def take_running(job: Job) -> None:
        filtered.add(job.id)
        builder.add_running(job)

    async def read_running(scope: anyio.CancelScope) -> None:
        try:
            with scope:
                running = await scan_jobs(client, application_id, take_running, status="in_progress")
                gathered.all_running_read = running.complete
                gathered.running_error = "" if running.complete else _incomplete_reason(running)
        except WriterError as exc:
            gathered.running_error = str(exc)

    async def describe(scope: anyio.CancelScope) -> None:
        with scope:
            gathered.application = await try_get_application(client, application_id)

    naming, looking_for_running = anyio.CancelScope(), anyio.CancelScope()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read_running, looking_for_running)
        tasks.start_soon(describe, naming)
        try:
            gathered.coverage = await scan_jobs(
                client, application_id, builder.add, since=since, max_jobs=max_jobs, progress=progress
            )
            if _every_job_was_read(gathered.coverage):
                looking_for_running.cancel()
            if since is not None and gathered.can_compare and builder.has_failures:
                await _read_earlier(client, application_id, builder, since, gathered)
        except WriterError as exc:
            error = exc
            tasks.cancel_scope.cancel()
        naming.deadline = min(naming.deadline, anyio.current_time() + _GRACE)
    if error:
        raise error
    if _every_job_was_read(gathered.coverage):
        gathered.all_running_read = True
    elif gathered.all_running_read and builder.long_running() - filtered:
        # The filter is broken, or does not cover `queued`. A job that has just finished is no reason to think so.
        gathered.all_running_read = False
        gathered.running_error = "Writer's list of running jobs lacks some that its whole list has."
    return gathered


async def _read_earlier(
    client: WriterClient, application_id: str, builder: ReportBuilder, since: datetime, gathered: Gathered
) -> None:
    """Read failures created before `since`, from where those after it end in the list of failed jobs."""
    if gathered.coverage.stopped_by == "end":
        gathered.earlier_failures_read = True  # the whole list was read
        return
    offset, step = max(0, builder.failed_read - _OVERLAP), 5 * _OVERLAP
    first: datetime | None = None
    newer = older = 0  # than `since`

    def take(job: Job) -> None:
        nonlocal first, newer, older
        first = first or job.created_at
        older += job.created_at < since
        newer += job.created_at >= since
        builder.add_earlier(job)

    while True:
        first, newer, older = None, 0, 0
        try:
            coverage = await scan_jobs(
                client, application_id, take, status="failed", offset=offset, max_jobs=2 * _OVERLAP + _EARLIER_FAILURES
            )
        except WriterError as exc:
            gathered.earlier_error = str(exc)
            return
        # Where failures left the list meanwhile, these begin too late. Where they are not newest first, older ones may
        # be among those skipped.
        is_newest_first = coverage.oldest is not None
        if offset == 0 or (first is not None and first >= since and is_newest_first):
            break
        offset, step = max(0, offset - step) if is_newest_first or first is None else 0, 2 * step
    if not newer:
        gathered.earlier_error = "Writer's list of failed jobs lacks those that its whole list has."
        return
    is_enough = coverage.stopped_by == "max_jobs" and older >= _EARLIER_FAILURES and coverage.read_back_to is not None
    gathered.earlier_failures_read = (is_enough or coverage.reached_end) and _is_nearly_readable(coverage)
    gathered.earlier_error = "" if gathered.earlier_failures_read else _incomplete_reason(coverage)


def _every_job_was_read(coverage: Coverage) -> bool:
    """Whether every job of the application was read, and so every running one."""
    return coverage.complete and coverage.stopped_by == "end"


def _is_nearly_whole(coverage: Coverage) -> bool:
    return coverage.reached_end and _is_nearly_readable(coverage)


def _is_nearly_readable(coverage: Coverage) -> bool:
    return not coverage.unreadable or coverage.unreadable < _MOST_UNREADABLE * coverage.rows


def _incomplete_reason(coverage: Coverage) -> str:
    if coverage.error:
        return coverage.error
    if coverage.stopped_by == "time_budget":
        return "The time for one call was over first."
    return (
        f"{coverage.unreadable:,} of their rows were unreadable." if coverage.unreadable else "Writer's list changed."
    )
