"""Build the httpx client for Writer: timeouts, headers, connection pool, proxy and TLS."""

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from writer_jobs_mcp import __version__
from writer_jobs_mcp.client.auth import BearerAuth
from writer_jobs_mcp.client.connections import Connections
from writer_jobs_mcp.client.proxy import proxy_for
from writer_jobs_mcp.client.responses import ACCEPT_ENCODING
from writer_jobs_mcp.client.tls import no_tls_context, tls_context
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import InvalidNetworkSetting

Transport = httpx.AsyncBaseTransport
"""Carries the requests; the only part that tests and the sandbox replace."""

CONNECT_TIMEOUT = 8.0
READ_TIMEOUT = 15.0
"""Seconds without one byte; short enough for another attempt within the default call budget."""

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": ACCEPT_ENCODING,
    "User-Agent": f"writer-jobs-mcp/{__version__}",
}
_INVALID_HOST = "WRITER_BASE_URL has an invalid host name. Set it to a URL such as https://api.writer.com."
_INVALID_PROXY = (
    "The proxy cannot be used (HTTPS_PROXY, ALL_PROXY or the system's setting): "
    "set HTTPS_PROXY to a URL such as http://proxy.example:8080."
)
_SOCKS_PROXY = (
    "The proxy (HTTPS_PROXY, ALL_PROXY or the system's setting) is a SOCKS proxy, which needs another package: "
    "install httpx[socks] beside writer-jobs-mcp, or set HTTPS_PROXY to an HTTP proxy."
)


def asgi_transport(app: Any) -> Transport:
    """Return a transport that calls an ASGI application in this process, such as the sandbox."""
    return httpx.ASGITransport(app)


def network_setting_errors(config: Config) -> tuple[str, ...]:
    """Return one sentence for each unusable network setting."""
    try:
        build_http_client(config, BearerAuth(config), None)
    except InvalidNetworkSetting as exc:
        return exc.sentences
    return ()


def build_http_client(config: Config, auth: BearerAuth, transport: Transport | None) -> httpx.AsyncClient:
    """Build the client.

    Raises:
        InvalidNetworkSetting: A proxy, a certificate file or the host name of Writer is unusable.
    """
    problems: list[str] = []
    url = _parse_base_url(config.base_url)
    if url is None:
        problems.append(_INVALID_HOST)
    uses_tls = transport is None and config.base_url.startswith("https:")
    context = no_tls_context()
    try:
        context = tls_context() if uses_tls else context
    except InvalidNetworkSetting as exc:
        problems += exc.sentences
    try:
        # Plain HTTP goes to loopback only: a proxy would see the request with its key.
        proxy = _proxy(url, context) if uses_tls and url else None
        client = _http_client(auth, url, context, proxy, transport)
    except ImportError:
        problems.append(_SOCKS_PROXY)
    except (ValueError, httpx.InvalidURL):
        problems.append(_INVALID_PROXY)
    else:
        if not problems:
            return client
    # Raised outside the except blocks, so that it chains no error: those may quote the password of a proxy.
    raise InvalidNetworkSetting(*problems)


def _http_client(
    auth: BearerAuth,
    url: httpx.URL | None,
    context: ssl.SSLContext,
    proxy: httpx.Proxy | None,
    transport: Transport | None,
) -> httpx.AsyncClient:
    # No limits: each transport carries one request at a time, and Requests limits how many are in use. A limit would
    # also count connections that were lost in a proxy tunnel.
    limits = httpx.Limits()
    return httpx.AsyncClient(
        base_url=url or "",
        auth=auth,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # keep none: they would pile up, and be sent
        headers=_HEADERS,
        timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT, pool=None),
        # httpx would read the same settings, and fail on entries of NO_PROXY that other programs understand.
        trust_env=False,
        follow_redirects=False,
        event_hooks={"response": [_drop_location_header]},
        transport=transport
        or Connections(lambda: httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits, proxy=proxy)),
    )


def _proxy(url: httpx.URL, context: ssl.SSLContext) -> httpx.Proxy | None:
    proxy = proxy_for(url)
    if proxy is not None and proxy.url.scheme == "https":
        proxy.ssl_context = context
    return proxy


def _parse_base_url(base_url: str) -> httpx.URL | None:
    """Return the address of Writer, or None if its host name is invalid."""
    try:
        url = httpx.URL(base_url)
        url.host  # noqa: B018 - an invalid host name fails here
    except (ValueError, httpx.InvalidURL):
        return None
    return url


async def _drop_location_header(response: httpx.Response) -> None:
    # httpx parses the address of a redirect even if it does not follow it, and fails on a malformed one.
    response.headers.pop("location", None)
