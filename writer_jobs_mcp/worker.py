"""Work on text beside the event loop, so that pings, cancellation and deadlines hold meanwhile."""

import time
from collections.abc import Callable
from math import inf
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")

# Python runs one thread at a time, so more of them would finish nothing sooner and keep the event loop waiting.
_THREADS = 2
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("writer_jobs_mcp.worker")


async def run_in_worker(work: Callable[[], T]) -> T:
    """The result of ``work``, which is done in a thread of its own while the event loop goes on.

    A cancelled caller waits until ``work`` has returned, or until it calls :func:`check_cancelled`. Anything in it that
    may take more than some milliseconds has to do that.
    """
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(_THREADS)
        _limiter.set(limiter)
    return await anyio.to_thread.run_sync(work, limiter=limiter)


def check_cancelled() -> None:
    """End the work, where its caller was cancelled or its deadline has passed; only for what runs in a worker."""
    anyio.from_thread.check_cancelled()


def seconds_left() -> float:
    """How long the caller's deadline leaves; infinity where there is none. Only for what runs in the event loop."""
    return anyio.current_effective_deadline() - anyio.current_time()


class Timer:
    """Says when a time is over, in any thread."""

    def __init__(self, seconds: float = inf) -> None:
        """Start now."""
        self._end = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether as many seconds have passed."""
        return time.monotonic() >= self._end
