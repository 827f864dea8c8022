"""A report folded over jobs, one at a time: what failed, how often, whether it is new, and what is stuck."""

import heapq
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from writer_jobs_mcp import failures
from writer_jobs_mcp.text import clean, head_and_tail
from writer_jobs_mcp.timeline import Steps, Timeline

if TYPE_CHECKING:
    from writer_jobs_mcp.failures import Cause
    from writer_jobs_mcp.models import Job

Trend = Literal["new", "rising", "steady", "falling"]

NO_TEXT = "(no error text)"
"""The signature of failures for which Writer gives no error."""

_LEAST_STUCK, _MOST_STUCK = 600.0, 3_600.0  # seconds
_STUCK_TIMES_P95 = 3
_STUCK_SHOWN = 5
_NEWEST_KEPT = 2
_TEXT_READ = 4_000  # characters of an error that are cleaned and grouped
_TEXT_KEPT = 1_000  # characters of a group's newest error, from which its cause is told
# A change is a trend when it is at least by half, and larger than such counts vary by themselves: about one and a half
# standard deviations of the difference between two Poisson counts.
_TREND_FACTOR, _TREND_DEVIATIONS = 1.5, 1.5


def stuck_after(p95: float | None) -> float:
    """The seconds after which a running job is stuck.

    Three times the 95th percentile of the finished jobs, but at least ten minutes and at most one hour: the duration
    of a retried job runs from its first creation, so a few of them could put the limit out of reach.
    """
    return _LEAST_STUCK if p95 is None else min(max(_LEAST_STUCK, _STUCK_TIMES_P95 * p95), _MOST_STUCK)


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


class Stuck(NamedTuple):
    """A job that has run far longer than its like."""

    id: str
    created_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class FailedGroup:
    """A group of failed jobs whose errors say the same."""

    signature: str
    count: int
    first_seen: datetime
    last_seen: datetime
    newest: tuple[str, ...]
    """Ids, newest first."""
    example: str
    """The error of the newest, cleaned."""
    trend: Trend | None

    @property
    def cause(self) -> "Cause | None":
        """Why they failed, as the example says; worked out on demand, since few of many groups are shown."""
        return _cause(self.example) if self.example else None


@lru_cache(maxsize=64)
def _cause(error: str) -> "Cause":
    return failures.classify(error)


class Report(NamedTuple):
    """What there is to say of the jobs in the window."""

    counts: dict[str, int]
    median_seconds: float | None
    p95_seconds: float | None
    stuck: tuple[Stuck, ...]
    stuck_count: int
    failures: tuple[FailedGroup, ...]
    """Every group, the largest first."""
    steps: Steps | None
    """The jobs over time; None where there are none."""
    all_compared: bool = True
    """Whether the time was enough to compare the errors of all groups."""

    @property
    def jobs(self) -> int:
        """Jobs in the window."""
        return sum(self.counts.values())

    @property
    def failed(self) -> int:
        """Failed jobs in the window: as many as the groups count."""
        return self.counts.get("failed", 0)


class Triage:
    """Takes jobs in any order, each once, and keeps of them only what the report needs."""

    def __init__(self, window: Window, now: datetime, check: Callable[[], None] = lambda: None) -> None:
        """Begin with no jobs.

        Args:
            window: The time that the report is about.
            now: The time on which the ages of running jobs and the length of an open window depend.
            check: Called every few milliseconds while errors are read and compared; what it raises ends that.
        """
        self._window, self._now, self._check = window, now, check
        self._is_over: Callable[[], bool] = lambda: False
        self._before = window.before(now)
        self._counts: Counter[str] = Counter()
        self._seconds = array("d")
        self._running: list[Stuck] = []
        self._groups = failures.FailureGroups[_Failure, _Tally](_Tally, self._check_time)
        self._textless = _Tally()
        self._timeline = Timeline(window.since, window.until, now)

    def add(self, job: "Job") -> None:
        """Take one job."""
        since, until = self._window.since, self._window.until
        if until is not None and job.created_at >= until:
            return
        in_window = since is None or job.created_at >= since
        if not in_window and (self._before is None or job.created_at < self._before):
            return
        if job.status == "failed":
            self._add_failure(job, in_window=in_window)
        if not in_window:
            return
        self._counts[job.status] += 1
        self._timeline.add(job.created_at, job.status)
        if job.is_running:
            self._running.append(Stuck(job.id, job.created_at, (self._now - job.created_at).total_seconds()))
        elif job.completed_at is not None and job.completed_at >= job.created_at:
            self._seconds.append((job.completed_at - job.created_at).total_seconds())

    def _add_failure(self, job: "Job", *, in_window: bool) -> None:
        text = clean(head_and_tail(job.error, _TEXT_READ)).strip() if job.error else ""
        failure = _Failure(job.created_at, job.id, head_and_tail(text, _TEXT_KEPT), in_window)
        if text:
            self._groups.add(text, failure)
        else:
            self._textless.add(failure)

    def _check_time(self) -> None:
        self._check()
        if self._is_over():
            raise failures.OutOfTime

    def report(self, *, compares: bool, is_over: Callable[[], bool] = lambda: False) -> Report:
        """What the jobs taken so far amount to.

        Args:
            compares: Whether the window before this one was read whole.
            is_over: Whether there is no more time to compare errors; the report is made all the same.
        """
        self._is_over = is_over
        ordered = sorted(self._seconds)
        p95 = _nearest_rank(ordered, 0.95)
        limit = stuck_after(p95)
        stuck = [job for job in self._running if job.seconds > limit]
        groups = [*self._groups.groups(), (NO_TEXT, self._textless)]
        # A group that was not compared with all others may have been seen before under another signature.
        compares &= self._before is not None and self._groups.all_compared
        found = [_failed_group(signature, tally, compares=compares) for signature, tally in groups if tally.count]
        return Report(
            counts=dict(self._counts.most_common()),
            median_seconds=_median(ordered),
            p95_seconds=p95,
            stuck=tuple(heapq.nlargest(_STUCK_SHOWN, stuck, key=lambda job: (job.seconds, job.id))),
            stuck_count=len(stuck),
            failures=tuple(
                sorted(found, key=lambda group: (-group.count, -group.last_seen.timestamp(), group.signature))
            ),
            steps=self._timeline.steps(),
            all_compared=self._groups.all_compared,
        )


@dataclass(frozen=True, slots=True, order=True)
class _Failure:
    created_at: datetime
    id: str
    text: str = field(compare=False)
    in_window: bool = field(compare=False)


@dataclass(slots=True)
class _Tally:
    """What is kept of the failures of a group."""

    count: int = 0
    count_before: int = 0
    first: _Failure | None = None
    newest: list[_Failure] = field(default_factory=list[_Failure])

    def add(self, failure: _Failure) -> None:
        if not failure.in_window:
            self.count_before += 1
            return
        self.count += 1
        self.note(failure)

    def merged(self, others: Iterable[Self]) -> Self:
        whole = type(self)(self.count, self.count_before, self.first, list(self.newest))
        for other in others:
            whole.count += other.count
            whole.count_before += other.count_before
            for failure in ([other.first] if other.first else []) + other.newest:
                whole.note(failure)
        return whole

    def note(self, failure: _Failure) -> None:
        if self.first is None or failure < self.first:
            self.first = failure
        if failure not in self.newest:
            self.newest = heapq.nlargest(_NEWEST_KEPT, [*self.newest, failure])


def _failed_group(signature: str, tally: _Tally, *, compares: bool) -> FailedGroup:
    newest = tally.newest[0]
    return FailedGroup(
        signature=signature,
        count=tally.count,
        first_seen=tally.first.created_at if tally.first else newest.created_at,
        last_seen=newest.created_at,
        newest=tuple(failure.id for failure in tally.newest),
        example=newest.text,
        trend=_trend(tally.count, tally.count_before) if compares else None,
    )


def _trend(count: int, before: int) -> Trend:
    if before == 0:
        return "new"
    if abs(count - before) < _TREND_DEVIATIONS * math.sqrt(count + before):
        return "steady"
    if count >= _TREND_FACTOR * before:
        return "rising"
    return "falling" if before >= _TREND_FACTOR * count else "steady"


# The module `statistics` would be imported at every start, and with it fractions and decimals.
def _median(ordered: Sequence[float]) -> float | None:
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _nearest_rank(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least ``share`` of the values do not exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None
