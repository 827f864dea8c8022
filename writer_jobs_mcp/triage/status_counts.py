"""Count the jobs of a window by status, without reading those that are completed.

The number of jobs in an interval is the difference of two places in the list of all jobs. The failed and the running
ones are known by their ids; the completed ones are counted by two places in their own list. All these have to add up,
in the window and in the one before. If they do not, the reason may be:

- Jobs finished meanwhile: what has changed is read again. If some finish all the time, the jobs created since the
  oldest of them are read one by one, and only the older ones are counted.
- A status that the list cannot be filtered by, or a filter that leaves jobs out: `NotSearchable`.

What no sum can show: rows in the wrong place of the list, on pages that were not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from writer_jobs_mcp.triage.durations import MAX_STUCK_SECONDS
from writer_jobs_mcp.triage.run_all import run_all
from writer_jobs_mcp.triage.scan import scan_jobs
from writer_jobs_mcp.triage.seek import JobSearch, NotSearchable, Place
from writer_jobs_mcp.triage.span import Interval, Span

if TYPE_CHECKING:
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job
    from writer_jobs_mcp.triage.failed_jobs import FailedJobs

_MAX_CHECKS = 3  # before the newest jobs are read one by one; twice as many after that
_LONGEST_RUN = timedelta(seconds=MAX_STUCK_SECONDS)  # of a job that is not stuck
_MAX_READ = 3_000  # jobs that are read one by one


class JobState(NamedTuple):
    """When a job was created, and its status."""

    created_at: datetime
    status: str


Running = Mapping[str, JobState]  # by their ids
ReadRunning = Callable[[], Awaitable[Running]]


class StatusCounts:
    """The jobs of a window by status, and those of the window before."""

    def __init__(self, client: WriterClient, application_id: str, jobs: JobSearch, failed: FailedJobs) -> None:
        """Begin with the search in the list of all jobs, and the failed jobs as they were read."""
        self._client, self._application_id, self._jobs, self._failed = client, application_id, jobs, failed
        self._completed = JobSearch(client, application_id, "completed", page_size=jobs.page_size)
        self.window: Counter[str] = Counter()  # without the failed ones
        self.before = 0

    async def count(self, span: Span, places: list[Place], running: Running, read_running: ReadRunning) -> None:
        """Count the jobs. ``places`` are those of `Span.intervals`, and ``running`` the jobs that ran before.

        Raises:
            NotSearchable: The numbers do not add up.
            WriterError: A page could not be read.
        """
        changed: Mapping[str, datetime] = {}
        for _ in range(_MAX_CHECKS):
            before = running
            running, adds_up = await self._check(span, places, before, read_running)
            changed = _changed(span, before, running)
            if adds_up and not changed:
                self._note(span, places, running)
                return
            await self._read_finished(changed)
            places = await self.find_places(span)
        if not changed:
            raise NotSearchable("some jobs have another status, or a filter leaves them out")
        created = [job.created_at for job in self._running_in(span.window, running)]
        may_finish = [at for at in created if at >= max(created) - _LONGEST_RUN]
        await self._read_newest(span, min([*changed.values(), *may_finish]), read_running)

    async def find_places(self, span: Span) -> list[Place]:
        """Find the places of the times that divide the intervals, newest first."""
        return await self._jobs.places(span.moments)

    async def _check(
        self, span: Span, places: list[Place], running: Running, read_running: ReadRunning
    ) -> tuple[Running, bool]:
        """Return the jobs that run now, and whether all numbers add up."""
        completed = await self._count_completed(span, places[0], self._expected(span, places, running))
        now = await read_running()
        return now, completed == self._expected(span, places, now)

    def _expected(self, span: Span, places: list[Place], running: Running) -> list[int]:
        """Return how many jobs of each interval neither failed nor run."""
        return [
            number - self._failed.count(interval) - len(self._running_in(interval, running))
            for number, interval in zip(_numbers(places), span.intervals, strict=True)
        ]

    def _running_in(self, interval: Interval, running: Running) -> list[JobState]:
        """Return the running jobs of an interval; one that failed before counts as failed."""
        return [job for id_, job in running.items() if interval.has(job.created_at) and id_ not in self._failed]

    async def _count_completed(self, span: Span, newest: Place, expected: list[int]) -> list[int]:
        search = self._completed
        search.forget()
        near = list(accumulate([newest.offset - self._failed.newer, *expected]))
        ends = [(moment, max(0, offset)) for moment, offset in zip(span.moments, near, strict=True)]
        return _numbers(await run_all([partial(search.place, *end) for end in ends]))

    def _note(self, span: Span, places: list[Place], running: Running) -> None:
        completed, *_ = self._expected(span, places, running)
        self.window.update({"completed": completed})
        self.window.update(job.status for job in self._running_in(span.window, running))
        self.before = sum(_numbers(places[1:]))

    async def _read_finished(self, changed: Mapping[str, datetime]) -> None:
        """Read the failed jobs again, as far back as a job has changed."""
        if changed:
            await self._failed.read(min(changed.values()))

    async def _read_newest(self, span: Span, begin: datetime, read_running: ReadRunning) -> None:
        """Read the jobs created since ``begin`` one by one, and count the older ones."""
        for _ in range(2 * _MAX_CHECKS):
            if span.window.since and begin < span.window.since:
                break
            running = await read_running()
            newest = await self._read_interval(Interval(span.window.until, begin))
            older = Span(Interval(begin, span.window.since), span.before_since)
            places = await self.find_places(older)
            now, adds_up = await self._check(older, places, running, read_running)
            changed = _changed(older, running, now)
            if adds_up and not changed:
                self.window.update(job.status for id_, job in newest.items() if id_ not in self._failed)
                self._note(older, places, now)
                return
            begin = min([begin, *changed.values()])
            await self._read_finished(changed)
        raise NotSearchable("jobs finish faster than they can be counted")

    async def _read_interval(self, interval: Interval) -> dict[str, JobState]:
        jobs: dict[str, JobState] = {}

        def on_job(job: Job) -> None:
            if interval.has(job.created_at):
                jobs[job.id] = JobState(job.created_at, job.status)
                if job.status == "failed":
                    self._failed.take(job)

        offset, page = await self._jobs.page_before(interval.until)
        coverage = await scan_jobs(
            self._client,
            self._application_id,
            on_job,
            since=interval.since,
            until=interval.until,
            max_jobs=_MAX_READ,
            offset=offset,
            first_page=page,
        )
        if not coverage.complete:
            raise NotSearchable(coverage.why_incomplete.rstrip("."))
        return jobs


def _changed(span: Span, before: Running, now: Running) -> dict[str, datetime]:
    """Return when each job of the span was created that has begun or ceased to run."""
    created = {id_: (before.get(id_) or now[id_]).created_at for id_ in before.keys() ^ now.keys()}
    return {id_: at for id_, at in created.items() if span.whole.has(at)}


def _numbers(places: Sequence[Place]) -> list[int]:
    """Return how many jobs are between each two places that follow each other."""
    return [older.offset - newer.offset for newer, older in pairwise(places)]
