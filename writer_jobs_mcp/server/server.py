"""The MCP server class: unknown names get an error that lists the known ones, and no error repeats the API key."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from writer_jobs_mcp.config import Config
from writer_jobs_mcp.context import App
from writer_jobs_mcp.errors import KEY_IN_ARGUMENT
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.sdk_compat import is_stock_not_found
from writer_jobs_mcp.server.tool import contains_key
from writer_jobs_mcp.server.triage_app import triage_page_size
from writer_jobs_mcp.tools import TRIAGE_PAGE_URI

if TYPE_CHECKING:
    from mcp.server.lowlevel.helper_types import ReadResourceContents
    from mcp_types import CallToolResult, GetPromptResult, InputRequiredResult, Resource
    from pydantic import AnyUrl

_LISTS = {"tools/list", "prompts/list", "resources/list", "resources/templates/list"}


class JobServer(MCPServer[App]):
    """An MCP server with helpful errors for unknown tools, prompts and resources."""

    def __init__(self, config: Config, **options: Any) -> None:
        """Take the settings, and the options of :class:`MCPServer`."""
        super().__init__("writer-jobs-mcp", middleware=[self._reject_cursors], **options)
        self._config = config

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[App, Any] | None = None
    ) -> "CallToolResult | InputRequiredResult":
        """Call a tool.

        Raises:
            ToolError: The call failed; its whole text is a sentence for the model.
        """
        if name not in (tools := [tool.name for tool in await self.list_tools()]):
            raise ToolError(self.unknown_name_message("tool", name, tools))
        return await super().call_tool(name, arguments, context)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[App, Any] | None = None
    ) -> "GetPromptResult | InputRequiredResult":
        """Return a prompt.

        Raises:
            MCPError: No prompt has this name, or an argument is wrong.
        """
        if name not in (prompts := [prompt.name for prompt in await self.list_prompts()]):
            raise MCPError(code=INVALID_PARAMS, message=self.unknown_name_message("prompt", name, prompts))
        if contains_key(arguments, self._config):
            raise MCPError(code=INVALID_PARAMS, message=KEY_IN_ARGUMENT)
        return await super().get_prompt(name, arguments, context)

    async def list_resources(self) -> "list[Resource]":
        """List the resources, with the size of the triage page: some clients would put it into the model's context."""
        listed = await super().list_resources()
        return [
            each.model_copy(update={"size": triage_page_size()}) if each.uri == TRIAGE_PAGE_URI else each
            for each in listed
        ]

    async def read_resource(
        self, uri: "AnyUrl | str", context: Context[App, Any] | None = None
    ) -> "Iterable[ReadResourceContents] | InputRequiredResult":
        """Read a resource.

        Raises:
            MCPError: The address contains the API key.
            ResourceError: It cannot be read; the whole text is a sentence for the client.
        """
        if self._config.is_key_in(unquote(str(uri))):
            raise MCPError(code=INVALID_PARAMS, message=KEY_IN_ARGUMENT)  # a ResourceError would repeat the address
        try:
            return await super().read_resource(uri, context)
        except ResourceNotFoundError as exc:
            if not is_stock_not_found(exc, uri):
                raise
            resources = [resource.uri for resource in await self.list_resources()]
            templates = [template.uri_template for template in await self.list_resource_templates()]
            message = self.unknown_name_message("resource", str(uri), [*resources, *templates])
            raise ResourceNotFoundError(message) from None

    def unknown_name_message(self, kind: str, name: str, known: Iterable[str]) -> str:
        """Say that a name is unknown, and which names are known."""
        if self._config.is_key_in(name):
            return KEY_IN_ARGUMENT
        names = ", ".join(known)
        available = f"available are {names}" if names else "there are none"
        return f"Unknown {kind} {json_quote(preview(name, 60))}: {available}."

    async def _reject_cursors(self, ctx: ServerRequestContext[App, Any], call_next: CallNext) -> HandlerResult:
        """Reject a cursor: each of our lists is one page, so a client that has one would read it again and again."""
        cursor = (ctx.params or {}).get("cursor") if ctx.method in _LISTS else None
        if not isinstance(cursor, str) or not cursor.strip():
            return await call_next(ctx)
        message = (
            KEY_IN_ARGUMENT
            if self._config.is_key_in(cursor)
            else f"Unknown cursor {json_quote(preview(cursor, 60))}: this list has one page. List it without a cursor."
        )
        raise MCPError(code=INVALID_PARAMS, message=message)
