"""The moment between a connection's making and its first request, in which httpcore would lose it to a cancellation."""

from types import TracebackType
from typing import Any, Protocol

import anyio

_CONNECTED_EVENTS = (".connect_tcp.complete", ".start_tls.complete")
_REQUEST_STARTED_EVENT = ".send_request_headers.started"


class _Closable(Protocol):
    async def aclose(self) -> None: ...


class ConnectionGuard:
    """Watches over one request until it is sent; what it was cancelled before is closed.

    httpcore (1.0) keeps in its pool for good, open and in nobody's use, a connection whose request is cancelled just
    after its handshake, or during the one inside a proxy's tunnel. So the first has to wait for a moment, and what the
    second leaves open is closed here.
    """

    def __init__(self) -> None:
        self._scope = anyio.CancelScope()
        self._unused_connection: _Closable | None = None
        self.extensions = {"trace": self._trace}
        """The request's extensions."""
        self.is_sent: bool | None = None
        """Whether it is on its way; None where the transport tells nothing, as one within this process does."""

    async def _trace(self, event: str, info: dict[str, Any]) -> None:
        is_made = event.endswith(_CONNECTED_EVENTS)
        is_used = event.endswith(_REQUEST_STARTED_EVENT) and info["request"].method != b"CONNECT"
        if is_made:
            self._unused_connection = info["return_value"]
        elif is_used:
            self._unused_connection = None
        self.is_sent = self.is_sent or is_used
        self._scope.shield = is_made

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
        """Of the attempt that is under way or was the last, unless it is certain that nothing of it was sent."""

    @property
    def may_have_been_sent(self) -> bool:
        """Whether any of it may have reached Writer; True if the transport does not report it."""
        return self.guard is not None and self.guard.is_sent is not False
