"""A peer that may say anything at all: sockets and bytes, with no HTTP library between."""

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
    """One request that has come in, and the connection to answer it on, or to break."""

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
        """Wait until the other side hangs up."""
        with suppress(ConnectionError):
            await self.reader.read()
        self.writer.close()

    def reset(self) -> None:
        """Break the connection by a TCP reset."""
        connection: socket.socket = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Behaviour = Callable[[Exchange], Awaitable[None]]


def http_response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A whole and honest answer."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def jobs_page(*rows: object, **others: object) -> bytes:
    return json.dumps({"result": rows, **others}).encode()


VALID_PAGE = jobs_page(*JOBS, totalCount=2)


def send_and_close(*parts: bytes) -> Behaviour:
    """Sends these bytes and hangs up."""

    async def behave(exchange: Exchange) -> None:
        for part in parts:
            await exchange.send(part)
        await exchange.close()

    return behave


class RawHttpServer:
    """Whoever listens on a port of this machine; a connection is a conversation, which may break off."""

    async def handle_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    @asynccontextmanager
    async def serve(self, tls: SSLContext | None = None) -> AsyncGenerator[str]:
        """Its URL."""
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
            left = [task for task in serving if task]
            for task in left:
                task.cancel()
            await asyncio.gather(*left)
            await server.wait_closed()


_SEND_VALID_PAGE = send_and_close(http_response(VALID_PAGE))


@dataclass
class ScriptedServer(RawHttpServer):
    """What is done to the requests for each application, one after the other; after that they are answered well."""

    default: Behaviour = _SEND_VALID_PAGE
    """What is done where there is no script, or where it is over."""
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
        """A request without its body, or the first letters of something else."""
        method = await reader.readexactly(4)
        return method + await reader.readuntil(b"\r\n\r\n") if method in {b"GET ", b"POST"} else method

    async def handle(self, exchange: Exchange) -> None:
        self.request_heads.append(exchange.head)
        application = exchange.head.split(b"/v1/applications/", 1)[-1].split(b"/", 1)[0].decode("latin-1")
        behaviour = next(self.scripts.get(application, iter(())), self.default)
        await behaviour(exchange)
