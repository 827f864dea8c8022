"""Watch the jobs of an application that run now, until they have finished or one has failed.

What is watched is fixed at the first look: the jobs that were running then. A look reads the list of running jobs, as
far as it has to; a job that is no longer in it has probably finished, but only its own status says so and how: a page
that moved, an unreadable row or a filter that lags can hide a running job. So these statuses are read at the end, or
at each look if the first failure ends the watch (:mod:`.outcomes`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from writer_jobs_mcp.deadlines import FIRST_LOOK_RESERVE, scope_with_reserve
from writer_jobs_mcp.errors import BudgetExceeded, RateLimited, Unavailable, UnreadableResponse, WriterError
from writer_jobs_mcp.triage.durations import TimedJob, stuck_after
from writer_jobs_mcp.triage.outcomes import Outcomes
from writer_jobs_mcp.triage.pages import list_page, no_first_page
from writer_jobs_mcp.triage.pauses import growing_pauses
from writer_jobs_mcp.triage.scan import scan_jobs
from writer_jobs_mcp.triage.stuck_limit import find_stuck_limit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job, JobPage

MAX_FAILURES = 5  # that are kept whole
_PAUSE_PER_REQUEST = 0.2  # seconds, so that many running jobs do not use up the 400 requests a minute
_MIN_FINISHED, _MIN_SECONDS = 3, 1.0  # before it is said how many finish a minute
_TRANSIENT = (RateLimited, Unavailable, UnreadableResponse)
_WAIT_FOR_EACH = "So its running jobs cannot be watched together; call wait_for_job for each."
_NO_ANSWER = "Writer did not answer in time."


@dataclass(frozen=True, slots=True)
class WatchedJobs:
    """What became of the jobs that were running at the first look; each is counted once."""

    completed: int
    failed: int
    other_statuses: Mapping[str, int]  # of finished jobs; Writer does not document these
    unread: int  # finished jobs of which nothing could be read
    running: int  # that were not seen to finish, without the stuck ones
    stuck: Sequence[TimedJob]  # the longest first

    failures: Sequence[Job]  # the newest of the failed jobs
    failed_since: datetime | None  # when the oldest of the failed jobs was created
    unread_reason: str
    unseen: int
    """How many of the running ones the last look did not show, and their own status could not be read."""
    stuck_after: float | None  # seconds; None where that could not be read
    others_started: bool  # whether the last look showed running jobs that the first did not
    not_watched_reason: str  # why not all jobs are watched that were running; empty if they are
    trouble: str  # why the last look failed; empty if it did not
    is_over: bool  # whether no later look can succeed
    seconds_since_look: float  # since the last look that succeeded
    finishing_per_minute: float | None  # on the average of the watch; None if too few have finished
    seconds_left: float | None  # until the running ones have finished, if they go on at that rate

    @property
    def unknown(self) -> int:
        """How many have finished of which it is not known whether they completed or failed."""
        return self.unread + sum(self.other_statuses.values())

    @property
    def finished(self) -> int:
        """How many are known to have finished."""
        return self.completed + self.failed + self.unknown

    @property
    def total(self) -> int:
        """How many were running at the first look."""
        return self.finished + self.running + len(self.stuck)


class RunningWatch:
    """One watch. Times are on ``clock``, in seconds, except those of jobs, which are on ``now``."""

    def __init__(
        self,
        client: WriterClient,
        application_id: str,
        *,
        until_failure: bool,
        now: Callable[[], datetime],
        clock: Callable[[], float] = anyio.current_time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        """Begin with no jobs; ``until_failure`` if the first failure ends the watch."""
        self._client, self._application_id, self._until_failure = client, application_id, until_failure
        self._now, self._clock, self._sleep = now, clock, sleep
        self._created: dict[str, datetime] = {}  # the watched jobs
        self._running: dict[str, datetime] = {}  # those of them that were seen to run last, each since when
        self._outcomes = Outcomes(client, application_id, MAX_FAILURES)
        self._limit: float | None = None
        self._begun_at = self._seen_at = clock()  # the first and the last look that succeeded
        self._page_size = self._requests = 1  # rows of the longest page, and pages of the last look
        self._is_fixed = False  # whether a look has shown all running jobs, so that no more are watched
        self._shows_absence = False  # whether each running job was in the last look
        self._others_started = self._is_over = False
        self._not_watched_reason = self._trouble = ""

    async def begin(self, seconds: float) -> None:
        """Take the first look, for a watch of so many seconds.

        Raises:
            WriterError: The list of running jobs could not be read.
        """
        with await scope_with_reserve(FIRST_LOOK_RESERVE) as scope:
            try:
                await self._look()
            except UnreadableResponse as exc:
                raise UnreadableResponse(exc.what, exc.advice or _WAIT_FOR_EACH) from exc
        if scope.cancelled_caught:
            raise no_first_page()
        self._begun_at = self._seen_at
        run_times = [job.seconds for job in self._run_times()]
        self._limit = await find_stuck_limit(
            self._client, self._application_id, [*run_times, *(each + seconds for each in run_times)]
        )

    async def wait(self, end: float, report: Callable[[int, int], Awaitable[None]]) -> None:
        """Look again and again until the watch is done, or until ``end``; the last look begins then.

        ``report`` is awaited before each pause with how many jobs were seen to run, and how many are watched.
        """
        pauses = growing_pauses()
        while not (self._is_over or await self._is_done()):
            left = end - self._clock()
            if left <= 0:
                return
            await report(len(self._running), len(self._created))
            await self._sleep(min(max(next(pauses), self._requests * _PAUSE_PER_REQUEST), left))
            self._trouble = _NO_ANSWER
            try:
                await self._look()
                self._trouble = ""
            except BudgetExceeded:
                pass  # its text is about the whole call
            except WriterError as exc:
                self._trouble = str(exc)
                self._is_over = not isinstance(exc, _TRANSIENT)

    async def read_outcomes(self) -> None:
        """Read how the jobs ended that the last look did not show, unless that is known."""
        await self._read(self._absent(except_of=self._outcomes.not_found))

    async def _is_done(self) -> bool:
        if self._until_failure:
            await self._read(self._absent(except_of=self._outcomes.not_found), only_failed=True)
            if "failed" in self._outcomes.statuses.values():
                return True
        if not self._waited_for():
            await self._read(self._absent(except_of=self._outcomes.not_found))
        return not self._waited_for() and (self._shows_absence or not self._absent())

    async def _read(self, jobs: Mapping[str, datetime], *, only_failed: bool = False) -> None:
        if jobs:
            self._running |= await self._outcomes.read(jobs, only_failed=only_failed)

    def _absent(self, *, except_of: Collection[str] = ()) -> dict[str, datetime]:
        """Return the jobs that were not seen to run last, and of which no other status is known."""
        known = {*self._running, *self._outcomes.statuses, *except_of}
        return {job_id: created_at for job_id, created_at in self._created.items() if job_id not in known}

    async def _look(self) -> None:
        """Read the list of running jobs, as far as it has to be read to find those that are watched.

        Raises:
            WriterError: It could not be read.
        """
        page = await list_page(self._client, self._application_id, "in_progress", 0)
        self._page_size, self._requests = max(self._page_size, len(page.rows)), 1
        seen: dict[str, Job] = {job.id: job for job in page.jobs}
        if self._is_fixed and self._is_enough(page, seen):
            self._shows_absence = not page.unreadable
        else:
            await self._read_whole(page, seen)
        self._others_started = not seen.keys() <= self._created.keys()
        self._running = {
            job_id: job.running_since
            for job_id, job in seen.items()
            if job_id in self._created and job_id not in self._outcomes.statuses
        }
        self._seen_at = self._clock()

    def _is_enough(self, page: JobPage, seen: Mapping[str, Job]) -> bool:
        """Return whether no more of the list has to be read: this is all of it, or no watched job is missing."""
        left = self._created.keys() - self._outcomes.statuses.keys()
        return len(page.rows) < self._page_size or left <= seen.keys()

    async def _read_whole(self, page: JobPage, seen: dict[str, Job]) -> None:
        """Read the rest of the list; watch all of it if it was never read whole before."""

        def on_job(job: Job) -> None:
            seen[job.id] = job

        coverage = await scan_jobs(self._client, self._application_id, on_job, status="in_progress", first_page=page)
        self._requests = max(1, coverage.rows // self._page_size)
        if self._is_fixed and not coverage.reached_end:
            raise UnreadableResponse(coverage.why_incomplete)
        if not self._is_fixed:
            self._created |= {job_id: job.created_at for job_id, job in seen.items()}
            self._not_watched_reason = coverage.why_incomplete
            self._is_fixed = coverage.reached_end
        self._shows_absence = coverage.complete

    def _run_times(self) -> list[TimedJob]:
        """Return how long the jobs have run that were seen to run last, the longest first."""
        now = self._now()
        timed = [
            TimedJob(job_id, self._created[job_id], (now - since).total_seconds())
            for job_id, since in self._running.items()
        ]
        return sorted(timed, key=lambda job: job.seconds, reverse=True)

    def _stuck(self) -> list[TimedJob]:
        limit = stuck_after(float("inf")) if self._limit is None else self._limit
        return [job for job in self._run_times() if job.seconds > limit]

    def _waited_for(self) -> set[str]:
        """Return the jobs that were seen to run last and are not stuck."""
        return self._running.keys() - {job.id for job in self._stuck()}

    def summary(self) -> WatchedJobs:
        """Return what became of the jobs."""
        statuses, absent, stuck = Counter(self._outcomes.statuses.values()), self._absent(), self._stuck()
        failed_at = [self._created[job_id] for job_id, status in self._outcomes.statuses.items() if status == "failed"]
        completed, failed = statuses.pop("completed", 0), statuses.pop("failed", 0)
        unread = len(absent) if self._shows_absence else 0
        unseen = len(absent) - unread
        running = len(self._running) - len(stuck) + unseen
        finished = completed + failed + sum(statuses.values()) + unread
        seconds = self._seen_at - self._begun_at
        is_enough = finished >= _MIN_FINISHED and seconds >= _MIN_SECONDS
        return WatchedJobs(
            completed=completed,
            failed=failed,
            other_statuses=statuses,
            unread=unread,
            running=running,
            stuck=stuck,
            failures=self._outcomes.failures,
            failed_since=min(failed_at, default=None),
            unread_reason=self._outcomes.error,
            unseen=unseen,
            stuck_after=self._limit,
            others_started=self._others_started,
            not_watched_reason=self._not_watched_reason,
            trouble=self._trouble,
            is_over=self._is_over,
            seconds_since_look=self._clock() - self._seen_at,
            finishing_per_minute=60 * finished / seconds if is_enough else None,
            seconds_left=running * seconds / finished if is_enough and running else None,
        )
