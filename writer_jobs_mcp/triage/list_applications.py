"""List every application that the key can see."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from writer_jobs_mcp.client.ids import is_usable_id
from writer_jobs_mcp.errors import WriterError

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Application

_PAGE_SIZE = 100


class ListedApplications(NamedTuple):
    """The applications that could be listed, in Writer's order."""

    applications: list[Application]
    some_unreadable: bool  # whether there are others: a row or an id was unusable, or Writer did not return them all
    error: WriterError | None  # why the list ended early, if it did


async def list_all_applications(client: WriterClient) -> ListedApplications:
    """List every application that the key can see and whose id is usable.

    Raises:
        WriterError: The first page could not be read. A later error ends the list, and is returned.
    """
    found: dict[str, Application] = {}
    unreadable: set[str] = set()
    after: str | None = None
    error: WriterError | None = None
    while True:
        try:
            page = await client.list_applications(limit=_PAGE_SIZE, after=after)
        except WriterError as exc:
            if after is None:
                raise
            error, has_more = exc, True
            break
        before = len(found) + len(unreadable)
        found.update((application.id, application) for application in page.applications)
        unreadable.update(row.row_key for row in page.unreadable)
        # A server that ignores `after` returns the same page again and again, each time with has_more.
        is_same_page = len(found) + len(unreadable) == before
        ends = [page.last_id, *(application.id for application in page.applications[-1:])]
        after = next((end for end in ends if end and is_usable_id(end)), None)
        has_more = bool(page.has_more)
        if is_same_page or page.has_more is False or after is None:
            break
    usable = [application for application in found.values() if is_usable_id(application.id)]
    return ListedApplications(usable, has_more or bool(unreadable) or len(usable) < len(found), error)
