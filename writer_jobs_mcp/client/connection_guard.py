"""Close connections that httpcore 1.0 leaks when a request is cancelled between connecting and sending."""

from types import TracebackType
from typing import Any, Protocol

import anyio

# Names of httpcore's trace events, as of 1.0.
_CONNECTED_EVENTS = (".connect_tcp.complete", ".start_tls.complete")
_REQUEST_STARTED_EVENT = ".send_request_headers.started"


class _Closable(Protocol):
    async def aclose(self) -> None: ...


class ConnectionGuard:
    """A context around one request that closes its connection if the request is cancelled before it is sent.

    httpcore would keep the connection in its pool, open and unusable, in two cases. Right after a handshake, this
    context shields the request from cancellation until it is being sent. During the handshake inside a proxy tunnel, it
    closes the connection to the proxy.
    """

    def __init__(self) -> None:
        self._scope = anyio.CancelScope()
        self._unused_connection: _Closable | None = None
        self.extensions = {"trace": self._trace}
        """The request's extensions."""
        self.is_sent: bool | None = None
        """Whether sending began; None if the transport reports no events, as the in-process one."""

    async def _trace(self, event: str, info: dict[str, Any]) -> None:
        is_connected = event.endswith(_CONNECTED_EVENTS)
        is_sent = event.endswith(_REQUEST_STARTED_EVENT) and info["request"].method != b"CONNECT"
        if is_connected:
            self._unused_connection = info["return_value"]
        elif is_sent:
            self._unused_connection = None
        self.is_sent = self.is_sent or is_sent
        self._scope.shield = is_connected

    async def __aenter__(self) -> "ConnectionGuard":
        self._scope.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        if self._unused_connection:
            with anyio.CancelScope(shield=True):
                await self._unused_connection.aclose()
        return self._scope.__exit__(kind, error, trace)


class SendTracker:
    """Whether a request may have reached Writer; readable after cancellation."""

    def __init__(self) -> None:
        self.guard: ConnectionGuard | None = None
        """Of the current or last attempt; None if that attempt certainly sent nothing."""

    @property
    def may_have_been_sent(self) -> bool:
        """Whether any of it may have reached Writer; True if the transport does not report it."""
        return self.guard is not None and self.guard.is_sent is not False
