"""Completions: application ids from a part of a name or an id."""

import logging

import anyio
from mcp.server import MCPServer
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from writer_jobs_mcp.client.ids import is_usable_id
from writer_jobs_mcp.context import App
from writer_jobs_mcp.deadlines import COMPLETION_TIMEOUT
from writer_jobs_mcp.errors import WriterError

logger = logging.getLogger(__name__)

_MAX_VALUES = 100  # in one response, by the protocol


def add_completions(server: MCPServer[App], app: App) -> None:
    """Complete every ``application_id`` argument from the first hundred applications."""

    @server.completion()
    async def complete(  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        _ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        _context: CompletionContext | None,
    ) -> Completion | None:
        if argument.name != "application_id":
            return None
        try:
            with anyio.fail_after(COMPLETION_TIMEOUT):
                page = await app.client.list_applications(limit=100)
        except (WriterError, TimeoutError) as exc:
            # Suggest nothing; the call that the user prepares will say what is wrong.
            logger.info("No applications to complete from: %s", exc or "Writer took too long")
            return None
        typed = argument.value.strip().casefold()
        ids = [
            each.id
            for each in page.applications
            if is_usable_id(each.id) and typed in f"{each.id}\n{each.name or ''}".casefold()
        ]
        # Further pages, and applications that could not be read, may have an unknown number of other matches.
        has_others = bool(page.has_more or page.unreadable)
        return Completion(
            values=ids[:_MAX_VALUES],
            total=None if has_others else len(ids),
            has_more=has_others or len(ids) > _MAX_VALUES,
        )
