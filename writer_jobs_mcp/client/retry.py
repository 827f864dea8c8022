"""The retry policy: which errors are transient, how long to wait before the next attempt, and when to stop.

A GET is sent up to 5 times after connection errors, timeouts, 408, 500, 502, 503 and 504, and after a 429 as often as
the deadline allows. ``retry-after-ms`` and ``Retry-After`` are honoured; otherwise the wait grows from 0.4 to 6 s, with
jitter. No attempt starts later than :data:`~writer_jobs_mcp.deadlines.MIN_ATTEMPT` before the deadline.
"""

import logging
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from writer_jobs_mcp.deadlines import MIN_ATTEMPT
from writer_jobs_mcp.errors import RateLimited, Unavailable, WriterError

logger = logging.getLogger(__name__)

TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

_MAX_ATTEMPTS = 5
_WAIT_INITIAL, _WAIT_MAX, _WAIT_JITTER = 0.4, 6.0, 0.25  # seconds; the jitter is added to what Writer asks for


class TransientError(Exception):
    """A failed attempt; another one may succeed.

    Attributes:
        reason: What Writer did, as a clause.
        words: What the response says, quoted, as the end of a sentence; "" if nothing.
        retry_after: Seconds that Writer asks to wait, if it does.
        rate_limited: Whether it is a 429.
        unsent: Whether nothing can have reached Writer.
    """

    def __init__(
        self,
        reason: str,
        *,
        words: str = "",
        retry_after: float | None = None,
        rate_limited: bool = False,
        unsent: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.words = words
        self.retry_after = retry_after
        self.rate_limited = rate_limited
        self.unsent = unsent

    def to_error(self, subject: str, attempts: int, seconds: float) -> WriterError:
        """Return the error for a request about ``subject`` that failed after so many attempts."""
        tries = "1 attempt" if attempts == 1 else f"{attempts} attempts in {seconds:.0f} seconds"
        if not self.rate_limited:
            waits = self.retry_after is not None and self.retry_after > 1
            later = f"after {self.retry_after:.0f} seconds, as Writer asks" if waits else "in a few minutes"
            check = "Check WRITER_BASE_URL, the network and any proxy, or try" if self.unsent else "Try"
            what = f"Writer is unavailable: {self.reason}{self.words}; {tries}, for {subject}."
            return Unavailable(what, f"{check} again {later}.")
        if self.retry_after is None:
            wait = "Writer did not say how long to wait; wait a minute, then call again."
        else:
            wait = f"Wait {max(1, round(self.retry_after))} seconds, as Writer asks, then call again."
        what = f"Writer is limiting this key's requests (429){self.words}; {tries}."
        return RateLimited(what, wait, self.retry_after)


class RetryState:
    """The attempts at one request."""

    def __init__(self, deadline: float) -> None:
        """Start with no attempt; ``deadline`` is on anyio's clock."""
        self._deadline = deadline
        self.attempt_count = 0
        """Attempts so far, the current one included."""
        self.last_failure = ""
        """What Writer did at the last failed attempt, as a clause that follows another."""

    def count_attempt(self) -> int:
        """Count an attempt that begins now, and return its number, from 1."""
        self.attempt_count += 1
        return self.attempt_count

    def attempts(self) -> AsyncRetrying:
        """Iterate over the attempts; each is a context that catches :class:`TransientError`."""
        return AsyncRetrying(
            sleep=anyio.sleep,
            retry=retry_if_exception_type(TransientError),
            wait=self._wait,
            stop=self._should_stop,
            before_sleep=self._log_retry,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        error = _error_of(state)
        longest = min(_WAIT_INITIAL * 2 ** (state.attempt_number - 1), _WAIT_MAX)
        backoff = longest * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing
        if error.retry_after is None:
            return backoff
        # The jitter keeps callers from returning all at once. If Writer asks for a wait of 0 again and again, back off.
        least = backoff if state.attempt_number > 1 else 0
        return max(error.retry_after + min(backoff, _WAIT_JITTER), least)

    def _should_stop(self, state: RetryCallState) -> bool:
        if anyio.current_time() + state.upcoming_sleep + MIN_ATTEMPT >= self._deadline:
            logger.info("Writer: %s; there is no time to try again", _reason_with_wait(_error_of(state)))
            return True
        return state.attempt_number >= _MAX_ATTEMPTS and not _error_of(state).rate_limited

    def _log_retry(self, state: RetryCallState) -> None:
        error = _error_of(state)
        self.last_failure = f"; before that, {error.reason}"
        logger.info("Writer: %s; trying again in %.1f s", _reason_with_wait(error), state.upcoming_sleep)


def _error_of(state: RetryCallState) -> TransientError:
    # Tenacity calls back only for what `retry` accepted, which its types do not express.
    return cast("TransientError", state.outcome and state.outcome.exception())


def _reason_with_wait(error: TransientError) -> str:
    return error.reason if error.retry_after is None else f"{error.reason} and asked to wait {error.retry_after:.1f} s"


def parse_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds to wait: from ``retry-after-ms``, or ``Retry-After`` as seconds or an HTTP date."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, OverflowError):  # the latter for a year of twenty digits
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
