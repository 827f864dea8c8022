"""HTTPS_PROXY and ALL_PROXY: proxies are used, their failures reported, and they never see the key."""

import ssl
import sys

import pytest

from tests.fakes.http_proxy import PROXY_VARIABLES, HttpProxy
from tests.fakes.raw_http_server import ScriptedServer, http_response
from tests.helpers.chaos_calls import check_error, check_success, connect_client, run_tool
from tests.helpers.key import KEY
from tests.helpers.mcp import text_of
from tests.helpers.tally import Tally


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.usefixtures("trusted_authority")
async def test_a_proxy_is_used_and_sees_only_tls(
    name: str, without_proxies: pytest.MonkeyPatch, certified: ssl.SSLContext, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    wire, proxy = ScriptedServer(), HttpProxy()
    async with proxy.serve() as proxy_url, wire.serve(certified) as url:
        without_proxies.setenv(name, proxy_url)
        async with connect_client(url) as client:
            check_success(await run_tool(client, tally), tally)
    assert bytes(proxy.received).startswith(f"CONNECT {url.removeprefix('https://')} HTTP/1.1\r\n".encode())
    assert KEY.encode() in wire.request_heads[0]
    for word in (b"uthorization", b"Bearer", KEY.encode()):
        assert word not in proxy.received


ANSWERS = {
    "407": http_response(KEY.encode(), "407 HttpProxy Authentication Required", "HttpProxy-Authenticate: Basic"),
    "403": http_response(KEY.encode(), f"403 {KEY}"),
    "502": http_response(b"", "502 Bad Gateway"),
    "redirect": http_response(b"", "302 Found", "Location: http://127.0.0.1:9/"),
    "not HTTP": f"{KEY}\r\n\r\n".encode(),
    "no TLS behind it": http_response(b"", "200 OK") + http_response(b"<html>"),
}


@pytest.mark.parametrize("response", ANSWERS.values(), ids=ANSWERS)
async def test_a_failing_proxy_is_reported_and_never_sees_the_key(
    response: bytes, without_proxies: pytest.MonkeyPatch, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    proxy = HttpProxy(response)
    async with proxy.serve() as proxy_url:
        without_proxies.setenv("HTTPS_PROXY", proxy_url)
        async with connect_client("https://127.0.0.1:9", WRITER_JOBS_CALL_BUDGET="1") as client:
            check_error(await run_tool(client, tally), "Writer is unavailable: ")
    assert proxy.received.startswith(b"CONNECT 127.0.0.1:9 ")
    assert KEY.encode() not in proxy.received


@pytest.mark.usefixtures("trusted_authority")
async def test_a_failed_tunnel_frees_its_connection_slot(
    without_proxies: pytest.MonkeyPatch, certified: ssl.SSLContext, tally: Tally
) -> None:
    proxy = HttpProxy(ANSWERS["no TLS behind it"])
    async with proxy.serve() as proxy_url, ScriptedServer().serve(certified) as url:
        without_proxies.setenv("HTTPS_PROXY", proxy_url)
        async with connect_client(url, WRITER_JOBS_CALL_BUDGET="2", WRITER_JOBS_CONCURRENCY="1") as client:
            for _ in range(2):
                tally.tried["proxies"] += 1
                check_error(await run_tool(client, tally), "Writer is unavailable: ")
            proxy.response = b""
            check_success(await run_tool(client, tally), tally)


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
    without_proxies: pytest.MonkeyPatch,
    certified: ssl.SSLContext,
    tally: Tally,
) -> None:
    tally.tried["proxies"] += 1
    proxies = {"1": HttpProxy(), "2": HttpProxy()}
    async with proxies["1"].serve() as one, proxies["2"].serve() as two, ScriptedServer().serve(certified) as url:
        for name, value in environ.items():
            # The scheme may be omitted.
            without_proxies.setenv(name, {"1": one, "2": two.removeprefix("http://")}.get(value, value))
        async with connect_client(url) as client:
            check_success(await run_tool(client, tally), tally)
    assert [name for name, proxy in proxies.items() if proxy.received] == ([used] if used else [])


@pytest.mark.usefixtures("trusted_authority")
async def test_a_proxy_may_use_tls_itself(
    without_proxies: pytest.MonkeyPatch, certified: ssl.SSLContext, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    proxy = HttpProxy()
    async with proxy.serve(certified) as proxy_url, ScriptedServer().serve(certified) as url:
        without_proxies.setenv("HTTPS_PROXY", proxy_url)
        async with connect_client(url) as client:
            check_success(await run_tool(client, tally), tally)
    assert proxy.received.startswith(b"CONNECT ")


SECRET = "hunter2-of-the-proxy"


@pytest.mark.parametrize(
    "proxy",
    ["http://u:{}@", "nonsense://u:{}@proxy", "http://u:{}@proxy:port", "http://u:{}@proxy:99999", "http://[{}"],
)
async def test_an_invalid_proxy_url_is_rejected_without_being_shown(
    proxy: str, without_proxies: pytest.MonkeyPatch, tally: Tally, caplog: pytest.LogCaptureFixture
) -> None:
    tally.tried["proxies"] += 1
    without_proxies.setenv("HTTPS_PROXY", proxy.format(SECRET))
    async with connect_client("https://127.0.0.1:9") as client:
        result = await run_tool(client, tally)
    check_error(
        result,
        "The proxy cannot be used (HTTPS_PROXY, ALL_PROXY or the system's setting): "
        "set HTTPS_PROXY to a URL such as http://proxy.example:8080.",
    )
    assert SECRET not in text_of(result) + caplog.text


async def test_the_error_for_a_socks_proxy_names_the_missing_package(
    without_proxies: pytest.MonkeyPatch, tally: Tally
) -> None:
    tally.tried["proxies"] += 1
    without_proxies.setitem(sys.modules, "socksio", None)  # as if it were not installed
    without_proxies.setenv("ALL_PROXY", f"socks5://u:{SECRET}@127.0.0.1:9")
    async with connect_client("https://127.0.0.1:9") as client:
        result = await run_tool(client, tally)
    check_error(result, "is a SOCKS proxy, which needs another package: install httpx[socks] beside")
    assert SECRET not in text_of(result)


async def test_an_http_loopback_url_never_uses_a_proxy(without_proxies: pytest.MonkeyPatch, tally: Tally) -> None:
    tally.tried["proxies"] += 1
    proxy = HttpProxy()
    async with proxy.serve() as proxy_url, ScriptedServer().serve() as url:
        for name in PROXY_VARIABLES[:3]:
            without_proxies.setenv(name, proxy_url)
        async with connect_client(url) as client:
            check_success(await run_tool(client, tally), tally)
    assert proxy.received == b""
