"""Read everything for one triage: the jobs of its windows, all running jobs, earlier failures, the application.

The list of jobs is read from the newest job back to the beginning of the window before. At the same time the running
jobs are read through the status filter, since a stuck one may be older than both windows. Then the failures before
both windows are read through the filter as well: without them no kind of failure can be called new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import anyio

from writer_jobs_mcp.errors import WriterError
from writer_jobs_mcp.triage.coverage import Coverage
from writer_jobs_mcp.triage.find_application import try_get_application
from writer_jobs_mcp.triage.report import ReportBuilder
from writer_jobs_mcp.triage.scan import Progress, scan_jobs

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Application, Job

_EARLIER_FAILURES = 500  # that must have been read before a kind of failure is called new
_OVERLAP = 20  # failures to read again, so that none is missed if a few leave the list
_GRACE = 2.0  # seconds to wait for the application's name once all else is read


@dataclass(slots=True)
class Gathered:
    """What was read for one triage."""

    coverage: Coverage  # of the application's list of jobs
    all_running_read: bool = False  # whether every running job was read
    running_error: str = ""  # why not
    earlier_failures_read: bool = False
    """Whether the failures before both windows were read: all of them, or at least the 500 newest."""
    earlier_error: str = ""  # why not, where they were needed
    application: Application | None = None

    @property
    def can_compare(self) -> bool:
        """Whether the window and the one before were read whole, except for less than 1 % of their rows."""
        return self.coverage.reached_end and self.coverage.has_few_unreadable

    def missing_for_trend(self, since: datetime | None) -> Literal["before", "rows", "earlier"] | None:
        """Return what could not be read, so that failures have no trend; None if the window itself was not read."""
        if since is None or not self.coverage.reached(since):
            return None
        if not self.coverage.reached_end:
            return "before"
        if not self.can_compare:
            return "rows"
        return "earlier" if self.earlier_error else None


async def gather(
    client: WriterClient,
    application_id: str,
    builder: ReportBuilder,
    *,
    since: datetime | None,
    max_jobs: int,
    progress: Progress | None = None,
) -> Gathered:
    """Read what a triage needs, and give the jobs to the builder of its report.

    ``since`` is where the window before begins; if it is None, nothing before the window is read. ``max_jobs`` and
    ``progress`` are as for `scan_jobs`, and concern the list.

    Raises:
        WriterError: Nothing of the list could be read. Any other request that fails only leaves its part out.
    """
    return await _Gathering(client, application_id, builder).run(since, max_jobs, progress)


class _Gathering:
    """The requests of one triage."""

    def __init__(self, client: WriterClient, application_id: str, builder: ReportBuilder) -> None:
        self._client, self._application_id, self._builder = client, application_id, builder
        self._gathered = Gathered(Coverage())
        self._ids_from_filter: set[str] = set()
        self._running_scope, self._name_scope = anyio.CancelScope(), anyio.CancelScope()

    async def run(self, since: datetime | None, max_jobs: int, progress: Progress | None) -> Gathered:
        error = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._read_running)
            tasks.start_soon(self._read_application)
            try:
                await self._read_list(since, max_jobs, progress)
            except WriterError as exc:
                error = exc
                tasks.cancel_scope.cancel()
            self._name_scope.deadline = min(self._name_scope.deadline, anyio.current_time() + _GRACE)
        if error:
            raise error
        self._compare_running()
        return self._gathered

    async def _read_running(self) -> None:
        def on_job(job: Job) -> None:
            self._ids_from_filter.add(job.id)
            self._builder.add_running(job)

        try:
            with self._running_scope:
                running = await scan_jobs(self._client, self._application_id, on_job, status="in_progress")
                self._gathered.all_running_read = running.complete
                self._gathered.running_error = "" if running.complete else _incomplete_reason(running)
        except WriterError as exc:
            self._gathered.running_error = str(exc)

    async def _read_application(self) -> None:
        with self._name_scope:
            self._gathered.application = await try_get_application(self._client, self._application_id)

    async def _read_list(self, since: datetime | None, max_jobs: int, progress: Progress | None) -> None:
        self._gathered.coverage = await scan_jobs(
            self._client, self._application_id, self._builder.add, since=since, max_jobs=max_jobs, progress=progress
        )
        if _every_job_was_read(self._gathered.coverage):
            self._running_scope.cancel()
        if since is not None and self._gathered.can_compare and self._builder.has_failures:
            await self._read_earlier(since)

    def _compare_running(self) -> None:
        gathered = self._gathered
        if _every_job_was_read(gathered.coverage):
            gathered.all_running_read = True
        elif gathered.all_running_read and self._builder.long_running() - self._ids_from_filter:
            # The filter is broken, or does not cover `queued`. A job that has just finished is no reason to think so.
            gathered.all_running_read = False
            gathered.running_error = "Writer's list of running jobs is incomplete: its list of all jobs has more."

    async def _read_earlier(self, since: datetime) -> None:
        """Read the failures created before `since`; skip the newer ones in the list of failed jobs."""
        gathered = self._gathered
        if gathered.coverage.stopped_by == "end":
            gathered.earlier_failures_read = True  # the whole list was read
            return
        offset, step = max(0, self._builder.failed_read - _OVERLAP), 5 * _OVERLAP
        while True:
            created: list[datetime] = []
            try:
                coverage = await self._scan_failed(offset, created)
            except WriterError as exc:
                gathered.earlier_error = str(exc)
                return
            # If failures left the list meanwhile, these begin too late. If they are not newest first, older ones may
            # be among those skipped.
            is_newest_first = coverage.oldest is not None
            if offset == 0 or (created and created[0] >= since and is_newest_first):
                break
            offset, step = max(0, offset - step) if is_newest_first or not created else 0, 2 * step
        older = sum(each < since for each in created)
        if older == len(created):
            gathered.earlier_error = "Writer's list of failed jobs is incomplete: its list of all jobs has more."
            return
        is_enough = (
            coverage.stopped_by == "max_jobs" and older >= _EARLIER_FAILURES and coverage.read_back_to is not None
        )
        gathered.earlier_failures_read = (is_enough or coverage.reached_end) and coverage.has_few_unreadable
        gathered.earlier_error = "" if gathered.earlier_failures_read else _incomplete_reason(coverage)

    async def _scan_failed(self, offset: int, created: list[datetime]) -> Coverage:
        """Scan the failed jobs from ``offset`` on; append to ``created`` when each was created."""

        def on_job(job: Job) -> None:
            created.append(job.created_at)
            self._builder.add_earlier(job)

        return await scan_jobs(
            self._client,
            self._application_id,
            on_job,
            status="failed",
            offset=offset,
            max_jobs=2 * _OVERLAP + _EARLIER_FAILURES,
        )


def _every_job_was_read(coverage: Coverage) -> bool:
    return coverage.complete and coverage.stopped_by == "end"


def _incomplete_reason(coverage: Coverage) -> str:
    if coverage.error:
        return coverage.error
    if coverage.stopped_by == "time_budget":
        return "The time for one call was over first."
    return (
        f"{coverage.unreadable:,} of their rows were unreadable." if coverage.unreadable else "Writer's list changed."
    )
