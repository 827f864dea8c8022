"""The report on an application: headline, failures, stuck jobs, what was read, and what to call next."""

from datetime import datetime, timedelta

from pydantic import PrivateAttr

from writer_jobs_mcp.results.base import IfKnown, NextCall, ResultModel
from writer_jobs_mcp.results.failure_groups import (
    FailureGroupRow,
    GoneGroupRow,
    OmittedFailures,
    describe_groups,
    failure_columns,
)
from writer_jobs_mcp.results.formatting import (
    format_duration,
    format_percent,
    join_lines,
    join_words,
    pluralize,
    quote_unless_plain,
    short_timestamp,
)
from writer_jobs_mcp.results.triage_parts import (
    BeforeSummary,
    CoverageSummary,
    DurationSummary,
    FailedOverTime,
    StuckJob,
)
from writer_jobs_mcp.results.window import WindowSummary
from writer_jobs_mcp.sanitize.text import json_quote

_DEPLOYMENT = timedelta(hours=1)  # failures that begin this soon after a deployment may come from it


class TriageReport(ResultModel):
    """The result of ``triage_application_jobs``."""

    application_id: str
    application_name: IfKnown[str] = None
    last_deployed_at: IfKnown[str] = None
    window: WindowSummary
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

    def as_text(self) -> str:
        year = self.window.year
        return join_lines(
            headline(self),
            *self.lines_before_failures(),
            bool(self.failures) and failure_columns(self.failures),
            *(group.as_text_in(year) for group in self.failures),
            *self.lines_after_failures(),
        )

    def lines_before_failures(self) -> list[str | bool | None]:
        """Return the lines between the headline and the groups of failures, with nothing for those left out."""
        year = self.window.year
        return [
            self._application(year),
            self._figures(year),
            self._by_category(),
            self.failed_over_time and self.failed_over_time.as_text_in(year),
        ]

    def lines_after_failures(self) -> list[str | bool | None]:
        """Return the lines after the groups of failures, with nothing for those left out; items begin with a dash."""
        return [
            self.failures_omitted and self.failures_omitted.as_text(),
            bool(self.gone) and f"Not seen any more: {'; '.join(group.as_text() for group in self.gone or ())}",
            self._stuck(),
            *(job.as_text_in(self.window.year) for job in self.stuck),
            self.coverage.as_text(),
            self.next is not None and "Next:",
            *(call.as_text() for call in self.next or ()),
        ]

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

    def _stuck(self) -> str:
        after = format_duration(self.stuck_after)
        if self.stuck_count is None:
            found = f"found, over {after}:" if self.stuck else f"none found over {after}."
            return f"Stuck: not known (see coverage); {found}"
        if not self.stuck_count:
            return f"Stuck: no job has run over {after}."
        shown = "" if self.stuck_count == len(self.stuck) else f"; the {len(self.stuck)} longest"
        return f"Stuck: {pluralize(self.stuck_count, 'job')}, running for over {after}{shown}:"


def headline(report: TriageReport) -> str:
    """Say what failed in a sentence that is true by itself: it claims nothing about jobs that were not read."""
    coverage, jobs = report.coverage, report.coverage.jobs_in_window
    when = report.window.as_phrase()
    if coverage.complete:
        of = join_words(pluralize(jobs, "job"), when and f"created {when}")
        nothing = join_words("No jobs were created", when)
    elif coverage.stopped_by in {"end", "since"}:
        of = f"the {pluralize(jobs, 'job')} that could be read" + (f", of those created {when}," if when else "")
        nothing = (
            join_words("No jobs that could be read were created", when)
            if coverage.jobs_read
            else "No job could be read"
        )
    elif not jobs:
        return _none_read(report)
    else:
        return _of_those_read(report)
    if not jobs:
        return f"{nothing}."
    failed = report.counts.get("failed", 0)
    if not failed:
        return f"None of {of} failed."
    return f"{failed:,} of {of} failed ({format_percent(report.failure_rate or 0)}); {_groups(report)}."


def _of_those_read(report: TriageReport) -> str:
    newest, failed = pluralize(report.coverage.jobs_in_window, "newest job"), report.counts.get("failed", 0)
    newest += " that could be read" if report.coverage.unreadable else ""
    window, back_to = report.window, report.coverage.read_back_to
    rest = "older jobs were not read" if window.since is None else "the rest of the window was not read"
    if back_to is None:
        of = f"Of {pluralize(report.coverage.jobs_in_window, 'job')} that were read (the list is not in order of time),"
        rest = "the others were not read"
    elif window.ends_now:
        of = f"Of the {newest}, back to {window.second(back_to)} UTC,"
    else:
        of = f"Of the {newest} before {window.minute(window.until)} UTC, back to {window.second(back_to)},"
    if not failed:
        return f"{of} none failed; {rest}."
    return f"{of} {failed:,} failed ({format_percent(report.failure_rate or 0)}); {rest}; {_groups(report)}."


def _none_read(report: TriageReport) -> str:
    coverage, window = report.coverage, report.window
    if not coverage.jobs_read:
        return "No job could be read."
    read, back_to = pluralize(coverage.jobs_read, "job"), coverage.read_back_to
    if back_to is None:
        return f"This window was not reached: none of the {read} read is in it; the list is not in order of time."
    if back_to < window.until:
        span = f"from {window.second(back_to)} to {window.minute(window.until)} UTC"
        no_jobs = "No jobs that could be read" if coverage.unreadable else "No jobs"
        return f"{no_jobs} were created {span}; the rest of the window was not read."
    return (
        f"This window was not reached: the {pluralize(coverage.jobs_read, 'newest job')} were read, back to "
        f"{window.second(back_to)} UTC, and it ends at {window.minute(window.until)}."
    )


def _groups(report: TriageReport) -> str:
    jobs_before = report.before.jobs if report.before else 0
    omitted_new = report.failures_omitted.new if report.failures_omitted else 0
    return describe_groups(
        report.failures, report.window.length or 0, jobs_before, omitted_new, shows_largest=report.shows_largest
    )
