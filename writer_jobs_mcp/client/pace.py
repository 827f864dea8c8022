"""How many requests are sent at a time: fewer after a 429, and no GET while Writer asks to wait a few seconds."""

import anyio

_SUCCESSES = 10  # in a row, after which one more request may be sent at a time
_MAX_PAUSE = 5.0  # seconds; a longer wait is left to each request, which knows the time for its call


class Pace:
    """The requests of one client that are sent at the same time.

    Under a limit per minute, requests that come at once after each pause are mostly rejected again. So each 429 halves
    how many are sent at a time, and each further ten successes allow one more, up to ``concurrency``.
    """

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._least = min(2, concurrency)  # so that one slow response does not hold up all others
        self._slots = anyio.CapacityLimiter(concurrency)
        self._successes = 0
        self._paused_until = 0.0  # on anyio's clock

    @property
    def slots(self) -> anyio.CapacityLimiter:
        """The limiter that each request acquires while it is sent."""
        return self._slots

    async def wait(self) -> None:
        """Wait as long as Writer asked for after the last 429, if that is short."""
        await anyio.sleep_until(self._paused_until)

    def note_success(self) -> None:
        """Note a successful request."""
        self._successes += 1
        if self._successes >= _SUCCESSES and self._slots.total_tokens < self._concurrency:
            self._slots.total_tokens += 1
            self._successes = 0

    def note_rate_limited(self, retry_after: float | None) -> None:
        """Note a 429, and the seconds that Writer asks to wait."""
        self._successes = 0
        self._slots.total_tokens = max(self._least, self._slots.total_tokens // 2)
        if retry_after is not None and retry_after <= _MAX_PAUSE:
            self._paused_until = max(self._paused_until, anyio.current_time() + retry_after)
