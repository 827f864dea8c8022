"""The window of a result: the time in which its jobs were created."""

from datetime import datetime
from typing import Self

from pydantic import PrivateAttr

from writer_jobs_mcp.results.base import IfKnown, ResultModel
from writer_jobs_mcp.results.formatting import format_duration, short_timestamp
from writer_jobs_mcp.triage.report import Window
from writer_jobs_mcp.triage.timestamps import format_timestamp


class WindowSummary(ResultModel):
    """The time that a result is about: jobs created in it, ``since`` included and ``until`` not."""

    since: IfKnown[str] = None
    until: str
    _ends_now: bool = PrivateAttr(default=False)

    @classmethod
    def of(cls, requested: Window, now: datetime) -> Self:
        """Show the requested window; one without an end ends now."""
        since, until = requested
        window = cls(since=since and format_timestamp(since), until=format_timestamp(until or now))
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

    def as_phrase(self) -> str | None:
        """Say when its jobs were created: ``since 11-22 12:00 UTC (24 h)``; None where it has neither end."""
        since, until, length = self.since, self.until, self.length
        if since is None or length is None:
            return None if self.ends_now else f"before {self.minute(until)} UTC"
        if self.ends_now:
            day = until.partition("T")[0] + "T"
            shown = self.minute(since).removeprefix(short_timestamp(day, self.year))
            return f"since {shown} UTC ({format_duration(length)})"
        return f"from {self.minute(since)} to {self.minute(until)} UTC ({format_duration(length)})"

    def minute(self, timestamp: str) -> str:
        """Write a time to the minute, without the year if the window ends in it."""
        return short_timestamp(timestamp, self.year)[: -len(":00")]

    def second(self, timestamp: str) -> str:
        """Write a time to the second unless it is a whole minute: what was read to 08:41:20 was not read to 08:41."""
        return short_timestamp(timestamp, self.year).removesuffix(":00")
