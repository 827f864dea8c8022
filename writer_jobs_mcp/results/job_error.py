"""One job's failure: its error and the cause."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.client.job_status import KNOWN_STATUSES, RUNNING_STATUSES
from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.results.base import IfKnown, ResultModel
from writer_jobs_mcp.results.formatting import (
    earlier_run_sentence,
    elapsed_seconds,
    format_application,
    format_duration,
    join_lines,
    join_words,
    last_updated,
    quote_unless_plain,
    running_clause,
    safe_label,
)
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.triage.error_text import read_error
from writer_jobs_mcp.triage.timestamps import format_timestamp

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job
    from writer_jobs_mcp.failures import Cause


class CauseSummary(ResultModel):
    """Why a job failed, as far as its error says."""

    category: Category
    evidence: IfKnown[str] = None
    retry: Retry
    advice: str

    @classmethod
    def of(cls, cause: "Cause") -> Self:
        return cls(category=cause.category, evidence=cause.evidence, retry=cause.retry, advice=cause.advice)

    def as_text(self) -> str:
        return join_lines(
            f"Cause: {self.category}; retry: {self.retry}. {self.advice}",
            self.evidence and f"Decided by these words of the error: {json_quote(self.evidence)}",
        )


class JobError(ResultModel):
    """The result of ``get_job_error``."""

    job_id: str
    application_id: str
    application_name: IfKnown[str] = None
    status: str
    created_at: str
    updated_at: IfKnown[str] = None
    completed_at: IfKnown[str] = None
    seconds: IfKnown[float] = None
    error: IfKnown[str] = None
    error_chars: IfKnown[int] = None
    cause: IfKnown[CauseSummary] = None
    message: IfKnown[str] = None

    def as_text(self) -> str:
        length = "" if self.error_chars is None else f" ({self.error_chars} characters in all)"
        application = format_application(self.application_id, self.application_name)
        return join_lines(
            f"Job {quote_unless_plain(self.job_id)} of application {application}: {quote_unless_plain(self.status)}.",
            self._times(),
            self.message,
            self.cause and self.cause.as_text(),
            self.error is not None and f"The error, in the job's own words{length}: {json_quote(self.error)}",
        )

    def _times(self) -> str:
        is_running = self.status in RUNNING_STATUSES
        took = f"{self.status} for" if is_running else "took"
        ended = "an earlier run ended" if is_running else "completed"
        parts = [
            f"Created {self.created_at}",
            self.updated_at and f"last updated {self.updated_at}",
            self.completed_at and f"{ended} {self.completed_at}",
            None if self.seconds is None else f"{took} {format_duration(self.seconds)}",
        ]
        return ", ".join(filter(None, parts)) + "."


def job_error(job: "Job", now: datetime, application_name: str | None = None) -> JobError:
    """Show what is known of one job's failure."""
    error = read_error(job)
    updated = last_updated(job)
    return JobError(
        job_id=display_id(job.id),
        application_id=display_id(job.application_id),
        application_name=application_name,
        status=safe_label(job.status),
        created_at=format_timestamp(job.created_at),
        updated_at=updated and format_timestamp(updated),
        completed_at=job.completed_at and format_timestamp(job.completed_at),
        seconds=elapsed_seconds(job, now),
        error=error.shown or None,
        error_chars=error.chars,
        cause=error.cause and CauseSummary.of(error.cause),
        message=_status_message(job, now, has_error=bool(error.shown)),
    )


def _status_message(job: "Job", now: datetime, *, has_error: bool) -> str | None:
    """Say what the status means for the question of failure, unless the error says more."""
    although = ", although Writer gives an error text with it" if has_error else ""
    status = safe_label(job.status)
    if job.status == "failed":
        return (
            None if has_error else "This job failed and Writer gives no error text for it, so its cause is not known."
        )
    if job.is_running:
        clause = running_clause(job, now)
        earlier = earlier_run_sentence(job, has_error=has_error)
        so_far = "This run has not failed so far" if earlier else f"It has not failed so far{although}"
        return join_words(f"{so_far}{f'; {clause}' if clause else ''}.", earlier)
    if status not in KNOWN_STATUSES:
        return (
            f"Its status is {quote_unless_plain(status)}, which Writer does not document: "
            "whether it failed is not known."
        )
    # A successful retry leaves no trace of the failure before it.
    return f"This job is {quote_unless_plain(status)}{although}. Whether it failed before is not known."
