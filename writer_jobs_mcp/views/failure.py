"""One job's failure: its error, and the cause that its words tell."""

from datetime import datetime
from typing import TYPE_CHECKING

from writer_jobs_mcp import failures
from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.ids import shown_id
from writer_jobs_mcp.states import KNOWN_STATUSES
from writer_jobs_mcp.text import clean_ends, head_and_tail, quoted
from writer_jobs_mcp.views.form import (
    Maybe,
    View,
    application_text,
    label,
    lines,
    moment,
    seconds,
    seconds_text,
    spaced,
    word,
)

if TYPE_CHECKING:
    from writer_jobs_mcp.models import Job

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
            self.evidence and f"Decided by these words of the error: {quoted(self.evidence)}",
        )


class JobError(View):
    """The result of ``get_job_error``."""

    job_id: str
    application_id: str
    application_name: Maybe[str] = None
    status: str
    created_at: str
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
            spaced(
                f"Created {self.created_at}",
                self.completed_at and f"completed {self.completed_at}",
                seconds_text(self.seconds),
            ),
            self.message,
            self.cause and self.cause.as_text(),
            self.error is not None and f"The error, in the job's own words{length}: {quoted(self.error)}",
        )


def job_error(job: "Job", now: datetime, application_name: str | None = None) -> JobError:
    """What is known of one job's failure."""
    failed = job.status == "failed"
    error, end = clean_ends(job.error, _END_LENGTH) if job.error else ("", None)
    shown = head_and_tail(error, _ERROR_LENGTH, end=end, total=len(job.error or ""))
    status = label(job.status)
    return JobError(
        job_id=shown_id(job.id),
        application_id=shown_id(job.application_id),
        application_name=application_name,
        status=status,
        created_at=moment(job.created_at),
        completed_at=job.completed_at and moment(job.completed_at),
        seconds=seconds(job, now),
        error=shown or None,
        error_chars=len(job.error) if job.error and (end is not None or len(shown) < len(error)) else None,
        cause=_cause(error if end is None else f"{error}\n{end}") if failed and shown else None,
        message=_no_error_message(status, failed=failed, has_error=bool(shown)),
    )


def _cause(error: str) -> CauseView:
    cause = failures.classify(error)
    return CauseView(category=cause.category, evidence=cause.evidence, retry=cause.retry, advice=cause.advice)


def _no_error_message(status: str, *, failed: bool, has_error: bool) -> str | None:
    match failed, has_error:
        case True, True:
            return None
        case True, False:
            return "This job failed and Writer gives no error text for it, so its cause is not known."
        case _ if status not in KNOWN_STATUSES:
            return f"Its status is {word(status)}, which Writer does not document: whether it failed is not known."
        case False, True:
            return f"This job did not fail: its status is {word(status)}, although Writer gives an error text with it."
        case _:
            return f"This job did not fail: its status is {word(status)} and it has no error."
