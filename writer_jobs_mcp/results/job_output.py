"""The output of one job, piece by piece."""

from typing import TYPE_CHECKING

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.results.base import IfKnown, ResultModel
from writer_jobs_mcp.results.formatting import (
    format_application,
    join_lines,
    join_words,
    quote_unless_plain,
    safe_label,
)
from writer_jobs_mcp.sanitize.slices import sanitize_slice
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview

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
    """Show a piece of a job's output; offsets count the characters of the output as Writer has it."""
    output = job.output or ""
    shown, following = sanitize_slice(output, offset, max_chars)
    is_empty = not shown and following is None and offset == 0  # or the output has nothing visible
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
