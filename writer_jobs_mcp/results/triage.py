"""The report on a whole application: headline, failures, stuck jobs, what was read, and what to ask next."""

import re
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple, Self

from pydantic import Field, PrivateAttr, WithJsonSchema

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.client.job_status import KNOWN_STATUSES
from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.results.base import (
    IfKnown,
    ResultModel,
    format_duration,
    format_timestamp,
    join_lines,
    join_words,
    pluralize,
    quote_unless_plain,
    rounded_share,
)
from writer_jobs_mcp.results.next_calls import NextCall, TriageRequest, next_calls
from writer_jobs_mcp.results.triage_coverage import CoverageSummary, coverage_summary
from writer_jobs_mcp.results.triage_headline import format_percent, headline
from writer_jobs_mcp.sanitize.text import json_quote, preview, truncate
from writer_jobs_mcp.triage.gather import Gathered
from writer_jobs_mcp.triage.report import FailedGroup, GoneGroup, Report, TimedJob, Window
from writer_jobs_mcp.triage.coverage import Coverage
from writer_jobs_mcp.triage.timeline import OTHER, Histogram
from writer_jobs_mcp.triage.trend import Trend

_GROUPS_SHOWN = 12
_STATE = re.compile(r"(?=.{1,24}\Z)[A-Za-z]+(?:[ _-][A-Za-z0-9]+){0,3}", re.ASCII)
"""A few short words at most: what jobs are counted under is a name, and says nothing else."""
_STATUSES_SHOWN = 8
_OUR_PLACEHOLDER = re.compile(r"<(?:id|number|…)>(?: \(\d+(?:st|nd|rd|th)\))?")
_PLACEHOLDER_LENGTH = 60
_NAME_LENGTH = 80
_DEPLOYMENT = timedelta(hours=1)  # failures that begin this soon after a deployment may come from it


class _Detail(NamedTuple):
    """How much of each group is shown."""

    signature: int
    """Characters."""
    value: int
    """Characters."""
    places: int
    """Placeholders whose values are shown."""
    values: int
    """Of each placeholder."""


# From the most to the least. A group that names two of three missing resources leads to half a repair, so the values
# are shortened after the signatures.
_DETAILS = (
    _Detail(160, 80, 2, 3),
    _Detail(160, 48, 1, 3),
    _Detail(140, 40, 1, 3),
    _Detail(120, 40, 1, 3),
    _Detail(100, 40, 1, 3),
    _Detail(100, 40, 1, 2),
    _Detail(80, 24, 1, 1),
)
_TWO_IDS_UP_TO = 6  # groups; of more, each shows one id
_FEW_LENGTH, _GROUP_LENGTH = 3_200, 400
"""Characters of JSON of all groups up to which none is shortened; then those of a group on average."""
_REPORT_LENGTH = 12_000
"""Characters of JSON that a report stays under, whatever the jobs hold."""


class TriageWindow(ResultModel):
    """The time the report is about: jobs created in it, ``since`` included and ``until`` not."""

    since: IfKnown[str] = None
    until: str
    _ends_now: bool = PrivateAttr(default=False)

    @classmethod
    def of(cls, request: TriageRequest) -> Self:
        """The window that was asked for; one without an end ends now."""
        since, until = request.window.since, request.window.until
        window = cls(since=since and format_timestamp(since), until=format_timestamp(until or request.now))
        window._ends_now = until is None
        return window

    @property
    def ends_now(self) -> bool:
        """Whether it has no other end than the time of the call."""
        return self._ends_now

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
        """Its text: ``length`` in seconds, the ``year`` (``2026-``) left out where it is the same."""
        span = f"the {format_duration(length)} before (from {_short(self.since, year)})"
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
        """Its text, the ``year`` (``2026-``) left out where it is the same."""
        counts = " ".join(map(str, self.counts))
        return f"Failed per {format_duration(self.step)} from {_short(self.from_, year)}: {counts}"


class StuckJob(ResultModel):
    """A job that has run far longer than others."""

    id: str
    created_at: str
    seconds: float

    def as_text_in(self, year: str) -> str:
        """Its text, the ``year`` (``2026-``) left out where it is the same."""
        return (
            f"- {quote_unless_plain(self.id)} for {format_duration(self.seconds)}, "
            f"created {_short(self.created_at, year)}"
        )


_ValueOrJobs = Annotated[str | int, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]})]


class PlaceholderRow(ResultModel):
    """The values of one placeholder of a signature, the most frequent with the number of their jobs."""

    placeholder: str
    distinct: int
    top: list[list[_ValueOrJobs]]
    """``[value, jobs]`` each."""

    def as_text(self) -> str:
        shown = ", ".join(f"{json_quote(value)} {jobs:,}" for value, jobs in self.top)
        more = "" if self.distinct == len(self.top) else f" (of {self.distinct} values)"
        # It may have a word of the error before or behind it.
        placeholder = self.placeholder if _OUR_PLACEHOLDER.fullmatch(self.placeholder) else json_quote(self.placeholder)
        return f"{placeholder}: {shown}{more}"


class FailureGroupRow(ResultModel):
    """Failed jobs whose errors say the same."""

    signature: str
    category: Category
    retry: Retry
    count: int
    share: float
    first_seen: str
    last_seen: str
    before: IfKnown[int] = None
    trend: IfKnown[Trend] = None
    seen_before: IfKnown[str] = None
    values: IfKnown[list[PlaceholderRow]] = None
    job_ids: list[str]

    def as_text_in(self, year: str) -> str:
        """Its text, the ``year`` (``2026-``) left out where it is the same."""
        return join_words(
            f"{self.count:,} ({format_percent(self.share)})",
            None if self.before is None else f"{self.before:,}",
            self.category,
            self.retry,
            self.trend,
            _span(self.first_seen, self.last_seen, year),
            self.seen_before and f"previously {_short(self.seen_before, year)}",
            json_quote(self.signature),
            *(values.as_text() for values in self.values or ()),
            f"[{' '.join(quote_unless_plain(each) for each in self.job_ids)}]",
        )


class GoneGroupRow(ResultModel):
    """Failed jobs of the window before, of a kind that this window does not have."""

    signature: str
    category: Category
    before: int

    def as_text(self) -> str:
        return f"{self.before:,} {self.category} {json_quote(self.signature)}"


class OmittedFailures(ResultModel):
    """The groups that are not shown, taken together."""

    groups: int
    jobs: int
    new: int

    def as_text(self) -> str:
        new = f", {self.new:,} of them new" if self.new else ""
        return f"and {pluralize(self.jobs, 'failed job')} in {pluralize(self.groups, 'other group')}{new}"


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
        year = self.window.until[:5]
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
        return f"Last deployed {_short(self.last_deployed_at, year)}{began}."

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
        """The names of the columns that are there."""
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


def _short(when: str, year: str) -> str:
    return when.removeprefix(year).replace("T", " ").rstrip("Z")


def _span(first: str, last: str, year: str) -> str:
    return _short(first, year) if first == last else f"{_short(first, year)}..{_short(last, year)}"


def triage_report(report: Report, gathered: Gathered, request: TriageRequest) -> TriageReport:
    """A report as the agent gets it: its bound is kept by shorter values and signatures, then by fewer groups."""
    groups = _GROUPS_SHOWN
    view = _report(report, gathered, request, groups)
    while _length(view) >= _REPORT_LENGTH and groups > 1:
        groups -= 1
        view = _report(report, gathered, request, groups)
    return view


def _length(view: ResultModel) -> int:
    return len(view.model_dump_json(exclude_none=True))


def _report(report: Report, gathered: Gathered, asked: TriageRequest, groups_shown: int) -> TriageReport:
    new_first = sorted(range(len(report.failures)), key=lambda i: report.failures[i].trend != "new")
    shown = [report.failures[i] for i in sorted(new_first[:groups_shown])]
    omitted = [report.failures[i] for i in new_first[groups_shown:]]
    application = gathered.application
    described = application and application.name and preview(application.name, _NAME_LENGTH)
    deployed = application and application.last_deployed_at
    before = report.before
    view = TriageReport(
        application_id=display_id(asked.application.id),
        application_name=described or asked.application.name or None,
        last_deployed_at=deployed and format_timestamp(deployed),
        window=TriageWindow.of(asked),
        coverage=coverage_summary(gathered, report, asked.window, asked.now, asked.assumed_utc),
        counts=_counts(report.counts),
        failure_rate=_rate(report.failed, report.jobs),
        before=before
        and BeforeSummary(
            since=format_timestamp(before.since),
            jobs=before.jobs,
            failed=before.failed,
            failure_rate=_rate(before.failed, before.jobs),
        ),
        seconds=_seconds(report, is_whole=gathered.coverage.complete_since(asked.window.since)),
        by_category={**report.by_category} if report.by_category else None,
        failed_over_time=_over_time(report.failed_timeline, gathered.coverage, asked.window),
        stuck=[_stuck(job) for job in report.stuck],
        stuck_count=report.stuck_count if gathered.all_running_read else None,
        stuck_after=round(report.stuck_after, 1),
        failures=[],
        failures_omitted=OmittedFailures(
            groups=len(omitted),
            jobs=sum(group.count for group in omitted),
            new=sum(group.trend == "new" for group in omitted),
        )
        if omitted
        else None,
        gone=[_gone(group) for group in report.gone] or None,
        next=next_calls(report._replace(failures=tuple(shown)), gathered, asked) or None,
    )
    if omitted:
        view.note_largest(is_shown=max(group.count for group in omitted) <= max(group.count for group in shown))
    for detail in _DETAILS:
        groups = [_group(group, report.failed, detail, ids=2 if len(shown) <= _TWO_IDS_UP_TO else 1) for group in shown]
        view = view.model_copy(update={"failures": groups})
        if sum(map(_length, groups)) < max(_FEW_LENGTH, _GROUP_LENGTH * len(groups)):
            break
    return view


def _rate(failed: int, jobs: int) -> float | None:
    return rounded_share(failed, jobs) if jobs else None


def _counts(counts: dict[str, int]) -> dict[str, int]:
    """The jobs of each status; of states that nobody documents, only as many as there may be in earnest."""
    shown: dict[str, int] = {}
    for status in sorted(counts, key=lambda status: status not in KNOWN_STATUSES):
        if len(shown) < _STATUSES_SHOWN and _STATE.fullmatch(status):
            shown[status] = counts[status]
    rest = sum(counts.values()) - sum(shown.values())
    by_number = sorted(shown.items(), key=lambda row: -row[1])
    return dict(by_number) | ({OTHER: rest + shown.get(OTHER, 0)} if rest else {})


def _seconds(report: Report, *, is_whole: bool) -> DurationSummary | None:
    if report.median_seconds is None or report.p95_seconds is None:
        return None
    longest = report.longest
    return DurationSummary(
        median=round(report.median_seconds, 1),
        p95=round(report.p95_seconds, 1),
        sample=None if is_whole else report.finished,
        longest=LongestJob(id=display_id(longest.id), seconds=round(longest.seconds, 1))
        if is_whole and longest
        else None,
    )


def _over_time(steps: Histogram | None, coverage: Coverage, window: Window) -> FailedOverTime | None:
    if steps is None or sum(counts := steps.counts.get("failed", ())) < 2:  # noqa: PLR2004 - one failure has its time
        return None
    first = 0
    if not coverage.reached(window.since):
        # Steps that were not read would look as if nothing had failed in them.
        oldest = coverage.oldest
        failed = next(step for step, count in enumerate(counts) if count)
        first = failed if oldest is None else int((oldest - steps.start).total_seconds()) // steps.seconds
        first = max(0, min(first, failed))
    start = steps.start + timedelta(seconds=first * steps.seconds)
    return FailedOverTime.model_validate(
        {"from": format_timestamp(start), "step": steps.seconds, "counts": list(counts[first:])}
    )


def _stuck(job: TimedJob) -> StuckJob:
    return StuckJob(id=display_id(job.id), created_at=format_timestamp(job.created_at), seconds=round(job.seconds, 1))


def _gone(group: GoneGroup) -> GoneGroupRow:
    return GoneGroupRow(
        signature=truncate(group.signature, _DETAILS[-1].signature),
        category=group.cause.category if group.cause else "unknown",
        before=group.before,
    )


def _group(group: FailedGroup, failed: int, detail: _Detail, *, ids: int) -> FailureGroupRow:
    values = [
        PlaceholderRow(
            placeholder=truncate(each.placeholder, _PLACEHOLDER_LENGTH),
            distinct=each.distinct,
            top=[[truncate(value, detail.value), jobs] for value, jobs in each.top[: detail.values]],
        )
        for each in group.values[: detail.places]
    ]
    return FailureGroupRow(
        signature=truncate(group.signature, detail.signature),
        category=group.cause.category if group.cause else "unknown",
        retry=group.cause.retry if group.cause else "unknown",
        count=group.count,
        share=rounded_share(group.count, failed),
        first_seen=format_timestamp(group.first_seen),
        last_seen=format_timestamp(group.last_seen),
        before=group.before,
        trend=group.trend,
        seen_before=group.seen_before and format_timestamp(group.seen_before),
        values=values or None,
        job_ids=[display_id(each) for each in group.newest_ids[:ids]],
    )
