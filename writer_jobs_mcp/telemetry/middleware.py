"""A span around each message of a client, wherever OpenTelemetry has been set up, with nothing in it of what was said.

It takes the place of the SDK's own, which names spans by whatever a client asks for, and tells the words of errors.
Names and attributes are OpenTelemetry's for MCP.
"""

import logging
import time
from collections.abc import Collection, Mapping
from typing import Any

import anyio
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult
from mcp_types.methods import SPEC_CLIENT_METHODS, SPEC_CLIENT_NOTIFICATION_METHODS
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, get_tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import ValidationError

from writer_jobs_mcp import __version__
from writer_jobs_mcp.sdk_compat import is_otel_middleware

logger = logging.getLogger(__name__)

_tracer = get_tracer("writer-jobs-mcp", __version__)
_parents = TraceContextTextMapPropagator()
_OTHER = "_OTHER"  # as OpenTelemetry names a method of HTTP that it does not know


def add_tracing(server: MCPServer[Any], names: Collection[str]) -> None:
    """Trace what clients ask ``server``; of the names they ask for, only these are told."""
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
        error, started = "", time.perf_counter()
        with _tracer.start_as_current_span(
            name,
            context=_parent_context(ctx.meta),
            kind=SpanKind.SERVER,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                result = await call_next(ctx)
                error = "tool_error" if _is_error(result) else ""
            except Exception as exc:
                error = _error_type(exc)
                raise
            except anyio.get_cancelled_exc_class():
                error = "cancelled"
                raise
            else:
                return result
            finally:
                _set_error(span, error)
                logger.debug("%s: %s after %.0f ms", name, error or "ok", (time.perf_counter() - started) * 1000)

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
    """The span of the client, where it tells one; not what else it says of it."""
    told = (meta or {}).get("traceparent")
    return _parents.extract({"traceparent": told}) if isinstance(told, str) else None


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


def _set_error(span: Span, error: str) -> None:
    if error:
        span.set_attribute("error.type", error)
        if error.removeprefix("-").isdigit():
            span.set_attribute("rpc.response.status_code", error)
        if error != "cancelled":
            span.set_status(StatusCode.ERROR)
