"""Read a long window by status: its failed and its running jobs are read, the others are only counted.

The failed jobs are read through the status filter, back to the beginning of the window before, and on until 500 older
ones are known. How many jobs a window has is the difference of two places in the list of all jobs. Then the numbers
have to add up: the failed, the running and the completed jobs (counted by two places in the list of completed ones) are
all jobs of the window. So a status that cannot be filtered by does not go unnoticed, nor a job that changed its status.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from writer_jobs_mcp.triage.coverage import Coverage
from writer_jobs_mcp.triage.earlier_failures import MIN_EARLIER_FAILURES
from writer_jobs_mcp.triage.run_all import run_all
from writer_jobs_mcp.triage.scan import Progress, list_page, scan_jobs
from writer_jobs_mcp.triage.seek import JobSearch, NotSearchable, Place

if TYPE_CHECKING:
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job
    from writer_jobs_mcp.triage.report import ReportBuilder

_SAMPLED_PAGES = 10
_MAX_CHECKS = 5  # of whether the numbers add up, while jobs finish


_Running = Mapping[str, "Job"]  # by their ids
_ReadRunning = Callable[[], Awaitable[_Running]]


class Span(NamedTuple):
    """The times that a report needs: its window, and where the window before begins. None is before all times."""

    until: datetime
    since: datetime | None
    before_since: datetime | None

    def has(self, moment: datetime) -> bool:
        """Return whether a time is in the window."""
        return moment < self.until and (self.since is None or moment >= self.since)


class StatusReader:
    """Reads one window by status."""

    def __init__(
        self,
        client: WriterClient,
        application_id: str,
        jobs: JobSearch,
        builder: ReportBuilder,
        span: Span,
        progress: Progress | None,
    ) -> None:
        """Begin with a search in the list of all jobs, of which one page at least was read."""
        self._client, self._application_id, self._jobs = client, application_id, jobs
        self._builder, self._span, self._progress = builder, span, progress
        self._failed_search = JobSearch(client, application_id, "failed", page_size=jobs.page_size)
        self._completed_search = JobSearch(client, application_id, "completed", page_size=jobs.page_size)
        self._failed: dict[str, datetime] = {}  # when each failed job was created, by its id
        self._back_to: datetime | None = None  # where reading the failed jobs stopped early
        self._newer_failed = 0  # failed jobs that were created after the window
        self._coverage = Coverage()  # of the failed jobs
        self._places: list[Place] = []  # of the times of the span, in the list of all jobs

    async def run(self, max_jobs: int, first_running: _ReadRunning, read_running: _ReadRunning) -> Coverage:
        """Read and count everything, and give it to the builder. Return how much of the window that was.

        ``max_jobs`` limits the failed jobs of both windows. ``first_running`` returns all running jobs by their ids, as
        they were read before; ``read_running`` reads them again.

        Raises:
            NotSearchable: The lists are not as they have to be, or their numbers do not add up.
            WriterError: A page could not be read.
        """
        await run_all([self._find_places, partial(self._read_failed, max_jobs)])
        coverage = self._read_part()
        if coverage.continue_until and (self._span.since is None or coverage.continue_until > self._span.since):
            # The window ends where reading stopped: what it holds down to there is counted.
            self._span = Span(self._span.until, coverage.continue_until, None)
            await self._find_places()
        await run_all([partial(self._count, first_running, read_running), self._sample_durations])
        coverage.moved = self._coverage.moved or self._jobs.has_moved
        counted, total = self._places[-1].offset, self._jobs.total or 0
        if total >= counted:
            coverage.total = total
        if coverage.stopped_by == "end" and total > counted:
            coverage.error = f"Writer counts {total:,} jobs but returned only {counted:,}."
        return coverage

    @property
    def earlier_failures_read(self) -> bool:
        """Whether the failures before both windows were read: all of them, or at least the 500 newest."""
        return self._coverage.reached_end

    async def _find_places(self) -> None:
        self._places = await self._jobs.places(
            [self._span.until, self._span.since, *([self._span.before_since] if self._span.before_since else [])]
        )

    async def _read_failed(self, max_jobs: int) -> None:
        self._coverage = await self._scan_failed(self._span.before_since, max_jobs, MIN_EARLIER_FAILURES)
        if self._coverage.unreadable:
            raise NotSearchable("not all failed jobs can be read")

    async def _scan_failed(self, since: datetime | None, max_jobs: int | None, min_older: int) -> Coverage:
        search, until = self._failed_search, self._span.until
        offset, page = await search.page_before(until, self._newer_failed)
        self._newer_failed = offset + sum(job.created_at >= until for job in page.jobs)
        return await scan_jobs(
            self._client,
            self._application_id,
            self._take_failed,
            since=since,
            until=until,
            max_jobs=max_jobs,
            min_older=min_older if since else 0,
            status="failed",
            offset=offset,
            first_page=page,
            progress=self._progress,
        )

    def _take_failed(self, job: Job) -> None:
        is_beyond = self._back_to is not None and job.created_at < self._back_to
        if job.id not in self._failed and not is_beyond:
            self._failed[job.id] = job.created_at
            self._builder.add_failed(job)

    def _read_part(self) -> Coverage:
        """Return how much of the two windows was read, as far as the failed jobs say."""
        failed, span = self._coverage, self._span
        begin = span.before_since or span.since
        read = sum(begin is None or created_at >= begin for created_at in self._failed.values())
        if failed.reached_end:
            return Coverage(read, stopped_by="end" if span.since is None else "since")
        if failed.continue_until is None:
            raise NotSearchable(failed.error.rstrip(".") or "there was no time to read its failed jobs")
        self._back_to = back_to = failed.continue_until
        return Coverage(
            read,
            stopped_by=failed.stopped_by,
            error=failed.error,
            read_back_to=back_to - timedelta.resolution,
            oldest=back_to,
            continue_until=back_to,
        )

    async def _count(self, first_running: _ReadRunning, read_running: _ReadRunning) -> None:
        """Count the jobs of the window that were not read, and read again what changes meanwhile."""
        running = await first_running()
        for checks in range(1, _MAX_CHECKS + 1):
            before, expected = running, self._others(running)
            completed, running = await self._count_completed(expected), await read_running()
            changed = self._in_window(before) ^ self._in_window(running)
            difference = abs(completed - self._others(running))
            if not difference and (not changed or checks == _MAX_CHECKS):
                break
            if checks == _MAX_CHECKS:
                if difference > len(changed) or self._others(running) < 0:
                    raise NotSearchable("its failed, running and completed jobs are not all of its jobs")
                break
            if finished := [before[id_].created_at for id_ in changed if id_ in before]:
                await self._scan_failed(min(finished), None, 0)
            await self._find_places()
        others = {"completed": self._others(running)}
        self._builder.count_others(others | self._running_by_status(running), self._jobs_before())

    async def _count_completed(self, expected: int) -> int:
        search, newer = self._completed_search, max(0, self._places[0].offset - self._newer_failed)
        search.forget()
        ends = [(self._span.since, newer + expected), (self._span.until, newer)]
        older, newest = await run_all([partial(search.place, moment, near) for moment, near in ends])
        return older.offset - newest.offset

    async def _sample_durations(self) -> None:
        """Read pages spread evenly over the window, for how long jobs take."""
        newest, oldest, page_size = self._places[0].offset, self._places[1].offset, self._jobs.page_size
        jobs = oldest - newest
        pages = min(_SAMPLED_PAGES, -(-jobs // page_size))
        middles = [newest + jobs * (2 * page + 1) // (2 * pages) for page in range(pages)]
        offsets = [max(0, middle - page_size // 2) for middle in middles]
        read = await run_all([partial(list_page, self._client, self._application_id, None, each) for each in offsets])
        for job in {job.id: job for page in read for job in page.jobs if self._span.has(job.created_at)}.values():
            self._builder.add_duration(job)

    def _in_window(self, running: _Running) -> set[str]:
        """Return the ids of the running jobs of the window; one that has failed meanwhile counts as failed."""
        return {id_ for id_, job in running.items() if self._span.has(job.created_at) and id_ not in self._failed}

    def _running_by_status(self, running: _Running) -> Counter[str]:
        return Counter(running[id_].status for id_ in self._in_window(running))

    def _others(self, running: _Running) -> int:
        """Return how many jobs of the window neither failed nor run."""
        jobs = self._places[1].offset - self._places[0].offset
        return jobs - sum(map(self._span.has, self._failed.values())) - len(self._in_window(running))

    def _jobs_before(self) -> int:
        """Return how many jobs the window before has; 0 if there is none, or it was not read."""
        return sum(place.offset - self._places[1].offset for place in self._places[2:])
