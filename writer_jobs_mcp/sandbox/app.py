"""The embedded Writer API as one ASGI app, which keeps a record of what it was asked."""

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
"""The key that opens the sandbox, unless told otherwise."""


@dataclass(slots=True, eq=False)
class ReceivedRequest:
    """A request as it came in, and what became of it; its headers, and so the key, are not kept.

    Attributes:
        method: `GET`, `POST` …
        path: As the client sent it, percent-encoded.
        query: Without the question mark; empty when there was none.
        status: What was answered; None while nothing has been, or nothing ever was.
        sent: How many bytes of body went out.
    """

    method: str
    path: str
    query: str
    status: int | None = None
    bytes_sent: int = 0

    @property
    def request_line(self) -> str:
        """The request in one line, `GET /v1/applications?limit=5`."""
        return f"{self.method} {self.path}?{self.query}" if self.query else f"{self.method} {self.path}"


class SandboxApp(Starlette):
    """The app `build_app` makes.

    Attributes:
        received: The last ten thousand requests, oldest first.
    """

    def __init__(
        self,
        endpoints: SandboxRoutes,
        key_check: Middleware,
        faults: FaultScript,
        on_request: Callable[[ReceivedRequest], None] | None,
    ) -> None:
        super().__init__(
            routes=endpoints.routes(), middleware=[key_check], exception_handlers={HTTPException: handle_http_exception}
        )
        self.router.redirect_slashes = False
        self.received: deque[ReceivedRequest] = deque(maxlen=10_000)
        self._faults, self._on_request = faults, on_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record the request, tell `on_request`, and answer, or let a fault answer."""
        if scope["type"] != "http":
            return await super().__call__(scope, receive, send)
        path = scope.get("raw_path", scope["path"].encode()).decode("ascii")
        request = ReceivedRequest(scope["method"], path, scope["query_string"].decode("ascii"))

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
            request.bytes_sent += len(message.get("body", b""))
            await send(message)

        self.received.append(request)
        if self._on_request is not None:
            self._on_request(request)
        fault = self._faults.take(request.request_line)
        if fault is not None:
            return await fault(Exchange(super().__call__, scope, receive, counting))
        return await super().__call__(scope, receive, counting)


def build_app(
    world: SandboxStore,
    *,
    key: str = SANDBOX_KEY,
    faults: FaultScript | None = None,
    total_count: TotalCount = "matches",
    max_limit: int = 100,
    single_job_endpoint: bool = True,
    echo_key: bool = False,
    on_request: Callable[[ReceivedRequest], None] | None = None,
) -> SandboxApp:
    """The embedded Writer API over a world, for `serve` or for an in-process ASGI transport.

    Args:
        world: The applications and jobs it tells of, and the clock it tells them by.
        key: The one bearer token it takes.
        faults: A script of trouble; may be added to at any time.
        total_count: What `totalCount` counts; the documents leave it open.
        max_limit: The greatest page; a larger `limit` is lowered to it without a word.
        single_job_endpoint: False leaves `GET /v1/applications/jobs/{job_id}` out, so that it answers 404.
        echo_key: Answer 401 as seen in the wild, repeating the end of the refused key and its hash.
        on_request: Called with each request before it is answered, so that the world can move in between.
    """
    endpoints = SandboxRoutes(world, total_count, max_limit, single_job_endpoint)
    key_check = Middleware(KeyCheckMiddleware, key=key, echo=echo_key)
    return SandboxApp(endpoints, key_check, FaultScript() if faults is None else faults, on_request)
