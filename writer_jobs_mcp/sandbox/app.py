"""The embedded Writer API as an ASGI app that checks the key and records its requests."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from writer_jobs_mcp.sandbox.injected_faults import Exchange, FaultScript
from writer_jobs_mcp.sandbox.routes import SandboxRoutes, TotalCount
from writer_jobs_mcp.sandbox.store import SandboxStore

SANDBOX_KEY = "sandbox-key-not-secret"
"""The API key that the sandbox accepts by default."""


@dataclass(slots=True, eq=False)
class ReceivedRequest:
    """A request and its outcome, without the headers, which contain the key."""

    method: str
    path: str  # as sent, percent-encoded
    query: str  # without the question mark; may be empty
    status: int | None = None  # of the response; None if there is none yet, or never was
    bytes_sent: int = 0  # of the response body

    @property
    def request_line(self) -> str:
        """The request as one line: `GET /v1/applications?limit=5`."""
        return f"{self.method} {self.path}?{self.query}" if self.query else f"{self.method} {self.path}"


class SandboxApp(Starlette):
    """The app that `build_app` returns."""

    def __init__(
        self,
        routes: SandboxRoutes,
        key_check: Middleware,
        faults: FaultScript,
        on_request: Callable[[ReceivedRequest], None] | None,
    ) -> None:
        handlers = {HTTPException: _handle_http_exception}
        super().__init__(routes=routes.routes(), middleware=[key_check], exception_handlers=handlers)
        self.router.redirect_slashes = False
        self.received: deque[ReceivedRequest] = deque(maxlen=10_000)
        """The last requests, oldest first."""
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
        store: The state.
        key: The one bearer token accepted.
        faults: Faults to inject; may be added at any time.
        total_count: What `totalCount` counts, which the vendor's documents leave open.
        max_limit: The largest page; a larger `limit` is silently lowered.
        single_job_endpoint: Whether `GET /v1/applications/jobs/{job_id}` exists; without it, 404.
        echo_key: Respond to a wrong key as the real API was seen to: with the end of the key and its hash.
        on_request: Called before each response, for example to change jobs between two pages.
    """
    routes = SandboxRoutes(store, total_count, max_limit, single_job_endpoint)
    key_check = Middleware(_KeyCheck, key=key, echo=echo_key)
    return SandboxApp(routes, key_check, FaultScript() if faults is None else faults, on_request)


_ERROR_TYPES: dict[int, tuple[str, str]] = {
    400: ("BadRequest", "fail.badRequest.invalidParameters"),
    401: ("Unauthorized", "fail.unauthorized.badToken"),
    404: ("NotFound", "fail.notFound.resource"),
    405: ("MethodNotAllowed", "fail.methodNotAllowed.generic"),
    409: ("Conflict", "fail.conflict.invalidState"),
}


def _error_response(status: int, description: str) -> JSONResponse:
    """Build the documented error envelope for the status 400, 401, 404, 405 or 409."""
    tpe, key = _ERROR_TYPES[status]
    error: dict[str, object] = {"description": description, "key": key, "extras": {}}
    return JSONResponse({"tpe": tpe, "errors": [error], "extras": {}}, status)


async def _handle_http_exception(_request: Request, exc: Exception) -> JSONResponse:
    """Turn the `HTTPException` of a route or the router into the error envelope."""
    error = cast(HTTPException, exc)
    response = _error_response(error.status_code, error.detail)
    response.headers.update(error.headers or {})
    return response


class _KeyCheck:
    """Middleware that answers requests without the key with a 401.

    With `echo`, the 401 is the one that the real API was seen to send: it repeats the end of the key and its hash.
    """

    def __init__(self, app: ASGIApp, *, key: str, echo: bool) -> None:
        self._app, self._key, self._echo = app, key, echo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token == self._key:
            return await self._app(scope, receive, send)
        description = "Bearer token is missing or not valid"
        response = _key_echoing_response(token) if self._echo else _error_response(401, description)
        return await response(scope, receive, send)


def _key_echoing_response(token: str) -> JSONResponse:
    digest = sha256(token.encode()).hexdigest()
    description = (
        "Authentication Error, Invalid proxy server token passed. "
        f"Received API Key = sk-...{token[-4:]}, Key Hash (Token) ={digest}. "
        "Unable to find token in cache or `LiteLLM_VerificationTokenTable`"
    )
    error = {"description": description, "key": "fail.auth.generic", "extras": "key"}
    return JSONResponse({"tpe": "fail.auth", "errors": [error], "extras": None}, 401)
