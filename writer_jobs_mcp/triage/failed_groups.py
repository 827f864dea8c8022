"""Failed jobs, grouped by what their errors say, with the cause and the trend of each group."""

import heapq
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, Self

from writer_jobs_mcp import failures
from writer_jobs_mcp.triage.earlier_failures import EarlierErrors
from writer_jobs_mcp.triage.error_text import error_text
from writer_jobs_mcp.triage.trend import Sample, Trend, determine_trend

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job
    from writer_jobs_mcp.failures import Category, CauseKind, FoundGroup, PlaceholderValues

NO_ERROR_TEXT = "(no error text)"  # the signature of failures for which Writer gives no error

_MAX_NEWEST = 2
_MAX_GONE = 3


class Period(Enum):
    """When a failed job was created."""

    WINDOW = auto()
    BEFORE = auto()  # in the equally long window before
    EARLIER = auto()


@dataclass(frozen=True, slots=True)
class FailedGroup:
    """Failed jobs of the window whose errors say the same."""

    signature: str
    count: int
    first_seen: datetime
    last_seen: datetime
    newest_ids: tuple[str, ...]  # newest first
    cause: "CauseKind"
    """Why they failed, as far as their errors say: the same for all."""
    has_text: bool
    before: int | None
    """How many of them there were in the window before; None where there is no such window, or not all of it."""
    trend: Trend | None
    seen_before: datetime | None  # when it was last seen before both windows, where the window before has none
    values: "tuple[PlaceholderValues, ...]"  # which parts of the errors differ between its jobs
    applications: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many of its jobs each application has; as `GroupedFailures.add` was told."""
    newest_application: str = ""  # that of the newest job


class GoneGroup(NamedTuple):
    """Failed jobs of the window before, whose kind of error this window does not have."""

    signature: str
    cause: "CauseKind"
    before: int


class FailureSummary(NamedTuple):
    """The failed jobs of a window."""

    groups: tuple[FailedGroup, ...]  # all, the largest first
    by_category: "dict[Category, int]"  # failed jobs by cause
    gone: tuple[GoneGroup, ...]  # largest first
    all_compared: bool  # whether there was time to compare the errors of all groups
    all_templates_kept: bool  # whether few enough wordings of errors came up to compare them all


class GroupedFailures:
    """Failed jobs, grouped as they are added; of each group a few jobs are kept."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check  # called every few milliseconds; what it raises ends the work
        self._is_time_over: Callable[[], bool] = lambda: False
        self._groups = failures.FailureGroups[_Failure, _Tally](_Tally, self._check_time)
        self._without_text = _Tally()
        self._earlier: dict[str, EarlierErrors] = {}  # by application

    def add(self, job: "Job", period: Period, application: str = "") -> None:
        """Add a failed job; ``application`` is the one that it belongs to, where there are several."""
        text = error_text(job)
        if period is Period.EARLIER:
            self._earlier.setdefault(application, EarlierErrors()).add(job, text)
        else:
            self._add(text, job.created_at, job.id, period, application)

    def _add(self, text: str, created_at: datetime, job_id: str, period: Period, application: str) -> None:
        failure = _Failure(created_at, job_id, period, application)
        if text:
            self._groups.add(text, failure, counted=period is Period.WINDOW)
        else:
            self._without_text.add(failure)

    def summarize(
        self,
        jobs: int,
        jobs_before: int | None,
        *,
        earlier_failures_read: bool | Container[str] = False,
        is_time_over: Callable[[], bool] = lambda: False,
    ) -> FailureSummary:
        """Summarize the failed jobs added so far.

        ``jobs`` are those of the window, whatever their status, and ``jobs_before`` those of the window before; None if
        they cannot be compared. ``earlier_failures_read`` may be the applications of which they were read. The other
        arguments are as for `ReportBuilder.build`.
        """
        self._is_time_over = is_time_over
        groups = self._found()
        all_compared, all_templates_kept = self._groups.all_compared, self._groups.all_kept
        # A group that was not compared with all others may have been seen before under another signature.
        is_compared = jobs_before is not None and all_compared and all_templates_kept
        found = [group for group in groups if group.tally.count]
        found.sort(key=lambda g: (-g.tally.count, -g.tally.newest[0].created_at.timestamp(), g.signature))
        trends: list[Trend | None] = [
            group.tally.trend(jobs, jobs_before or 0, earlier_failures_read) if is_compared else None for group in found
        ]
        return FailureSummary(
            groups=tuple(
                _failed_group(group, trend, is_compared=is_compared) for group, trend in zip(found, trends, strict=True)
            ),
            by_category=_by_category(found),
            gone=_gone(groups) if is_compared and jobs else (),  # a window without jobs does not show that it is fixed
            all_compared=all_compared,
            all_templates_kept=all_templates_kept,
        )

    def never_seen_before(self, is_time_over: Callable[[], bool]) -> list[Mapping[str, int]]:
        """Return the applications of each group that no failure before the window is in, the largest group first.

        More jobs may be added afterwards.
        """
        self._is_time_over = is_time_over
        tallies = [group.tally for group in self._found()]
        unseen = [each for each in tallies if each.count and not each.count_before and not each.last_earlier]
        return [each.applications for each in sorted(unseen, key=lambda each: -each.count)]

    def _found(self) -> "list[_Group]":
        for application, errors in self._earlier.items():
            for created_at, job_id, text in errors.take():
                self._check()
                self._add(text, created_at, job_id, Period.EARLIER, application)
        return [*self._groups.groups(), failures.FoundGroup(NO_ERROR_TEXT, failures.UNKNOWN, self._without_text, ())]

    def _check_time(self) -> None:
        self._check()
        if self._is_time_over():
            raise failures.OutOfTime


@dataclass(frozen=True, slots=True, order=True)
class _Failure:
    created_at: datetime
    id: str
    period: Period = field(compare=False)
    application: str = field(compare=False)


@dataclass(slots=True)
class _Tally:
    """What is kept of the failures of a group."""

    count: int = 0
    count_before: int = 0
    first: _Failure | None = None
    newest: list[_Failure] = field(default_factory=list[_Failure])
    last_earlier: datetime | None = None
    applications: Counter[str] = field(default_factory=Counter[str])  # of the window

    def add(self, failure: _Failure) -> None:
        match failure.period:
            case Period.WINDOW:
                self.count += 1
                self.applications[failure.application] += 1
                self._note(failure)
            case Period.BEFORE:
                self.count_before += 1
            case Period.EARLIER:
                self._note_earlier(failure.created_at)

    def merged(self, others: Iterable[Self]) -> Self:
        whole = replace(self, newest=list(self.newest), applications=Counter(self.applications))
        for other in others:
            whole.count += other.count
            whole.count_before += other.count_before
            whole.applications.update(other.applications)
            for failure in ([other.first] if other.first else []) + other.newest:
                whole._note(failure)
            if other.last_earlier:
                whole._note_earlier(other.last_earlier)
        return whole

    def trend(self, jobs: int, jobs_before: int, earlier_failures_read: bool | Container[str]) -> Trend | None:
        all_read = (
            earlier_failures_read
            if isinstance(earlier_failures_read, bool)
            else all(application in earlier_failures_read for application in self.applications)
        )
        seen_earlier = True if self.last_earlier else False if all_read else None
        now, before = Sample(self.count, jobs), Sample(self.count_before, jobs_before)
        return determine_trend(now, before, seen_earlier=seen_earlier)

    def _note(self, failure: _Failure) -> None:
        if self.first is None or failure < self.first:
            self.first = failure
        if failure not in self.newest:
            self.newest = heapq.nlargest(_MAX_NEWEST, [*self.newest, failure])

    def _note_earlier(self, created_at: datetime) -> None:
        if self.last_earlier is None or created_at > self.last_earlier:
            self.last_earlier = created_at


if TYPE_CHECKING:
    _Group = FoundGroup[_Tally]


def _by_category(groups: "Iterable[_Group]") -> "dict[Category, int]":
    counts: Counter[Category] = Counter()
    for group in groups:
        counts[group.cause.category] += group.tally.count
    return dict(counts.most_common())


def _failed_group(group: "_Group", trend: Trend | None, *, is_compared: bool) -> FailedGroup:
    tally, newest = group.tally, group.tally.newest[0]
    return FailedGroup(
        signature=group.signature,
        count=tally.count,
        first_seen=tally.first.created_at if tally.first else newest.created_at,
        last_seen=newest.created_at,
        newest_ids=tuple(failure.id for failure in tally.newest),
        cause=group.cause,
        has_text=group.signature != NO_ERROR_TEXT,
        before=tally.count_before if is_compared else None,
        trend=trend,
        seen_before=tally.last_earlier if is_compared and not tally.count_before else None,
        values=group.values,
        applications=tally.applications,
        newest_application=newest.application,
    )


def _gone(groups: "list[_Group]") -> tuple[GoneGroup, ...]:
    gone = [group for group in groups if not group.tally.count and group.tally.count_before]
    largest = heapq.nsmallest(_MAX_GONE, gone, key=lambda group: (-group.tally.count_before, group.signature))
    return tuple(GoneGroup(group.signature, group.cause, group.tally.count_before) for group in largest)
