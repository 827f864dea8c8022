"""What a triage read, and why it did not read more."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from writer_jobs_mcp.results.base import IfKnown, ResultModel, format_duration, format_timestamp, join_words, pluralize
from writer_jobs_mcp.results.job_list import UnreadableRows
from writer_jobs_mcp.triage.gather import Gathered
from writer_jobs_mcp.triage.report import Report, Window
from writer_jobs_mcp.triage.coverage import Coverage, StoppedBy

_SECOND = timedelta(seconds=1)
_LAST = datetime.max.replace(tzinfo=UTC) - _SECOND
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


def coverage_summary(
    gathered: Gathered, report: Report, window: Window, now: datetime, assumed_utc: Sequence[str] = ()
) -> CoverageSummary:
    """Describe what was read, with a sentence for each part of the report that is left out."""
    coverage, since = gathered.coverage, window.since
    is_complete = coverage.complete_since(since)
    unreadable = None
    if coverage.unreadable:
        unreadable = UnreadableRows(count=coverage.unreadable, reason=coverage.unreadable_reason)
    # What stopped the scan in the window before did not stop it in this one.
    stopped_by: StoppedBy = "since" if coverage.reached(since) and not coverage.reached_end else coverage.stopped_by
    return CoverageSummary(
        complete=is_complete,
        stopped_by=stopped_by,
        jobs_in_window=report.jobs,
        jobs_read=coverage.jobs_read,
        total=coverage.total,
        read_back_to=None if is_complete else read_back_to(coverage),
        moved_during_scan=coverage.moved,
        unreadable=unreadable,
        message=join_words(
            coverage.error,
            _no_trend_reason(gathered, window, now),
            not report.all_compared
            and "Time ran out before all errors were compared: one failure may appear as "
            "several groups, and no trend is given.",
            not report.all_templates_kept
            and "Errors were worded in too many ways to compare them all, so no trend is given.",
            report.by_category is None
            and bool(report.failed)
            and "Time ran out before all causes were read, so by_category is left out.",
            not gathered.all_running_read
            and f"Not all running jobs could be read, so there may be more stuck ones. {gathered.running_error}",
            bool(assumed_utc) and f"{' and '.join(assumed_utc)} had no time zone and {_were(assumed_utc)} read as UTC.",
        )
        or None,
    )


def _were(names: Sequence[str]) -> str:
    return "was" if len(names) == 1 else "were"


def read_back_to(coverage: Coverage) -> str | None:
    """The whole second back to which all jobs were read; None where the list is not in order of time."""
    oldest = coverage.oldest
    if oldest is None:
        return None
    return format_timestamp(oldest + _SECOND if oldest.microsecond and oldest < _LAST else oldest)


def until_for_unread_jobs(coverage: Coverage) -> str | None:
    """The end of a window that holds the jobs which were not read; None where the list is not in order of time.

    It holds no job twice, but for those created in the same microsecond as the last one that was read.
    """
    oldest, following = coverage.oldest, coverage.next_created_at
    if oldest is None:
        return None
    end = oldest if following is not None and following < oldest else oldest + timedelta.resolution
    return end.isoformat().replace("+00:00", "Z")


def _no_trend_reason(gathered: Gathered, window: Window, now: datetime) -> str | None:
    """Why the window before is left out, or failures have no trend, where that is not plain."""
    coverage = gathered.coverage
    if window.since is None:
        return None
    if not coverage.reached(window.since):
        return None  # the headline says that the window itself was not read
    length = format_duration(((window.until or now) - window.since).total_seconds())
    if not coverage.reached_end:
        return f"The {length} before were not read whole ({_REASONS[coverage.stopped_by]}), so no trend is given."
    if not gathered.can_compare:
        return "1 % of the rows or more could not be read, so no trend is given."
    if gathered.earlier_error:
        older = f"Failures older than the {length} before could not be read"
        return f"{older}, so none is called new. {gathered.earlier_error}"
    return None
