"""One request to Writer, from top to bottom: its attempts within the deadline, one attempt, and one exchange."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

import anyio
import httpx

from writer_jobs_mcp.client.auth import BearerAuth
from writer_jobs_mcp.client.connection_guard import ConnectionGuard, SendTracker
from writer_jobs_mcp.client.error_mapping import (
    error_from_exception,
    error_from_response,
    quoted_words,
    status_phrase,
)
from writer_jobs_mcp.client.pace import Pace
from writer_jobs_mcp.client.responses import ModelT, parse_body, parse_retry_job_id, read_body
from writer_jobs_mcp.client.retry import RetryState, TransientError
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.deadlines import REQUEST_RESERVE, STATUS_TIMEOUT
from writer_jobs_mcp.errors import (
    BadRequest,
    BudgetExceeded,
    FailedRetry,
    UncertainRetry,
    UnreadableResponse,
    WriterError,
)
from writer_jobs_mcp.telemetry.http import record_attempt
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

T = TypeVar("T")

_TRANSPORT_ERRORS = (httpx.HTTPError, ssl.SSLError)  # httpcore wraps the latter in the handshake only
_PARSE_INLINE_BYTES = 32_768  # a longer body is parsed in a worker thread, while other calls go on
_MAY_HAVE_STARTED = "The retry may have started: look at the job (get_job_error) before you retry it."
_CLOSED_EARLY = "closed the connection before its response was complete"


class Requests:
    """Sends requests to Writer: GETs with retries, a POST once; at most ``config.concurrency`` at a time.

    Every method raises a :class:`~writer_jobs_mcp.errors.WriterError` and nothing else. ``subject`` is what a request
    is about, as errors name it.
    """

    def __init__(self, http: httpx.AsyncClient, auth: BearerAuth, config: Config) -> None:
        self._http = http
        self._auth = auth
        self._call_budget = config.call_budget
        self._pace = Pace(config.concurrency)
        self.sent = 0
        """Requests sent so far, repeated ones included."""

    async def ping(self, path: str, subject: str) -> None:
        """Return once any response arrives. One attempt, without the API key."""
        try:
            with record_attempt(self._http.base_url, "GET", path, 1) as outcome:
                async with self._http.stream("GET", path, params={"limit": 1}, auth=None) as response:
                    outcome.status = response.status_code
                    return
        except _TRANSPORT_ERRORS as exc:
            error = error_from_exception(exc, self._http.base_url.host)
        raise error.to_error(subject, 1, 0) if isinstance(error, TransientError) else error

    async def get_status(self, path: str, query: Mapping[str, str | int]) -> int | None:
        """Return the status of a GET that is sent once; None if no response came in time."""
        deadline = min(anyio.current_effective_deadline() - REQUEST_RESERVE, anyio.current_time() + STATUS_TIMEOUT)
        with anyio.CancelScope(deadline=deadline):
            async with self._pace.slots:
                await self._pace.wait()
                try:
                    response, _ = await self._send("GET", path, query, 1, ConnectionGuard())
                except (TransientError, WriterError):
                    return None
            return response.status_code
        return None

    async def get(
        self, path: str, model: type[ModelT], subject: str, query: Mapping[str, str | int | None] | None = None
    ) -> ModelT:
        """Send a GET, again after transient errors, and parse its body; leave out the parameters that are None."""
        params = {name: value for name, value in (query or {}).items() if value is not None}

        async def attempt(state: RetryState) -> ModelT:
            body = await self._get_body(path, params, subject, state)
            if len(body) <= _PARSE_INLINE_BYTES:
                return parse_body(body, model, subject, self._auth)
            return await run_in_worker(lambda: parse_body(body, model, subject, self._auth, check_cancelled))

        def budget_error(state: RetryState) -> WriterError:
            return BudgetExceeded(
                f"Writer did not answer about {subject} within the call budget of {self._call_budget:g} s"
                f"{state.last_failure}.",
                "Call again, ask for less at a time, or raise WRITER_JOBS_CALL_BUDGET.",
            )

        return await self._with_retries(attempt, subject, budget_error)

    async def post_once(self, path: str, subject: str, tracker: SendTracker) -> str | None:
        """Send a POST once, again only if nothing of it was sent; return the id that the response names."""

        async def attempt(state: RetryState) -> str | None:
            async with self._pace.slots:
                await self._pace.wait()
                tracker.guard = ConnectionGuard()
                try:
                    return await self._post(path, subject, state, tracker.guard)
                except TransientError:
                    tracker.guard = None  # nothing was sent through it
                    raise

        def budget_error(_: RetryState) -> WriterError:
            if tracker.may_have_been_sent:
                return _uncertain_retry(subject, "had not answered when the time for one call was over")
            return BudgetExceeded(
                f"The time for one call was over before the retry of {subject} was sent.", "Call again for it."
            )

        return await self._with_retries(attempt, subject, budget_error)

    async def _with_retries(
        self,
        attempt_once: Callable[[RetryState], Awaitable[T]],
        subject: str,
        budget_error: Callable[[RetryState], WriterError],
    ) -> T:
        started = anyio.current_time()
        deadline = min(anyio.current_effective_deadline(), started + self._call_budget) - REQUEST_RESERVE
        state = RetryState(deadline)
        with anyio.CancelScope(deadline=deadline):
            try:
                async for attempt in state.attempts():
                    with attempt:
                        return await attempt_once(state)
            except TransientError as error:
                raise error.to_error(subject, state.attempt_count, anyio.current_time() - started) from error
        raise budget_error(state)

    async def _get_body(self, path: str, params: Mapping[str, str | int], subject: str, state: RetryState) -> bytes:
        """Make one attempt, or two if the key file changed after the first, and return the body of a 200.

        Raises:
            TransientError: Another attempt may succeed.
            WriterError: No other attempt will.
        """
        async with self._pace.slots:
            await self._pace.wait()
            response, body = await self._send("GET", path, params, state.count_attempt(), ConnectionGuard())
            if self._has_stale_key(response):
                response, body = await self._send("GET", path, params, state.count_attempt(), ConnectionGuard())
        if response.status_code != HTTPStatus.OK:
            error = error_from_response(response, body, subject, self._auth)
            if isinstance(error, TransientError) and error.rate_limited:
                self._pace.note_rate_limited(error.retry_after)
            raise error
        self._pace.note_success()
        return body

    async def _post(self, path: str, subject: str, state: RetryState, guard: ConnectionGuard) -> str | None:
        """Make one attempt and return the id that a 2xx names.

        Raises:
            TransientError: Nothing was sent.
            UncertainRetry: It was sent, and no clear response came.
            WriterError: Writer answered 4xx, or nothing was sent and another attempt would not help.
        """
        try:
            response, body = await self._send("POST", path, {}, state.count_attempt(), guard)
        except UnreadableResponse as exc:
            raise _uncertain_retry(subject, _CLOSED_EARLY) from exc
        except TransientError as error:
            if error.unsent:
                raise
            raise _uncertain_retry(subject, _CLOSED_EARLY) from error
        if response.is_success:
            job_id = await run_in_worker(lambda: parse_retry_job_id(body, self._auth))
            if job_id is None and response.status_code != HTTPStatus.ACCEPTED:
                raise _uncertain_retry(subject, f"answered {status_phrase(response.status_code)} and named no job")
            self._pace.note_success()
            return job_id
        raise self._post_error(response, body, subject)

    def _post_error(self, response: httpx.Response, body: bytes, subject: str) -> WriterError:
        if response.is_server_error:
            phrase = status_phrase(response.status_code)
            words = quoted_words(body, response.status_code, self._auth)
            what = f"Writer answered {phrase} to the retry of {subject}, which was not sent again{words}."
            return FailedRetry(what, _MAY_HAVE_STARTED)
        if self._has_stale_key(response):
            return self._auth.stale_key_error()
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return BadRequest(f"Writer cannot retry {subject} (405).", "Run its application again instead.")
        error = error_from_response(response, body, subject, self._auth)
        if isinstance(error, TransientError):  # 408 or 429: it did not start, and the caller may call again
            if error.rate_limited:
                self._pace.note_rate_limited(error.retry_after)
            return error.to_error(subject, 1, 0)
        return error if response.is_client_error else FailedRetry(str(error), _MAY_HAVE_STARTED)

    def _has_stale_key(self, response: httpx.Response) -> bool:
        """Return whether this is a 401 for a key that has since been replaced in its file."""
        return response.status_code == HTTPStatus.UNAUTHORIZED and self._auth.reload_key(response.request)

    async def _send(
        self, method: str, path: str, params: Mapping[str, str | int], number: int, guard: ConnectionGuard
    ) -> tuple[httpx.Response, bytes]:
        self.sent += 1
        try:
            with record_attempt(self._http.base_url, method, path, number) as outcome:
                async with (
                    guard,
                    self._http.stream(method, path, params=params, extensions=guard.extensions) as response,
                ):
                    outcome.status = response.status_code
                    return response, await read_body(response)
        except _TRANSPORT_ERRORS as exc:
            error = error_from_exception(exc, self._http.base_url.host)
        # Raised outside the except block, so that it does not chain the lower error, which may quote the key.
        raise error


def _uncertain_retry(subject: str, what: str) -> UncertainRetry:
    return UncertainRetry(
        f"The retry of {subject} was sent, and Writer {what}: whether it was started is not known, and it was not sent "
        "again.",
        "Look at the job (get_job_error) before you retry it.",
    )
