"""The window of a result: the time in which its jobs were created."""

from datetime import datetime
from typing import Self

from pydantic import PrivateAttr

from writer_jobs_mcp.results.base import IfKnown, ResultModel
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
