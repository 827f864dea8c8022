"""Send the last spans before the process ends, since it exits without ``atexit`` handlers, or by a signal."""

import signal
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from types import FrameType

from opentelemetry import trace

from writer_jobs_mcp.deadlines import MAX_SPAN_FLUSH, SPAN_FLUSH

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def flushed_spans(environ: Mapping[str, str]) -> Generator[None]:
    """Flush spans when the block ends, or before SIGTERM or SIGINT ends the process.

    Without OpenTelemetry's SDK, which ``opentelemetry-instrument`` sets up, there is nothing to flush.
    """
    shutdown: Callable[[], None] | None = getattr(trace.get_tracer_provider(), "shutdown", None)
    if shutdown is None:
        yield
        return
    timeout = _timeout(environ)

    def flush() -> None:
        # In a thread, so that a collector that does not answer cannot keep the process.
        thread = threading.Thread(target=shutdown, daemon=True)
        thread.start()
        thread.join(timeout)

    def flush_and_end(number: int, _frame: FrameType | None) -> None:
        flush()
        signal.signal(number, previous[signal.Signals(number)])
        signal.raise_signal(number)

    previous = {number: signal.signal(number, flush_and_end) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        flush()


def _timeout(environ: Mapping[str, str]) -> float:
    try:
        return min(max(int(environ["OTEL_BSP_EXPORT_TIMEOUT"]) / 1000, 0), MAX_SPAN_FLUSH)
    except (KeyError, ValueError):
        return SPAN_FLUSH
