"""Read a long window by status: its failed and its running jobs are read, the others are only counted.

The failed jobs are read through the status filter, back to the beginning of the window before, and on until 500 older
ones are known; :mod:`.status_counts` counts the others. If ``max_jobs`` or the time for one call stops this early,
the window is shortened: it begins at the oldest failed job that was read.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from writer_jobs_mcp.deadlines import COUNT_RESERVE, scope_with_reserve
from writer_jobs_mcp.triage.coverage import Coverage, total_error
from writer_jobs_mcp.triage.earlier_failures import MIN_EARLIER_FAILURES
from writer_jobs_mcp.triage.failed_jobs import FailedJobs
from writer_jobs_mcp.triage.run_all import run_all
from writer_jobs_mcp.triage.seek import JobSearch, NotSearchable, Place
from writer_jobs_mcp.triage.span import Interval, Span
from writer_jobs_mcp.triage.status_counts import ReadRunning, StatusCounts

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.triage.report import ReportBuilder
    from writer_jobs_mcp.triage.scan import Progress

_SAMPLED_PAGES = 10


class StatusReader:
    """Reads one window by status."""

    def __init__(
        self, client: WriterClient, application_id: str, jobs: JobSearch, builder: ReportBuilder, span: Span
    ) -> None:
        """Begin with a search in the list of all jobs, of which one page at least was read."""
        self._jobs, self._builder, self._span = jobs, builder, span
        self._failed = FailedJobs(client, application_id, span.window.until, builder.add_failed, jobs.page_size)
        self._counts = StatusCounts(client, application_id, jobs, self._failed)
        self._places: list[Place] = []  # of the times of the span, in the list of all jobs
        self._failed_coverage = Coverage()

    async def run(
        self, max_jobs: int, first_running: ReadRunning, read_running: ReadRunning, progress: Progress | None
    ) -> Coverage:
        """Read and count everything, and give it to the builder. Return how much of the window that was.

        ``max_jobs`` limits the failed jobs of both windows, and ``progress`` is about them. ``first_running`` returns
        all running jobs as they were read before; ``read_running`` reads them again.

        Raises:
            NotSearchable: A list cannot be searched, or the numbers do not add up.
            WriterError: A page could not be read.
        """

        async def read_failed() -> None:
            # A job that fails after the running ones were read is in the list of failed jobs.
            await first_running()
            await self._read_failed(max_jobs, progress)

        await run_all([self._find_places, read_failed])
        coverage, window = self._read_part(), self._span.window
        if coverage.continue_until:
            is_window_whole = window.since is not None and coverage.continue_until <= window.since
            self._span = Span(window if is_window_whole else Interval(window.until, coverage.continue_until), None)
            await self._find_places()
        running = await first_running()
        await run_all([partial(self._counts.count, self._span, self._places, running, read_running), self._sample])
        self._builder.count_others(self._counts.window, self._counts.before)
        coverage.moved = self._failed_coverage.moved or self._jobs.has_moved
        self._compare_total(coverage)
        return coverage

    @property
    def earlier_failures_read(self) -> bool:
        """Whether the failures before both windows were read: all of them, or at least the 500 newest."""
        return self._failed_coverage.reached_end

    async def _find_places(self) -> None:
        self._places = await self._counts.find_places(self._span)

    async def _read_failed(self, max_jobs: int, progress: Progress | None) -> None:
        with await scope_with_reserve(COUNT_RESERVE) as scope:
            self._failed_coverage = await self._failed.read(
                self._span.before_since, max_jobs=max_jobs, min_older=MIN_EARLIER_FAILURES, progress=progress
            )
        if scope.cancelled_caught:
            raise NotSearchable("there was no time to read the failed jobs")
        if self._failed_coverage.unreadable:
            raise NotSearchable("not all failed jobs can be read")

    def _read_part(self) -> Coverage:
        """Return how much of the two windows was read, as far as the failed jobs say."""
        failed, read = self._failed_coverage, self._failed.count(self._span.whole)
        if failed.reached_end:
            return Coverage(read, stopped_by="end" if self._span.window.since is None else "since")
        back_to = failed.continue_until
        if back_to is None:
            raise NotSearchable(failed.why_incomplete.rstrip("."))
        self._failed.ignore_before(back_to)
        return Coverage(
            read,
            stopped_by=failed.stopped_by,
            error=failed.error,
            read_back_to=back_to - timedelta.resolution,
            oldest=back_to,
            continue_until=back_to,
        )

    def _compare_total(self, coverage: Coverage) -> None:
        counted, total = self._places[-1].offset, self._jobs.total or 0
        if total >= counted:
            coverage.total = total
        if coverage.stopped_by == "end":
            coverage.error = total_error(total, counted)

    async def _sample(self) -> None:
        """Read pages spread evenly over the window, for how long jobs take."""
        newest, oldest, page_size = self._places[0].offset, self._places[1].offset, self._jobs.page_size
        jobs = oldest - newest
        pages = min(_SAMPLED_PAGES, -(-jobs // page_size))
        middles = [newest + jobs * (2 * page + 1) // (2 * pages) for page in range(pages)]
        read = await run_all([partial(self._jobs.read, max(0, middle - page_size // 2)) for middle in middles])
        has = self._span.window.has
        for job in {job.id: job for page in read for job in page.jobs if has(job.created_at)}.values():
            self._builder.add_duration(job)
