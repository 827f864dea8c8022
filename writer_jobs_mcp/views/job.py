"""One job beyond its error: its output, and how it stands after a wait."""

from datetime import datetime
from typing import TYPE_CHECKING

from writer_jobs_mcp.ids import shown_id
from writer_jobs_mcp.text import clean_piece, one_line, preview, quoted
from writer_jobs_mcp.views.failure import JobError, job_error
from writer_jobs_mcp.views.form import Maybe, View, application_text, label, lines, spaced, word

if TYPE_CHECKING:
    from writer_jobs_mcp.models import Job

_TITLE_LENGTH = 120


class JobOutput(View):
    """The result of ``get_job_output``: a piece of the output, and where the next begins."""

    job_id: str
    application_id: str
    application_name: Maybe[str] = None
    status: str
    title: Maybe[str] = None
    output: Maybe[str] = None
    output_chars: int
    offset: int
    next_offset: Maybe[int] = None
    message: Maybe[str] = None

    def as_text(self) -> str:
        application = application_text(self.application_id, self.application_name)
        where = f"offset={self.offset}, output_chars={self.output_chars}."
        more = "The output ends here." if self.next_offset is None else f"More follows: next_offset={self.next_offset}."
        return lines(
            spaced(
                f"Job {word(self.job_id)} of application {application}: {word(self.status)},",
                where,
                (self.output is not None or self.next_offset is not None) and more,
            ),
            self.message,
            self.title and f"Its title, in the job's own words: {quoted(self.title)}",
            self.output is not None and f"Its output, in the job's own words: {quoted(self.output)}",
        )


def job_output(job: "Job", *, offset: int, max_chars: int, application_name: str | None = None) -> JobOutput:
    """A piece of a job's output; positions count the characters of the output as Writer has it."""
    output = job.output or ""
    shown, following = clean_piece(output, offset, max_chars)
    is_empty = not shown and following is None and offset == 0  # or holds nothing that can be seen
    length = 0 if is_empty else len(output)
    return JobOutput(
        job_id=shown_id(job.id),
        application_id=shown_id(job.application_id),
        application_name=application_name,
        status=label(job.status),
        title=preview(job.title, _TITLE_LENGTH) or None if job.title else None,
        output=shown or None,
        output_chars=length,
        offset=offset,
        next_offset=following,
        message=_no_output_message(job, length, offset) or _nothing_visible(shown, offset, following),
    )


def _no_output_message(job: "Job", length: int, offset: int) -> str | None:
    status = word(label(job.status))
    if not length:
        later = " yet" if job.is_running else ""
        why = " get_job_error tells why." if job.status == "failed" else ""
        return f"Writer gives no output text for this job{later}: its status is {status}.{why}"
    return f"The output has only {length} characters." if offset >= length else None


def _nothing_visible(shown: str, offset: int, following: int | None) -> str | None:
    if shown:
        return None
    if following is None:
        return f"Nothing that can be seen follows offset {offset}: the output ends here."
    return f"Nothing that can be seen stands between offset {offset} and {following}."


class JobWait(JobError):
    """The result of ``wait_for_job``: that of ``get_job_error``, and whether the job has finished."""

    finished: bool

    def as_text(self) -> str:
        return lines("Finished." if self.finished else "Not finished.", super().as_text())


def job_wait(
    job: "Job", now: datetime, *, waited: float, trouble: str | None, application_name: str | None = None
) -> JobWait:
    """How a job stands after ``waited`` seconds; ``trouble`` is the sentence of an error that cut the wait short."""
    known = job_error(job, now, application_name)
    message = known.message
    if job.is_running:
        message = f"It is still {word(label(job.status))} after {waited:.0f} s of waiting. Call wait_for_job again."
    if trouble:
        message = f"The wait ended early, so this is how the job stood before. {one_line(trouble)}"
    return JobWait.model_validate({**known.model_dump(), "message": message, "finished": not job.is_running})
