"""Run long work on text in threads, so that the event loop can answer pings and honour deadlines meanwhile."""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")

# Python runs one thread at a time: more threads would finish nothing sooner, and delay the event loop.
_THREADS = 2
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("writer_jobs_mcp.worker_threads")


async def run_in_worker(work: Callable[[], T]) -> T:
    """Run ``work`` in one of two worker threads and return its result.

    A cancelled caller waits until ``work`` returns or calls :func:`check_cancelled`; work of more than a few
    milliseconds has to call it.
    """
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(_THREADS)
        _limiter.set(limiter)
    return await anyio.to_thread.run_sync(work, limiter=limiter)


def check_cancelled() -> None:
    """Raise the cancellation of the caller, if it was cancelled or its deadline is over. For workers only."""
    anyio.from_thread.check_cancelled()
