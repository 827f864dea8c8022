"""When to ask Writer once more, how long to wait before, and what to say when there is no point in it."""

import logging
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from writer_jobs_mcp.errors import RateLimited, Unavailable, WriterError

logger = logging.getLogger(__name__)

_MAX_ATTEMPTS = 5  # for a fault; a rate limit is waited out for as long as the deadline allows
_WAIT_INITIAL, _WAIT_MAX = 0.4, 6.0  # seconds
_LEAST_ATTEMPT = 0.2  # seconds: with less left for an answer, to say what happened is better than to ask again


class TransientError(Exception):
    """One attempt that failed in a way that may pass: what Writer did, and how long it asked to wait (seconds)."""

    def __init__(
        self, reason: str, *, retry_after: float | None = None, rate_limited: bool = False, unsent: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unsent = unsent
        """Nothing can have reached Writer."""
        self.retry_after = retry_after
        self.rate_limited = rate_limited

    def to_error(self, subject: str, attempts: int, seconds: float) -> WriterError:
        """What to say when this fault was the last word on ``subject``."""
        tries = "1 attempt" if attempts == 1 else f"{attempts} attempts in {seconds:.0f} seconds"
        if not self.rate_limited:
            waits = self.retry_after is not None and self.retry_after > 1
            later = f"after {self.retry_after:.0f} seconds, as Writer asks" if waits else "in a few minutes"
            check = "Check WRITER_BASE_URL, the network and any proxy, or try" if self.unsent else "Try"
            message = f"Writer is unavailable: {self.reason}; {tries}, for {subject}. {check} again {later}."
            return Unavailable(message)
        if self.retry_after is None:
            wait = "Writer did not say how long to wait; wait a minute, then call again"
        else:
            wait = f"Wait {max(1, round(self.retry_after))} seconds, as Writer asks, then call again"
        return RateLimited(f"Writer is limiting this key's requests (429); {tries}. {wait}.")


class RetryState:
    """The attempts at one request: how long to wait between them, and when there is no point in another."""

    def __init__(self, deadline: float) -> None:
        """Be patient until ``deadline`` (on anyio's clock), never starting a wait that would end after it."""
        self._deadline = deadline
        self.attempt_count = 0
        """Attempts so far, the one under way included."""
        self.last_failure = ""
        """What Writer did at the last of them, to be put behind another clause."""

    def count_attempt(self) -> int:
        """The number of the attempt that begins now, from 1."""
        self.attempt_count += 1
        return self.attempt_count

    def attempts(self) -> AsyncRetrying:
        """Iterate over the attempts; each is a context that takes a :class:`Fault` and raises anything else."""
        return AsyncRetrying(
            sleep=anyio.sleep,
            retry=retry_if_exception_type(TransientError),
            wait=self._wait,
            stop=self._should_stop,
            before_sleep=self._log_retry,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        fault = _error_of(state)
        longest = min(_WAIT_INITIAL * 2 ** (state.attempt_number - 1), _WAIT_MAX)
        jittered = longest * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing
        if fault.retry_after is None:
            return jittered
        # What Writer asks for is the least to wait; the jitter on top keeps callers from returning all at once. Asked
        # to wait for nothing again and again, we wait as if it had not said.
        backoff = jittered if state.attempt_number > 1 else 0
        return max(fault.retry_after + min(jittered, 0.25), backoff)

    def _should_stop(self, state: RetryCallState) -> bool:
        if anyio.current_time() + state.upcoming_sleep + _LEAST_ATTEMPT >= self._deadline:
            logger.info("Writer: %s; there is no time to try again", _reason_with_wait(_error_of(state)))
            return True
        return state.attempt_number >= _MAX_ATTEMPTS and not _error_of(state).rate_limited

    def _log_retry(self, state: RetryCallState) -> None:
        fault = _error_of(state)
        self.last_failure = f"; before that, {fault.reason}"
        logger.info("Writer: %s; trying again in %.1f s", _reason_with_wait(fault), state.upcoming_sleep)


def _error_of(state: RetryCallState) -> TransientError:
    # Tenacity asks only about what `retry` accepted, which its types cannot say.
    return cast("TransientError", state.outcome and state.outcome.exception())


def _reason_with_wait(error: TransientError) -> str:
    return error.reason if error.retry_after is None else f"{error.reason} and asked to wait {error.retry_after:.1f} s"


def parse_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the answer asks to wait: ``retry-after-ms``, or ``Retry-After`` as seconds or an HTTP date."""
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
