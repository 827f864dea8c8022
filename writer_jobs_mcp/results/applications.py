"""The list of the applications that the key can see."""

from typing import TYPE_CHECKING

from writer_jobs_mcp.client.ids import display_id, is_usable_id
from writer_jobs_mcp.results.base import INCOMPLETE_LIST_END, LIST_END, IfKnown, ResultModel, UnreadableRows, any_has
from writer_jobs_mcp.results.formatting import join_lines, join_words, pluralize, quote_unless_plain, safe_label
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.triage.timestamps import format_timestamp

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import ApplicationPage

_MAX_NAME = 120


class ApplicationRow(ResultModel):
    """One application."""

    id: str
    name: IfKnown[str] = None
    type: IfKnown[str] = None
    status: IfKnown[str] = None
    updated_at: IfKnown[str] = None

    def as_text(self) -> str:
        return join_words(
            quote_unless_plain(self.id),
            self.name and json_quote(self.name),
            self.type and quote_unless_plain(self.type),
            self.status and quote_unless_plain(self.status),
            self.updated_at and f"updated {self.updated_at}",
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
        more = "More follow." if page.has_more else INCOMPLETE_LIST_END if page.unreadable else LIST_END
        if page.after:
            more = f"More follow: after={json_quote(page.after)}."
        head = join_words(
            pluralize(page.returned, "application") + ".", more, page.unreadable and page.unreadable.as_text()
        )
        return join_lines(head, self._legend(), *(row.as_text() for row in self.applications))

    def _legend(self) -> str | None:
        columns = {
            "name (its owner's words, quoted)": "name",
            "type": "type",
            "status": "status",
            "last update": "updated_at",
        }
        shown = [title for title, field in columns.items() if any_has(self.applications, field)]
        return ", ".join(["Id", *shown]) + ":" if self.applications else None


def application_list(page: "ApplicationPage", limit: int) -> ApplicationList:
    """Show a page of applications."""
    # A server that ignores `limit` sends more; the rows cut off here are the next page.
    shown = page.first(limit)
    rows, is_truncated = shown.applications, len(shown.rows) < len(page.rows)
    # If Writer does not say whether more follow, only a page without rows shows that none do.
    has_more = is_truncated or (bool(page.rows) if page.has_more is None else page.has_more)
    last = [None if is_truncated else page.last_id, rows[-1].id if rows else None]
    return ApplicationList(
        applications=[
            ApplicationRow(
                id=display_id(row.id),
                name=preview(row.name, _MAX_NAME) if row.name else None,
                type=row.type and safe_label(row.type),
                status=row.status and safe_label(row.status),
                updated_at=row.updated_at and format_timestamp(row.updated_at),
            )
            for row in rows
        ],
        page=ApplicationPageInfo(
            returned=len(rows),
            has_more=has_more,
            after=next(filter(is_usable_id, filter(None, last)), None) if has_more else None,
            unreadable=UnreadableRows.of(shown.unreadable),
        ),
    )
