"""Read everything for one triage: the jobs of its windows, all running jobs, earlier failures, the application.

Two ways lead to a report, and the one that usually takes fewer requests is chosen:

- **Read all jobs** of the window and the one before, from the newest on or from the place of ``until``: 99 jobs with
  each request.
- **Read by status** (:mod:`.by_status`): 99 failed jobs with each request, and about 30 requests more to count the
  others, whatever their number.

So up to 30 pages all jobs are read, which also gives exact durations; the 31st page shows whether there are more.
All jobs are read instead if the list cannot be searched by time, or its numbers by status do not add up; the report
then says why it took longer.

Nothing is kept for the next call: a triage takes a few seconds, and a cache would hide a retry made elsewhere.

At the same time the running jobs are read through the status filter, since a stuck one may be older than both windows.
The failures before both windows are read through the filter too: without them no kind of failure can be called new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import anyio

from writer_jobs_mcp.deadlines import MIN_SCAN_RESERVE, SCAN_RESERVE, scope_with_reserve
from writer_jobs_mcp.errors import WriterError
from writer_jobs_mcp.triage.by_status import StatusReader
from writer_jobs_mcp.triage.coverage import Coverage
from writer_jobs_mcp.triage.earlier_failures import read_earlier_failures
from writer_jobs_mcp.triage.find_application import try_get_application
from writer_jobs_mcp.triage.pages import PAGE_SIZE, read_first_page
from writer_jobs_mcp.triage.read_failed import end_of_window
from writer_jobs_mcp.triage.report import ReportBuilder, Window
from writer_jobs_mcp.triage.run_all import run_all
from writer_jobs_mcp.triage.scan import Progress, scan_jobs
from writer_jobs_mcp.triage.seek import JobSearch, NotSearchable
from writer_jobs_mcp.triage.span import Interval, Span
from writer_jobs_mcp.triage.status_counts import JobState, Running
from writer_jobs_mcp.worker_threads import check_cancelled

if TYPE_CHECKING:
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Application, Job, JobPage

_MAX_PAGES = 30  # of the windows, as long as all of their jobs are read
_MAX_RUNNING = 3_000  # while jobs are read by status, since the running ones are read more than once
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
    how_read: str = ""  # how jobs were read, as a sentence; empty if that needs no remark

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
    window: Window,
    now: datetime,
    *,
    max_jobs: int,
    progress: Progress | None = None,
) -> tuple[Gathered, ReportBuilder]:
    """Read what a triage needs, and give it to the builder of its report. Return what was read, and the builder.

    ``max_jobs`` and ``progress`` are as for `scan_jobs`; where jobs are read by status, they concern the failed ones.

    Raises:
        WriterError: Nothing of the list could be read. Any other request that fails only leaves its part out.
    """
    gathering = _Gathering(client, application_id, window, now)
    return await gathering.run(max_jobs, progress), gathering.builder


class _Gathering:
    """The requests of one triage."""

    def __init__(self, client: WriterClient, application_id: str, window: Window, now: datetime) -> None:
        self._client, self._application_id, self._window, self._now = client, application_id, window, now
        self._before_since = window.before(now)
        self.builder = ReportBuilder(window, now, check_cancelled)
        self._gathered = Gathered(Coverage())
        self._start: _Start
        self._running: dict[str, JobState] = {}  # as the filter returned them first
        self._running_read = anyio.Event()
        self._running_scope, self._name_scope = anyio.CancelScope(), anyio.CancelScope()

    async def run(self, max_jobs: int, progress: Progress | None) -> Gathered:
        async def read_jobs() -> None:
            await self._read_jobs(max_jobs, progress)
            self._name_scope.deadline = min(self._name_scope.deadline, anyio.current_time() + _GRACE)

        await run_all([self._read_running, self._read_application, read_jobs])
        return self._gathered

    async def _read_running(self) -> None:
        try:
            with self._running_scope:
                running = await self._scan_running(self._running)
                self._gathered.all_running_read = running.complete
                self._gathered.running_error = running.why_incomplete
        except WriterError as exc:
            self._gathered.running_error = str(exc)
        finally:
            self._running_read.set()

    async def _scan_running(self, jobs: dict[str, JobState]) -> Coverage:
        def on_job(job: Job) -> None:
            jobs[job.id] = JobState(job.created_at, job.status)
            self.builder.add_running(job)

        return await scan_jobs(self._client, self._application_id, on_job, status="in_progress")

    async def _read_application(self) -> None:
        with self._name_scope:
            self._gathered.application = await try_get_application(self._client, self._application_id)

    async def _read_jobs(self, max_jobs: int, progress: Progress | None) -> None:
        """Read all jobs of the windows if a few pages have them, otherwise by status, and all if that fails."""
        first, reason = await read_first_page(self._client, self._application_id), ""
        self._start = _Start(0, first)
        try:
            search = JobSearch(self._client, self._application_id)
            search.add(0, first)
            if await self._is_long(search, first, max_jobs):
                await self._read_by_status(search, first, max_jobs, progress)
                return
        except (NotSearchable, WriterError) as exc:
            reason = (exc.what if isinstance(exc, WriterError) else str(exc)).rstrip(".")
            self.builder = self.builder.restarted()
        await self._read_all(self._start, max_jobs, progress)
        if reason and self._gathered.coverage.rows > _MAX_PAGES * len(first.rows):
            self._gathered.how_read = f"Jobs were read one by one, which takes longer: {reason}."

    async def _is_long(self, search: JobSearch, first: JobPage, max_jobs: int) -> bool:
        """Return whether the windows have too many jobs to read them all; otherwise note where to begin."""
        size, total, until, begin = len(first.rows), first.total, self._window.until, self._before_since
        most = _MAX_PAGES * size
        if not first.jobs or (until is None and begin and first.jobs[-1].created_at < begin):
            return False
        is_page_full = size >= (first.limit or PAGE_SIZE)
        # A total that equals the rows of a full page may count the page.
        is_short = total is not None and size + is_page_full <= total <= most
        if is_short and (until is None or (total or 0) <= max_jobs):
            return False
        newer = 0
        if until is not None:
            self._start = start = _Start(*await search.page_before(until), is_sought=True)
            newer = start.offset + sum(job.created_at >= until for job in start.page.jobs)
        if is_short:
            return False
        beyond = await search.read(newer + most)
        # A call that goes on where one by status stopped is by status too, or it would get less far.
        return (bool(beyond.jobs) and (begin is None or beyond.jobs[0].created_at >= begin)) or (
            until is not None and max_jobs < most
        )

    async def _read_by_status(
        self, search: JobSearch, first: JobPage, max_jobs: int, progress: Progress | None
    ) -> None:
        until = end_of_window(self._window, self._now, first)
        span = Span(Interval(until, self._window.since), self._before_since)
        reader = StatusReader(self._client, self._application_id, search, self.builder, span)
        gathered = self._gathered
        with await scope_with_reserve(SCAN_RESERVE, at_least=MIN_SCAN_RESERVE):
            gathered.coverage = await reader.run(max_jobs, self._first_running, self._current_running, progress)
            gathered.how_read = "Failed and running jobs were read, the others counted."
            gathered.earlier_failures_read = reader.earlier_failures_read
            return
        raise NotSearchable("there was no time to count jobs")

    async def _first_running(self) -> Running:
        await self._running_read.wait()
        if not self._gathered.all_running_read:
            raise NotSearchable(f"not all running jobs could be read ({self._gathered.running_error.rstrip('.')})")
        if len(self._running) > _MAX_RUNNING:
            raise NotSearchable(f"{len(self._running):,} jobs are running")
        return self._running

    async def _current_running(self) -> Running:
        """Read the running jobs again."""
        jobs: dict[str, JobState] = {}
        running = await self._scan_running(jobs)
        if not running.complete:
            raise NotSearchable(f"not all running jobs could be read ({running.why_incomplete.rstrip('.')})")
        self.builder.keep_running(jobs)
        return jobs

    async def _read_all(self, start: _Start, max_jobs: int, progress: Progress | None) -> None:
        gathered, before = self._gathered, self._before_since
        gathered.coverage = coverage = await scan_jobs(
            self._client,
            self._application_id,
            self.builder.add,
            since=before,
            until=self._window.until if start.is_sought else None,
            max_jobs=max_jobs,
            offset=start.offset,
            first_page=start.page,
            progress=progress,
        )
        is_whole_list = coverage.complete and coverage.stopped_by == "end" and not start.is_sought
        if is_whole_list:
            self._running_scope.cancel()
        if before and gathered.can_compare and self.builder.has_failures:
            if coverage.stopped_by != "end":
                gathered.earlier_error = await read_earlier_failures(
                    self._client, self._application_id, self.builder.add_earlier, before, self.builder.failed_read
                )
            gathered.earlier_failures_read = not gathered.earlier_error
        await self._compare_running(is_whole_list=is_whole_list)

    async def _compare_running(self, *, is_whole_list: bool) -> None:
        await self._running_read.wait()
        gathered = self._gathered
        if is_whole_list:
            gathered.all_running_read = True
        elif gathered.all_running_read and self.builder.long_running() - set(self._running):
            # The filter is broken, or does not cover `queued`. A job that has just finished is no reason to think so.
            gathered.all_running_read = False
            gathered.running_error = "Writer's list of running jobs is incomplete: its list of all jobs has more."


class _Start(NamedTuple):
    """Where to begin to read all jobs."""

    offset: int
    page: JobPage  # the page there
    is_sought: bool = False  # whether newer jobs than the window has were left out
