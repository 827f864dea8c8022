"""What it means that there is no answer: a status that is not 200, or an exchange that broke."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from socket import gaierror

import httpx
from pydantic import ValidationError

from writer_jobs_mcp.client.auth import BearerKey
from writer_jobs_mcp.client.models import ErrorEnvelope
from writer_jobs_mcp.client.retry import Fault, asked_to_wait
from writer_jobs_mcp.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    Unavailable,
    UnreadableAnswer,
    WriterError,
)
from writer_jobs_mcp.sanitize.text import preview, quoted, visible

CONNECT_SECONDS = 8.0
SILENCE_SECONDS = 15.0
"""Without one byte; leaves room for another try within the default budget."""

_COMPLAINT_READ = 8_000  # characters, of which a few hundred are shown

_PASSING = frozenset({408, 429, 500, 502, 503, 504})


def refusal(response: httpx.Response, body: bytes, subject: str, key: BearerKey) -> Fault | WriterError:
    """What a status other than 200 means: a fault that may pass, or an error that will not.

    Args:
        response: The status and headers.
        body: As much of the body as may hold a complaint.
        subject: What was asked about, for the error.
        key: What the request was sent with, to be taken out of the complaint.
    """
    status = response.status_code
    if status in _PASSING:
        return Fault(
            f"it answered {named(status)}",
            asked_to_wait=asked_to_wait(response.headers, datetime.now(UTC)),
            rate_limited=status == HTTPStatus.TOO_MANY_REQUESTS,
        )
    if response.is_client_error:
        return _refused(status, subject, _complaint(body), key)
    if response.is_server_error:
        return Unavailable(f"Writer cannot answer about {subject} ({named(status)}). Try again later.")
    what = f"Writer answered {named(status)} instead of 200"
    if response.is_redirect and status != HTTPStatus.NOT_MODIFIED:
        what = f"Writer answered {named(status)}, a redirect, which is not followed so that no other host gets the key"
    return UnreadableAnswer(f"{what}. Check WRITER_BASE_URL.")


def _refused(status: int, subject: str, complaint: str, key: BearerKey) -> WriterError:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return key.refused()
        case HTTPStatus.FORBIDDEN:
            return Forbidden(
                f"The API key may not see {subject} (403). Use a key of the team that owns it, or ask that team's "
                "administrator for access."
            )
        case HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED | HTTPStatus.GONE:
            return NotFound(f"Writer does not know {subject}, or this key cannot see it ({status}). Check the id.")
        case _:
            words = preview(key.blotted_out_of(visible(complaint[:_COMPLAINT_READ])), 300)
            said = f": {quoted(words)}" if words else " and gave no reason"
            return BadRequest(
                f"Writer rejected the request about {subject} ({named(status)}){said}. Correct the arguments and call "
                "again.",
                status,
            )


def named(status: int) -> str:
    """A status with our own phrase for it, as in ``404 Not Found``; what the peer calls it is not shown."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _complaint(body: bytes) -> str:
    """What the body of an error says; nothing where it says nothing readable."""
    try:
        return ErrorEnvelope.model_validate_json(body).description or ""
    except ValidationError:
        return ""


# The first that fits; httpx's own tree, from narrow to wide.
_FAULTS: tuple[tuple[type[httpx.TransportError], str], ...] = (
    (httpx.ConnectTimeout, f"no connection could be made within {CONNECT_SECONDS:g} seconds"),
    (httpx.TimeoutException, f"it sent nothing for {SILENCE_SECONDS:g} seconds"),
    (httpx.ConnectError, "no connection could be made"),
    (httpx.ProxyError, "it could not be reached through the proxy"),
    (httpx.TransportError, "it closed the connection before its response was complete"),
)
_UNSENT = (httpx.ConnectTimeout, httpx.ConnectError, httpx.ProxyError)


def breakdown(exc: httpx.HTTPError | ssl.SSLError, host: str) -> Fault | WriterError:
    """What a lower error means: a fault that may pass, or an error that will not.

    Not to be chained to ``exc``, which may quote what the peer sent, and so the key.
    """
    kinds = {type(cause) for cause in _causes(exc)}
    if ssl.SSLCertVerificationError in kinds:
        return Unavailable(
            f"The TLS certificate of {host} is not trusted here. Check WRITER_BASE_URL and any proxy; to trust "
            "your company's own certificate authority, set SSL_CERT_FILE."
        )
    if gaierror in kinds:
        return Fault(f"its host name could not be resolved ({host})", unsent=True)
    if any(issubclass(kind, ssl.SSLError) for kind in kinds):
        return Fault(f"the TLS handshake failed ({host})", unsent=isinstance(exc, _UNSENT))
    for kind, said in _FAULTS:
        if isinstance(exc, kind):
            return Fault(f"{said} ({host})", unsent=isinstance(exc, _UNSENT))
    return UnreadableAnswer("Writer's answer cannot be decoded. Check WRITER_BASE_URL, or report this.")


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__
