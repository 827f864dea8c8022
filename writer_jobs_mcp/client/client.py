"""Writer's endpoints, each a method: asked patiently, within one deadline, so many at once."""

import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import anyio
import httpx

from writer_jobs_mcp.client.auth import BearerAuth
from writer_jobs_mcp.client.connection_guard import ConnectionGuard, SendTracker
from writer_jobs_mcp.client.error_mapping import error_from_exception, error_from_response, status_phrase
from writer_jobs_mcp.client.ids import MAX_ID_LENGTH, display_id
from writer_jobs_mcp.client.models import Application, ApplicationPage, Job, JobPage, RawJson
from writer_jobs_mcp.client.responses import ModelT, parse_body, parse_retry_job_id, read_body
from writer_jobs_mcp.client.retry import RetryState, TransientError
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import (
    BadRequest,
    BudgetExceeded,
    FailedRetry,
    UncertainRetry,
    UnreadableResponse,
    WriterError,
)
from writer_jobs_mcp.sanitize.text import json_quote, preview
from writer_jobs_mcp.telemetry.http import record_attempt
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

T = TypeVar("T")

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_APPLICATIONS = ("/v1/applications", "the list of applications")
_TRANSPORT_ERRORS = (
    httpx.HTTPError,
    ssl.SSLError,
)  # httpcore takes the latter for one of its own in the handshake alone
# The client gives up this much before its caller's deadline: it can say what happened, the caller only that time is up.
_HEAD_START = 0.1
_MAY_HAVE_STARTED = "The retry may have started: look at the job (get_job_error) before you retry it."
_PARSE_INLINE_BYTES = 32_768  # bytes; a longer body is parsed in a worker thread, while other calls go on


class WriterClient:
    """Writer's application and job endpoints.

    Every GET but that of :meth:`reach` is tried up to five times, with jittered backoff, after connection errors,
    timeouts, 408, 500, 502, 503 and 504; after a 429, as often as the deadline of the surrounding cancel scope (at most
    the call budget from now) leaves room for the wait. ``retry-after-ms`` and ``Retry-After`` are honoured. At most
    ``config.concurrency`` requests are in flight at once.

    Every method raises one of the :class:`~writer_jobs_mcp.errors.WriterError` family, and nothing else.
    """

    def __init__(self, http: httpx.AsyncClient, auth: BearerAuth, config: Config) -> None:
        self._http = http
        self._auth = auth
        self._config = config
        self._in_flight = anyio.CapacityLimiter(config.concurrency)
        self.concurrency = config.concurrency
        """Requests that may be in flight at once."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

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
        path, subject = _APPLICATIONS
        before, after = (each and self._validate_id(each) for each in (before, after))
        asked = {"order": order, "before": before, "after": after, "limit": limit, "type": type_}
        return await self._get(path, ApplicationPage, subject, asked)

    async def get_application(self, application_id: str) -> Application:
        """``GET /v1/applications/{application_id}``."""
        path, subject = self._application_path(application_id)
        return await self._get(path, Application, subject)

    async def list_jobs(
        self,
        application_id: str,
        *,
        status: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> JobPage:
        """``GET /v1/applications/{application_id}/jobs``; what is None is left to Writer's default."""
        path, subject = self._application_path(application_id)
        return await self._get(f"{path}/jobs", JobPage, subject, {"status": status, "offset": offset, "limit": limit})

    async def get_job(self, job_id: str) -> Job:
        """``GET /v1/applications/jobs/{job_id}``."""
        path, subject = self._job_path(job_id)
        return await self._get(path, Job, subject)

    async def get_raw_applications(self) -> RawJson:
        """``GET /v1/applications``, the first page, as Writer says it."""
        path, subject = _APPLICATIONS
        return await self._get(path, RawJson, subject, {"limit": 100})

    async def get_raw_job(self, job_id: str) -> RawJson:
        """``GET /v1/applications/jobs/{job_id}``, as Writer says it."""
        path, subject = self._job_path(job_id)
        return await self._get(path, RawJson, subject)

    async def retry_job(self, job_id: str, send_tracker: SendTracker | None = None) -> str | None:
        """``POST /v1/applications/jobs/{job_id}/retry``; the id of the job that runs now, where Writer tells it.

        Sent once: only where no connection could be made, so that nothing was sent, is it tried again.

        Args:
            job_id: The job.
            send_tracker: Is kept up to date, so that a cancelled caller knows whether anything was sent.

        Raises:
            DoubtfulRetry: It was sent, and whether the job was started is not known. After any other
                :class:`~writer_jobs_mcp.errors.WriterError` it was not started.
        """
        path, subject = self._job_path(job_id)
        state = send_tracker or SendTracker()

        async def once(patience: RetryState) -> str | None:
            async with self._in_flight:
                state.guard = ConnectionGuard()
                try:
                    return await self._post(f"{path}/retry", subject, patience, state.guard)
                except TransientError:
                    state.guard = None  # nothing was sent through it
                    raise

        def time_is_over(_: RetryState) -> WriterError:
            if state.may_have_been_sent:
                return _uncertain_retry(subject, "had not answered when the time for one call was over")
            return BudgetExceeded(
                f"The time for one call was over before the retry of {subject} was sent. Call again for it."
            )

        return await self._with_retries(once, subject, time_is_over)

    async def ping(self) -> None:
        """Come back once Writer has answered anything at all; one attempt, and the key is not sent."""
        path, subject = _APPLICATIONS
        try:
            with record_attempt(self._http.base_url, "GET", path, 1) as attempt:
                async with self._http.stream("GET", path, params={"limit": 1}, auth=None) as response:
                    attempt.status = response.status_code
                    return
        except _TRANSPORT_ERRORS as exc:
            trouble = error_from_exception(exc, self._http.base_url.host)
        raise trouble.to_error(subject, 1, 0) if isinstance(trouble, TransientError) else trouble

    async def _get(
        self,
        path: str,
        model: type[ModelT],
        subject: str,
        query: Mapping[str, str | int | None] | None = None,
    ) -> ModelT:
        params = {name: value for name, value in (query or {}).items() if value is not None}

        async def once(patience: RetryState) -> ModelT:
            body = await self._get_body(path, params, subject, patience)
            if len(body) <= _PARSE_INLINE_BYTES:
                return parse_body(body, model, subject, self._auth)
            return await run_in_worker(lambda: parse_body(body, model, subject, self._auth, check_cancelled))

        def time_is_over(patience: RetryState) -> WriterError:
            return BudgetExceeded(
                f"Writer did not answer about {subject} within the call budget of {self._config.call_budget:g} s"
                f"{patience.last_failure}. Call again, ask for less at a time, or raise WRITER_JOBS_CALL_BUDGET."
            )

        return await self._with_retries(once, subject, time_is_over)

    async def _with_retries(
        self,
        attempt_once: Callable[[RetryState], Awaitable[T]],
        subject: str,
        budget_error: Callable[[RetryState], WriterError],
    ) -> T:
        started = anyio.current_time()
        deadline = min(anyio.current_effective_deadline(), started + self._config.call_budget) - _HEAD_START
        patience = RetryState(deadline)
        with anyio.CancelScope(deadline=deadline):
            try:
                async for attempt in patience.attempts():
                    with attempt:
                        return await attempt_once(patience)
            except TransientError as fault:
                raise fault.to_error(subject, patience.attempt_count, anyio.current_time() - started) from fault
        raise budget_error(patience)

    async def _post(self, path: str, subject: str, retry_state: RetryState, guard: ConnectionGuard) -> str | None:
        """One attempt: the id that a 2xx tells.

        Raises:
            Fault: Nothing can have been sent.
            DoubtfulRetry: It was sent, and no answer came.
            WriterError: It was refused with a 4xx, or nothing can have been sent, and trying again would not help.
        """
        try:
            response, body = await self._send("POST", path, {}, retry_state.count_attempt(), guard)
        except UnreadableResponse as exc:
            raise _uncertain_retry(subject, "closed the connection before its response was complete") from exc
        except TransientError as fault:
            if fault.unsent:
                raise
            raise _uncertain_retry(subject, "closed the connection before its response was complete") from fault
        if response.is_success:
            started = await run_in_worker(lambda: parse_retry_job_id(body, self._auth))
            if started is None and response.status_code != HTTPStatus.ACCEPTED:
                raise _uncertain_retry(subject, f"answered {status_phrase(response.status_code)} and named no job")
            return started
        if response.is_server_error:
            raise FailedRetry(
                f"Writer answered {status_phrase(response.status_code)} to the retry of {subject}, which was not sent "
                "again. "
                f"{_MAY_HAVE_STARTED}"
            )
        if self._is_stale_key(response):
            raise self._auth.stale_key_error()
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            raise BadRequest(f"Writer cannot retry {subject} (405). Run its application again instead.")
        refused = error_from_response(response, body, subject, self._auth)
        if not response.is_client_error:
            raise FailedRetry(f"{refused} {_MAY_HAVE_STARTED}") from refused
        # 408 or 429: it was not taken, and asking again is for whoever reads this to decide.
        raise refused.to_error(subject, 1, 0) if isinstance(refused, TransientError) else refused

    async def _get_body(
        self, path: str, params: Mapping[str, str | int], subject: str, retry_state: RetryState
    ) -> bytes:
        """One attempt, or two where the first went with a key that was changed in its file: the body of a 200.

        Raises:
            Fault: It failed in a way that may pass.
            WriterError: It failed in a way that will not.
        """
        async with self._in_flight:
            response, body = await self._send("GET", path, params, retry_state.count_attempt(), ConnectionGuard())
            if self._is_stale_key(response):
                response, body = await self._send("GET", path, params, retry_state.count_attempt(), ConnectionGuard())
        if response.status_code != HTTPStatus.OK:
            raise error_from_response(response, body, subject, self._auth)
        return body

    def _is_stale_key(self, response: httpx.Response) -> bool:
        """Whether it refuses a key in whose place there is another by now."""
        return response.status_code == HTTPStatus.UNAUTHORIZED and self._auth.has_changed_since(response.request)

    async def _send(
        self, method: str, path: str, params: Mapping[str, str | int], number: int, guard: ConnectionGuard
    ) -> tuple[httpx.Response, bytes]:
        try:
            with record_attempt(self._http.base_url, method, path, number) as attempt:
                async with (
                    guard,
                    self._http.stream(method, path, params=params, extensions=guard.extensions) as response,
                ):
                    attempt.status = response.status_code
                    return response, await read_body(response)
        except _TRANSPORT_ERRORS as exc:
            trouble = error_from_exception(exc, self._http.base_url.host)
        # Out here, so that it carries no trace of the lower error: that may quote what the peer sent, key and all.
        raise trouble

    def _validate_id(self, id_: str) -> str:
        """An id that can be sent.

        Raises:
            BadRequest: It cannot be Writer's; in a path it would lead elsewhere, or nowhere.
            MissingKey: There is no key to send with it.
        """
        if self._auth.is_key_in(id_):
            raise BadRequest("The API key was passed as an id. Do not pass it: it is already set.")
        if id_ in {"", ".", ".."} or len(id_) > MAX_ID_LENGTH or _SURROGATE.search(id_):
            message = (
                f"{json_quote(preview(id_, 60))} cannot be an id in Writer, so nothing was requested. Check the id."
            )
            raise BadRequest(message)
        return id_

    def _application_path(self, application_id: str) -> tuple[str, str]:
        """The path of an application, and what to call it in a sentence."""
        checked = self._validate_id(application_id)
        return f"/v1/applications/{quote(checked, safe='')}", f"application {json_quote(display_id(checked))}"

    def _job_path(self, job_id: str) -> tuple[str, str]:
        """The path of a job, and what to call it in a sentence."""
        checked = self._validate_id(job_id)
        return f"/v1/applications/jobs/{quote(checked, safe='')}", f"job {json_quote(display_id(checked))}"


def _uncertain_retry(subject: str, what: str) -> UncertainRetry:
    return UncertainRetry(
        f"The retry of {subject} was sent, and Writer {what}: whether it was started is not known, and it was not sent "
        "again. Look at the job (get_job_error) before you retry it."
    )
