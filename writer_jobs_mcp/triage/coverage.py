"""How much of an application's list of jobs was read or counted, and why no more."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

StoppedBy = Literal["end", "since", "max_jobs", "time_budget", "upstream_error"]

_MAX_UNREADABLE_SHARE = 0.01  # of the rows; from there on nothing is compared
_SECOND = timedelta(seconds=1)
_LAST_SECOND = datetime.max.replace(tzinfo=UTC) - _SECOND


@dataclass(slots=True)
class Coverage:
    """How much of the list was read, and why no more."""

    jobs_read: int = 0
    unreadable: int = 0
    unreadable_reason: str = ""
    total: int | None = None  # the length of the list, as Writer last gave it
    stopped_by: StoppedBy = "end"
    moved: bool = False  # whether jobs arrived or left during the scan
    error: str = ""  # why the scan stopped, or why its end is doubtful
    read_back_to: datetime | None = None
    """All jobs created later than this were read or counted; None where the list is not newest first."""
    oldest: datetime | None = None
    """When the last job that was read was created; None where the list is not newest first."""
    continue_until: datetime | None = None
    """The ``until`` of the call that reads the rest, and no job again; None where there is none."""

    @property
    def rows(self) -> int:
        """Rows that were read, unreadable ones included."""
        return self.jobs_read + self.unreadable

    @property
    def reached_end(self) -> bool:
        """Whether the list was read to its end or to ``since``; rows may have been unreadable."""
        return self.stopped_by in {"end", "since"}

    @property
    def complete(self) -> bool:
        """Whether the list was read to its end or to ``since``, and no row was unreadable."""
        return self.reached_end and not self.unreadable

    @property
    def why_incomplete(self) -> str:
        """Why the list was not read to its end or to ``since``, as a sentence; empty if it was."""
        if self.complete:
            return ""
        if self.error:
            return self.error
        if self.stopped_by == "time_budget":
            return "The time for one call was over first."
        if self.unreadable:
            return f"{self.unreadable:,} of their rows were unreadable."
        return "Not all of the list was read."

    @property
    def has_few_unreadable(self) -> bool:
        """Whether less than 1 % of the rows were unreadable."""
        return not self.unreadable or self.unreadable < _MAX_UNREADABLE_SHARE * self.rows

    def reached(self, moment: datetime | None) -> bool:
        """Return whether the list was read to its end, to ``since`` or back to ``moment``, unreadable rows aside."""
        return self.reached_end or (moment is not None and self.read_back_to is not None and self.read_back_to < moment)

    def complete_since(self, moment: datetime | None) -> bool:
        """Return whether it was read to its end, to ``since`` or back to ``moment``, and no row was unreadable."""
        return self.reached(moment) and not self.unreadable

    def stopped_in_window_by(self, since: datetime | None) -> StoppedBy:
        """Return why reading the window that begins at ``since`` ended; the window before may have ended otherwise."""
        return "since" if self.reached(since) and not self.reached_end else self.stopped_by

    @property
    def oldest_rounded_up(self) -> datetime | None:
        """``oldest``, rounded up to a whole second; None where the list is not newest first."""
        oldest = self.oldest
        return oldest + _SECOND if oldest is not None and oldest.microsecond and oldest < _LAST_SECOND else oldest


def total_error(total: int, rows: int) -> str:
    """Return why the end of a list of so many rows is doubtful, if Writer's total is higher; otherwise nothing."""
    return f"Writer counts {total:,} jobs but returned only {rows:,}." if total > rows else ""
