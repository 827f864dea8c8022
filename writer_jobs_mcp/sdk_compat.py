"""Every use of the MCP SDK's internals, each with the place and the version (2.3.0) that it was read from.

Check these when the upper bound of ``mcp`` in pyproject.toml moves.
"""

from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from mcp.server.context import ServerMiddleware
    from mcp.server.lowlevel import Server
    from mcp.server.mcpserver.exceptions import ResourceNotFoundError
    from mcp.server.mcpserver.tools import Tool


def lowlevel_server(server: "MCPServer[Any]") -> "Server[Any]":
    """Return the server that runs over streams; ``MCPServer`` has no public way to (mcp/server/mcpserver/server.py)."""
    return server._lowlevel_server  # pyright: ignore[reportPrivateUsage]


def is_otel_middleware(middleware: "ServerMiddleware[Any]") -> bool:
    """Return True for the SDK's own tracing, whose module is private (mcp/server/_otel.py)."""
    return type(middleware).__name__ == "OpenTelemetryMiddleware"


def is_stock_not_found(exc: "ResourceNotFoundError", uri: object) -> bool:
    """Return True for the SDK's own text, with the address (mcp/server/mcpserver/resources/resource_manager.py)."""
    return str(exc) == f"Unknown resource: {uri}"


def forbid_unknown_arguments(tool: "Tool") -> None:
    """Reject unknown arguments, which the stock model ignores (mcp/server/mcpserver/utilities/func_metadata.py).

    A misspelt filter would otherwise answer another question.
    """
    model = tool.fn_metadata.arg_model
    config = ConfigDict(extra="forbid", defer_build=True)
    tool.fn_metadata.arg_model = type(model.__name__, (model,), {"model_config": config})


def keep_texts(tool: "Tool") -> None:
    """Leave each text to the type of its argument (mcp/server/mcpserver/utilities/func_metadata.py).

    The stock metadata parses it as JSON first, so that ``"null"`` and ``"[1]"`` would not be seen as they came.
    """
    metadata = tool.fn_metadata
    as_sent = type("ArgumentsAsSent", (type(metadata),), {"pre_parse_json": _as_sent})
    tool.fn_metadata = as_sent(**{name: getattr(metadata, name) for name in type(metadata).model_fields})


def _as_sent(_: object, data: dict[str, Any]) -> dict[str, Any]:
    return data


def request_key(request_id: object) -> str:
    """Return a request id in the form in which the SDK compares ids: ``7``, ``"7"`` and ``7.0`` are one."""
    try:
        return str(int(request_id)) if isinstance(request_id, int | float | str) else str(request_id)
    except (ValueError, OverflowError):
        return str(request_id)
