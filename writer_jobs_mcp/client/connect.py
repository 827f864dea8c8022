"""Connect to Writer: pooled connections for one server's life, through the proxy and the certificates that are set."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from writer_jobs_mcp import __version__
from writer_jobs_mcp.client.auth import BearerAuth
from writer_jobs_mcp.client.client import WriterClient
from writer_jobs_mcp.client.error_mapping import CONNECT_TIMEOUT, READ_TIMEOUT
from writer_jobs_mcp.client.proxy import proxy_for
from writer_jobs_mcp.client.responses import ACCEPT_ENCODING
from writer_jobs_mcp.client.tls import no_tls_context, tls_context
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import InvalidNetworkSetting

Transport = httpx.AsyncBaseTransport
"""What carries requests: the one seam for tests and for the sandbox."""


@asynccontextmanager
async def open_client(config: Config, transport: Transport | None = None) -> AsyncGenerator[WriterClient]:
    """A client for one server's life, with pooled connections that close at the end.

    Args:
        config: Where Writer is, the key, the call budget and the concurrency.
        transport: What carries the requests; the network, unless another is given.

    Raises:
        UnusableNetworkSetting: A proxy, a file of certificates or the host name of Writer cannot be used.
    """
    client = create_client(config, transport)
    try:
        yield client
    finally:
        await client.aclose()


def create_client(config: Config, transport: Transport | None = None) -> WriterClient:
    """What :func:`connect` gives, for whoever closes it by :meth:`WriterClient.aclose`.

    Raises:
        UnusableNetworkSetting: As :func:`connect` does.
    """
    # At DEBUG these two would log each answer's headers, which may tell the key. The client logs each request itself.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    key = BearerAuth(config)
    return WriterClient(_build_http_client(config, key, transport), key, config)


def asgi_transport(app: Any) -> Transport:
    """A transport that hands requests to an ASGI application in this process, such as the sandbox."""
    return httpx.ASGITransport(app)


def network_setting_errors(config: Config) -> tuple[str, ...]:
    """One sentence for each setting of the network that :func:`connect` would refuse."""
    try:
        _build_http_client(config, BearerAuth(config), None)
    except InvalidNetworkSetting as exc:
        return exc.sentences
    return ()


def _build_http_client(config: Config, auth: BearerAuth, transport: Transport | None) -> httpx.AsyncClient:
    faults: list[str] = []
    url = _parse_base_url(config.base_url)
    if url is None:
        faults.append("WRITER_BASE_URL has an invalid host name. Set it to a URL such as https://api.writer.com.")
    uses_tls = transport is None and config.base_url.startswith("https:")
    context = no_tls_context()
    if uses_tls:
        try:
            context = tls_context()
        except InvalidNetworkSetting as exc:
            faults += exc.sentences
    # What these errors quote may hold the password of a proxy, so none is shown or chained.
    try:
        # A proxy would be handed a plain-HTTP request as it is, key and all. Such requests go to loopback only.
        proxy = proxy_for(url) if uses_tls and url else None
        if proxy is not None and proxy.url.scheme == "https":
            proxy.ssl_context = context
        client = httpx.AsyncClient(
            base_url=url or "",
            auth=auth,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # those set would pile up, and be sent
            headers={
                "Accept": "application/json",
                "Accept-Encoding": ACCEPT_ENCODING,
                "User-Agent": f"writer-jobs-mcp/{__version__}",
            },
            timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT, pool=None),
            # How many are in use is the client's to limit. The pool never forgives one that a proxy lost in its tunnel.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=config.concurrency),
            # httpx would read the same settings, and fail on entries of NO_PROXY that other programs understand.
            trust_env=False,
            proxy=proxy,
            verify=context,
            follow_redirects=False,
            event_hooks={"response": [_drop_location_header]},
            transport=transport,
        )
    except ImportError:
        client = None
        faults.append(
            "The proxy (HTTPS_PROXY, ALL_PROXY or the system's setting) is a SOCKS proxy, which needs another package: "
            "install httpx[socks] beside writer-jobs-mcp, or set HTTPS_PROXY to an HTTP proxy."
        )
    except (ValueError, httpx.InvalidURL):
        client = None
        faults.append(
            "The proxy cannot be used (HTTPS_PROXY, ALL_PROXY or the system's setting): "
            "set HTTPS_PROXY to a URL such as http://proxy.example:8080."
        )
    if faults or client is None:
        raise InvalidNetworkSetting(*faults)
    return client


def _parse_base_url(base_url: str) -> httpx.URL | None:
    """The address of Writer; None where no host can have its name."""
    try:
        url = httpx.URL(base_url)
        url.host  # noqa: B018 - an invalid host name fails here
    except (ValueError, httpx.InvalidURL):
        return None
    return url


async def _drop_location_header(response: httpx.Response) -> None:
    # httpx reads the address of a redirect even where it does not follow it, and fails on one that is malformed.
    response.headers.pop("location", None)
