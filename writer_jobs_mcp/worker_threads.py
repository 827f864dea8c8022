"""Work on text beside the event loop, so that pings, cancellation and deadlines hold meanwhile."""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")

# Python runs one thread at a time, so more of them would finish nothing sooner and keep the event loop waiting.
_THREADS = 2
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("writer_jobs_mcp.worker_threads")


async def run_in_worker(work: Callable[[], T]) -> T:
    """Run ``work`` in one of two worker threads and return its result.

    A cancelled caller waits until ``work`` returns or calls :func:`check_cancelled`; what may take longer than some
    milliseconds has to call it.
    """
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(_THREADS)
        _limiter.set(limiter)
    return await anyio.to_thread.run_sync(work, limiter=limiter)


def check_cancelled() -> None:
    """Raise the caller's cancellation, if it was cancelled or its deadline has passed; only for use in a worker."""
    anyio.from_thread.check_cancelled()


def seconds_left() -> float:
    """Return how long the caller's deadline leaves; infinity where there is none. Not for use in a worker."""
    return anyio.current_effective_deadline() - anyio.current_time()
