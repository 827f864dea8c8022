"""Error responses of the embedded API: the vendor's envelope, and the check of the API key."""

from hashlib import sha256
from typing import cast

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_ERROR_TYPES: dict[int, tuple[str, str]] = {
    400: ("BadRequest", "fail.badRequest.invalidParameters"),
    401: ("Unauthorized", "fail.unauthorized.badToken"),
    404: ("NotFound", "fail.notFound.resource"),
    405: ("MethodNotAllowed", "fail.methodNotAllowed.generic"),
    409: ("Conflict", "fail.conflict.invalidState"),
}


def error_response(status: int, description: str) -> JSONResponse:
    """Build the documented error envelope for the status 400, 401, 404, 405 or 409."""
    tpe, key = _ERROR_TYPES[status]
    error: dict[str, object] = {"description": description, "key": key, "extras": {}}
    return JSONResponse({"tpe": tpe, "errors": [error], "extras": {}}, status)


async def handle_http_exception(_request: Request, exc: Exception) -> JSONResponse:
    """Turn the `HTTPException` of a route or the router into the error envelope."""
    error = cast(HTTPException, exc)
    response = error_response(error.status_code, error.detail)
    response.headers.update(error.headers or {})
    return response


class KeyCheckMiddleware:
    """Middleware that answers requests without the key with a 401.

    With `echo`, the 401 is the one that the real API was seen to send: it repeats the end of the key and its hash.
    """

    def __init__(self, app: ASGIApp, *, key: str, echo: bool) -> None:
        self._app, self._key, self._echo = app, key, echo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the key, then forward the request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token == self._key:
            return await self._app(scope, receive, send)
        description = "Bearer token is missing or not valid"
        response = _key_echoing_response(token) if self._echo else error_response(401, description)
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
