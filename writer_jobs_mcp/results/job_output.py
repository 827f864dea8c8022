"""One job beyond its error: its output, and how it stands after a wait."""

from datetime import datetime
from typing import TYPE_CHECKING

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.results.base import (
    IfKnown,
    ResultModel,
    format_application,
    format_duration,
    join_lines,
    join_words,
    last_updated,
    quote_unless_plain,
    safe_label,
)
from writer_jobs_mcp.results.job_error import JobError, earlier_run_sentence, job_error, running_clause
from writer_jobs_mcp.sanitize.text import json_quote, one_line, preview, sanitize_slice

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job

_TITLE_LENGTH = 120


class JobOutput(ResultModel):
    """The result of ``get_job_output``: a piece of the output, and where the next begins."""

    job_id: str
    application_id: str
    application_name: IfKnown[str] = None
    status: str
    title: IfKnown[str] = None
    output: IfKnown[str] = None
    output_chars: int
    offset: int
    next_offset: IfKnown[int] = None
    message: IfKnown[str] = None

    def as_text(self) -> str:
        application = format_application(self.application_id, self.application_name)
        where = f"offset={self.offset}, output_chars={self.output_chars}."
        more = "The output ends here." if self.next_offset is None else f"More follows: next_offset={self.next_offset}."
        return join_lines(
            join_words(
                f"Job {quote_unless_plain(self.job_id)} of application {application}: "
                f"{quote_unless_plain(self.status)},",
                where,
                (self.output is not None or self.next_offset is not None) and more,
            ),
            self.message,
            self.title and f"Its title, in the job's own words: {json_quote(self.title)}",
            self.output is not None and f"Its output, in the job's own words: {json_quote(self.output)}",
        )


def job_output(job: "Job", *, offset: int, max_chars: int, application_name: str | None = None) -> JobOutput:
    """A piece of a job's output; positions count the characters of the output as Writer has it."""
    output = job.output or ""
    shown, following = sanitize_slice(output, offset, max_chars)
    is_empty = not shown and following is None and offset == 0  # or holds nothing that can be seen
    length = 0 if is_empty else len(output)
    return JobOutput(
        job_id=display_id(job.id),
        application_id=display_id(job.application_id),
        application_name=application_name,
        status=safe_label(job.status),
        title=preview(job.title, _TITLE_LENGTH) or None if job.title else None,
        output=shown or None,
        output_chars=length,
        offset=offset,
        next_offset=following,
        message=_no_output_message(job, length, offset) or _invisible_output_message(shown, offset, following),
    )


def _no_output_message(job: "Job", length: int, offset: int) -> str | None:
    status = quote_unless_plain(safe_label(job.status))
    if not length:
        later = " yet" if job.is_running else ""
        why = " get_job_error says why." if job.status == "failed" else ""
        return f"Writer gives no output text for this job{later}: its status is {status}.{why}"
    return f"The output has only {length} characters." if offset >= length else None


def _invisible_output_message(shown: str, offset: int, following: int | None) -> str | None:
    if shown:
        return None
    if following is None:
        return f"Nothing visible follows offset {offset}: the output ends here."
    return f"Nothing visible lies between offset {offset} and offset {following}."


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
    """The state of a job after waiting for it.

    Args:
        job: The job as it was last seen.
        now: The current time.
        waited: Seconds.
        wait_error: The sentence of an error that ended the wait early.
        stuck_after: The seconds after which a job of this application is stuck; None where that is not known.
        application_name: The name by which its application was found.
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
