"""Proxies that the environment names: used, told of where they fail, and never shown the key."""

import asyncio
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.fakes.raw_http_server import RawHttpServer, ScriptedServer, http_response
from tests.helpers.chaos_calls import check_error, check_success, connect_client, run_tool
from tests.helpers.key import KEY
from tests.helpers.mcp import text_of
from tests.helpers.subprocess_server import start_server
from tests.robustness.conftest import Tally

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass
class Proxy(RawHttpServer):
    """A proxy that keeps all that it is sent in clear, and opens tunnels unless it has something else to say."""

    response: bytes = b""
    tunnel_target: str = ""
    """Where every tunnel ends, if not where it should."""
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

        async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                self.received += data
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


@pytest.fixture
def trusted_authority(authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.usefixtures("trusted_authority")
async def test_a_proxy_is_used_and_sees_only_tls(
    name: str, no_proxy: pytest.MonkeyPatch, certified: ssl.SSLContext, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    wire, proxy = ScriptedServer(), Proxy()
    async with proxy.serve() as way, wire.serve(certified) as url:
        no_proxy.setenv(name, way)
        async with connect_client(url) as client:
            check_success(await run_tool(client, tally), tally)
    assert bytes(proxy.received).startswith(f"CONNECT {url.removeprefix('https://')} HTTP/1.1\r\n".encode())
    assert KEY.encode() in wire.request_heads[0]
    for word in (b"uthorization", b"Bearer", KEY.encode()):
        assert word not in proxy.received


ANSWERS = {
    "407": http_response(KEY.encode(), "407 Proxy Authentication Required", "Proxy-Authenticate: Basic"),
    "403": http_response(KEY.encode(), f"403 {KEY}"),
    "502": http_response(b"", "502 Bad Gateway"),
    "redirect": http_response(b"", "302 Found", "Location: http://127.0.0.1:9/"),
    "no HTTP": f"{KEY}\r\n\r\n".encode(),
    "no TLS behind it": http_response(b"", "200 OK") + http_response(b"<html>"),
}


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS)
async def test_a_failing_proxy_is_reported_and_never_sees_the_key(
    said: bytes, no_proxy: pytest.MonkeyPatch, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    proxy = Proxy(said)
    async with proxy.serve() as way:
        no_proxy.setenv("HTTPS_PROXY", way)
        async with connect_client("https://127.0.0.1:9", WRITER_JOBS_CALL_BUDGET="1") as client:
            check_error(await run_tool(client, tally), "Writer is unavailable: ")
    assert proxy.received.startswith(b"CONNECT 127.0.0.1:9 ")
    assert KEY.encode() not in proxy.received


@pytest.mark.usefixtures("trusted_authority")
async def test_a_failed_tunnel_frees_its_connection_slot(
    no_proxy: pytest.MonkeyPatch, certified: ssl.SSLContext, tally: Tally
) -> None:
    proxy = Proxy(ANSWERS["no TLS behind it"])
    async with proxy.serve() as way, ScriptedServer().serve(certified) as url:
        no_proxy.setenv("HTTPS_PROXY", way)
        async with connect_client(url, WRITER_JOBS_CALL_BUDGET="2", WRITER_JOBS_CONCURRENCY="1") as client:
            for _ in range(2):
                tally.tried["proxies"] += 1
                check_error(await run_tool(client, tally), "Writer is unavailable: ")
            proxy.response = b""
            check_success(await run_tool(client, tally), tally)


async def test_a_host_in_no_proxy_is_connected_to_directly(no_proxy: pytest.MonkeyPatch, tally: Tally) -> None:
    tally.tried["proxies"] += 1
    proxy = Proxy()
    async with proxy.serve() as way:
        no_proxy.setenv("HTTPS_PROXY", way)
        no_proxy.setenv("NO_PROXY", "localhost, 127.0.0.1")
        async with connect_client("https://127.0.0.1:9", WRITER_JOBS_CALL_BUDGET="1") as client:
            check_error(await run_tool(client, tally), "no connection could be made")
    assert proxy.received == b""


# No proxy at all, and what container tools put into NO_PROXY.
@pytest.mark.parametrize(
    "no_proxy_hosts",
    [
        "localhost,127.0.0.1,::1,[::1]",
        "fe80::/10",
        "fd07:b51a:cc66:f0::/64",
        "[fe80::]/10,.,:,[,*.,http://[::1",
        ",, ,",
    ],
)
async def test_unusual_no_proxy_entries_do_not_break_requests(
    no_proxy_hosts: str, no_proxy: pytest.MonkeyPatch, authority: Path, certified: ssl.SSLContext, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    assert no_proxy
    environ = {"NO_PROXY": no_proxy_hosts, "SSL_CERT_FILE": str(authority)}
    async with ScriptedServer().serve(certified) as url, start_server(url, environ) as server:
        await server.call_tool("list_application_jobs", application_id="a")
        server.close_stdin()
        assert (await server.read_stderr(), await server.wait()) == ("", 0)


NAMES = ("api.writer.example", "writer.example", "xn--bcher-kva.example")


@pytest.fixture
def named(issuer: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The side of TLS of a server that has addresses and names, all of which lead to this machine."""
    path = tmp_path / "names.pem"
    issuer.issue_cert("127.0.0.1", "fe80::1", *NAMES).private_key_and_cert_chain_pem.write_to_path(str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    look_up: Callable[..., object] = socket.getaddrinfo

    def look_up_here(host: str | bytes, *others: Any, **more: Any) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        return look_up("127.0.0.1" if name in NAMES else host, *others, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)
    return context


EXEMPT: list[tuple[str, str]] = [
    ("api.writer.example", "api.writer.example"),
    ("api.writer.example", "localhost, API.Writer.Example ,"),
    ("api.writer.example", "localhost api.writer.example"),
    ("api.writer.example", "writer.example"),
    ("api.writer.example", ".writer.example"),
    ("api.writer.example", "*.writer.example"),
    ("api.writer.example", "writer.example."),
    ("api.writer.example", "api.writer.example:{port}"),
    ("api.writer.example", "https://api.writer.example/"),
    ("api.writer.example", "[,]:,writer.example:x,*"),
    ("writer.example", ".writer.example"),
    ("bücher.example", "BÜCHER.example"),
    ("bücher.example", "xn--bcher-kva.example"),
    ("xn--bcher-kva.example", "bücher.example"),
    ("127.0.0.1", "127.0.0.1"),
    ("127.0.0.1", "127.0.0.1:{port}"),
    ("127.0.0.1", "::ffff:127.0.0.1"),
    ("127.0.0.1", "10.0.0.0/8,127.0.0.1/8"),
    ("127.0.0.1", "no network/24,127.0.0.0/30"),
]
PROXIED: list[tuple[str, str]] = [
    ("api.writer.example", ""),
    ("api.writer.example", "writer,iter.example,example.com,api.writer.example.com"),
    ("api.writer.example", "sub.api.writer.example"),
    ("api.writer.example", "api.writer.example:443"),
    ("api.writer.example", "http://api.writer.example"),
    ("api.writer.example", ",, .,*.,:,[],://,/,1/2/3,\x01,ü..x"),
    ("127.0.0.1", "0.0.1,.0.0.1,127,127.0.0.1:443,128.0.0.0/8,::/0"),
    ("[fe80::1]", "::1,[::1],[fe80::1]:443,fd07:b51a:cc66:f0::/64,0.0.0.0/0,fe80"),
]


@pytest.mark.parametrize(
    ("host", "hosts", "is_proxied"), [*((*e, False) for e in EXEMPT), *((*p, True) for p in PROXIED)]
)
@pytest.mark.usefixtures("trusted_authority")
async def test_a_proxy_is_used_unless_no_proxy_matches_the_host(
    host: str,
    hosts: str,
    is_proxied: bool,
    no_proxy: pytest.MonkeyPatch,
    named: ssl.SSLContext,
    tally: Tally,
) -> None:
    tally.tried["proxies"] += 1
    wire, proxy = ScriptedServer(), Proxy()
    async with proxy.serve() as way, wire.serve(named) as url:
        port = url.rpartition(":")[2]
        proxy.tunnel_target = f"127.0.0.1:{port}"
        no_proxy.setenv("HTTPS_PROXY", way)
        no_proxy.setenv("NO_PROXY", hosts.replace("{port}", port))
        async with connect_client(f"https://{host}:{port}") as client:
            check_success(await run_tool(client, tally), tally)
    assert proxy.received.startswith(b"CONNECT ") is is_proxied


@pytest.mark.parametrize("hosts", ["fe80::1", "[fe80::1]", "[FE80:0::1]:9", "fe80::/10", "[fe80::]/10", "::/0"])
async def test_an_ipv6_host_in_no_proxy_is_connected_to_directly(
    hosts: str, no_proxy: pytest.MonkeyPatch, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    proxy = Proxy(http_response(b"", "403 Forbidden"))
    async with proxy.serve() as way:
        no_proxy.setenv("HTTPS_PROXY", way)
        no_proxy.setenv("NO_PROXY", hosts)
        async with connect_client("https://[fe80::1]:9", WRITER_JOBS_CALL_BUDGET="1") as client:
            assert (await run_tool(client, tally)).is_error
    assert proxy.received == b""


@pytest.mark.parametrize(
    ("environ", "used"),
    [
        ({"HTTPS_PROXY": "1", "ALL_PROXY": "2"}, "1"),
        ({"HTTPS_PROXY": "1", "https_proxy": "2"}, "2"),
        ({"HTTPS_PROXY": "1", "https_proxy": ""}, ""),
        ({"HTTPS_PROXY": "  ", "ALL_PROXY": "2"}, "2"),
        ({"HTTP_PROXY": "1"}, ""),
        ({"HTTPS_PROXY": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "localhost"}, "1"),
        ({"HTTPS_PROXY": "1", "NO_PROXY": "127.0.0.1", "no_proxy": ""}, "1"),
        ({"HTTPS_PROXY": "1", "NO_PROXY": "localhost", "no_proxy": "127.0.0.1"}, ""),
    ],
    ids=str,
)
@pytest.mark.usefixtures("trusted_authority")
async def test_lower_case_proxy_variables_win(
    environ: dict[str, str],
    used: str,
    no_proxy: pytest.MonkeyPatch,
    certified: ssl.SSLContext,
    tally: Tally,
) -> None:
    tally.tried["proxies"] += 1
    proxies = {"1": Proxy(), "2": Proxy()}
    async with proxies["1"].serve() as one, proxies["2"].serve() as two, ScriptedServer().serve(certified) as url:
        for name, value in environ.items():
            # The scheme may be left out.
            no_proxy.setenv(name, {"1": one, "2": two.removeprefix("http://")}.get(value, value))
        async with connect_client(url) as client:
            check_success(await run_tool(client, tally), tally)
    assert [name for name, proxy in proxies.items() if proxy.received] == ([used] if used else [])


@pytest.mark.usefixtures("trusted_authority")
async def test_a_proxy_may_use_tls_itself(
    no_proxy: pytest.MonkeyPatch, certified: ssl.SSLContext, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    proxy = Proxy()
    async with proxy.serve(certified) as way, ScriptedServer().serve(certified) as url:
        no_proxy.setenv("HTTPS_PROXY", way)
        async with connect_client(url) as client:
            check_success(await run_tool(client, tally), tally)
    assert proxy.received.startswith(b"CONNECT ")


SECRET = "hunter2-of-the-proxy"


@pytest.mark.parametrize(
    "proxy",
    ["http://u:{}@", "nonsense://u:{}@proxy", "http://u:{}@proxy:port", "http://u:{}@proxy:99999", "http://[{}"],
)
async def test_an_invalid_proxy_url_is_rejected_without_being_shown(
    proxy: str, no_proxy: pytest.MonkeyPatch, tally: Tally, caplog: pytest.LogCaptureFixture
) -> None:
    tally.tried["proxies"] += 1
    no_proxy.setenv("HTTPS_PROXY", proxy.format(SECRET))
    async with connect_client("https://127.0.0.1:9") as client:
        said = await run_tool(client, tally)
    check_error(
        said,
        "The proxy cannot be used (HTTPS_PROXY, ALL_PROXY or the system's setting): "
        "set HTTPS_PROXY to a URL such as http://proxy.example:8080.",
    )
    assert SECRET not in text_of(said) + caplog.text


async def test_the_error_for_a_socks_proxy_names_the_missing_package(
    no_proxy: pytest.MonkeyPatch, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    no_proxy.setitem(sys.modules, "socksio", None)  # as if it were not installed
    no_proxy.setenv("ALL_PROXY", f"socks5://u:{SECRET}@127.0.0.1:9")
    async with connect_client("https://127.0.0.1:9") as client:
        said = await run_tool(client, tally)
    check_error(said, "is a SOCKS proxy, which needs another package: install httpx[socks] beside")
    assert SECRET not in text_of(said)


async def test_an_http_loopback_url_never_uses_a_proxy(no_proxy: pytest.MonkeyPatch, tally: Tally) -> None:
    tally.tried["proxies"] += 1
    proxy = Proxy()
    async with proxy.serve() as way, ScriptedServer().serve() as url:
        for name in PROXIES[:3]:
            no_proxy.setenv(name, way)
        async with connect_client(url) as client:
            check_success(await run_tool(client, tally), tally)
    assert proxy.received == b""
