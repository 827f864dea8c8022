"""Completions: application ids from a part of a name or an id."""

import logging
import re

import anyio
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
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
from writer_jobs_mcp.server.server import JobServer

logger = logging.getLogger(__name__)

_MAX_VALUES = 100  # in one response, by the protocol
_VARIABLE = re.compile(r"\{(\w+)\}")  # of an address


def add_completions(server: JobServer, app: App) -> None:
    """Complete every ``application_id`` argument from the first hundred applications.

    A prompt, a resource or an argument that does not exist is an error.
    """

    @server.completion()
    async def complete(  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        _context: CompletionContext | None,
    ) -> Completion | None:
        arguments = await _arguments(server, ref)
        if argument.name not in arguments:
            message = server.unknown_name_message("argument", argument.name, arguments)
            raise MCPError(code=INVALID_PARAMS, message=message)
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


async def _arguments(server: JobServer, reference: PromptReference | ResourceTemplateReference) -> list[str]:
    """Return the names of the arguments of a prompt or a resource.

    Raises:
        MCPError: It does not exist.
    """
    if isinstance(reference, PromptReference):
        prompts = {prompt.name: prompt for prompt in await server.list_prompts()}
        if prompt := prompts.get(reference.name):
            return [argument.name for argument in prompt.arguments or ()]
        message = server.unknown_name_message("prompt", reference.name, prompts)
        raise MCPError(code=INVALID_PARAMS, message=message)
    templates = [template.uri_template for template in await server.list_resource_templates()]
    resources = [resource.uri for resource in await server.list_resources()]
    for template in templates:
        # A client may send the address of one resource, or one that is filled in as far as it is known.
        if re.fullmatch(_VARIABLE.sub("[^/]*", template), reference.uri):
            return _VARIABLE.findall(template)
    if reference.uri in resources:
        return []
    message = server.unknown_name_message("resource", reference.uri, [*resources, *templates])
    raise MCPError(code=INVALID_PARAMS, message=message)
