"""The list of an application's jobs, page by page."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic_core import to_json

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.results.base import INCOMPLETE_LIST_END, LIST_END, IfKnown, ResultModel, UnreadableRows, any_has
from writer_jobs_mcp.results.formatting import (
    elapsed_seconds,
    format_application,
    format_duration,
    join_lines,
    join_words,
    last_updated,
    quote_unless_plain,
    safe_label,
)
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import ELLIPSIS, sanitize_and_truncate, truncate
from writer_jobs_mcp.triage.timestamps import format_timestamp

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import JobPage, ListedJob

# Lengths of the previews of outputs and errors, from the longest down. Outputs are shortened first: a list is read for
# its errors.
_MAX_OUTPUT, _MAX_ERROR = 60, 120
_PREVIEWS = ((_MAX_OUTPUT, _MAX_ERROR), (50, 120), (40, 120), (30, 120), (30, 60), (15, 30), (0, 0))
_STEPS_FOR_USUAL_SIZE = 4  # the lengths before this one are used only in a list of the usual size
_ROW_JSON, _FRAME_JSON = 220, 150
"""Characters of JSON in a list of the usual size: for an average row, and for everything but the rows."""
_MAX_LIST_JSON = 30_000  # characters of JSON that a list stays under, whatever the jobs hold


class JobRow(ResultModel):
    """One job of a list; ``output`` and ``error`` are previews on one line."""

    id: str
    status: str
    created_at: str
    updated_at: IfKnown[str] = None
    seconds: IfKnown[float] = None
    output: IfKnown[str] = None
    output_chars: IfKnown[int] = None
    error: IfKnown[str] = None
    error_chars: IfKnown[int] = None

    def as_text(self) -> str:
        parts = [self.created_at[11:19], quote_unless_plain(self.id), quote_unless_plain(self.status)]
        if self.seconds is not None:
            parts.append(format_duration(self.seconds) + ("," if self.updated_at else ""))
        if self.updated_at:
            parts.append(f"last updated {self._last_update()}")
        if self.error is not None:
            parts.append(json_quote(self.error) if self.status == "failed" else f"error {json_quote(self.error)}")
        if self.error_chars is not None:
            parts.append(f"({self.error_chars} chars)")
        if self.output is not None:
            parts.append(f"output {json_quote(self.output)}" if self.status == "failed" else json_quote(self.output))
        if self.output_chars is not None:
            parts.append(f"({self.output_chars} chars)")
        return " ".join(parts)

    def _last_update(self) -> str | None:
        if self.seconds is None or self.updated_at is None:
            return self.updated_at
        now = datetime.fromisoformat(self.created_at) + timedelta(seconds=self.seconds)
        return f"{format_duration(max(0, (now - datetime.fromisoformat(self.updated_at)).total_seconds()))} ago"


class JobPageInfo(ResultModel):
    """Where a page of jobs stands; ``next_offset`` is there whenever more may follow."""

    offset: int
    limit: int
    returned: int
    total: IfKnown[int] = None
    next_offset: IfKnown[int] = None
    unreadable: IfKnown[UnreadableRows] = None

    def as_text(self) -> str:
        return join_words(
            f"offset={self.offset}, limit={self.limit}, returned={self.returned}"
            + ("" if self.total is None else f", total={self.total}")
            + ".",
            self._what_follows(),
            self.unreadable and self.unreadable.as_text(),
        )

    def _what_follows(self) -> str:
        if self.next_offset is not None:
            return f"More may follow: next_offset={self.next_offset}."
        return INCOMPLETE_LIST_END if self.unreadable else LIST_END


class JobList(ResultModel):
    """The result of ``list_application_jobs``."""

    application_id: str
    application_name: IfKnown[str] = None
    status: IfKnown[str] = None
    jobs: list[JobRow]
    page: JobPageInfo

    def as_text(self) -> str:
        of_what = f" with status={self.status}" if self.status else ""
        application = format_application(self.application_id, self.application_name)
        head = f"Jobs of application {application}{of_what}: {self.page.as_text()}"
        if not self.jobs:
            return head
        days = groupby(self.jobs, key=lambda row: row.created_at[:10])
        return join_lines(
            head, self._legend(), *(join_lines(day, *(row.as_text() for row in rows)) for day, rows in days)
        )

    def _legend(self) -> str:
        took = ", duration" if any_has(self.jobs, "seconds") else ""
        has_error, has_output = any_has(self.jobs, "error"), any_has(self.jobs, "output")
        shown = "error if failed, else output" if has_error and has_output else "error" if has_error else "output"
        words = f", {shown} (the job's own words, quoted)" if has_error or has_output else ""
        return f"Created (UTC), id, status{took}{words}:"


def job_list(
    page: "JobPage",
    *,
    application_id: str,
    application_name: str | None = None,
    status: str | None,
    offset: int,
    limit: int,
    now: datetime,
) -> JobList:
    """Show a page of jobs: if it is too long, previews are shortened first, then rows are left for the next page."""
    # A server that ignores `limit` sends more; the rows cut off here are the next page.
    shown = page.first(limit)
    named = {"application_id": display_id(application_id), "application_name": application_name, "status": status}
    while True:
        rows = _rows([_RowDraft.of(job, now) for job in shown.jobs])
        info = JobPageInfo(
            offset=offset,
            limit=limit,
            returned=len(shown.jobs),
            total=page.total,
            next_offset=_next_offset(page, offset, len(shown.rows)),
            unreadable=UnreadableRows.of(shown.unreadable),
        )
        listed = JobList.model_validate({**named, "jobs": rows, "page": info})
        if len(listed.model_dump_json(exclude_none=True)) < _MAX_LIST_JSON:
            return listed
        shown = shown.first(len(shown.rows) * 3 // 4)


def _next_offset(page: "JobPage", offset: int, shown: int) -> int | None:
    """Return where the next page starts; None only where the list is known to end.

    A page shorter than requested is not the end (the server may cap ``limit``), nor is a total that is smaller than
    what was already seen: such a total counts something else.
    """
    ends_here = page.total == offset + len(page.rows) and shown == len(page.rows)
    return None if not shown or ends_here else offset + shown


class _RowDraft(NamedTuple):
    """A row whose previews can still be shortened; it is sanitized once, which is what takes time."""

    known: dict[str, Any]
    output: str
    error: str
    error_chars: int
    error_is_truncated: bool
    escapes: tuple[int, int]  # how many characters JSON adds to the output and to the error, quotation marks included

    @classmethod
    def of(cls, job: "ListedJob", now: datetime) -> Self:
        known = {
            "id": display_id(job.id),
            "status": safe_label(job.status),
            "created_at": format_timestamp(job.created_at),
            "seconds": elapsed_seconds(job, now),
            "output_chars": job.output_chars,
        }
        if updated := last_updated(job):
            known["updated_at"] = format_timestamp(updated)
        output, output_is_truncated = sanitize_and_truncate(job.output, _MAX_OUTPUT) if job.output else ("", False)
        if not output_is_truncated and (job.output_chars or 0) > len(job.output or ""):
            output = truncate(output + ELLIPSIS, _MAX_OUTPUT)  # only the beginning of a long output is kept
        error, error_is_truncated = sanitize_and_truncate(job.error, _MAX_ERROR) if job.error else ("", False)
        escapes = len(json_quote(output)) - len(output), len(json_quote(error)) - len(error)
        return cls(known, output, error, len(job.error or ""), error_is_truncated, escapes)

    def length(self, output_length: int, error_length: int) -> int:
        """Return how many characters of JSON the previews take at most, if they are no longer than this."""
        length = 0
        if self.output and output_length:
            length += len('"output":,') + self.escapes[0] + min(len(self.output), output_length)
        if self.error and error_length:
            length += len('"error":,') + self.escapes[1] + min(len(self.error), error_length)
        if self.error_is_truncated or len(self.error) > error_length:
            length += len(f'"error_chars":{self.error_chars},')
        return length

    def truncated_to(self, output_length: int, error_length: int) -> dict[str, Any]:
        """Return the fields of the row with previews of at most so many characters."""
        is_truncated = self.error_is_truncated or len(self.error) > error_length
        return {
            **self.known,
            "output": (truncate(self.output, output_length) or None) if output_length else None,
            "error": (truncate(self.error, error_length) or None) if error_length else None,
            "error_chars": self.error_chars if is_truncated else None,
        }


def _rows(drafts: list[_RowDraft]) -> list[dict[str, Any]]:
    """Return the fields of the rows, with previews as long as there is room for."""
    framed = _FRAME_JSON + len(to_json([draft.known for draft in drafts], exclude_none=True))
    lengths = _PREVIEWS[0]
    for step, lengths in enumerate(_PREVIEWS, 1):
        bound = _ROW_JSON * len(drafts) + _FRAME_JSON if step < _STEPS_FOR_USUAL_SIZE else _MAX_LIST_JSON
        if framed + sum(draft.length(*lengths) for draft in drafts) < bound:
            break
    return [draft.truncated_to(*lengths) for draft in drafts]
