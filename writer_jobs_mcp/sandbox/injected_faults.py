"""Faults injected between the embedded API and its client: each fault spoils one response.

Those that break the connection need the transport that `serve` provides; in process they raise `RuntimeError`.
"""

import asyncio
import re
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

TRANSPORT_EXTENSION = "writer_jobs_mcp.transport"
"""The key in `scope["extensions"]` under which `serve` provides the connection's `asyncio.Transport`."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, and the ASGI callables to respond with."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send

    async def proceed(self) -> None:
        """Let the API respond normally."""
        await self.app(self.scope, self.receive, self.send)

    async def capture_response(self) -> tuple[Message, bytes]:
        """Return the start and the whole body of the API's response, without sending it."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(self.scope, self.receive, keep)
        start, *parts = messages
        return start, b"".join(part.get("body", b"") for part in parts)

    async def start_response(self, start: Message, body: bytes) -> None:
        """Send the start of a response and the first part of its body."""
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body, "more_body": True})

    async def finish_response(self, body: bytes) -> None:
        """Send the last part of the body."""
        await self.send({"type": "http.response.body", "body": body})

    @property
    def transport(self) -> asyncio.Transport:
        """The connection to the client."""
        transport = self.scope.get("extensions", {}).get(TRANSPORT_EXTENSION)
        if not isinstance(transport, asyncio.Transport):
            raise RuntimeError("this fault breaks the connection, so the app has to be run by `serve`")
        return transport

    async def wait_for_disconnect(self) -> None:
        """Wait until the server sees the closed connection; if the app returned earlier, it would send a 500."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


class InjectedFault(Protocol):
    """What is done with one request instead of the normal response."""

    async def __call__(self, exchange: Exchange) -> None:
        """Respond, with or without the API's own response, or break the connection."""
        ...


class FaultScript:
    """A list of faults; each applies to the next requests that match, in the order of `push`."""

    def __init__(self) -> None:
        self._script: list[_ScriptedFault] = []

    def push(self, fault: InjectedFault, *, on: str = "", times: int | None = 1) -> None:
        """Apply a fault to the next `times` matching requests; None: to all until `clear`.

        `on`: a regular expression, searched in `METHOD /path?query` as the client sent it.
        """
        self._script.append(_ScriptedFault(fault, re.compile(on), times))

    def take(self, line: str) -> InjectedFault | None:
        """Return the fault for the request `METHOD /path?query`, if there is one, and count it as used."""
        for entry in self._script:
            if entry.pattern.search(line):
                if entry.left is not None:
                    entry.left -= 1
                    if not entry.left:
                        self._script.remove(entry)
                return entry.fault
        return None

    def clear(self) -> None:
        """Remove all pending faults."""
        self._script.clear()

    @property
    def pending(self) -> int:
        """How many pushed faults are not used up yet."""
        return len(self._script)


@dataclass(slots=True, eq=False)
class _ScriptedFault:
    fault: InjectedFault
    pattern: re.Pattern[str]
    left: int | None


@dataclass(frozen=True, slots=True)
class CannedResponse:
    """A fixed status, headers and body; the API never sees the request."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    async def __call__(self, exchange: Exchange) -> None:
        headers = {"content-type": "text/plain", "content-length": str(len(self.body))}
        headers |= {name.lower(): value for name, value in self.headers.items()}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await exchange.start_response({"type": "http.response.start", "status": self.status, "headers": raw}, b"")
        await exchange.finish_response(self.body)


@dataclass(frozen=True, slots=True)
class Delay:
    """A wait before the response, or before another fault."""

    seconds: float
    then: InjectedFault | None = None

    async def __call__(self, exchange: Exchange) -> None:
        await asyncio.sleep(self.seconds)
        await (exchange.proceed() if self.then is None else self.then(exchange))


@dataclass(frozen=True, slots=True)
class WrongContentType:
    """The real response with another `Content-Type`."""

    content_type: str = "text/html; charset=utf-8"

    async def __call__(self, exchange: Exchange) -> None:
        start, body = await exchange.capture_response()
        kept = [(name, value) for name, value in start["headers"] if name != b"content-type"]
        typed = {**start, "headers": [*kept, (b"content-type", self.content_type.encode())]}
        await exchange.start_response(typed, b"")
        await exchange.finish_response(body)


@dataclass(frozen=True, slots=True)
class StalledBody:
    """A pause in the middle of the real body."""

    bytes_before: int
    seconds: float

    async def __call__(self, exchange: Exchange) -> None:
        start, body = await exchange.capture_response()
        await exchange.start_response(start, body[: self.bytes_before])
        await asyncio.sleep(self.seconds)
        await exchange.finish_response(body[self.bytes_before :])


@dataclass(frozen=True, slots=True)
class TruncatedBody:
    """The real `Content-Length`, but only the first bytes of the body, and a closed connection."""

    bytes_sent: int

    async def __call__(self, exchange: Exchange) -> None:
        transport = exchange.transport
        start, body = await exchange.capture_response()
        await exchange.start_response(start, body[: self.bytes_sent])
        transport.close()
        await exchange.wait_for_disconnect()


@dataclass(frozen=True, slots=True)
class DroppedConnection:
    """A connection that closes before the first byte of the response; with `reset`, by a TCP reset.

    With `handled`, the API processes the request first: only the response is lost.
    """

    reset: bool = False
    handled: bool = False

    async def __call__(self, exchange: Exchange) -> None:
        transport = exchange.transport
        if self.handled:
            await exchange.capture_response()
        if self.reset:
            linger = struct.pack("ii", 1, 0)  # on, with zero seconds: closing sends a reset
            connection: socket.socket = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
        await exchange.wait_for_disconnect()


@dataclass(frozen=True, slots=True)
class NotHttp:
    """Bytes that are not HTTP, and a closed connection."""

    data: bytes = b"\x16\x03\x01\x02\x00\x01 this is not HTTP\r\n\r\n"

    async def __call__(self, exchange: Exchange) -> None:
        transport = exchange.transport
        transport.write(self.data)
        transport.close()
        await exchange.wait_for_disconnect()
