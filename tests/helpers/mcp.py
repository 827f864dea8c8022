"""Call a tool of the server through a client, and read its result."""

from typing import Any

from mcp.client import Client
from mcp.server import MCPServer
from mcp_types import CallToolResult, TextContent
from starlette.types import ASGIApp

from tests.conftest import NOW
from writer_jobs_mcp.client import asgi_transport
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.context import App
from writer_jobs_mcp.server.build import build_server


def server_for(api: ASGIApp, **environ: str) -> MCPServer[App]:
    """Return a server that sends its requests to ``api`` in this process."""
    settings = {"WRITER_API_KEY": "a-key-of-some-length", "WRITER_BASE_URL": "http://localhost", **environ}
    return build_server(Config.from_env(settings), transport=asgi_transport(api), clock=lambda: NOW)


def text_of(result: CallToolResult) -> str:
    """Return the text of a result."""
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def structure_of(result: CallToolResult) -> dict[str, Any]:
    """Return the structured content of a result that is not an error."""
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return result.structured_content


async def call_tool(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the structured content of a successful call."""
    return structure_of(await client.call_tool(tool, arguments))


async def call_tool_untimed(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the structured content of a successful call, without how long it waited."""
    return {
        name: value for name, value in (await call_tool(client, tool, arguments)).items() if name != "seconds_waited"
    }


async def call_tool_error(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    """Return the message of a call that must fail."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert result.structured_content is None
    return text_of(result)
