"""The embedded Writer API as an ASGI app that records its requests."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import Message, Receive, Scope, Send

from writer_jobs_mcp.sandbox.error_responses import KeyCheckMiddleware, handle_http_exception
from writer_jobs_mcp.sandbox.injected_faults import Exchange, FaultScript
from writer_jobs_mcp.sandbox.routes import SandboxRoutes, TotalCount
from writer_jobs_mcp.sandbox.store import SandboxStore

SANDBOX_KEY = "sandbox-key-not-secret"
"""The API key that the sandbox accepts by default."""


@dataclass(slots=True, eq=False)
class ReceivedRequest:
    """A request and its outcome, without the headers, which contain the key.

    Attributes:
        method: `GET`, `POST` …
        path: As sent, percent-encoded.
        query: Without the question mark; empty if there is none.
        status: Of the response; None if there is none yet, or never was.
        bytes_sent: Of the response body.
    """

    method: str
    path: str
    query: str
    status: int | None = None
    bytes_sent: int = 0

    @property
    def request_line(self) -> str:
        """The request as one line: `GET /v1/applications?limit=5`."""
        return f"{self.method} {self.path}?{self.query}" if self.query else f"{self.method} {self.path}"


class SandboxApp(Starlette):
    """The app that `build_app` returns.

    Attributes:
        received: The last ten thousand requests, oldest first.
    """

    def __init__(
        self,
        routes: SandboxRoutes,
        key_check: Middleware,
        faults: FaultScript,
        on_request: Callable[[ReceivedRequest], None] | None,
    ) -> None:
        handlers = {HTTPException: handle_http_exception}
        super().__init__(routes=routes.routes(), middleware=[key_check], exception_handlers=handlers)
        self.router.redirect_slashes = False
        self.received: deque[ReceivedRequest] = deque(maxlen=10_000)
        self._faults, self._on_request = faults, on_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record the request, call `on_request`, and respond, or let a fault respond."""
        if scope["type"] != "http":
            return await super().__call__(scope, receive, send)
        path = scope.get("raw_path", scope["path"].encode()).decode("ascii")
        request = ReceivedRequest(scope["method"], path, scope["query_string"].decode("ascii"))

        async def count_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
            request.bytes_sent += len(message.get("body", b""))
            await send(message)

        self.received.append(request)
        if self._on_request is not None:
            self._on_request(request)
        fault = self._faults.take(request.request_line)
        if fault is not None:
            return await fault(Exchange(super().__call__, scope, receive, count_and_send))
        return await super().__call__(scope, receive, count_and_send)


def build_app(
    store: SandboxStore,
    *,
    key: str = SANDBOX_KEY,
    faults: FaultScript | None = None,
    total_count: TotalCount = "matches",
    max_limit: int = 100,
    single_job_endpoint: bool = True,
    echo_key: bool = False,
    on_request: Callable[[ReceivedRequest], None] | None = None,
) -> SandboxApp:
    """Build the embedded Writer API, for `serve` or for an in-process ASGI transport.

    Args:
        store: The applications and jobs, and the clock.
        key: The one bearer token accepted.
        faults: Faults to inject; may be added at any time.
        total_count: What `totalCount` counts, which the vendor's documents leave open.
        max_limit: The largest page; a larger `limit` is silently lowered.
        single_job_endpoint: Whether `GET /v1/applications/jobs/{job_id}` exists; without it, 404.
        echo_key: Respond to a wrong key as the real API was seen to: with the end of the key and its hash.
        on_request: Called before each response, for example to change jobs between two pages.
    """
    routes = SandboxRoutes(store, total_count, max_limit, single_job_endpoint)
    key_check = Middleware(KeyCheckMiddleware, key=key, echo=echo_key)
    return SandboxApp(routes, key_check, FaultScript() if faults is None else faults, on_request)
