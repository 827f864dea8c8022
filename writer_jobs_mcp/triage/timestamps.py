"""Times as text, in UTC."""

from datetime import UTC, datetime


def format_timestamp(when: datetime) -> str:
    """Write a time to the second: ``2026-11-23T10:38:17Z``."""
    return when.astimezone(UTC).isoformat()[:19] + "Z"


def format_exact_timestamp(when: datetime) -> str:
    """Write a time in UTC to the microsecond, where it has any."""
    return when.isoformat().replace("+00:00", "Z")
