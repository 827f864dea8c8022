"""Connections to Writer, of which each carries one request at a time."""

import math
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, cast

import anyio
import httpx

_KEEPALIVE = 5.0  # seconds that an unused connection is kept, as httpx does


class Connections(httpx.AsyncBaseTransport):
    """A transport that gives each request a transport of its own, and keeps that for later requests.

    One transport of httpx for all requests would not serve them in order: httpcore 1.0 assigns an idle connection to
    several requests, and those that come too late try again, one of them often many times
    (https://github.com/encode/httpcore/issues/1110).

    Args:
        create: Creates a transport. Called once at first, so that what it raises is raised here.
        keepalive: Seconds after which the connections of an unused transport are closed, at the next request.
    """

    def __init__(self, create: Callable[[], httpx.AsyncBaseTransport], keepalive: float = _KEEPALIVE) -> None:
        self._create, self._keepalive = create, keepalive
        self._all: list[httpx.AsyncBaseTransport] = []
        self._idle = [_Idle(self._add(), math.inf)]  # the one that was used last at the end

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request with the transport that was used last, or with a new one if none is idle."""
        await self._close_unused()
        transport = self._idle.pop().transport if self._idle else self._add()
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            self._give_back(transport)
            raise
        response.stream = _Stream(cast("httpx.AsyncByteStream", response.stream), lambda: self._give_back(transport))
        return response

    async def _close_unused(self) -> None:
        """Close connections that were not used for long: a transport itself does so only at its next request."""
        while self._idle and self._idle[0].since < anyio.current_time() - self._keepalive:
            unused = self._idle.pop(0).transport
            self._all.remove(unused)
            await unused.aclose()

    def _give_back(self, transport: httpx.AsyncBaseTransport) -> None:
        self._idle.append(_Idle(transport, anyio.current_time()))

    def _add(self) -> httpx.AsyncBaseTransport:
        transport = self._create()
        self._all.append(transport)
        return transport

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._all:
            await transport.aclose()


class _Idle(NamedTuple):
    transport: httpx.AsyncBaseTransport
    since: float  # on anyio's clock; infinity if it was never used


class _Stream(httpx.AsyncByteStream):
    """The body of a response, which reports when it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, on_close: Callable[[], None]) -> None:
        self._stream = stream
        self._on_close = on_close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._on_close()
