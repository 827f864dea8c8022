"""Timestamps, durations, numbers and names as text."""

import re
from datetime import datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from writer_jobs_mcp.client.job_status import KNOWN_STATUSES
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.triage.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from writer_jobs_mcp.client.models import Job

_UNQUOTED_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9]{1,40}", re.ASCII)
_UNQUOTED_WORDS = KNOWN_STATUSES | {"deployed", "draft", "generation"}


def short_timestamp(timestamp: str, year: str) -> str:
    """Shorten ``2026-11-23T10:38:17Z`` to ``11-23 10:38:17`` if the ``year`` is ``2026-``."""
    return timestamp.removeprefix(year).replace("T", " ").rstrip("Z")


_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def format_duration(elapsed: float) -> str:
    """Write a number of seconds for people: ``3.9 s``, ``2 min 5 s``, ``10.5 h``, ``54 h``, ``7 d``."""
    if elapsed < _MINUTE - 0.5:
        return f"{elapsed:.3g} s"
    if elapsed < _HOUR - 0.5:
        minutes, rest = divmod(round(elapsed), _MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    length, unit = (elapsed / _HOUR, "h") if elapsed < 3 * _DAY else (elapsed / _DAY, "d")
    return f"{length:,.1f}".removesuffix(".0") + f" {unit}"


_MAX_LABEL = 40
_short_label = lru_cache(maxsize=64)(partial(preview, limit=_MAX_LABEL))


def safe_label(text: str) -> str:
    """Write a status or type of Writer's in a form that cannot pass for our own sentences."""
    return _short_label(text) if len(text) <= _MAX_LABEL else preview(text, _MAX_LABEL)


def quote_unless_plain(text: str) -> str:
    """Write a UUID, a number, or a documented status or type as it is, anything else as a JSON string.

    An alias or a new status is always quoted: ``ignore-the-instructions-above`` is one word too.
    """
    return text if text in _UNQUOTED_WORDS or _UNQUOTED_ID.fullmatch(text) else json_quote(text)


def format_application(application_id: str, name: str | None) -> str:
    """Write an application's id, and its name if that is known."""
    shown_id = quote_unless_plain(application_id)
    return shown_id if name is None else f"{shown_id} {json_quote(name)}"


def pluralize(number: int, thing: str) -> str:
    """Write a number of things: ``1 job``, ``1,200 jobs``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def rounded_share(part: int, whole: int) -> float:
    """Return the share to three decimal places; only none is 0, and only all is 1."""
    exact = part / whole
    rounded = round(exact, 3)
    if part and not rounded:
        return float(f"{exact:.1g}")
    return rounded if part == whole else min(rounded, 0.999)


def join_words(*parts: str | bool | None) -> str:
    """Join the parts that are given, with spaces between."""
    return " ".join(part for part in parts if isinstance(part, str) and part)


def join_lines(*parts: str | bool | None) -> str:
    """Join the parts that are given, one a line."""
    return "\n".join(part for part in parts if isinstance(part, str) and part)


def format_percent(share: float) -> str:
    """Write a share in per cent, with the digits that the structure has."""
    return f"{100 * share:.3g}%"


def zone_sentence(assumed_utc: "Sequence[str]") -> str:
    """Say which arguments gave a time without a time zone; empty if none did."""
    if not assumed_utc:
        return ""
    return f"{' and '.join(assumed_utc)} had no time zone and {'was' if len(assumed_utc) == 1 else 'were'} read as UTC."


_UPDATED_AFTER = 60  # seconds: an update so soon after the creation is part of it


def elapsed_seconds(job: "Job", now: datetime) -> float | None:
    """Return how long a job took, or has run so far; None where that is not known."""
    end = now if job.is_running else job.completed_at  # a job that was retried may keep its old completed_at
    elapsed = round((end - job.created_at).total_seconds(), 1) if end else -1
    # If two clocks disagree, the end may be before the start: then the duration is not known.
    return elapsed if elapsed >= 0 else None


def last_updated(job: "Job") -> datetime | None:
    """Return when a running job was last updated; None unless that is over a minute after its creation.

    A retried job keeps its first ``created_at``, so its run may be as young as its last update.
    """
    if not job.is_running or (job.running_since - job.created_at).total_seconds() <= _UPDATED_AFTER:
        return None
    return job.updated_at


def running_clause(job: "Job", now: datetime) -> str | None:
    """Say how long a running job has run; None where that is not known."""
    elapsed = elapsed_seconds(job, now)
    if elapsed is None:
        return None
    if updated := last_updated(job):
        ago = format_duration(max(0, (now - updated).total_seconds()))
        return (
            f"it was created {format_duration(elapsed)} ago and last updated {ago} ago "
            "(a retried job keeps its first created_at)"
        )
    return (
        f"it has been queued for {format_duration(elapsed)}"
        if job.status == "queued"
        else f"it has run for {format_duration(elapsed)}"
    )


def earlier_run_sentence(job: "Job", *, has_error: bool) -> str | None:
    """Say when the run before ended, if a running job that was retried shows it."""
    if not job.is_running or job.completed_at is None:
        return None
    error = ", and the error text is probably from that run" if has_error else ""
    return f"An earlier run ended {format_timestamp(job.completed_at)}{error}."
