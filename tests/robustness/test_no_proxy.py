"""NO_PROXY: which hosts are connected to directly."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.fakes.http_proxy import HttpProxy
from tests.fakes.raw_http_server import ScriptedServer, http_response
from tests.helpers.chaos_calls import check_error, check_success, connect_client, run_tool
from tests.helpers.subprocess_server import start_server
from tests.helpers.tally import Tally


async def test_a_host_in_no_proxy_is_connected_to_directly(without_proxies: pytest.MonkeyPatch, tally: Tally) -> None:
    tally.tried["proxies"] += 1
    proxy = HttpProxy()
    async with proxy.serve() as proxy_url:
        without_proxies.setenv("HTTPS_PROXY", proxy_url)
        without_proxies.setenv("NO_PROXY", "localhost, 127.0.0.1")
        async with connect_client("https://127.0.0.1:9", WRITER_JOBS_CALL_BUDGET="1") as client:
            check_error(await run_tool(client, tally), "no connection could be made")
    assert proxy.received == b""


# What container tools write into NO_PROXY, with no proxy set.
@pytest.mark.usefixtures("without_proxies")
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
    no_proxy_hosts: str, authority: Path, certified: ssl.SSLContext, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    environ = {"NO_PROXY": no_proxy_hosts, "SSL_CERT_FILE": str(authority)}
    async with ScriptedServer().serve(certified) as url, start_server(url, environ) as server:
        await server.call_tool("list_application_jobs", application_id="a")
        server.close_stdin()
        assert (await server.read_stderr(), await server.wait()) == ("", 0)


NAMES = ("api.writer.example", "writer.example", "xn--bcher-kva.example")


@pytest.fixture
def named_server(issuer: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The TLS settings of a server with several names, all of which resolve to this machine."""
    path = tmp_path / "names.pem"
    issuer.issue_cert("127.0.0.1", "fe80::1", *NAMES).private_key_and_cert_chain_pem.write_to_path(str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    resolve: Callable[..., object] = socket.getaddrinfo

    def resolve_here(host: str | bytes, *others: Any, **more: Any) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        return resolve("127.0.0.1" if name in NAMES else host, *others, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)
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
    without_proxies: pytest.MonkeyPatch,
    named_server: ssl.SSLContext,
    tally: Tally,
) -> None:
    tally.tried["proxies"] += 1
    wire, proxy = ScriptedServer(), HttpProxy()
    async with proxy.serve() as proxy_url, wire.serve(named_server) as url:
        port = url.rpartition(":")[2]
        proxy.tunnel_target = f"127.0.0.1:{port}"
        without_proxies.setenv("HTTPS_PROXY", proxy_url)
        without_proxies.setenv("NO_PROXY", hosts.replace("{port}", port))
        async with connect_client(f"https://{host}:{port}") as client:
            check_success(await run_tool(client, tally), tally)
    assert proxy.received.startswith(b"CONNECT ") is is_proxied


@pytest.mark.parametrize("hosts", ["fe80::1", "[fe80::1]", "[FE80:0::1]:9", "fe80::/10", "[fe80::]/10", "::/0"])
async def test_an_ipv6_host_in_no_proxy_is_connected_to_directly(
    hosts: str, without_proxies: pytest.MonkeyPatch, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    proxy = HttpProxy(http_response(b"", "403 Forbidden"))
    async with proxy.serve() as proxy_url:
        without_proxies.setenv("HTTPS_PROXY", proxy_url)
        without_proxies.setenv("NO_PROXY", hosts)
        async with connect_client("https://[fe80::1]:9", WRITER_JOBS_CALL_BUDGET="1") as client:
            assert (await run_tool(client, tally)).is_error
    assert proxy.received == b""
