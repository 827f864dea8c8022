"""Lists: the applications that the key can see, and the jobs of one of them."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic_core import to_json

from writer_jobs_mcp.client.ids import display_id, is_usable_id
from writer_jobs_mcp.results.base import (
    IfKnown,
    ResultModel,
    elapsed_seconds,
    format_application,
    format_duration,
    format_timestamp,
    join_lines,
    join_words,
    last_updated,
    pluralize,
    quote_unless_plain,
    safe_label,
)
from writer_jobs_mcp.sanitize.text import ELLIPSIS, json_quote, preview, sanitize_and_truncate, truncate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from writer_jobs_mcp.client.models import Application, ApplicationPage, JobPage, ListedJob, UnreadableRow

# Lengths of the previews of outputs and errors, from the longest down. Outputs give way first: a list is read for its
# errors.
_LONGEST_OUTPUT, _LONGEST_ERROR = 60, 120
_PREVIEWS = ((_LONGEST_OUTPUT, _LONGEST_ERROR), (50, 120), (40, 120), (30, 120), (30, 60), (15, 30), (0, 0))
_SHORTENED_FOR_ERRORS = 4  # so many of these only give room to errors, and are tried for a list of the usual size
_ROW_LENGTH, _FRAME_LENGTH = 220, 150
"""Characters of JSON that a row has on average, and what stands around the rows, where outputs need not give way."""
_NAME_LENGTH = 120
_LIST_LENGTH = 30_000
"""Characters of JSON that a list of jobs stays under, whatever the jobs hold."""
_END, _INCOMPLETE_END = "End of list.", "End of list, but it is NOT complete:"


class UnreadableRows(ResultModel):
    """Rows that Writer sent and that could not be read."""

    count: int
    reason: str

    def as_text(self) -> str:
        return f"{self.count} more could not be read ({json_quote(self.reason)})."


def _any_has(rows: "Sequence[ResultModel]", field: str) -> bool:
    return any(getattr(row, field) is not None for row in rows)


def _unreadable(rows: "list[UnreadableRow]") -> UnreadableRows | None:
    return UnreadableRows(count=len(rows), reason=rows[0].reason) if rows else None


class ApplicationRow(ResultModel):
    """One application."""

    id: str
    name: IfKnown[str] = None
    type: IfKnown[str] = None
    status: IfKnown[str] = None
    updated_at: IfKnown[str] = None

    def as_text(self) -> str:
        updated = self.updated_at and f"updated {self.updated_at}"
        name = self.name and json_quote(self.name)
        return join_words(
            quote_unless_plain(self.id),
            name,
            self.type and quote_unless_plain(self.type),
            self.status and quote_unless_plain(self.status),
            updated,
        )


class ApplicationPageInfo(ResultModel):
    """Where a page of applications stands; ``after`` is what to pass for the next."""

    returned: int
    has_more: bool
    after: IfKnown[str] = None
    unreadable: IfKnown[UnreadableRows] = None


class ApplicationList(ResultModel):
    """The result of ``list_applications``."""

    applications: list[ApplicationRow]
    page: ApplicationPageInfo

    def as_text(self) -> str:
        page = self.page
        more = "More follow." if page.has_more else _INCOMPLETE_END if page.unreadable else _END
        if page.after:
            more = f"More follow: after={json_quote(page.after)}."
        head = join_words(
            pluralize(page.returned, "application") + ".", more, page.unreadable and page.unreadable.as_text()
        )
        return join_lines(head, self._legend(), *(row.as_text() for row in self.applications))

    def _legend(self) -> str | None:
        """The line that names the columns which the rows have."""
        columns = {
            "name (its owner's words, quoted)": "name",
            "type": "type",
            "status": "status",
            "last update": "updated_at",
        }
        shown = [title for title, field in columns.items() if _any_has(self.applications, field)]
        return ", ".join(["Id", *shown]) + ":" if self.applications else None


def application_list(page: "ApplicationPage", limit: int) -> ApplicationList:
    """A page of applications, as the agent gets it."""
    # A server that ignores `limit` sends more; what is cut off here is the next page.
    shown = page.first(limit)
    rows, is_cut = shown.applications, len(shown.rows) < len(page.rows)
    # Where Writer does not say, only a page without rows shows that there are no more.
    has_more = is_cut or (bool(page.rows) if page.has_more is None else page.has_more)
    last = [None if is_cut else page.last_id, rows[-1].id if rows else None]
    return ApplicationList(
        applications=[_application_row(row) for row in rows],
        page=ApplicationPageInfo(
            returned=len(rows),
            has_more=has_more,
            after=next(filter(is_usable_id, filter(None, last)), None) if has_more else None,
            unreadable=_unreadable(shown.unreadable),
        ),
    )


def _application_row(application: "Application") -> ApplicationRow:
    return ApplicationRow(
        id=display_id(application.id),
        name=preview(application.name, _NAME_LENGTH) if application.name else None,
        type=application.type and safe_label(application.type),
        status=application.status and safe_label(application.status),
        updated_at=application.updated_at and format_timestamp(application.updated_at),
    )


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
        return _INCOMPLETE_END if self.unreadable else _END


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
        """The line that names the columns which the rows have."""
        took = ", duration" if _any_has(self.jobs, "seconds") else ""
        has_error, has_output = _any_has(self.jobs, "error"), _any_has(self.jobs, "output")
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
    """A page of jobs, as the agent gets it: previews shrink before the whole grows past its bound, then rows go."""
    # A server that ignores `limit` sends more; what is cut off here is the next page.
    shown = page.first(limit)
    named = {"application_id": display_id(application_id), "application_name": application_name, "status": status}
    while True:
        rows = _rows([_RowDraft.of(job, now) for job in shown.jobs])
        listed = JobList.model_validate({**named, "jobs": rows, "page": _page_info(page, shown, offset, limit)})
        if len(listed.model_dump_json(exclude_none=True)) < _LIST_LENGTH:
            return listed
        shown = shown.first(len(shown.rows) * 3 // 4)


def _page_info(page: "JobPage", shown: "JobPage", offset: int, limit: int) -> JobPageInfo:
    return JobPageInfo(
        offset=offset,
        limit=limit,
        returned=len(shown.jobs),
        total=page.total,
        next_offset=_next_offset(page, offset, len(shown.rows)),
        unreadable=_unreadable(shown.unreadable),
    )


def _next_offset(page: "JobPage", offset: int, shown: int) -> int | None:
    """Where the next page starts; None only where the list is known to end.

    A page shorter than asked is not the end (the server may cap ``limit``), nor is a total that is smaller than what
    was already seen: such a total counts something else.
    """
    ends_here = page.total == offset + len(page.rows) and shown == len(page.rows)
    return None if not shown or ends_here else offset + shown


class _RowDraft(NamedTuple):
    """A row before its previews are as short as the list needs; cleaning is what costs, so it is done once."""

    known: dict[str, Any]
    output: str
    error: str
    error_chars: int
    error_is_cut: bool
    escapes: tuple[int, int]
    """How many characters JSON needs more for the output and the error than they have, quotation marks included."""

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
        output, output_is_cut = sanitize_and_truncate(job.output, _LONGEST_OUTPUT) if job.output else ("", False)
        if not output_is_cut and (job.output_chars or 0) > len(job.output or ""):
            output = truncate(output + ELLIPSIS, _LONGEST_OUTPUT)  # of what Writer sent, only the opening is held
        error, error_is_cut = sanitize_and_truncate(job.error, _LONGEST_ERROR) if job.error else ("", False)
        escapes = len(json_quote(output)) - len(output), len(json_quote(error)) - len(error)
        return cls(known, output, error, len(job.error or ""), error_is_cut, escapes)

    def length(self, output_length: int, error_length: int) -> int:
        """Characters of JSON that the previews take within these lengths, at most."""
        taken = 0
        if self.output and output_length:
            taken += len('"output":,') + self.escapes[0] + min(len(self.output), output_length)
        if self.error and error_length:
            taken += len('"error":,') + self.escapes[1] + min(len(self.error), error_length)
        if self.error_is_cut or len(self.error) > error_length:
            taken += len(f'"error_chars":{self.error_chars},')
        return taken

    def truncated_to(self, output_length: int, error_length: int) -> dict[str, Any]:
        """The fields of the row with previews of at most so many characters."""
        is_cut = self.error_is_cut or len(self.error) > error_length
        return {
            **self.known,
            "output": (truncate(self.output, output_length) or None) if output_length else None,
            "error": (truncate(self.error, error_length) or None) if error_length else None,
            "error_chars": self.error_chars if is_cut else None,
        }


def _rows(drafts: list[_RowDraft]) -> list[dict[str, Any]]:
    """The fields of the rows, their previews as long as there is room for them."""
    framed = _FRAME_LENGTH + len(to_json([draft.known for draft in drafts], exclude_none=True))
    lengths = _PREVIEWS[0]
    for step, lengths in enumerate(_PREVIEWS, 1):
        bound = _ROW_LENGTH * len(drafts) + _FRAME_LENGTH if step < _SHORTENED_FOR_ERRORS else _LIST_LENGTH
        if framed + sum(draft.length(*lengths) for draft in drafts) < bound:
            break
    return [draft.truncated_to(*lengths) for draft in drafts]
