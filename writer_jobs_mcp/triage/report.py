"""A report built from jobs, one at a time: what failed, how often, whether it is new, and what is stuck."""

import heapq
from array import array
from collections import Counter
from collections.abc import Callable, Container, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from writer_jobs_mcp.triage.durations import RunningJobs, TimedJob, median, p95, stuck_after
from writer_jobs_mcp.triage.failed_groups import FailureSummary, GroupedFailures, Period
from writer_jobs_mcp.triage.timeline import Histogram, Timeline

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job

_MAX_STUCK = 5
_FAILED_STEPS = 24


class Window(NamedTuple):
    """The time that a report is about, ``since`` included and ``until`` not; None is open."""

    since: datetime | None
    until: datetime | None

    def before(self, now: datetime) -> datetime | None:
        """Return where the equally long window before begins; None where this one has no beginning."""
        if self.since is None:
            return None
        try:
            return self.since - ((self.until or now) - self.since)
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)  # the calendar begins later than that


class BeforeWindow(NamedTuple):
    """The jobs of the equally long window before."""

    since: datetime
    jobs: int
    failed: int


class Report(NamedTuple):
    """A summary of the jobs of a window."""

    counts: dict[str, int]
    median_seconds: float | None
    p95_seconds: float | None
    finished: int  # jobs of the window behind the median and the p95
    is_sample: bool  # whether those are only some of the finished jobs that the report counts
    longest: TimedJob | None  # the finished job of the window that took longest; None of a sample
    stuck: tuple[TimedJob, ...]  # at most five, longest first
    stuck_count: int
    stuck_after: float  # seconds
    before: BeforeWindow | None
    failures: FailureSummary
    timeline: Histogram | None  # the jobs over time; None where there are none, or some were only counted
    failed_timeline: Histogram | None  # the failed jobs over time, in at most 24 steps; None where there are none

    @property
    def jobs(self) -> int:
        """Jobs in the window."""
        return sum(self.counts.values())

    @property
    def failed(self) -> int:
        """Failed jobs in the window: as many as the groups count."""
        return self.counts.get("failed", 0)


class ReportBuilder:
    """Jobs, taken in any order and each once, of which only what the report needs is kept."""

    def __init__(self, window: Window, now: datetime, check: Callable[[], None] = lambda: None) -> None:
        """Begin with no jobs; ``now`` ends the run of a running job, and an open window.

        ``check`` is called every few milliseconds while errors are read and compared; what it raises ends that.
        """
        self._window, self._now, self._check = window, now, check
        self._before_since = window.before(now)
        self._before_jobs = self._before_failed = 0
        self._counts: Counter[str] = Counter()
        self._seconds = array("d")
        self._seconds_before = array("d")
        self._longest: TimedJob | None = None
        self._running = RunningJobs(now)
        self._failures = GroupedFailures(check)
        self._timeline = Timeline(window.since, window.until, now)
        self._failed_timeline = Timeline(window.since, window.until, now, _FAILED_STEPS)
        self._has_counted = False  # whether jobs were counted that were not taken
        self.failed_read = 0  # failed jobs taken by `add`, except those created before both windows

    def restarted(self) -> "ReportBuilder":
        """Return a builder for the same report that has taken only the running jobs."""
        builder = ReportBuilder(self._window, self._now, self._check)
        builder._running = self._running
        return builder

    @property
    def has_failures(self) -> bool:
        """Whether a job of the window failed."""
        return "failed" in self._counts

    def add(self, job: "Job") -> None:
        """Take one job of the application's list."""
        if job.is_running:
            self._running.add(job, is_listed=True)
        else:
            self._running.remove(job.id)  # it was running when the running ones were read
        if job.status == "failed" and (self._before_since is None or job.created_at >= self._before_since):
            self.failed_read += 1
        since, until = self._window
        if until is not None and job.created_at >= until:
            return
        if since is not None and job.created_at < since:
            self._add_before(job)
            return
        self._counts[job.status] += 1
        self._timeline.add(job.created_at, job.status)
        if job.status == "failed":
            self._failed_timeline.add(job.created_at, job.status)
            self._failures.add(job, Period.WINDOW)
        if (seconds := job.finished_seconds) is not None:
            self._seconds.append(seconds)
            if self._longest is None or (seconds, job.id) > (self._longest.seconds, self._longest.id):
                self._longest = TimedJob(job.id, job.created_at, seconds)

    def add_failed(self, job: "Job") -> None:
        """Take one failed job created before the end of the window, where other jobs are not taken but counted."""
        since = self._window.since
        if since is None or job.created_at >= since:
            self._counts[job.status] += 1
            self._failed_timeline.add(job.created_at, job.status)
            self._failures.add(job, Period.WINDOW)
        elif self._before_since is not None and job.created_at >= self._before_since:
            self._before_failed += 1
            self._failures.add(job, Period.BEFORE)
        else:
            self.add_earlier(job)

    def count_others(self, counts: Mapping[str, int], jobs_before: int) -> None:
        """Count jobs of the window that are not taken, by their status, and all jobs of the window before."""
        self._has_counted = True
        self._counts.update({status: number for status, number in counts.items() if number})
        self._before_jobs = jobs_before

    def add_duration(self, job: "Job") -> None:
        """Take only the duration of a job of the window, if it has finished."""
        if (seconds := job.finished_seconds) is not None:
            self._seconds.append(seconds)

    def _add_before(self, job: "Job") -> None:
        if self._before_since is None or job.created_at < self._before_since:
            if job.status == "failed":
                self.add_earlier(job)
            return
        self._before_jobs += 1
        if job.status == "failed":
            self._before_failed += 1
            self._failures.add(job, Period.BEFORE)
        if (seconds := job.finished_seconds) is not None:
            self._seconds_before.append(seconds)

    def add_running(self, job: "Job") -> None:
        """Take one running job, whatever the window; a job may be taken again."""
        self._running.add(job, is_listed=False)

    def keep_running(self, job_ids: Container[str]) -> None:
        """Forget the running jobs that have finished since they were taken: all but these."""
        self._running.keep(job_ids)

    def long_running(self) -> set[str]:
        """Return the ids of the running jobs taken by `add` that have run for more than ten minutes."""
        return self._running.long_listed()

    def add_earlier(self, job: "Job") -> None:
        """Take one failed job created before both windows; ignore others."""
        if self._before_since is not None and job.created_at < self._before_since:
            self._failures.add(job, Period.EARLIER)

    def build(
        self,
        *,
        can_compare: bool,
        earlier_failures_read: bool = False,
        is_time_over: Callable[[], bool] = lambda: False,
    ) -> Report:
        """Summarize the jobs taken so far.

        Args:
            can_compare: Whether this window and the one before were read whole.
            earlier_failures_read: Whether the failures before both windows were read: at least 500, or all.
            is_time_over: Whether there is no more time to compare and classify errors; the report is made all the same.
        """
        before = None
        if can_compare and self._before_since is not None:
            before = BeforeWindow(self._before_since, self._before_jobs, self._before_failed)
        failures = self._failures.summarize(
            self._counts.total(),
            None if before is None else before.jobs,
            earlier_failures_read=earlier_failures_read,
            is_time_over=is_time_over,
        )
        ordered = sorted(self._seconds)
        limit = stuck_after(p95(ordered or sorted(self._seconds_before)))
        stuck = self._running.longer_than(limit)
        return Report(
            counts=dict(self._counts.most_common()),
            median_seconds=median(ordered),
            p95_seconds=p95(ordered),
            finished=len(ordered),
            is_sample=self._has_counted,
            longest=self._longest,
            stuck=tuple(heapq.nlargest(_MAX_STUCK, stuck, key=lambda job: (job.seconds, job.id))),
            stuck_count=len(stuck),
            stuck_after=limit,
            before=before,
            failures=failures,
            timeline=None if self._has_counted else self._timeline.histogram(),
            failed_timeline=self._failed_timeline.histogram(),
        )
