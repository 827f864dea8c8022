"""Serves the sandbox over HTTP on the running event loop.

uvicorn handles HTTP, with one `H11Protocol` per connection. Its `Server` is not used, because it replaces the process's
signal handlers and polls. The socket listens when `serve` yields, and is closed when `serve` returns.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from writer_jobs_mcp.sandbox.injected_faults import TRANSPORT_EXTENSION


@asynccontextmanager
async def serve(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
    """Serve the app and yield its base URL, such as `http://127.0.0.1:49152`; port 0 picks a free one.

    On exit, connections are closed and running requests are cancelled at once.
    Nothing is printed or logged, no signal handler is changed, no lifespan event is sent.

    Raises:
        OSError: The port is in use, or the address is not local.
    """
    config = Config(app, interface="asgi3", ws="none", log_config=None, log_level="critical")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(app, config, state), host, port)
    try:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        for task in state.tasks:
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await server.wait_closed()


async def serve_forever(app: ASGIApp, announce: Callable[[str], None], host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve the app until cancelled, as by Ctrl-C under `asyncio.run`; call `announce` once with the base URL.

    Raises:
        OSError: The port is in use, or the address is not local.
    """
    async with serve(app, host, port) as url:
        announce(url)
        await asyncio.Event().wait()


class _Connection(H11Protocol):
    """A connection that gives the app its transport, for the faults that break connections."""

    def __init__(self, app: ASGIApp, config: Config, state: ServerState) -> None:
        super().__init__(config, state, app_state={})

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "extensions": {TRANSPORT_EXTENSION: self.transport}}, receive, send)

        self.app = with_transport
