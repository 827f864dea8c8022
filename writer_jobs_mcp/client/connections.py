"""Connections to Writer, of which each carries one request at a time."""

from collections.abc import AsyncIterator, Callable
from typing import cast

import httpx


class Connections(httpx.AsyncBaseTransport):
    """A transport that gives each request a transport of its own, and keeps that for later requests.

    One transport of httpx for all requests would not serve them in order: httpcore 1.0 assigns an idle connection to
    several requests, and those that come too late try again, one of them often many times
    (https://github.com/encode/httpcore/issues/1110).

    Args:
        create: Creates a transport. Called once at first, so that what it raises is raised here.
    """

    def __init__(self, create: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._create = create
        self._all: list[httpx.AsyncBaseTransport] = []
        self._idle = [self._add()]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request with the transport that was used last, or with a new one if none is idle."""
        transport = self._idle.pop() if self._idle else self._add()
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            self._idle.append(transport)
            raise
        response.stream = _Stream(cast("httpx.AsyncByteStream", response.stream), lambda: self._idle.append(transport))
        return response

    def _add(self) -> httpx.AsyncBaseTransport:
        transport = self._create()
        self._all.append(transport)
        return transport

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._all:
            await transport.aclose()


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
