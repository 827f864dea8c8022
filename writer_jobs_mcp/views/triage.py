"""The report on a whole application: headline, failures, stuck jobs, what was read, and what to ask next."""

import re
from datetime import datetime, timedelta
from typing import Self

from pydantic import PrivateAttr

from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.ids import shown_id
from writer_jobs_mcp.scan import Coverage, StoppedBy
from writer_jobs_mcp.states import KNOWN_STATUSES
from writer_jobs_mcp.text import cut, preview, quoted
from writer_jobs_mcp.timeline import OTHER
from writer_jobs_mcp.triage import FailedGroup, Report, Stuck, Trend
from writer_jobs_mcp.views.form import Maybe, View, count, lines, moment, spaced, word
from writer_jobs_mcp.views.lists import UnreadableRows
from writer_jobs_mcp.views.suggestion import Asked, NextCall, next_calls

_GROUPS_SHOWN = 12
_STATE = re.compile(r"(?=.{1,24}\Z)[A-Za-z]+(?:[ _-][A-Za-z0-9]+){0,3}", re.ASCII)
"""A few short words at most: what jobs are counted under is a name, and says nothing else."""
_STATUSES_SHOWN = 8
# Lengths of a group's signature and example, from the longest down.
_TEXTS = ((160, 160), (160, 120), (160, 90), (140, 60), (140, 40), (120, 40), (100, 40), (80, 40))
_FEW_LENGTH, _GROUP_LENGTH, _FRAME_LENGTH = 4_500, 385, 1_000
"""Characters of JSON up to which no text is shortened; then those of a group on average, and what stands around."""
_REPORT_LENGTH = 12_000
"""Characters of JSON that a report stays under, whatever the jobs hold."""
_NOT_COMPARED = (
    "Time ran out before all errors were compared: one failure may appear as several groups, and no trend is given."
)
_CAUSES: dict[Category, str] = {
    "rate_limit": "rate limits",
    "timeout": "timeouts",
    "invalid_input": "invalid input",
    "input_too_long": "input that is too long",
    "missing_resource": "missing resources",
    "access_denied": "refused access",
    "blocked_content": "blocked content",
    "upstream_failure": "upstream failures",
    "internal_error": "internal errors",
    "unknown": "of untold cause",
}


class TriageWindow(View):
    """The time the report is about."""

    since: Maybe[str] = None
    until: str
    _ends_now: bool = PrivateAttr(default=False)

    @classmethod
    def of(cls, asked: Asked) -> Self:
        """The window that was asked for; one without an end ends now."""
        since, until = asked.window.since, asked.window.until
        window = cls(since=since and moment(since), until=moment(until or asked.now))
        window._ends_now = until is None
        return window

    def in_words(self) -> str | None:
        """Its length, where it has one."""
        if self.since is None:
            return None
        length = datetime.fromisoformat(self.until) - datetime.fromisoformat(self.since)
        hours, rest = divmod(length, timedelta(hours=1))
        days, odd_hours = divmod(hours, 24)
        said = str(length) if rest else count(hours, "hour") if odd_hours or days == 1 else count(days, "day")
        return f"in the last {said}" if self._ends_now else f"in {said}"


class CoverageView(View):
    """How much of the list was read, and why no more."""

    jobs_read: int
    jobs_in_window: int
    total: Maybe[int] = None
    complete: bool
    stopped_by: StoppedBy
    moved_during_scan: bool
    unreadable: Maybe[UnreadableRows] = None
    message: Maybe[str] = None

    def as_text(self) -> str:
        return spaced(
            f"Coverage: {'complete' if self.complete else 'NOT complete'}, stopped_by={self.stopped_by};",
            f"{count(self.jobs_read, 'job')} read",
            self.total is not None and f"of {self.total:,} by Writer's count",
            f"({self.jobs_in_window:,} in the window).",
            self.moved_during_scan and "Jobs arrived or left during the scan.",
            self.unreadable and self.unreadable.as_text(),
            self.message,
        )


class SecondsView(View):
    """How long finished jobs took: exact median, and exact 95th percentile by nearest rank."""

    median: float
    p95: float


class StuckJob(View):
    """A job that has run far longer than its like."""

    id: str
    created_at: str
    seconds: float

    def as_text_in(self, year: str) -> str:
        """Its text, the ``year`` (``2026-``) left out where it is the same."""
        return f"- {word(self.id)} since {_short(self.created_at, year)}, {self.seconds}s"


class FailureGroupView(View):
    """Failed jobs whose errors say the same."""

    signature: str
    category: Category
    retry: Retry
    count: int
    share: float
    first_seen: str
    last_seen: str
    trend: Maybe[Trend] = None
    example: Maybe[str] = None
    job_ids: list[str]

    def as_text_in(self, year: str) -> str:
        """Its text, the ``year`` (``2026-``) left out where it is the same."""
        example = self.example is not None and self.example != self.signature and f"e.g. {quoted(self.example)}"
        return spaced(
            f"{self.count:,} ({_percent(self.share)})",
            self.category,
            self.retry,
            self.trend,
            _span(self.first_seen, self.last_seen, year),
            quoted(self.signature),
            example,
            f"[{' '.join(word(each) for each in self.job_ids)}]",
        )


class OmittedFailures(View):
    """What the groups that are not shown add up to."""

    groups: int
    jobs: int


class TriageReport(View):
    """The result of ``triage_application_jobs``."""

    application_id: str
    window: TriageWindow
    coverage: CoverageView
    counts: dict[str, int]
    failure_rate: Maybe[float] = None
    seconds: Maybe[SecondsView] = None
    stuck: list[StuckJob]
    stuck_count: int
    failures: list[FailureGroupView]
    failures_omitted: Maybe[OmittedFailures] = None
    next: Maybe[list[NextCall]] = None

    def as_text(self) -> str:
        omitted = self.failures_omitted
        since = self.window.since and f"from {self.window.since}"
        return lines(
            self._headline(),
            spaced(f"Application {word(self.application_id)},", since, f"until {self.window.until}."),
            self._figures(),
            bool(self.failures)
            and "Failures: jobs (share), cause, retry, trend, seen (UTC), the jobs' own words in quotation marks [ids]",
            *(group.as_text_in(self.window.until[:5]) for group in self.failures),
            omitted and f"and {count(omitted.jobs, 'failed job')} in {count(omitted.groups, 'smaller group')}",
            self._stuck(),
            *(job.as_text_in(self.window.until[:5]) for job in self.stuck),
            self.coverage.as_text(),
            self.next is not None and "Next:",
            *(call.as_text() for call in self.next or ()),
        )

    def _headline(self) -> str:
        jobs, failed = self.coverage.jobs_in_window, self.counts.get("failed", 0)
        when = self.window.in_words()
        which = "" if self.coverage.complete else " that were read"
        if not jobs:
            return spaced(f"No jobs{which}", when) + "."
        if not failed:
            return spaced(f"None of {count(jobs, 'job')}{which} failed", when) + "."
        head = spaced(f"{failed:,} of {count(jobs, 'job')}{which} failed ({_percent(self.failure_rate or 0)})", when)
        largest = self.failures[0]
        trend = f"is {largest.trend}" if largest.trend else f"has {largest.count:,}"
        news = sum(group.trend == "new" for group in self.failures[1:])
        others = f"; {count(news, 'other group')} {'is' if news == 1 else 'are'} new" if news else ""
        return f"{head}; the largest group, {_CAUSES[largest.category]}, {trend}{others}."

    def _figures(self) -> str:
        counts = ", ".join(f"{word(status)} {number:,}" for status, number in self.counts.items())
        took = self.seconds and f"Finished jobs took {self.seconds.median}s (median), {self.seconds.p95}s (p95)."
        return spaced(counts and f"By status: {counts}.", took)

    def _stuck(self) -> str:
        if not self.stuck_count:
            return "Stuck: none."
        shown = "" if self.stuck_count == len(self.stuck) else f"; the {len(self.stuck)} longest"
        return f"Stuck: {self.stuck_count:,} (over 10 minutes and 3 times the p95){shown}:"


def _percent(share: float) -> str:
    """A share in per cent, with the digits the structure has."""
    return f"{100 * share:.3g}%"


def _short(when: str, year: str) -> str:
    return when.removeprefix(year).replace("T", " ").rstrip("Z")


def _span(first: str, last: str, year: str) -> str:
    return _short(first, year) if first == last else f"{_short(first, year)}..{_short(last, year)}"


def triage_report(report: Report, coverage: Coverage, asked: Asked) -> TriageReport:
    """A report as the agent gets it: its bound is kept by shorter examples and signatures, then by fewer groups."""
    groups = _GROUPS_SHOWN
    view = _report(report, coverage, asked, groups)
    while len(view.model_dump_json(exclude_none=True)) >= _REPORT_LENGTH and groups > 1:
        groups -= 1
        view = _report(report, coverage, asked, groups)
    return view


def _report(report: Report, coverage: Coverage, asked: Asked, groups_shown: int) -> TriageReport:
    shown, omitted = report.failures[:groups_shown], report.failures[groups_shown:]
    view = TriageReport(
        application_id=shown_id(asked.application_id),
        window=TriageWindow.of(asked),
        coverage=_coverage(coverage, report, asked.window.since),
        counts=_counts(report.counts),
        failure_rate=round(report.failed / report.jobs, 3) if report.jobs else None,
        seconds=_seconds(report),
        stuck=[_stuck(job) for job in report.stuck],
        stuck_count=report.stuck_count,
        failures=[],
        failures_omitted=OmittedFailures(groups=len(omitted), jobs=sum(group.count for group in omitted))
        if omitted
        else None,
        next=next_calls(report._replace(failures=shown), coverage, asked) or None,
    )
    for signature_length, example_length in _TEXTS:
        groups = [_group(group, report.failed, signature_length, example_length) for group in shown]
        view = view.model_copy(update={"failures": groups})
        if len(view.model_dump_json(exclude_none=True)) < max(_FEW_LENGTH, _FRAME_LENGTH + _GROUP_LENGTH * len(groups)):
            break
    return view


def _coverage(coverage: Coverage, report: Report, since: datetime | None) -> CoverageView:
    unreadable = None
    if coverage.unreadable:
        unreadable = UnreadableRows(count=coverage.unreadable, reason=coverage.unreadable_reason)
    message = coverage.error if report.all_compared else spaced(coverage.error, _NOT_COMPARED)
    stopped_by: StoppedBy = coverage.stopped_by
    if coverage.reached(since) and not coverage.reached_end:
        stopped_by = "since"
        message = (
            f"The window before was not read whole ({coverage.stopped_by}), so no trend is told. {message}".strip()
        )
    elif coverage.unreadable and since is not None:
        message = f"Some could not be read, so no trend is told. {message}".strip()
    return CoverageView(
        jobs_read=coverage.jobs_read,
        jobs_in_window=report.jobs,
        total=coverage.total,
        complete=coverage.complete_since(since),
        stopped_by=stopped_by,
        moved_during_scan=coverage.moved,
        unreadable=unreadable,
        message=message or None,
    )


def _counts(counts: dict[str, int]) -> dict[str, int]:
    """The jobs of each status; of states that nobody documents, only as many as there may be in earnest."""
    shown: dict[str, int] = {}
    for status in sorted(counts, key=lambda status: status not in KNOWN_STATUSES):
        if len(shown) < _STATUSES_SHOWN and _STATE.fullmatch(status):
            shown[status] = counts[status]
    rest = sum(counts.values()) - sum(shown.values())
    by_number = sorted(shown.items(), key=lambda row: -row[1])
    return dict(by_number) | ({OTHER: rest + shown.get(OTHER, 0)} if rest else {})


def _seconds(report: Report) -> SecondsView | None:
    if report.median_seconds is None or report.p95_seconds is None:
        return None
    return SecondsView(median=round(report.median_seconds, 1), p95=round(report.p95_seconds, 1))


def _stuck(job: Stuck) -> StuckJob:
    return StuckJob(id=shown_id(job.id), created_at=moment(job.created_at), seconds=round(job.seconds, 1))


def _group(group: FailedGroup, failed: int, signature_length: int, example_length: int) -> FailureGroupView:
    return FailureGroupView(
        signature=cut(group.signature, signature_length),
        category=group.cause.category if group.cause else "unknown",
        retry=group.cause.retry if group.cause else "unknown",
        count=group.count,
        share=round(group.count / failed, 3),
        first_seen=moment(group.first_seen),
        last_seen=moment(group.last_seen),
        trend=group.trend,
        example=preview(group.example, example_length) or None,
        job_ids=[shown_id(each) for each in group.newest],
    )
