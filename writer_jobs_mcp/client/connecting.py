"""The way to Writer: pooled connections for one server's life, through whatever proxy and authorities are set."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from writer_jobs_mcp import __version__
from writer_jobs_mcp.client.answers import PACKED_AS
from writer_jobs_mcp.client.endpoints import WriterClient
from writer_jobs_mcp.client.key import BearerKey
from writer_jobs_mcp.client.proxies import proxy_for
from writer_jobs_mcp.client.refusals import CONNECT_SECONDS, SILENCE_SECONDS
from writer_jobs_mcp.client.tls import no_tls_context, tls_context
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import UnusableNetworkSetting

Transport = httpx.AsyncBaseTransport
"""What carries requests: the one seam for tests and for the sandbox."""


@asynccontextmanager
async def connect(config: Config, transport: Transport | None = None) -> AsyncGenerator[WriterClient]:
    """A client for one server's life, with pooled connections that close at the end.

    Args:
        config: Where Writer is, the key, the call budget and the concurrency.
        transport: What carries the requests; the network, unless another is given.

    Raises:
        UnusableNetworkSetting: A proxy or a file of authorities that the environment names cannot be used.
    """
    client = opened(config, transport)
    try:
        yield client
    finally:
        await client.aclose()


def opened(config: Config, transport: Transport | None = None) -> WriterClient:
    """What :func:`connect` gives, for whoever closes it by :meth:`WriterClient.aclose`.

    Raises:
        UnusableNetworkSetting: As :func:`connect` does.
    """
    # At DEBUG these two would log each answer's headers, which may tell the key. The client logs each request itself.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    key = BearerKey(config)
    return WriterClient(_http(config, key, transport), key, config)


def in_process(app: Any) -> Transport:
    """A transport that hands requests to an ASGI application in this process, such as the sandbox."""
    return httpx.ASGITransport(app)


def _http(config: Config, key: BearerKey, transport: Transport | None) -> httpx.AsyncClient:
    # What these errors quote may hold the password of a proxy, so none is told or chained.
    try:
        url = httpx.URL(config.base_url)
        url.host  # noqa: B018 - an invalid host name fails here
    except (ValueError, httpx.InvalidURL):
        message = "WRITER_BASE_URL cannot be used: its host is no name that there can be. Correct it."
        raise UnusableNetworkSetting(message) from None
    uses_tls = transport is None and url.scheme == "https"
    context = tls_context() if uses_tls else no_tls_context()
    try:
        # A proxy would be handed a plain-HTTP request as it is, key and all. Such requests go to loopback only.
        proxy = proxy_for(url) if uses_tls else None
        if proxy is not None and proxy.url.scheme == "https":
            proxy.ssl_context = context
        return httpx.AsyncClient(
            base_url=config.base_url,
            auth=key,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # those set would pile up, and be sent
            headers={
                "Accept": "application/json",
                "Accept-Encoding": PACKED_AS,
                "User-Agent": f"writer-jobs-mcp/{__version__}",
            },
            timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS, pool=None),
            # How many are in use is the client's to limit. The pool never forgives one that a proxy lost in its tunnel.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=config.concurrency),
            # httpx would read the same settings, and fail on entries of NO_PROXY that other programs understand.
            trust_env=False,
            proxy=proxy,
            verify=context,
            follow_redirects=False,
            event_hooks={"response": [_forget_where_to]},
            transport=transport,
        )
    except ImportError:
        message = (
            "The proxy (HTTPS_PROXY, ALL_PROXY or the system's setting) is a SOCKS proxy, which needs another package: "
            "install httpx[socks] beside writer-jobs-mcp, or set HTTPS_PROXY to an HTTP proxy."
        )
    except (ValueError, httpx.InvalidURL):
        message = (
            "The proxy cannot be used (HTTPS_PROXY, ALL_PROXY or the system's setting): "
            "set HTTPS_PROXY to a URL such as http://proxy.example:8080."
        )
    raise UnusableNetworkSetting(message)


async def _forget_where_to(response: httpx.Response) -> None:
    # httpx reads the address of a redirect even where it does not follow it, and fails on one that is malformed.
    response.headers.pop("location", None)
