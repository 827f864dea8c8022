"""Completions: an application's id from a part of its name or id."""

import logging
from collections.abc import Callable

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
from writer_jobs_mcp.errors import WriterError
from writer_jobs_mcp.tools import App

logger = logging.getLogger(__name__)

_MAX_VALUES = 100  # in one answer, says the protocol
_TIMEOUT_SECONDS = 10  # nobody waits longer for a suggestion


def add_completions(server: MCPServer[App], app: Callable[[], App]) -> None:
    """Complete ``application_id``, wherever it is asked for, from the first hundred applications."""

    @server.completion()
    async def complete(  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        _ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        _context: CompletionContext | None,
    ) -> Completion | None:
        if argument.name != "application_id":
            return None
        try:
            with anyio.fail_after(_TIMEOUT_SECONDS):
                page = await app().client.list_applications(limit=100)
        except (WriterError, TimeoutError) as exc:
            # A suggestion that cannot be made is none; the call it was for will say what is wrong.
            logger.info("No applications to complete from: %s", exc or "Writer took too long")
            return None
        typed = argument.value.strip().casefold()
        ids = [
            each.id
            for each in page.applications
            if is_usable_id(each.id) and typed in f"{each.id}\n{each.name or ''}".casefold()
        ]
        # Further pages, and applications that could not be read, may hold more that fit: how many is not known.
        has_others = bool(page.has_more or page.unreadable)
        return Completion(
            values=ids[:_MAX_VALUES],
            total=None if has_others else len(ids),
            has_more=has_others or len(ids) > _MAX_VALUES,
        )
