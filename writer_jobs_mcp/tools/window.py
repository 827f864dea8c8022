"""The window that the arguments ``since`` and ``until`` describe."""

from datetime import datetime, timedelta

from writer_jobs_mcp.errors import InvalidArguments
from writer_jobs_mcp.tools.arguments import ASSUMED_UTC
from writer_jobs_mcp.triage.report import Window


def parse_window(since: datetime | timedelta | None, until: datetime | timedelta | None, now: datetime) -> Window:
    """Return the window of these arguments; an ``until`` that is not in the past leaves it open.

    Raises:
        InvalidArguments: It would end before it begins.
    """
    end = _resolve_time(until, now)
    window = Window(_resolve_time(since, now), None if end is not None and end >= now else end)
    if window.since is not None and window.since >= (window.until or now):
        later = "until" if window.until else "now"
        message = f"since must be earlier than {later}; since is {window.since.isoformat(timespec='seconds')}."
        raise InvalidArguments(message)
    return window


def assumed_utc(**times: datetime | timedelta | None) -> tuple[str, ...]:
    """Return the names of the arguments that are times without an offset or a zone."""
    return tuple(name for name, at in times.items() if isinstance(at, datetime) and at.tzinfo is ASSUMED_UTC)


def _resolve_time(given: datetime | timedelta | None, now: datetime) -> datetime | None:
    if not isinstance(given, timedelta):
        return given
    try:
        return (now - given).replace(microsecond=0)  # an age is no exact time, and a shorter one is read faster
    except OverflowError:
        return None  # before the year 1: every job is later
