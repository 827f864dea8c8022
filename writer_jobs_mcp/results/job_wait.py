"""How a job stands after a wait for it."""

from datetime import datetime
from typing import TYPE_CHECKING

from writer_jobs_mcp.results.formatting import (
    earlier_run_sentence,
    format_duration,
    join_lines,
    join_words,
    last_updated,
    quote_unless_plain,
    running_clause,
    safe_label,
)
from writer_jobs_mcp.results.job_error import JobError, job_error
from writer_jobs_mcp.sanitize.text import one_line

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job


class JobWait(JobError):
    """The result of ``wait_for_job``: that of ``get_job_error``, and whether the job has finished."""

    finished: bool

    def as_text(self) -> str:
        return join_lines("Finished." if self.finished else "Not finished.", super().as_text())


def job_wait(
    job: "Job",
    now: datetime,
    *,
    waited: float,
    wait_error: str | None,
    stuck_after: float | None = None,
    application_name: str | None = None,
) -> JobWait:
    """Show the state of a job as it was last seen, after waiting for it: ``waited`` seconds.

    ``wait_error`` is the message of an error that ended the wait early. ``stuck_after`` are the seconds after which a
    job of this application is stuck; None where that is not known.
    """
    known = job_error(job, now, application_name)
    message = known.message
    if job.is_running:
        message = join_words(
            _stuck_message(job, now, stuck_after) or _still_running_message(job, now, waited),
            earlier_run_sentence(job, has_error=known.error is not None),
        )
    if wait_error:
        message = f"The wait ended early; this is the last known state of the job. {one_line(wait_error)}"
    return JobWait.model_validate({**known.model_dump(), "message": message, "finished": not job.is_running})


def _still_running_message(job: "Job", now: datetime, waited: float) -> str:
    clause = running_clause(job, now)
    spent = f"after {format_duration(round(waited))} of waiting{f'; {clause}' if clause else ''}"
    return f"It is still {quote_unless_plain(safe_label(job.status))} {spent}. Call wait_for_job again."


def _stuck_message(job: "Job", now: datetime, stuck_after: float | None) -> str | None:
    elapsed = (now - job.running_since).total_seconds()
    if stuck_after is None or elapsed <= stuck_after:
        return None
    since = " since its last update" if last_updated(job) else ""
    has_run = "been queued" if job.status == "queued" else "run"
    return (
        f"It has {has_run} for {format_duration(elapsed)}{since}, "
        f"longer than {format_duration(stuck_after)}: likely stuck. Waiting "
        "longer is unlikely to help; look at it in Writer (AI Studio)."
    )
