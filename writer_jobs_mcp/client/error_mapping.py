"""Map a response other than 200, or an exception from httpx, to an error."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from socket import gaierror

import httpx

from writer_jobs_mcp.client.auth import BearerAuth
from writer_jobs_mcp.client.connect import CONNECT_TIMEOUT, READ_TIMEOUT
from writer_jobs_mcp.client.error_bodies import error_words, has_documented_form
from writer_jobs_mcp.client.responses import decode_error
from writer_jobs_mcp.client.retry import TRANSIENT_STATUSES, TransientError, parse_retry_after
from writer_jobs_mcp.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    Unavailable,
    UnreadableResponse,
    WriterError,
)
from writer_jobs_mcp.sanitize.text import json_quote, strip_invisible
from writer_jobs_mcp.sanitize.truncate import preview

_ADVICE: dict[int, str] = {  # where other arguments would not help
    HTTPStatus.PAYMENT_REQUIRED: "Ask the user to check the plan and the credit of the organization in Writer.",
    HTTPStatus.CONFLICT: "Its state has probably changed meanwhile: read it again before you decide.",
}
NOT_FOUND_STATUSES = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE})
_MAX_WORDS = 300  # characters of an error's own words


def error_from_response(
    response: httpx.Response, body: bytes, subject: str, auth: BearerAuth
) -> TransientError | WriterError:
    """Return the error for a status other than 200.

    Args:
        response: The status and headers.
        body: The start of the body, with the description of the error.
        subject: What the request is about, as the error names it.
        auth: The key that is redacted in the description.
    """
    status = response.status_code
    phrase = status_phrase(status)
    if status in TRANSIENT_STATUSES:
        return TransientError(
            f"it answered {phrase}",
            words=quoted_words(body, status, auth),
            retry_after=parse_retry_after(response.headers, datetime.now(UTC)),
            rate_limited=status == HTTPStatus.TOO_MANY_REQUESTS,
        )
    if response.is_client_error:
        return _error_from_client_error(status, subject, body, auth)
    if response.is_server_error:
        words = quoted_words(body, status, auth)
        return Unavailable(f"Writer cannot answer about {subject} ({phrase}){words}.", "Try again later.")
    what = f"Writer answered {phrase} instead of 200."
    if response.is_redirect and status != HTTPStatus.NOT_MODIFIED:
        what = f"Writer answered {phrase}, a redirect, which is not followed so that no other host gets the key."
    return UnreadableResponse(what, "Check WRITER_BASE_URL.")


def _error_from_client_error(status: int, subject: str, body: bytes, auth: BearerAuth) -> WriterError:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return auth.rejected_key_error()
        case HTTPStatus.FORBIDDEN:
            return Forbidden(
                f"The API key may not see {subject} (403){quoted_words(body, status, auth)}.",
                "Use a key of the team that owns it, or ask that team's administrator for access.",
            )
        case _ if status in NOT_FOUND_STATUSES:
            what = f"Writer does not know {subject}, or this key cannot see it ({status})."
            return NotFound(what, "Check the id.", is_documented=not body or has_documented_form(body))
        case _:
            reason = quoted_words(body, status, auth) or " and gave no reason"
            what = f"Writer rejected the request about {subject} ({status_phrase(status)}){reason}."
            return BadRequest(what, _ADVICE.get(status, "Correct the arguments and call again."), status)


def status_phrase(status: int) -> str:
    """Return a status with its standard phrase, as in ``404 Not Found``; never with the phrase that the peer sent."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def quoted_words(body: bytes, status: int, auth: BearerAuth) -> str:
    """Return what the body of an error says, as the end of a sentence: ``: "limit is too large"``; "" if nothing."""
    words = preview(auth.redact_error_text(strip_invisible(error_words(body, status))), _MAX_WORDS)
    return f": {json_quote(words)}" if words else ""


# The first match wins; the order is that of httpx's tree, from narrow to wide.
_REASONS: tuple[tuple[type[httpx.TransportError], str], ...] = (
    (httpx.ConnectTimeout, f"no connection could be made within {CONNECT_TIMEOUT:g} seconds"),
    (httpx.TimeoutException, f"it sent nothing for {READ_TIMEOUT:g} seconds"),
    (httpx.ConnectError, "no connection could be made"),
    (httpx.ProxyError, "it could not be reached through the proxy"),
    (httpx.TransportError, "it closed the connection before its response was complete"),
)
_UNSENT_ERRORS = (httpx.ConnectTimeout, httpx.ConnectError, httpx.ProxyError)


def error_from_exception(exc: httpx.HTTPError | ssl.SSLError, host: str) -> TransientError | WriterError:
    """Return the error for an exception from httpx.

    Do not chain it to ``exc``, which may quote what the peer sent, and so the key.
    """
    kinds = {type(cause) for cause in _cause_chain(exc)}
    if ssl.SSLCertVerificationError in kinds:
        return Unavailable(
            f"The TLS certificate of {host} is not trusted here.",
            "Check WRITER_BASE_URL and any proxy; to trust your company's own certificate authority, set "
            "SSL_CERT_FILE.",
        )
    if gaierror in kinds:
        return TransientError(f"its host name could not be resolved ({host})", unsent=True)
    if any(issubclass(kind, ssl.SSLError) for kind in kinds):
        return TransientError(f"the TLS handshake failed ({host})", unsent=isinstance(exc, _UNSENT_ERRORS))
    for kind, reason in _REASONS:
        if isinstance(exc, kind):
            return TransientError(f"{reason} ({host})", unsent=isinstance(exc, _UNSENT_ERRORS))
    return decode_error()


def _cause_chain(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__
