"""The parts of the report on an application: the window before, durations, failures over time, what was read."""

from pydantic import Field

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.results.base import IfKnown, ResultModel, UnreadableRows
from writer_jobs_mcp.results.formatting import (
    format_duration,
    format_percent,
    join_words,
    pluralize,
    quote_unless_plain,
    short_timestamp,
    zone_sentence,
)
from writer_jobs_mcp.triage.coverage import StoppedBy
from writer_jobs_mcp.triage.durations import TimedJob
from writer_jobs_mcp.triage.failed_groups import FailureSummary
from writer_jobs_mcp.triage.gather import Gathered
from writer_jobs_mcp.triage.next_calls import TriageRequest
from writer_jobs_mcp.triage.report import Report
from writer_jobs_mcp.triage.timestamps import format_timestamp


class BeforeSummary(ResultModel):
    """The equally long window before."""

    since: str
    jobs: int
    failed: int
    failure_rate: IfKnown[float] = None

    def as_text_of(self, length: float, year: str) -> str:
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
    step: int  # seconds
    counts: list[int]

    def as_text_in(self, year: str) -> str:
        counts = " ".join(map(str, self.counts))
        return f"Failed per {format_duration(self.step)} from {short_timestamp(self.from_, year)}: {counts}"


class StuckJob(ResultModel):
    """A job that has run far longer than others."""

    id: str
    created_at: str
    seconds: float

    @classmethod
    def of(cls, job: TimedJob) -> "StuckJob":
        """Show a job with how long it has run."""
        return cls(id=display_id(job.id), created_at=format_timestamp(job.created_at), seconds=round(job.seconds, 1))

    def as_text_in(self, year: str) -> str:
        return (
            f"- {quote_unless_plain(self.id)} for {format_duration(self.seconds)}, "
            f"created {short_timestamp(self.created_at, year)}"
        )


_REASONS: dict[StoppedBy, str] = {
    "max_jobs": "max_jobs was reached",
    "time_budget": "the time for one call was over",
    "upstream_error": "Writer returned an error",
}


class CoverageSummary(ResultModel):
    """How much of the list was read, and why no more."""

    complete: bool
    stopped_by: StoppedBy
    jobs_in_window: int
    jobs_read: int
    total: IfKnown[int] = None
    read_back_to: IfKnown[str] = None
    moved_during_scan: bool
    unreadable: IfKnown[UnreadableRows] = None
    message: IfKnown[str] = None

    def as_text(self) -> str:
        return join_words(
            f"Coverage: {'complete' if self.complete else 'NOT complete'}, stopped_by={self.stopped_by};",
            f"{pluralize(self.jobs_read, 'job')} read",
            self.total is not None and f"of {self.total:,} by Writer's count",
            f"({self.jobs_in_window:,} in the window)"
            + (f", back to {self.read_back_to}." if self.read_back_to else "."),
            self.moved_during_scan and "Jobs arrived or left during the scan.",
            self.unreadable and self.unreadable.as_text(),
            self.message,
        )


def coverage_summary(gathered: Gathered, report: Report, request: TriageRequest) -> CoverageSummary:
    """Show what was read, with a sentence for each part of the report that is left out."""
    coverage, since = gathered.coverage, request.window.since
    is_complete, read_back_to = coverage.complete_since(since), coverage.oldest_rounded_up
    return CoverageSummary(
        complete=is_complete,
        stopped_by=coverage.stopped_in_window_by(since),
        jobs_in_window=report.jobs,
        jobs_read=coverage.jobs_read,
        total=coverage.total,
        read_back_to=None if is_complete or read_back_to is None else format_timestamp(read_back_to),
        moved_during_scan=coverage.moved,
        unreadable=UnreadableRows(count=coverage.unreadable, reason=coverage.unreadable_reason)
        if coverage.unreadable
        else None,
        message=_message(gathered, report, request) or None,
    )


def _message(gathered: Gathered, report: Report, request: TriageRequest) -> str:
    return join_words(
        gathered.coverage.error,
        gathered.how_read,
        _no_trend(gathered, request),
        comparison_limits(report.failures),
        not gathered.all_running_read
        and f"Not all running jobs could be read, so there may be more stuck ones. {gathered.running_error}",
        zone_sentence(request.assumed_utc),
    )


def comparison_limits(failures: FailureSummary) -> str:
    """Say why not all errors were compared; empty if they were."""
    return join_words(
        not failures.all_compared
        and "Time ran out before all errors were compared: one failure may appear as several groups, and no trend is "
        "given.",
        not failures.all_templates_kept
        and "Errors were worded in too many ways to compare them all, so no trend is given.",
    )


def _no_trend(gathered: Gathered, request: TriageRequest) -> str | None:
    """Say why the window before is left out, or failures have no trend, unless that is plain."""
    window = request.window
    missing = gathered.missing_for_trend(window.since)
    if missing is None or window.since is None:
        return None
    length = format_duration(((window.until or request.now) - window.since).total_seconds())
    if missing == "before":
        reason = _REASONS[gathered.coverage.stopped_by]
        return f"The previous {length} were not read completely ({reason}), so no trend is given."
    if missing == "rows":
        return "1 % of the rows or more could not be read, so no trend is given."
    older = f"Failures from before the previous {length} could not be read"
    return f"{older}, so none is called new. {gathered.earlier_error}"
