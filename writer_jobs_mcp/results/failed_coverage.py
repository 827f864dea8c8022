"""How much of a window's failed jobs was read, and why no more."""

from datetime import datetime

from writer_jobs_mcp.results.base import IfKnown, ResultModel, UnreadableRows
from writer_jobs_mcp.results.formatting import join_words, pluralize
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.triage.select_failed import SelectedJobs
from writer_jobs_mcp.triage.timestamps import format_timestamp


class FailedCoverage(ResultModel):
    """How much of the window was read: ``failed_in_window`` are its failed jobs, whether selected or not."""

    complete: bool
    failed_in_window: int
    read_back_to: IfKnown[str] = None
    unreadable: IfKnown[UnreadableRows] = None
    message: IfKnown[str] = None

    @classmethod
    def of(cls, selected: SelectedJobs, since: datetime | None, *sentences: str) -> "FailedCoverage":
        """Show what was read, why no more, and what else has to be said."""
        coverage = selected.coverage
        is_reached = coverage.reached(since)
        back_to = None if is_reached else coverage.oldest_rounded_up
        # At its end the list may still be shorter than Writer says; beyond the window no error matters.
        why = coverage.error if coverage.stopped_by == "end" else "" if is_reached else coverage.why_incomplete
        return cls(
            complete=coverage.complete_since(since) and not selected.doubt,
            failed_in_window=selected.failed_in_window,
            read_back_to=back_to and format_timestamp(back_to),
            unreadable=UnreadableRows(count=coverage.unreadable, reason=coverage.unreadable_reason)
            if coverage.unreadable
            else None,
            message=join_words(why, selected.how_read, selected.doubt, *sentences) or None,
        )

    def as_text(self) -> str:
        return join_words(
            f"Coverage: {'complete' if self.complete else 'NOT complete'};",
            f"{pluralize(self.failed_in_window, 'failed job')} read"
            + (f", back to {self.read_back_to}." if self.read_back_to else "."),
            self.unreadable
            and f"{pluralize(self.unreadable.count, 'row')} could not be read ({json_quote(self.unreadable.reason)}); "
            "whether of this window is not known.",
            self.message,
        )
