"""Record a span for each message of a client, with the names of OpenTelemetry's conventions for MCP.

It replaces the SDK's own middleware, whose spans hold the names that a client sends and the texts of errors.
"""

from collections.abc import Collection, Mapping
from typing import Any

from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult
from mcp_types.methods import SPEC_CLIENT_METHODS, SPEC_CLIENT_NOTIFICATION_METHODS
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import ValidationError

from writer_jobs_mcp.sdk_compat import is_otel_middleware
from writer_jobs_mcp.telemetry.recording import recorded_span

_parents = TraceContextTextMapPropagator()
_OTHER = "_OTHER"  # OpenTelemetry's name for an unknown method of HTTP


def add_tracing(server: MCPServer[Any], names: Collection[str]) -> None:
    """Trace the messages to ``server``; of the tools and prompts in them, only those in ``names`` are recorded."""
    others = [each for each in server.middleware if not is_otel_middleware(each)]
    server.middleware[:] = [TracingMiddleware(names), *others]


class TracingMiddleware:
    """Record a span around each message of a client."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Handle one message inside a span."""
        attributes = self._attributes(ctx)
        target = attributes.get("gen_ai.tool.name") or attributes.get("gen_ai.prompt.name")
        name = " ".join(filter(None, (attributes["mcp.method.name"], target)))
        with recorded_span(
            name, SpanKind.SERVER, attributes, parent=_parent_context(ctx.meta), error_type=_error_type
        ) as outcome:
            result = await call_next(ctx)
            outcome.error = "tool_error" if _is_error(result) else ""
            return result

    def _attributes(self, ctx: ServerRequestContext[Any, Any]) -> dict[str, str]:
        is_known = ctx.method in SPEC_CLIENT_METHODS or ctx.method in SPEC_CLIENT_NOTIFICATION_METHODS
        attributes = {"mcp.method.name": ctx.method if is_known else _OTHER, "network.transport": "pipe"}
        if ctx.protocol_version in KNOWN_PROTOCOL_VERSIONS:
            attributes["mcp.protocol.version"] = ctx.protocol_version
        if isinstance(ctx.request_id, int):
            attributes["jsonrpc.request.id"] = str(ctx.request_id)
        asked_for = (ctx.params or {}).get("name")
        name = {"name": asked_for} if isinstance(asked_for, str) and asked_for in self._names else {}
        match ctx.method:
            case "tools/call":
                attributes["gen_ai.operation.name"] = "execute_tool"
                attributes |= {f"gen_ai.tool.{key}": value for key, value in name.items()}
            case "prompts/get":
                attributes |= {f"gen_ai.prompt.{key}": value for key, value in name.items()}
            case _:
                pass
        return attributes


def _parent_context(meta: Mapping[str, Any] | None) -> Context | None:
    """Return the span of the client, if it sent one; without its ``tracestate`` and baggage."""
    parent = (meta or {}).get("traceparent")
    return _parents.extract({"traceparent": parent}) if isinstance(parent, str) else None


def _is_error(result: HandlerResult) -> bool:
    match result:
        case CallToolResult(is_error=True) | {"isError": True}:
            return True
        case _:
            return False


def _error_type(exc: Exception) -> str:
    match exc:
        case MCPError():
            return str(exc.error.code)
        case ValidationError():
            return str(INVALID_PARAMS)
        case _:
            return type(exc).__name__
