"""An HTTP proxy over sockets, for tests of HTTPS_PROXY and NO_PROXY."""

import asyncio
from dataclasses import dataclass, field

from tests.fakes.raw_http_server import RawHttpServer

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass
class HttpProxy(RawHttpServer):
    """A proxy that opens tunnels, or sends ``response`` instead, and records all bytes it receives."""

    response: bytes = b""
    tunnel_target: str = ""
    """Where every tunnel leads; by default to the requested target."""
    received: bytearray = field(default_factory=bytearray)

    async def handle_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.received += head
        if self.response:
            writer.write(self.response)
            await writer.drain()
        else:
            await self._tunnel(head.split()[1].decode(), reader, writer)

    async def _tunnel(self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = (self.tunnel_target or target).rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def forward(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                self.received += data
                sink.write(data)
                await sink.drain()

        directions = [
            asyncio.ensure_future(each) for each in (forward(reader, far_writer), forward(far_reader, writer))
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in directions:
                task.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
            far_writer.transport.abort()
