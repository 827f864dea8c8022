"""A report folded over jobs, one at a time: what failed, how often, whether it is new, and what is stuck."""

import heapq
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, Self

from writer_jobs_mcp import failures
from writer_jobs_mcp.sanitize.text import elide_middle, sanitize
from writer_jobs_mcp.triage.timeline import Histogram, Timeline
from writer_jobs_mcp.triage.trend import Sample, Trend, determine_trend

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job
    from writer_jobs_mcp.failures import Category, Cause, FoundGroup, PlaceholderValues

NO_ERROR_TEXT = "(no error text)"
"""The signature of failures for which Writer gives no error."""

_MIN_STUCK_SECONDS, _MAX_STUCK_SECONDS = 600.0, 3_600.0  # seconds
_STUCK_TIMES_P95 = 3
_STUCK_SHOWN = 5
_NEWEST_KEPT = 2
_MAX_TEXT = 4_000  # characters of an error that are cleaned and grouped
_MAX_KEPT_TEXT = 1_000  # characters of a group's newest error, from which its cause is told
_GONE_SHOWN = 3
_STEPS = 24  # of the failures over time
_CLASSIFIED_FIRST = 12  # groups, however little time is left: a report shows so many


def stuck_after(p95_seconds: float | None) -> float:
    """The seconds after which a running job is stuck.

    Three times the 95th percentile of the finished jobs, but at least ten minutes and at most one hour: the duration
    of a retried job runs from its first creation, so a few of them could put the limit out of reach.
    """
    return (
        _MIN_STUCK_SECONDS
        if p95_seconds is None
        else min(max(_MIN_STUCK_SECONDS, _STUCK_TIMES_P95 * p95_seconds), _MAX_STUCK_SECONDS)
    )


def p95(ordered: Sequence[float]) -> float | None:
    """The smallest of these ascending values that at least 95 % of them do not exceed; None of none."""
    return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else None


def error_text(job: "Job") -> str:
    """As much of a job's error as is grouped and classified, cleaned; empty where Writer gives none."""
    return sanitize(elide_middle(job.error, _MAX_TEXT)).strip() if job.error else ""


class Window(NamedTuple):
    """The time that a report is about, ``since`` included and ``until`` not; None is open."""

    since: datetime | None
    until: datetime | None

    def before(self, now: datetime) -> datetime | None:
        """Where the equally long window before this one begins; None where this one has no beginning."""
        if self.since is None:
            return None
        try:
            return self.since - ((self.until or now) - self.since)
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)  # the calendar begins later than that


class TimedJob(NamedTuple):
    """A running job, and how long it has run: from the later of its creation and its last update."""

    id: str
    created_at: datetime
    seconds: float


class BeforeWindow(NamedTuple):
    """The jobs of the equally long window before."""

    since: datetime
    jobs: int
    failed: int


@dataclass(frozen=True, slots=True)
class FailedGroup:
    """Failed jobs of the window whose errors say the same."""

    signature: str
    count: int
    first_seen: datetime
    last_seen: datetime
    newest_ids: tuple[str, ...]
    """Ids, newest first."""
    cause: "Cause | None"
    """Why they failed, as far as the newest error says; None where it has no text or there was no time to read it."""
    has_text: bool
    before: int | None
    """How many of them there were in the window before; None where there is no such window, or not all of it."""
    trend: Trend | None
    seen_before: datetime | None
    """When it was last seen before both windows, where the window before has none."""
    values: "tuple[PlaceholderValues, ...]"
    """Which parts of the errors tell its jobs apart."""


class GoneGroup(NamedTuple):
    """Failed jobs of the window before, of a kind that this window does not have."""

    signature: str
    cause: "Cause | None"
    before: int


class Report(NamedTuple):
    """A summary of the jobs."""

    counts: dict[str, int]
    median_seconds: float | None
    p95_seconds: float | None
    finished: int
    """Jobs of the window on which the median and the p95 rest."""
    longest: TimedJob | None
    """The finished job of the window that took longest."""
    stuck: tuple[TimedJob, ...]
    """At most five, longest first."""
    stuck_count: int
    stuck_after: float
    """Seconds."""
    before: BeforeWindow | None
    failures: tuple[FailedGroup, ...]
    """Every group, the largest first."""
    by_category: "dict[Category, int] | None"
    """Failed jobs by cause; None where there was no time to read the cause of every group."""
    gone: tuple[GoneGroup, ...]
    """Largest first."""
    timeline: Histogram | None
    """The jobs over time; None where there are none."""
    failed_timeline: Histogram | None
    """The failed jobs over time, in at most 24 steps; None where there are none."""
    all_compared: bool = True
    """Whether there was time to compare the errors of all groups."""
    all_templates_kept: bool = True
    """Whether the errors were not worded in too many ways to compare."""

    @property
    def jobs(self) -> int:
        """Jobs in the window."""
        return sum(self.counts.values())

    @property
    def failed(self) -> int:
        """Failed jobs in the window: as many as the groups count."""
        return self.counts.get("failed", 0)


class ReportBuilder:
    """Take jobs in any order, each once, and keep of them only what the report needs."""

    def __init__(self, window: Window, now: datetime, check: Callable[[], None] = lambda: None) -> None:
        """Begin with no jobs.

        Args:
            window: The time that the report is about.
            now: The time on which the ages of running jobs and the length of an open window depend.
            check: Called every few milliseconds while errors are read and compared; what it raises ends that.
        """
        self._window, self._now, self._check = window, now, check
        self._is_over: Callable[[], bool] = lambda: False
        self._before_since = window.before(now)
        self._before_jobs = self._before_failed = 0
        self._counts: Counter[str] = Counter()
        self._seconds = array("d")
        self._seconds_before = array("d")
        self._longest: TimedJob | None = None
        self._running: dict[str, TimedJob] = {}
        self._listed_running: set[str] = set()
        self._groups = failures.FailureGroups[_Failure, _Tally](_Tally, self._check_time)
        self._textless = _Tally()
        self._timeline = Timeline(window.since, window.until, now)
        self._failed_timeline = Timeline(window.since, window.until, now, _STEPS)
        self.failed_read = 0
        """Failed jobs taken by `add`, but for those created before both windows."""

    @property
    def has_failures(self) -> bool:
        """Whether a job of the window failed."""
        return "failed" in self._counts

    def add(self, job: "Job") -> None:
        """Take one job of the application's list."""
        if job.is_running:
            self.add_running(job)
            self._listed_running.add(job.id)
        else:
            self._running.pop(job.id, None)  # it was running when the running ones were read, and has finished since
        if job.status == "failed" and (self._before_since is None or job.created_at >= self._before_since):
            self.failed_read += 1
        since, until = self._window.since, self._window.until
        if until is not None and job.created_at >= until:
            return
        if since is not None and job.created_at < since:
            self._add_before(job)
            return
        self._counts[job.status] += 1
        self._timeline.add(job.created_at, job.status)
        if job.status == "failed":
            self._failed_timeline.add(job.created_at, job.status)
            self._add_failure(job, _Period.WINDOW)
        if (seconds := job.finished_seconds) is not None:
            self._seconds.append(seconds)
            if self._longest is None or (seconds, job.id) > (self._longest.seconds, self._longest.id):
                self._longest = TimedJob(job.id, job.created_at, seconds)

    def _add_before(self, job: "Job") -> None:
        if self._before_since is None or job.created_at < self._before_since:
            if job.status == "failed":
                self.add_earlier(job)
            return
        self._before_jobs += 1
        if job.status == "failed":
            self._before_failed += 1
            self._add_failure(job, _Period.BEFORE)
        if (seconds := job.finished_seconds) is not None:
            self._seconds_before.append(seconds)

    def add_running(self, job: "Job") -> None:
        """Take one running job, whatever the window; a job may be taken again."""
        seconds = (self._now - job.running_since).total_seconds()
        known = self._running.get(job.id)
        if known is None or seconds < known.seconds:  # a retry in between starts it again
            self._running[job.id] = TimedJob(job.id, job.created_at, seconds)

    def long_running(self) -> set[str]:
        """The ids of the running jobs taken by `add` that have run for more than ten minutes."""
        running = (self._running.get(each) for each in self._listed_running)
        return {job.id for job in running if job and job.seconds > _MIN_STUCK_SECONDS}

    def add_earlier(self, job: "Job") -> None:
        """Take one failed job created before both windows; others are ignored."""
        if self._before_since is not None and job.created_at < self._before_since:
            self._add_failure(job, _Period.EARLIER)

    def _add_failure(self, job: "Job", period: "_Period") -> None:
        text = error_text(job)
        failure = _Failure(job.created_at, job.id, elide_middle(text, _MAX_KEPT_TEXT), period)
        if text:
            self._groups.add(text, failure, counted=period is _Period.WINDOW)
        else:
            self._textless.add(failure)

    def _check_time(self) -> None:
        self._check()
        if self._is_over():
            raise failures.OutOfTime

    def build(
        self, *, can_compare: bool, earlier_failures_read: bool = False, is_over: Callable[[], bool] = lambda: False
    ) -> Report:
        """Summarize the jobs taken so far.

        Args:
            can_compare: Whether this window and the one before were read whole.
            earlier_failures_read: Whether the failures before both windows were read: at least 500, or all.
            is_over: Whether there is no more time to compare and classify errors; the report is made all the same.
        """
        self._is_over = is_over
        ordered = sorted(self._seconds)
        limit = stuck_after(p95(ordered or sorted(self._seconds_before)))
        stuck = [job for job in self._running.values() if job.seconds > limit]
        groups = [*self._groups.groups(), failures.FoundGroup(NO_ERROR_TEXT, self._textless, ())]
        before = self._before_window() if can_compare else None
        # A group that was not compared with all others may have been seen before under another signature.
        with_trend = before is not None and self._groups.all_compared and self._groups.all_kept
        found = sorted((group for group in groups if group.tally.count), key=_by_size)
        trends: list[Trend | None] = [
            self._trend(group.tally, before, earlier_failures_read) if with_trend else None for group in found
        ]
        causes, all_classified = self._causes(found, trends)
        return Report(
            counts=dict(self._counts.most_common()),
            median_seconds=_median(ordered),
            p95_seconds=p95(ordered),
            finished=len(ordered),
            longest=self._longest,
            stuck=tuple(heapq.nlargest(_STUCK_SHOWN, stuck, key=lambda job: (job.seconds, job.id))),
            stuck_count=len(stuck),
            stuck_after=limit,
            before=before,
            failures=tuple(
                _failed_group(group, trend, cause, is_compared=with_trend)
                for group, trend, cause in zip(found, trends, causes, strict=True)
            ),
            by_category=_by_category(found, causes) if all_classified else None,
            gone=self._gone(groups) if with_trend and self._counts else (),  # without jobs, nothing shows a fix
            timeline=self._timeline.histogram(),
            failed_timeline=self._failed_timeline.histogram(),
            all_compared=self._groups.all_compared,
            all_templates_kept=self._groups.all_kept,
        )

    def _before_window(self) -> BeforeWindow | None:
        if self._before_since is None:
            return None
        return BeforeWindow(self._before_since, self._before_jobs, self._before_failed)

    def _trend(self, tally: "_Tally", before: BeforeWindow | None, knows_earlier: bool) -> Trend | None:
        if before is None:
            return None
        seen_earlier = True if tally.last_earlier else False if knows_earlier else None
        now = Sample(tally.count, self._counts.total())
        return determine_trend(now, Sample(tally.count_before, before.jobs), seen_earlier=seen_earlier)

    def _causes(self, groups: "list[_Group]", trends: list[Trend | None]) -> "tuple[list[Cause | None], bool]":
        """Classify the groups that are shown first, then the others while there is time."""
        causes: list[Cause | None] = [None] * len(groups)
        for place, i in enumerate(sorted(range(len(groups)), key=lambda i: (trends[i] != "new", i))):
            self._check()
            if place >= _CLASSIFIED_FIRST and self._is_over():
                return causes, False
            causes[i] = _cause(groups[i].tally.newest[0])
        return causes, True

    def _gone(self, groups: "list[_Group]") -> tuple[GoneGroup, ...]:
        gone = [group for group in groups if not group.tally.count and group.tally.count_before]
        largest = heapq.nsmallest(_GONE_SHOWN, gone, key=lambda group: (-group.tally.count_before, group.signature))
        return tuple(
            GoneGroup(
                group.signature,
                group.tally.newest_before and _cause(group.tally.newest_before),
                group.tally.count_before,
            )
            for group in largest
        )


class _Period(Enum):
    """When a failed job was created."""

    WINDOW = auto()
    BEFORE = auto()
    EARLIER = auto()


@dataclass(frozen=True, slots=True, order=True)
class _Failure:
    created_at: datetime
    id: str
    text: str = field(compare=False)
    period: _Period = field(compare=False)


@dataclass(slots=True)
class _Tally:
    """What is kept of the failures of a group."""

    count: int = 0
    count_before: int = 0
    first: _Failure | None = None
    newest: list[_Failure] = field(default_factory=list[_Failure])
    newest_before: _Failure | None = None
    last_earlier: datetime | None = None

    def add(self, failure: _Failure) -> None:
        match failure.period:
            case _Period.WINDOW:
                self.count += 1
                self._note(failure)
            case _Period.BEFORE:
                self.count_before += 1
                self._note_before(failure)
            case _Period.EARLIER:
                self._note_earlier(failure.created_at)

    def merged(self, others: Iterable[Self]) -> Self:
        whole = replace(self, newest=list(self.newest))
        for other in others:
            whole.count += other.count
            whole.count_before += other.count_before
            for failure in ([other.first] if other.first else []) + other.newest:
                whole._note(failure)
            if other.newest_before:
                whole._note_before(other.newest_before)
            if other.last_earlier:
                whole._note_earlier(other.last_earlier)
        return whole

    def _note(self, failure: _Failure) -> None:
        if self.first is None or failure < self.first:
            self.first = failure
        if failure not in self.newest:
            self.newest = heapq.nlargest(_NEWEST_KEPT, [*self.newest, failure])

    def _note_before(self, failure: _Failure) -> None:
        if self.newest_before is None or failure > self.newest_before:
            self.newest_before = failure

    def _note_earlier(self, created_at: datetime) -> None:
        if self.last_earlier is None or created_at > self.last_earlier:
            self.last_earlier = created_at


if TYPE_CHECKING:
    _Group = FoundGroup[_Tally]


def _by_size(group: "_Group") -> tuple[int, float, str]:
    return -group.tally.count, -group.tally.newest[0].created_at.timestamp(), group.signature


def _cause(failure: _Failure) -> "Cause | None":
    return failures.classify_error(failure.text) if failure.text else None


def _by_category(groups: "Iterable[_Group]", causes: "Iterable[Cause | None]") -> "dict[Category, int]":
    counts: Counter[Category] = Counter()
    for group, cause in zip(groups, causes, strict=True):
        counts[cause.category if cause else "unknown"] += group.tally.count
    return dict(counts.most_common())


def _failed_group(group: "_Group", trend: Trend | None, cause: "Cause | None", *, is_compared: bool) -> FailedGroup:
    tally, newest = group.tally, group.tally.newest[0]
    return FailedGroup(
        signature=group.signature,
        count=tally.count,
        first_seen=tally.first.created_at if tally.first else newest.created_at,
        last_seen=newest.created_at,
        newest_ids=tuple(failure.id for failure in tally.newest),
        cause=cause,
        has_text=bool(newest.text),
        before=tally.count_before if is_compared else None,
        trend=trend,
        seen_before=tally.last_earlier if is_compared and not tally.count_before else None,
        values=group.values,
    )


# The module `statistics` would be imported at every start, and with it fractions and decimals.
def _median(ordered: Sequence[float]) -> float | None:
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
