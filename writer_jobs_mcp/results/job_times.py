"""How long a job has run, as a number and in words."""

from datetime import datetime
from typing import TYPE_CHECKING

from writer_jobs_mcp.results.formatting import format_duration
from writer_jobs_mcp.triage.timestamps import format_timestamp

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job

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
