"""The times that a report on a window needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_LAST_MOMENT = datetime.max.replace(tzinfo=UTC) - timedelta.resolution


def just_after(moment: datetime) -> datetime:
    """Return the end of a window whose last moment this is."""
    return min(moment, _LAST_MOMENT) + timedelta.resolution


class Interval(NamedTuple):
    """A time: ``since`` included and ``until`` not; None is before all times."""

    until: datetime
    since: datetime | None

    def has(self, moment: datetime) -> bool:
        """Return whether a time is in it."""
        return moment < self.until and (self.since is None or moment >= self.since)


class Span(NamedTuple):
    """A window, and where the equally long window before begins; None if that is not needed."""

    window: Interval
    before_since: datetime | None

    @property
    def whole(self) -> Interval:
        """Both windows as one."""
        return Interval(self.window.until, self.before_since or self.window.since)

    @property
    def moments(self) -> list[datetime | None]:
        """The times that divide the intervals, newest first."""
        intervals = self.intervals
        return [intervals[0].until, *(each.since for each in intervals)]

    @property
    def intervals(self) -> list[Interval]:
        """The window, and the window before if it is needed."""
        window, before_since = self
        if before_since is None or window.since is None:
            return [window]
        return [window, Interval(window.since, before_since)]
