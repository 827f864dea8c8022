"""An HTTP server that may send any bytes: plain sockets, without an HTTP library."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import repeat
from ssl import SSLContext

JOBS = [
    {
        "id": f"job-{number}",
        "status": "failed",
        "application_id": "a",
        "created_at": "2026-11-23T10:00:00Z",
        "error": "Request timed out after 30 seconds",
    }
    for number in range(2)
]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One received request, and the connection to respond on or to break."""

    head: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()

    async def wait_for_close(self) -> None:
        """Wait until the client closes the connection."""
        with suppress(ConnectionError):
            await self.reader.read()
        self.writer.close()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        connection: socket.socket = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Behaviour = Callable[[Exchange], Awaitable[None]]


def http_response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Return a complete, correct response."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def jobs_page(*rows: object, **others: object) -> bytes:
    return json.dumps({"result": rows, **others}).encode()


VALID_PAGE = jobs_page(*JOBS, totalCount=2)


def send_and_close(*parts: bytes) -> Behaviour:
    """Return a behaviour that sends these bytes and closes the connection."""

    async def behave(exchange: Exchange) -> None:
        for part in parts:
            await exchange.send(part)
        await exchange.close()

    return behave


class RawHttpServer:
    """A TCP server on loopback; subclasses handle each connection."""

    async def handle_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    @asynccontextmanager
    async def serve(self, tls: SSLContext | None = None) -> AsyncGenerator[str]:
        """Serve, and yield the URL."""
        serving: set[asyncio.Task[None] | None] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            serving.add(asyncio.current_task())
            try:
                with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                    await self.handle_connection(reader, writer)
            finally:
                serving.discard(asyncio.current_task())
                writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        finally:
            server.close()
            open_ = [task for task in serving if task]
            for task in open_:
                task.cancel()
            await asyncio.gather(*open_)
            await server.wait_closed()


_SEND_VALID_PAGE = send_and_close(http_response(VALID_PAGE))


@dataclass
class ScriptedServer(RawHttpServer):
    """A server with a script of behaviours per application; without a script it sends a valid page."""

    default: Behaviour = _SEND_VALID_PAGE
    """What to do without a script, or after its end."""
    scripts: dict[str, Iterator[Behaviour]] = field(default_factory=dict[str, Iterator[Behaviour]])
    request_heads: list[bytes] = field(default_factory=list[bytes])

    def once(self, behaviour: Behaviour, application: str = "a") -> None:
        self.scripts[application] = iter([behaviour])

    def always(self, behaviour: Behaviour, application: str = "a") -> None:
        self.scripts[application] = repeat(behaviour)

    async def handle_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            await self.handle(Exchange(await self._read_head(reader), reader, writer))

    async def _read_head(self, reader: asyncio.StreamReader) -> bytes:
        """Return the head of an HTTP request, or the first four bytes of anything else."""
        method = await reader.readexactly(4)
        return method + await reader.readuntil(b"\r\n\r\n") if method in {b"GET ", b"POST"} else method

    async def handle(self, exchange: Exchange) -> None:
        self.request_heads.append(exchange.head)
        application = exchange.head.split(b"/v1/applications/", 1)[-1].split(b"/", 1)[0].decode("latin-1")
        behaviour = next(self.scripts.get(application, iter(())), self.default)
        await behaviour(exchange)
