"""The only module that speaks HTTP: asks Writer, waits where waiting helps, says plainly what went wrong."""

import hashlib
import logging
import re
import ssl
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote

import anyio
import httpx
from pydantic import BaseModel, ValidationError

from writer_jobs_mcp import __version__
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import (
    BadRequest,
    BudgetSpent,
    DoubtfulRetry,
    Forbidden,
    KeyRefused,
    NotFound,
    Unavailable,
    UnreadableAnswer,
    WriterError,
)
from writer_jobs_mcp.models import Application, ApplicationPage, AsSaid, ErrorEnvelope, Job, JobPage, Started, describe
from writer_jobs_mcp.patience import Fault, Patience, asked_to_wait
from writer_jobs_mcp.text import MASK, preview, quoted

logger = logging.getLogger(__name__)

ModelT = TypeVar("ModelT", bound=BaseModel)
Transport = httpx.AsyncBaseTransport
"""What carries requests: the one seam for tests and for the sandbox."""

_APPLICATIONS = ("/v1/applications", "the list of applications")
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_CONNECT_SECONDS = 8.0
_SILENCE_SECONDS = 15.0  # without one byte; leaves room for another try within the default budget
_GREATEST_BODY = 32 * 1024 * 1024
_GREATEST_COMPLAINT = 64 * 1024
_HALF_A_PAIR = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
# The client gives up this much before its caller's deadline: it can say what happened, the caller only that time is up.
_HEAD_START = 0.1


@asynccontextmanager
async def connect(config: Config, transport: Transport | None = None) -> AsyncGenerator["WriterClient"]:
    """A client for one server's life, with pooled connections that close at the end.

    Args:
        config: Where Writer is, the key, the call budget and the concurrency.
        transport: What carries the requests; the network, unless another is given.
    """
    key = _BearerKey(config)
    async with httpx.AsyncClient(
        base_url=config.base_url,
        auth=key,
        headers={"Accept": "application/json", "User-Agent": f"writer-jobs-mcp/{__version__}"},
        timeout=httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS, pool=None),
        limits=httpx.Limits(max_connections=config.concurrency, max_keepalive_connections=config.concurrency),
        # A proxy would be handed a plain-HTTP request as it is, key and all. Such requests go to loopback only.
        trust_env=config.base_url.startswith("https:"),
        follow_redirects=False,
        transport=transport,
    ) as http:
        yield WriterClient(http, key, config)


def in_process(app: Any) -> Transport:
    """A transport that hands requests to an ASGI application in this process, such as the sandbox."""
    return httpx.ASGITransport(app)


class WriterClient:
    """Writer's application and job endpoints.

    Every method retries connection errors, timeouts, 408, 429, 500, 502, 503 and 504 with jittered backoff, honouring
    ``retry-after-ms`` and ``Retry-After``, while the deadline of the surrounding cancel scope (at most the call budget
    from now) leaves room for the wait. At most ``config.concurrency`` requests are in flight at once.

    Every method raises one of the :class:`~writer_jobs_mcp.errors.WriterError` family, and nothing else.
    """

    def __init__(self, http: httpx.AsyncClient, key: "_BearerKey", config: Config) -> None:
        self._http = http
        self._key = key
        self._config = config
        self._in_flight = anyio.CapacityLimiter(config.concurrency)
        self.concurrency = config.concurrency
        """Requests that may be in flight at once."""

    async def list_applications(
        self,
        *,
        order: str | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        type_: str | None = None,
    ) -> ApplicationPage:
        """``GET /v1/applications``; what is None is left to Writer's default."""
        asked = {"order": order, "before": before, "after": after, "limit": limit, "type": type_}
        path, subject = _APPLICATIONS
        return await self._get(path, ApplicationPage, subject, asked)

    async def get_application(self, application_id: str) -> Application:
        """``GET /v1/applications/{application_id}``."""
        path = f"/v1/applications/{quote(application_id, safe='')}"
        return await self._get(path, Application, f"application {quoted(application_id)}")

    async def list_jobs(
        self,
        application_id: str,
        *,
        status: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> JobPage:
        """``GET /v1/applications/{application_id}/jobs``; what is None is left to Writer's default."""
        path = f"/v1/applications/{quote(application_id, safe='')}/jobs"
        asked = {"status": status, "offset": offset, "limit": limit}
        return await self._get(path, JobPage, f"application {quoted(application_id)}", asked)

    async def get_job(self, job_id: str) -> Job:
        """``GET /v1/applications/jobs/{job_id}``."""
        path = f"/v1/applications/jobs/{quote(job_id, safe='')}"
        return await self._get(path, Job, f"job {quoted(job_id)}")

    async def get_applications_as_said(self) -> AsSaid:
        """``GET /v1/applications``, the first page, as Writer says it."""
        path, subject = _APPLICATIONS
        return await self._get(path, AsSaid, subject, {"limit": 100})

    async def get_job_as_said(self, job_id: str) -> AsSaid:
        """``GET /v1/applications/jobs/{job_id}``, as Writer says it."""
        path = f"/v1/applications/jobs/{quote(job_id, safe='')}"
        return await self._get(path, AsSaid, f"job {quoted(job_id)}")

    async def retry_job(self, job_id: str) -> str | None:
        """``POST /v1/applications/jobs/{job_id}/retry``; the id of the job that runs now, where Writer tells it.

        Sent once: only where no connection could be made, so that nothing was sent, is it tried again.

        Raises:
            DoubtfulRetry: It was sent, and whether the job was started is not known.
        """
        path, subject = f"/v1/applications/jobs/{quote(job_id, safe='')}/retry", f"job {quoted(job_id)}"
        started = anyio.current_time()
        deadline = min(anyio.current_effective_deadline(), started + self._config.call_budget) - _HEAD_START
        patience = Patience(deadline)
        sending = False
        with anyio.CancelScope(deadline=deadline):
            try:
                async for attempt in patience.attempts():
                    with attempt:
                        async with self._in_flight:
                            sending = True
                            return await self._post(path, subject)
            except Fault as fault:
                raise fault.as_error(subject, patience.made, anyio.current_time() - started) from fault.__cause__
        if sending:
            raise _doubt(subject, "had not answered when the time for one call was over")
        raise BudgetSpent(f"The time for one call was over before the retry of {subject} was sent. Call again for it.")

    async def _post(self, path: str, subject: str) -> str | None:
        try:
            async with self._http.stream("POST", path) as response:
                body = await _read(response, _GREATEST_COMPLAINT)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as exc:
            raise _as_fault(exc, self._http.base_url.host) from exc  # nothing can have been sent
        except (httpx.HTTPError, UnreadableAnswer) as exc:
            raise _doubt(subject, "broke off before its answer was whole") from exc
        logger.debug("POST %s answered %d", path, response.status_code)
        if response.is_success:
            return _started(self._key.redact(body))
        if response.is_server_error:
            message = (
                f"Writer answered {_named(response.status_code)} to the retry of {subject}, which was not sent again: "
                "it may have been started all the same. Look at the job (get_job_error) before you retry it."
            )
            raise Unavailable(message)
        try:
            self._refuse(response, self._key.blot_out(body), subject)
        except Fault as fault:  # 408 or 429: it was not taken, and asking again is for whoever reads this to decide
            raise fault.as_error(subject, 1, 0) from None

    async def reach(self) -> None:
        """Come back once Writer has answered anything at all; one attempt, and the key is not sent."""
        path, subject = _APPLICATIONS
        try:
            await self._http.get(path, params={"limit": 1}, auth=None)
        except httpx.HTTPError as exc:
            error = _as_fault(exc, self._http.base_url.host)
            raise (error.as_error(subject, 1, 0) if isinstance(error, Fault) else error) from exc

    async def _get(
        self,
        path: str,
        model: type[ModelT],
        subject: str,
        asked: Mapping[str, str | int | None] | None = None,
    ) -> ModelT:
        params = {name: value for name, value in (asked or {}).items() if value is not None}
        started = anyio.current_time()
        deadline = min(anyio.current_effective_deadline(), started + self._config.call_budget) - _HEAD_START
        patience = Patience(deadline)
        with anyio.CancelScope(deadline=deadline):
            try:
                async for attempt in patience.attempts():
                    with attempt:
                        return _parse(await self._fetch(path, params, subject), model, subject)
            except Fault as fault:
                raise fault.as_error(subject, patience.made, anyio.current_time() - started) from fault.__cause__
        raise BudgetSpent(
            f"Writer had not answered about {subject} when the {self._config.call_budget:g} seconds that one call may "
            f"take were over{patience.last_words}. Call again, for less at a time if that can be, or raise "
            "WRITER_JOBS_CALL_BUDGET."
        )

    async def _fetch(self, path: str, params: Mapping[str, str | int], subject: str) -> bytes:
        """One attempt: the body of a 200.

        Raises:
            Fault: It failed in a way that may pass.
            WriterError: It failed in a way that will not.
        """
        async with self._in_flight:
            started = time.perf_counter()
            try:
                async with self._http.stream("GET", path, params=params) as response:
                    body = await _read(response, _GREATEST_BODY if response.is_success else _GREATEST_COMPLAINT)
            except httpx.HTTPError as exc:
                logger.debug("GET %s failed: %s", path, type(exc).__name__)
                raise _as_fault(exc, self._http.base_url.host) from exc
        spent = (time.perf_counter() - started) * 1000
        logger.debug("GET %s answered %d in %.0f ms", path, response.status_code, spent)
        if response.status_code != HTTPStatus.OK:
            self._refuse(response, self._key.blot_out(body), subject)
        return self._key.redact(body)

    def _refuse(self, response: httpx.Response, body: bytes, subject: str) -> NoReturn:
        status = response.status_code
        if status in _PASSING:
            raise Fault(
                f"answered {_named(status)}",
                asked_to_wait=asked_to_wait(response.headers, datetime.now(UTC)),
                rate_limited=status == HTTPStatus.TOO_MANY_REQUESTS,
            )
        match status:
            case HTTPStatus.UNAUTHORIZED:
                where = "WRITER_API_KEY" if self._config.api_key else "the file named by WRITER_API_KEY_FILE"
                message = (
                    f"Writer refused the API key (401). Check that {where} holds a current key of the right "
                    "organization; a new key in the environment counts after a restart of this server."
                )
                raise KeyRefused(message)
            case HTTPStatus.FORBIDDEN:
                message = (
                    f"The API key may not see {subject} (403). Use a key of the team that owns it, or ask that team's "
                    "administrator for access."
                )
                raise Forbidden(message)
            case HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED | HTTPStatus.GONE:
                message = f"Writer does not know {subject}, or this key cannot see it ({status}). Check the id."
                raise NotFound(message)
            case _ if response.is_client_error:
                words = _complaint(body)
                said = f", saying {quoted(words)}" if words else ", without saying why"
                message = f"Writer would not take the request about {subject} ({_named(status)}){said}."
                raise BadRequest(message + " Correct the arguments and call again.")
            case _ if response.is_server_error:
                message = f"Writer cannot answer about {subject} ({_named(status)}). Try again later."
                raise Unavailable(message)
            case _ if response.is_redirect:
                message = (
                    f"Writer answered {_named(status)}, a redirect, which is not followed so that the key stays with "
                    "the host it is meant for. Check WRITER_BASE_URL."
                )
                raise UnreadableAnswer(message)
            case _:
                message = f"Writer answered {_named(status)} where 200 was due. Check WRITER_BASE_URL."
                raise UnreadableAnswer(message)


class _BearerKey(httpx.Auth):
    """Sends the key; where it comes from a file, reads that again when Writer answers 401."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._key: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        key = self._key = self._key or self._config.read_key()
        request.headers["Authorization"] = f"Bearer {key}"
        response = yield request
        if response.status_code == HTTPStatus.UNAUTHORIZED and self._config.api_key is None:
            self._key = self._config.read_key()
            if self._key != key:
                request.headers["Authorization"] = f"Bearer {self._key}"
                yield request

    def redact(self, body: bytes) -> bytes:
        """``body`` without the key and its hash: Writer has been seen to echo both."""
        if self._key:
            key = self._key.encode()
            for form in (key, hashlib.sha256(key).hexdigest().encode()):
                body = body.replace(form, MASK.encode())
        return body

    def blot_out(self, body: bytes) -> bytes:
        """An error's ``body`` without even a word that begins or ends as the key does, as in ``sk-...0000``."""
        body = self.redact(body)
        if self._key:
            start, end = re.escape(self._key[:4].encode()), re.escape(self._key[-4:].encode())
            body = re.sub(rb"[\w.*-]*(?:\b%b|%b\b)[\w.*-]*" % (start, end), MASK.encode(), body)
        return body


async def _read(response: httpx.Response, greatest: int) -> bytes:
    """The decoded body, up to ``greatest`` bytes of it; an answer that is longer is refused, a complaint cut."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > greatest:
            if response.is_success:
                message = (
                    f"Writer's answer is larger than {greatest // 2**20} MiB. Ask for fewer jobs at a time (limit)."
                )
                raise UnreadableAnswer(message)
            break
    return bytes(body[:greatest])


def _parse(body: bytes, model: type[ModelT], subject: str) -> ModelT:
    try:
        try:
            return model.model_validate_json(body)
        except ValidationError:
            # Half a surrogate pair, or bytes that are not UTF-8, spoil a text and not the answer: mend and look again.
            mended = _HALF_A_PAIR.sub(rb"\\ufffd", body.decode("utf-8", "replace").encode())
            return model.model_validate_json(mended)
    except ValidationError as exc:
        what = _what_it_is(body) or describe(exc)
    message = f"Writer's answer about {subject} cannot be read ({what}). Check WRITER_BASE_URL, or report this."
    raise UnreadableAnswer(message)


def _started(body: bytes) -> str | None:
    try:
        return Started.model_validate_json(body).id
    except ValidationError:
        return None


def _doubt(subject: str, what: str) -> DoubtfulRetry:
    return DoubtfulRetry(
        f"The retry of {subject} was sent, and Writer {what}: whether it was started is not known, and it was not sent "
        "again. Look at the job (get_job_error) before you retry it."
    )


def _what_it_is(body: bytes) -> str | None:
    match body[:64].lstrip()[:1]:
        case b"":
            return "it is empty"
        case b"<":
            return "it is a web page, not JSON"
        case _:
            return None


def _complaint(body: bytes) -> str:
    """What the body of an error says, cleaned and short; nothing where it says nothing readable."""
    try:
        envelope = ErrorEnvelope.model_validate_json(body)
    except ValidationError:
        return ""
    return preview(envelope.description or "", 300)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


# The first that fits; httpx's own tree, from narrow to wide.
_FAULTS: tuple[tuple[type[httpx.TransportError], str], ...] = (
    (httpx.ConnectTimeout, f"could not be connected to within {_CONNECT_SECONDS:g} seconds"),
    (httpx.TimeoutException, f"was silent for {_SILENCE_SECONDS:g} seconds"),
    (httpx.ConnectError, "could not be connected to"),
    (httpx.ProxyError, "could not be reached through the proxy"),
    (httpx.TransportError, "broke off the connection before its answer was whole"),
)


def _as_fault(exc: httpx.HTTPError, host: str) -> Fault | WriterError:
    """What a lower error means: a fault that may pass, or an error that will not."""
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(exc)):
        message = (
            f"The TLS certificate of {host} is not trusted here. Check WRITER_BASE_URL and any proxy; a company's own "
            "authority is trusted through SSL_CERT_FILE."
        )
        return Unavailable(message)
    for kind, said in _FAULTS:
        if isinstance(exc, kind):
            return Fault(f"{said} ({host})")
    return UnreadableAnswer("Writer's answer cannot be decoded. Check WRITER_BASE_URL, or report this.")


def _causes(exc: BaseException | None) -> Generator[BaseException, None, None]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__
