"""One job's failure: its error, and the cause that its words tell."""

from datetime import datetime
from typing import TYPE_CHECKING

from writer_jobs_mcp import failures
from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.client.job_status import KNOWN_STATUSES, RUNNING_STATUSES
from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.results.base import (
    Maybe,
    View,
    application_text,
    duration,
    label,
    last_updated,
    lines,
    moment,
    seconds,
    spaced,
    word,
)
from writer_jobs_mcp.sanitize.text import elide_middle, json_quote, sanitize_ends

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job

_ERROR_LENGTH = 6_000
_END_LENGTH = 8_000  # of a longer error so much from either end is read, which is more than is shown or classified


class CauseView(View):
    """Why a job failed, as far as its error's own words say."""

    category: Category
    evidence: Maybe[str] = None
    retry: Retry
    advice: str

    def as_text(self) -> str:
        return lines(
            f"Cause: {self.category}; retry: {self.retry}. {self.advice}",
            self.evidence and f"Decided by these words of the error: {json_quote(self.evidence)}",
        )


class JobError(View):
    """The result of ``get_job_error``."""

    job_id: str
    application_id: str
    application_name: Maybe[str] = None
    status: str
    created_at: str
    updated_at: Maybe[str] = None
    completed_at: Maybe[str] = None
    seconds: Maybe[float] = None
    error: Maybe[str] = None
    error_chars: Maybe[int] = None
    cause: Maybe[CauseView] = None
    message: Maybe[str] = None

    def as_text(self) -> str:
        length = "" if self.error_chars is None else f" ({self.error_chars} characters in all)"
        application = application_text(self.application_id, self.application_name)
        return lines(
            f"Job {word(self.job_id)} of application {application}: {word(self.status)}.",
            self._times(),
            self.message,
            self.cause and self.cause.as_text(),
            self.error is not None and f"The error, in the job's own words{length}: {json_quote(self.error)}",
        )

    def _times(self) -> str:
        """One sentence with every time that is known."""
        is_running = self.status in RUNNING_STATUSES
        took = f"{self.status} for" if is_running else "took"
        ended = "an earlier run ended" if is_running else "completed"
        parts = [
            f"Created {self.created_at}",
            self.updated_at and f"last updated {self.updated_at}",
            self.completed_at and f"{ended} {self.completed_at}",
            None if self.seconds is None else f"{took} {duration(self.seconds)}",
        ]
        return ", ".join(filter(None, parts)) + "."


def job_error(job: "Job", now: datetime, application_name: str | None = None) -> JobError:
    """What is known of one job's failure."""
    failed = job.status == "failed"
    error, end = sanitize_ends(job.error, _END_LENGTH) if job.error else ("", None)
    shown = elide_middle(error, _ERROR_LENGTH, tail_source=end, total=len(job.error or ""))
    status = label(job.status)
    return JobError(
        job_id=display_id(job.id),
        application_id=display_id(job.application_id),
        application_name=application_name,
        status=status,
        created_at=moment(job.created_at),
        updated_at=(updated := last_updated(job)) and moment(updated),
        completed_at=job.completed_at and moment(job.completed_at),
        seconds=seconds(job, now),
        error=shown or None,
        error_chars=len(job.error) if job.error and (end is not None or len(shown) < len(error)) else None,
        cause=_cause(error if end is None else f"{error}\n{end}") if failed and shown else None,
        message=_state_message(job, now, has_error=bool(shown)),
    )


def time_running(job: "Job", now: datetime) -> str | None:
    """A clause that says how long a running job has run; None where that is not known."""
    elapsed = seconds(job, now)
    if elapsed is None:
        return None
    if updated := last_updated(job):
        ago = duration(max(0, (now - updated).total_seconds()))
        return (
            f"it was created {duration(elapsed)} ago and last updated {ago} ago "
            "(a retried job keeps its first created_at)"
        )
    return (
        f"it has been queued for {duration(elapsed)}"
        if job.status == "queued"
        else f"it has run for {duration(elapsed)}"
    )


def earlier_run(job: "Job", *, has_error: bool) -> str | None:
    """A sentence about the run before, where a running job that was retried shows when that ended."""
    if not job.is_running or job.completed_at is None:
        return None
    error = ", and the error text is probably from that run" if has_error else ""
    return f"An earlier run ended {moment(job.completed_at)}{error}."


def _cause(error: str) -> CauseView:
    cause = failures.classify_error(error)
    return CauseView(category=cause.category, evidence=cause.evidence, retry=cause.retry, advice=cause.advice)


def _state_message(job: "Job", now: datetime, *, has_error: bool) -> str | None:
    """What the status of a job says about failing, unless it failed with an error that says more."""
    although = ", although Writer gives an error text with it" if has_error else ""
    status = label(job.status)
    if job.status == "failed":
        return (
            None if has_error else "This job failed and Writer gives no error text for it, so its cause is not known."
        )
    if job.is_running:
        clause = time_running(job, now)
        earlier = earlier_run(job, has_error=has_error)
        so_far = "This run has not failed so far" if earlier else f"It has not failed so far{although}"
        return spaced(f"{so_far}{f'; {clause}' if clause else ''}.", earlier)
    if status not in KNOWN_STATUSES:
        return f"Its status is {word(status)}, which Writer does not document: whether it failed is not known."
    # A successful retry leaves no trace of the failure before it.
    return f"This job is {word(status)}{although}. Whether it failed before is not known."
