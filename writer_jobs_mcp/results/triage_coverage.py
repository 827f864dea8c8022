"""What a triage read, and why it did not read more."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from writer_jobs_mcp.results.base import IfKnown, ResultModel, UnreadableRows
from writer_jobs_mcp.results.formatting import format_duration, join_words, pluralize
from writer_jobs_mcp.triage.coverage import StoppedBy
from writer_jobs_mcp.triage.timestamps import format_timestamp

if TYPE_CHECKING:
    from writer_jobs_mcp.triage.gather import Gathered
    from writer_jobs_mcp.triage.next_calls import TriageRequest
    from writer_jobs_mcp.triage.report import Report

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


def coverage_summary(gathered: "Gathered", report: "Report", request: "TriageRequest") -> CoverageSummary:
    """Show what was read, with a sentence for each part of the report that is left out."""
    coverage, since = gathered.coverage, request.window.since
    is_complete, read_back_to = coverage.complete_since(since), coverage.whole_second_read_back_to
    unreadable = None
    if coverage.unreadable:
        unreadable = UnreadableRows(count=coverage.unreadable, reason=coverage.unreadable_reason)
    return CoverageSummary(
        complete=is_complete,
        stopped_by=coverage.stopped_in_window_by(since),
        jobs_in_window=report.jobs,
        jobs_read=coverage.jobs_read,
        total=coverage.total,
        read_back_to=None if is_complete or read_back_to is None else format_timestamp(read_back_to),
        moved_during_scan=coverage.moved,
        unreadable=unreadable,
        message=_message(gathered, report, request) or None,
    )


def _message(gathered: "Gathered", report: "Report", request: "TriageRequest") -> str:
    failures, assumed_utc = report.failures, request.assumed_utc
    return join_words(
        gathered.coverage.error,
        _no_trend(gathered, request),
        not failures.all_compared
        and "Time ran out before all errors were compared: one failure may appear as several groups, and no trend is "
        "given.",
        not failures.all_templates_kept
        and "Errors were worded in too many ways to compare them all, so no trend is given.",
        failures.by_category is None
        and bool(report.failed)
        and "Time ran out before all causes were read, so by_category is left out.",
        not gathered.all_running_read
        and f"Not all running jobs could be read, so there may be more stuck ones. {gathered.running_error}",
        bool(assumed_utc) and f"{' and '.join(assumed_utc)} had no time zone and {_were(assumed_utc)} read as UTC.",
    )


def _were(names: Sequence[str]) -> str:
    return "was" if len(names) == 1 else "were"


def _no_trend(gathered: "Gathered", request: "TriageRequest") -> str | None:
    """Say why the window before is left out, or failures have no trend, unless that is plain."""
    window = request.window
    missing = gathered.missing_for_trend(window.since)
    if missing is None or window.since is None:
        return None
    length = format_duration(((window.until or request.now) - window.since).total_seconds())
    if missing == "before":
        reason = _REASONS[gathered.coverage.stopped_by]
        return f"The {length} before were not read whole ({reason}), so no trend is given."
    if missing == "rows":
        return "1 % of the rows or more could not be read, so no trend is given."
    older = f"Failures older than the {length} before could not be read"
    return f"{older}, so none is called new. {gathered.earlier_error}"
