"""Proxies that the environment names: used, told of where they fail, and never shown the key."""

import asyncio
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.chaos.asking import asked, call, check_right, check_told
from tests.chaos.conftest import Tally
from tests.chaos.wire import Peer, Wire, answer
from tests.client.telling import KEY

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass
class Proxy(Peer):
    """A proxy that keeps all that it is sent in clear, and opens tunnels unless it has something else to say."""

    says: bytes = b""
    heard: bytearray = field(default_factory=bytearray)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heard += head
        if self.says:
            writer.write(self.says)
            await writer.drain()
        else:
            await self._tunnel(head.split()[1].decode(), reader, writer)

    async def _tunnel(self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = target.rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                self.heard += data
                sink.write(data)
                await sink.drain()

        ways = [asyncio.ensure_future(each) for each in (carry(reader, far_writer), carry(far_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ways:
                task.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.transport.abort()


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no proxy yet."""
    for name in PROXIES:
        for each in (name, name.lower()):
            monkeypatch.delenv(each, raising=False)
    return monkeypatch


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
async def test_a_proxy_is_used_and_sees_nothing_but_tls(
    name: str, no_proxy: pytest.MonkeyPatch, authority: Path, certified: ssl.SSLContext, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    no_proxy.setenv("SSL_CERT_FILE", str(authority))
    wire, proxy = Wire(), Proxy()
    async with proxy.served() as way, wire.served(certified) as url:
        no_proxy.setenv(name, way)
        async with asked(url) as client:
            check_right(await call(client, tally), tally)
    assert bytes(proxy.heard).startswith(f"CONNECT {url.removeprefix('https://')} HTTP/1.1\r\n".encode())
    assert KEY.encode() in wire.heads[0]
    for word in (b"uthorization", b"Bearer", KEY.encode()):
        assert word not in proxy.heard


ANSWERS = {
    "407": answer(KEY.encode(), "407 Proxy Authentication Required", "Proxy-Authenticate: Basic"),
    "403": answer(KEY.encode(), f"403 {KEY}"),
    "502": answer(b"", "502 Bad Gateway"),
    "redirect": answer(b"", "302 Found", "Location: http://127.0.0.1:9/"),
    "no HTTP": f"{KEY}\r\n\r\n".encode(),
    "no TLS behind it": answer(b"", "200 OK") + answer(b"<html>"),
}


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS)
async def test_a_proxy_that_opens_no_way_is_told_and_never_sees_the_key(
    said: bytes, no_proxy: pytest.MonkeyPatch, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    proxy = Proxy(said)
    async with proxy.served() as way:
        no_proxy.setenv("HTTPS_PROXY", way)
        async with asked("https://127.0.0.1:9", WRITER_JOBS_CALL_BUDGET="1") as client:
            check_told(await call(client, tally), "Writer is unavailable: asked ")
    assert proxy.heard.startswith(b"CONNECT 127.0.0.1:9 ")
    assert KEY.encode() not in proxy.heard


async def test_a_tunnel_that_breaks_off_in_its_handshake_takes_no_place(
    no_proxy: pytest.MonkeyPatch, authority: Path, certified: ssl.SSLContext, tally: Tally
) -> None:
    no_proxy.setenv("SSL_CERT_FILE", str(authority))
    proxy = Proxy(ANSWERS["no TLS behind it"])
    async with proxy.served() as way, Wire().served(certified) as url:
        no_proxy.setenv("HTTPS_PROXY", way)
        async with asked(url, WRITER_JOBS_CALL_BUDGET="2", WRITER_JOBS_CONCURRENCY="1") as client:
            for _ in range(2):
                tally.tried["proxies"] += 1
                check_told(await call(client, tally), "Writer is unavailable: asked ")
            proxy.says = b""
            check_right(await call(client, tally), tally)


async def test_a_host_that_needs_no_proxy_is_asked_directly(no_proxy: pytest.MonkeyPatch, tally: Tally) -> None:
    tally.tried["proxies"] += 1
    proxy = Proxy()
    async with proxy.served() as way:
        no_proxy.setenv("HTTPS_PROXY", way)
        no_proxy.setenv("NO_PROXY", "localhost, 127.0.0.1")
        async with asked("https://127.0.0.1:9", WRITER_JOBS_CALL_BUDGET="1") as client:
            check_told(await call(client, tally), "could not be connected to")
    assert proxy.heard == b""


async def test_a_loopback_address_in_clear_is_never_asked_through_a_proxy(
    no_proxy: pytest.MonkeyPatch, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    proxy = Proxy()
    async with proxy.served() as way, Wire().served() as url:
        for name in PROXIES[:3]:
            no_proxy.setenv(name, way)
        async with asked(url) as client:
            check_right(await call(client, tally), tally)
    assert proxy.heard == b""
