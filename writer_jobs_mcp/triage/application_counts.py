"""What is known of one application of an account, and why no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from writer_jobs_mcp.errors import BudgetExceeded, WriterError
from writer_jobs_mcp.triage.count_stuck import StuckCount

if TYPE_CHECKING:
    from writer_jobs_mcp.triage.report import Window
    from writer_jobs_mcp.triage.seek import NotSearchable

BEGINNING = datetime.min.replace(tzinfo=UTC)
TIME_OVER = "The time for one call was over."
_STUCK_NOT_READ = StuckCount(None, TIME_OVER)


class Times(NamedTuple):
    """The times that a reading of an account is about."""

    window: Window
    before_since: datetime | None  # the beginning of the window before
    now: datetime


@dataclass(slots=True)
class ApplicationCounts:
    """What is known of an application so far; None is not known. Each reason is a sentence."""

    failed_since: datetime | None = None  # all failed jobs created then or later were read
    jobs: int | None = None  # of the window
    jobs_before: int | None = None  # of the window before
    stuck: StuckCount = _STUCK_NOT_READ  # whatever the window
    earlier_read: bool = False  # whether the failures before both windows were read: 500 at least, or all
    error: str = TIME_OVER  # why not all failed jobs of the window were read
    count_error: str = ""  # why the jobs were not counted, if they were not
    before_error: str = ""  # why the window before was not read, if it was not
    how_read: str = ""  # why all jobs were read one by one, if they were
    doubt: str = ""  # why the end of the list is doubtful


def describe_error(error: NotSearchable | WriterError) -> str:
    """Return what happened as a sentence, without advice: a result has one for each application."""
    if isinstance(error, BudgetExceeded):
        return TIME_OVER
    text = (error.what if isinstance(error, WriterError) else str(error)).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
