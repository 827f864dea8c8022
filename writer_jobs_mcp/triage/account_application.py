"""Read one application of an account, part by part: what is most needed first, and each part at little cost.

What a part needs is in the docstring of its method. An error ends only its part, and is kept as a sentence.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from writer_jobs_mcp.errors import BudgetExceeded, WriterError
from writer_jobs_mcp.triage.account_counts import ArrivalPattern, CountingSearch
from writer_jobs_mcp.triage.application_counts import BEGINNING, ApplicationCounts, Times, describe_error
from writer_jobs_mcp.triage.count_stuck import count_stuck, read_and_count_stuck
from writer_jobs_mcp.triage.durations import RunningJobs
from writer_jobs_mcp.triage.earlier_failures import read_earlier_failures
from writer_jobs_mcp.triage.failed_groups import Period
from writer_jobs_mcp.triage.failed_jobs import INCOMPLETE_LIST, FailedJobs, check_listed
from writer_jobs_mcp.triage.pages import PAGE_SIZE, list_page
from writer_jobs_mcp.triage.read_failed import end_of_window
from writer_jobs_mcp.triage.run_all import run_all
from writer_jobs_mcp.triage.scan import scan_jobs
from writer_jobs_mcp.triage.seek import NotSearchable
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Application, Job, JobPage
    from writer_jobs_mcp.triage.coverage import Coverage

_PAGES_AHEAD = 2  # each one too many costs a request; other applications are read at the same time
_SHORT_LIST = 2 * PAGE_SIZE  # jobs that are read rather than counted


class ApplicationReader:
    """One application of an account. Its parts are read in the order of the methods."""

    def __init__(
        self,
        client: WriterClient,
        application: Application,
        times: Times,
        add_failed: Callable[[Job, Period, str], None],
    ) -> None:
        """Begin with nothing; each failed job is passed to ``add_failed`` once, in any thread."""
        self._client, self.application, self._times, self._add_failed = client, application, times, add_failed
        self.id = application.id
        self.counts = ApplicationCounts()
        self._failed: dict[str, datetime] = {}
        self._first: JobPage | None = None
        self._until = times.window.until or times.now
        self.needs_all_jobs = False
        """Whether only the list of all jobs shows which have failed."""

    @property
    def is_started(self) -> bool:
        """Whether its first page was read."""
        return self._first is not None

    @property
    def has_window(self) -> bool:
        """Whether all failed jobs of the window were read."""
        return self._has_failed_since(self._times.window.since)

    @property
    def has_before(self) -> bool:
        """Whether all failed jobs of both windows were read, and all jobs of both counted."""
        before_since, counts = self._times.before_since, self.counts
        is_counted = counts.jobs is not None and counts.jobs_before is not None
        return before_since is not None and is_counted and self._has_failed_since(before_since)

    def count_failed(self, period: Period) -> int:
        """Return how many failed jobs of a time were read."""
        return sum(self._period(created) is period for created in self._failed.values())

    @property
    def pages_before(self) -> int:
        """About how many requests the failed jobs of the window before take, if they are as many as in the window."""
        if self._has_failed_since(self._times.before_since):
            return 0
        return 2 + self.count_failed(Period.WINDOW) // PAGE_SIZE

    def pages_of_windows(self) -> int | None:
        """Return about how many pages all jobs of both windows have at the pace of the newest; None if unknown."""
        jobs, before = self._first.jobs if self._first else [], self._times.before_since
        if before is None or not jobs or jobs[0].created_at <= jobs[-1].created_at:
            return None
        return int((jobs[0].created_at - before) / (jobs[0].created_at - jobs[-1].created_at)) + 1

    async def read_failures(self) -> None:
        """Read the failed jobs of the window, and the running ones: three requests, where a page holds them.

        A list whose first page or two reach back over both windows is read whole instead.
        """
        try:
            self._first = first = await list_page(self._client, self.id, None, 0)
        except WriterError as exc:
            self.counts.error = describe_error(exc)
            return
        self._until = end_of_window(self._times.window, self._times.now, first)
        running = RunningJobs(self._times.now)
        for job in first.jobs:
            if job.is_running:
                running.add(job, is_listed=True)
        if self._may_be_short(first) and await self._read_short(first, running):
            return
        await run_all([partial(self._read_failed, first), partial(self._count_stuck, running, is_whole=False)])

    async def read_all_jobs(self, *, with_before: bool) -> None:
        """Read all jobs one by one, where the filter or the order of the list cannot be relied on."""
        window, counts, self.needs_all_jobs = self._times.window, self.counts, False
        jobs = {Period.WINDOW: 0, Period.BEFORE: 0, Period.EARLIER: 0}

        def on_job(job: Job) -> None:
            if job.created_at < self._until:
                jobs[self._period(job.created_at)] += 1
                self._take_if_failed(job)

        since = self._times.before_since if with_before else window.since
        try:
            coverage = await scan_jobs(self._client, self.id, on_job, since=since)
        except WriterError as exc:
            counts.error = describe_error(exc)
            return
        self._note_failed(coverage, since)
        counts.before_error = counts.how_read
        if not coverage.unreadable:
            counts.jobs = jobs[Period.WINDOW] if self.has_window else None
            counts.jobs_before = jobs[Period.BEFORE] if self._has_failed_since(self._times.before_since) else None

    async def count_jobs(self, pattern: ArrivalPattern, *, with_before: bool) -> None:
        """Count the jobs of the window, and of the one before: about five requests, whatever the number of jobs."""
        if self._first is None:
            return
        window, before_since = self._times.window, self._times.before_since
        moments = [self._until, window.since, *([before_since] if with_before and before_since else [])]
        try:
            search = CountingSearch(self._client, self.id, self._first)
            numbers = await search.count(moments, pattern)
            await self._compare_failed(search.failed)
        except (NotSearchable, WriterError) as exc:
            self.counts.count_error = describe_error(exc)
            return
        self.counts.jobs, self.counts.jobs_before = numbers[0], numbers[1] if len(numbers) > 1 else None

    async def read_failures_before(self) -> None:
        """Read the failed jobs of the window before: none or more requests for each hundred."""
        since, reached = self._times.before_since, self.counts.failed_since
        if since is None or reached is None or reached <= since:
            return
        failed = FailedJobs(self._client, self.id, reached, self._take_if_failed, PAGE_SIZE)
        failed.newer = len(self._failed)
        try:
            self._note_failed(await failed.read(since, pages_ahead=_PAGES_AHEAD), since, is_before=True)
        except (NotSearchable, WriterError) as exc:
            self.counts.before_error = describe_error(exc)

    async def read_earlier_failures(self) -> None:
        """Read the 500 newest failed jobs from before both windows, or all: about six requests at most."""
        before_since = self._times.before_since
        if before_since is not None and not self.counts.earlier_read:
            newer = self.count_failed(Period.WINDOW) + self.count_failed(Period.BEFORE)
            error = await read_earlier_failures(self._client, self.id, self._take_if_failed, before_since, newer)
            self.counts.earlier_read = not error

    def _may_be_short(self, first: JobPage) -> bool:
        is_full = len(first.rows) >= (first.limit or PAGE_SIZE)
        since = self._times.before_since
        return not is_full or (since is not None and bool(first.jobs) and first.jobs[-1].created_at < since)

    async def _read_short(self, first: JobPage, running: RunningJobs) -> bool:
        """Read both windows whole, if two pages hold them; return whether they do."""
        jobs: list[Job] = []
        coverage = await scan_jobs(
            self._client,
            self.id,
            jobs.append,
            since=self._times.before_since,
            max_jobs=_SHORT_LIST,
            first_page=first,
            pages_ahead=_PAGES_AHEAD,
        )
        if not coverage.complete:
            return False
        self.counts.doubt = coverage.error
        await run_in_worker(partial(self._take_all, jobs))
        self._note_failed(coverage, self._times.before_since)
        periods = [self._period(job.created_at) for job in jobs if job.created_at < self._until]
        self.counts.jobs = periods.count(Period.WINDOW)
        self.counts.jobs_before = None if self._times.before_since is None else periods.count(Period.BEFORE)
        for job in jobs:
            if job.is_running:
                running.add(job, is_listed=True)
        await self._count_stuck(running, is_whole=coverage.stopped_by == "end")
        return True

    async def _read_failed(self, first: JobPage) -> None:
        since = self._times.window.since
        failed = FailedJobs(self._client, self.id, self._until, self._take_if_failed, len(first.rows))
        try:
            coverage = await failed.read(since, pages_ahead=_PAGES_AHEAD)
            if coverage.unreadable:
                raise NotSearchable("not all failed jobs can be read")
            self._note_failed(coverage, since)
            await self._check_listed(0, first.jobs)
        except (NotSearchable, WriterError) as exc:
            self.counts.error = describe_error(exc)
            self.counts.failed_since = None
            if not isinstance(exc, BudgetExceeded):
                self._read_all_instead(describe_error(exc))

    async def _compare_failed(self, listed: Mapping[int, Sequence[Job]]) -> None:
        """Compare the failed jobs with those on pages of all jobs; some may have failed since the former were read."""
        missing = [job for jobs in listed.values() for job in jobs if self._is_missing(job)]
        if not missing:
            return
        failed = FailedJobs(self._client, self.id, self._until, self._take_if_failed, PAGE_SIZE)
        await failed.read(min(job.created_at for job in missing), pages_ahead=_PAGES_AHEAD)
        try:
            for offset, jobs in listed.items():
                await self._check_listed(offset, jobs)
        except NotSearchable:
            self.counts.failed_since, self.counts.error = None, f"{INCOMPLETE_LIST}."
            self._read_all_instead(self.counts.error)
            raise

    async def _check_listed(self, offset: int, jobs: Sequence[Job]) -> None:
        await check_listed(jobs, self._is_missing, partial(list_page, self._client, self.id, None, offset))

    async def _count_stuck(self, running: RunningJobs, *, is_whole: bool) -> None:
        """Count the stuck jobs; ``is_whole`` if the list of all jobs was read to its end."""
        self.counts.stuck = await (count_stuck if is_whole else read_and_count_stuck)(self._client, self.id, running)

    def _note_failed(self, coverage: Coverage, since: datetime | None, *, is_before: bool = False) -> None:
        """Note how far back failed jobs were read; ``is_before`` if these are only those of the window before."""
        counts, back_to = self.counts, coverage.read_back_to
        if coverage.unreadable:
            reached = None
        elif coverage.stopped_by == "end":
            reached = BEGINNING
        elif coverage.stopped_by == "since" and since is not None:
            reached = min(since, since if back_to is None else back_to + timedelta.resolution)
        else:
            reached = coverage.continue_until
        if reached is not None:
            counts.failed_since = min(reached, counts.failed_since or reached)
            counts.earlier_read |= reached == BEGINNING
        why = "" if self._has_failed_since(since) else coverage.why_incomplete
        if is_before:
            counts.before_error = why
        else:
            counts.error = why if not self.has_window else ""

    def _has_failed_since(self, moment: datetime | None) -> bool:
        reached = self.counts.failed_since
        return reached is not None and reached <= (moment or BEGINNING)

    def _is_missing(self, job: Job) -> bool:
        """Return whether a failed job is not among those read, although it was created in the time that was read."""
        reached = self.counts.failed_since
        is_in_time = reached is not None and reached <= job.created_at < self._until
        return job.status == "failed" and is_in_time and job.id not in self._failed

    def _read_all_instead(self, why: str) -> None:
        self.needs_all_jobs, self.counts.how_read = True, why

    def _take_all(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            check_cancelled()
            self._take_if_failed(job)

    def _take_if_failed(self, job: Job) -> None:
        if job.status == "failed" and job.id not in self._failed and job.created_at < self._until:
            self._add_failed(job, self._period(job.created_at), self.id)
            self._failed[job.id] = job.created_at

    def _period(self, created_at: datetime) -> Period:
        since, before_since = self._times.window.since, self._times.before_since
        if since is None or created_at >= since:
            return Period.WINDOW
        return Period.BEFORE if before_since is not None and created_at >= before_since else Period.EARLIER
