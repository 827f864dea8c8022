"""The report on an application: headline, failures, stuck jobs, what was read, and what to call next."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from pydantic import Field, PrivateAttr

from writer_jobs_mcp.results.base import IfKnown, NextCall, ResultModel
from writer_jobs_mcp.results.failure_groups import FailureGroupRow, GoneGroupRow, OmittedFailures
from writer_jobs_mcp.results.formatting import (
    format_duration,
    format_percent,
    join_lines,
    join_words,
    pluralize,
    quote_unless_plain,
    short_timestamp,
)
from writer_jobs_mcp.results.triage_coverage import CoverageSummary
from writer_jobs_mcp.results.triage_headline import headline
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.triage.timestamps import format_timestamp

if TYPE_CHECKING:
    from writer_jobs_mcp.triage.next_calls import TriageRequest

_DEPLOYMENT = timedelta(hours=1)  # failures that begin this soon after a deployment may come from it


class TriageWindow(ResultModel):
    """The time the report is about: jobs created in it, ``since`` included and ``until`` not."""

    since: IfKnown[str] = None
    until: str
    _ends_now: bool = PrivateAttr(default=False)

    @classmethod
    def of(cls, request: "TriageRequest") -> Self:
        """Show the requested window; one without an end ends now."""
        since, until = request.window.since, request.window.until
        window = cls(since=since and format_timestamp(since), until=format_timestamp(until or request.now))
        window._ends_now = until is None
        return window

    @property
    def ends_now(self) -> bool:
        """Whether it ends at the time of the call."""
        return self._ends_now

    @property
    def year(self) -> str:
        """The year of its end, as ``2026-``; times in this year are written without it."""
        return self.until[:5]

    @property
    def length(self) -> float | None:
        """Seconds; None where it has no beginning."""
        if self.since is None:
            return None
        return (datetime.fromisoformat(self.until) - datetime.fromisoformat(self.since)).total_seconds()


class BeforeSummary(ResultModel):
    """The equally long window before."""

    since: str
    jobs: int
    failed: int
    failure_rate: IfKnown[float] = None

    def as_text_of(self, length: float, year: str) -> str:
        """Return its text; it is ``length`` seconds long. Times in the ``year`` are written without it."""
        span = f"the {format_duration(length)} before (from {short_timestamp(self.since, year)})"
        if not self.jobs:
            return f"No jobs in {span}: nothing to compare with."
        rate = "" if self.failure_rate is None else f" ({format_percent(self.failure_rate)})"
        return f"In {span}, {self.failed:,} of {pluralize(self.jobs, 'job')} failed{rate}."


class LongestJob(ResultModel):
    """The finished job that took longest."""

    id: str
    seconds: float


class DurationSummary(ResultModel):
    """How long finished jobs took: median, and 95th percentile by nearest rank; exact unless ``sample`` is given."""

    median: float
    p95: float
    sample: IfKnown[int] = None
    longest: IfKnown[LongestJob] = None

    def as_text(self) -> str:
        longest = (
            self.longest
            and f", at most {format_duration(self.longest.seconds)} ({quote_unless_plain(self.longest.id)})"
        )
        of = "Finished jobs" if self.sample is None else f"{pluralize(self.sample, 'finished job')} that were read"
        return f"{of} took {format_duration(self.median)} (median), {format_duration(self.p95)} (p95){longest or ''}."


class FailedOverTime(ResultModel):
    """Failed jobs in equal steps, one after another from ``from`` to the end of the window."""

    from_: str = Field(alias="from")
    step: int
    """Seconds."""
    counts: list[int]

    def as_text_in(self, year: str) -> str:
        """Return its text; times in the ``year`` are written without it."""
        counts = " ".join(map(str, self.counts))
        return f"Failed per {format_duration(self.step)} from {short_timestamp(self.from_, year)}: {counts}"


class StuckJob(ResultModel):
    """A job that has run far longer than others."""

    id: str
    created_at: str
    seconds: float

    def as_text_in(self, year: str) -> str:
        """Return its text; times in the ``year`` are written without it."""
        return (
            f"- {quote_unless_plain(self.id)} for {format_duration(self.seconds)}, "
            f"created {short_timestamp(self.created_at, year)}"
        )


class TriageReport(ResultModel):
    """The result of ``triage_application_jobs``."""

    application_id: str
    application_name: IfKnown[str] = None
    last_deployed_at: IfKnown[str] = None
    window: TriageWindow
    coverage: CoverageSummary
    counts: dict[str, int]
    failure_rate: IfKnown[float] = None
    before: IfKnown[BeforeSummary] = None
    seconds: IfKnown[DurationSummary] = None
    by_category: IfKnown[dict[str, int]] = None
    failed_over_time: IfKnown[FailedOverTime] = None
    stuck: list[StuckJob]
    stuck_count: IfKnown[int] = None
    stuck_after: float
    failures: list[FailureGroupRow]
    failures_omitted: IfKnown[OmittedFailures] = None
    gone: IfKnown[list[GoneGroupRow]] = None
    next: IfKnown[list[NextCall]] = None
    _shows_largest: bool = PrivateAttr(default=True)

    def note_largest(self, *, is_shown: bool) -> None:
        """Note whether the largest of all groups is shown; the headline speaks of it."""
        self._shows_largest = is_shown

    @property
    def shows_largest(self) -> bool:
        """Whether the largest of all groups is shown; new ones may have taken its place."""
        return self._shows_largest

    def as_structure(self) -> dict[str, object]:
        return self.model_dump(mode="json", exclude_none=True, by_alias=True)

    def as_text(self) -> str:
        year = self.window.year
        return join_lines(
            headline(self),
            self._application(year),
            self._figures(year),
            self._by_category(),
            self.failed_over_time and self.failed_over_time.as_text_in(year),
            bool(self.failures) and self._columns(),
            *(group.as_text_in(year) for group in self.failures),
            self.failures_omitted and self.failures_omitted.as_text(),
            bool(self.gone) and f"Not seen any more: {'; '.join(group.as_text() for group in self.gone or ())}",
            self._stuck(),
            *(job.as_text_in(year) for job in self.stuck),
            self.coverage.as_text(),
            self.next is not None and "Next:",
            *(call.as_text() for call in self.next or ()),
        )

    def _application(self, year: str) -> str:
        since = self.window.since and f"from {self.window.since}"
        named = join_words(
            "Application",
            self.application_name and json_quote(self.application_name),
            quote_unless_plain(self.application_id),
        )
        return join_words(f"{named}, jobs created", since, f"until {self.window.until}.", self._deployment(year))

    def _deployment(self, year: str) -> str | None:
        if self.last_deployed_at is None:
            return None
        deployed = datetime.fromisoformat(self.last_deployed_at)
        new = [group for group in self.failures if group.trend == "new"]
        ages = [(group, datetime.fromisoformat(group.first_seen) - deployed) for group in new]
        after = [
            f"{group.category} {format_duration(age.total_seconds())} later"
            for group, age in ages
            if timedelta() <= age <= _DEPLOYMENT
        ]
        began = f"; new since then: {', '.join(after)}" if after else ""
        return f"Last deployed {short_timestamp(self.last_deployed_at, year)}{began}."

    def _figures(self, year: str) -> str:
        counts = ", ".join(f"{quote_unless_plain(status)} {number:,}" for status, number in self.counts.items())
        before = self.before and self.before.as_text_of(self.window.length or 0, year)
        return join_words(counts and f"By status: {counts}.", before, self.seconds and self.seconds.as_text())

    def _by_category(self) -> str | None:
        if self.by_category is None or (len(self.failures) == 1 and not self.failures_omitted):
            return None
        return (
            f"Failed by cause: {', '.join(f'{category} {number:,}' for category, number in self.by_category.items())}"
        )

    def _columns(self) -> str:
        """Name the columns that the groups have."""
        groups = self.failures
        columns: list[str | bool] = [
            "jobs (share of the failures)",
            any(group.before is not None for group in groups) and "before",
            "cause",
            "retry",
            any(group.trend for group in groups) and "trend",
            "seen in the window (UTC)",
            "what the errors say, in quotation marks",
            any(group.values for group in groups) and "values with their jobs",
        ]
        return f"Failures: {', '.join(each for each in columns if isinstance(each, str))} [newest ids]"

    def _stuck(self) -> str:
        after = format_duration(self.stuck_after)
        if self.stuck_count is None:
            found = f"found, over {after}:" if self.stuck else f"none found over {after}."
            return f"Stuck: not known (see coverage); {found}"
        if not self.stuck_count:
            return f"Stuck: no job has run over {after}."
        shown = "" if self.stuck_count == len(self.stuck) else f"; the {len(self.stuck)} longest"
        return f"Stuck: {pluralize(self.stuck_count, 'job')}, running for over {after}{shown}:"
