"""Log to stderr: sanitized, and dropped when stderr is not read."""

import io
import logging
import select
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, TextIO, cast

from writer_jobs_mcp.deadlines import LOG_DRAIN
from writer_jobs_mcp.sanitize.text import sanitize

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# At DEBUG these would log each chunk and header of a response, and the messages of clients and models. The modules
# beside this one log each message and each request.
VERBOSE_LOGGERS = ("httpx", "httpcore", "mcp", "asyncio")


def log_to_stderr(level: str) -> None:
    """Log at a level or above, in one format whatever other packages configure."""
    logging.basicConfig(level=level)
    for name in VERBOSE_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_SanitizingFormatter("%(asctime)s %(levelname)s %(message)s"))


_QUEUE_BYTES = 2**18  # a few thousand lines, enough for a slow reader


def detach_stderr() -> Callable[[], None]:
    """Write to stderr in a thread, so that logs, warnings and prints never block the event loop.

    Some clients start a server with its stderr in a pipe and never read it. After 64 KiB a write to it blocks.
    This also sends print() to stderr, because stdout is for MCP messages only.

    Returns:
        A function to call before the process ends: it waits a moment for the lines that are not yet written.
    """
    stream = sys.stderr
    writer = _LineWriter(stream)
    detached = io.TextIOWrapper(writer, stream.encoding, "backslashreplace", line_buffering=True)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            of_stream = cast("logging.StreamHandler[io.TextIOBase]", handler)
            if of_stream.stream is stream:
                of_stream.setStream(detached)
    sys.stdout = sys.stderr = detached

    def drain() -> None:
        detached.flush()
        writer.drain(LOG_DRAIN)

    return drain


class _LineWriter(io.BufferedIOBase):
    """A file that queues lines for a writer thread, and drops and counts those that do not fit."""

    name = "<stderr>"

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream  # keep a reference: a collected stream closes its descriptor
        self._target = cast("io.RawIOBase", getattr(stream.buffer, "raw", stream.buffer))
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._lock = threading.RLock()  # a finalizer may write in the middle of another write
        self._waiting = 0  # bytes
        self._dropped = 0  # lines
        self._thread = threading.Thread(target=self._write_queue, name="stderr", daemon=True)
        self._thread.start()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._target.fileno()

    def isatty(self) -> bool:
        return self._target.isatty()

    def write(self, data: "ReadableBuffer", /) -> int:
        lines = bytes(data)
        with self._lock:
            if self._waiting and self._waiting + len(lines) > _QUEUE_BYTES:
                self._dropped += max(1, lines.count(b"\n"))
            else:
                self._report_dropped()
                self._put(lines)
        return len(lines)

    def drain(self, seconds: float) -> None:
        """Wait up to `seconds` for the queue to be written. Lines queued after this call are lost."""
        with self._lock:
            self._report_dropped()
        self._queue.put(None)
        self._thread.join(seconds)

    def _put(self, lines: bytes) -> None:
        self._waiting += len(lines)
        self._queue.put(lines)

    def _report_dropped(self) -> None:
        if self._dropped:
            lines = "1 log line" if self._dropped == 1 else f"{self._dropped:,} log lines"
            self._put(f"writer-jobs-mcp: dropped {lines} here: stderr was not read fast enough.\n".encode())
            self._dropped = 0

    def _write_queue(self) -> None:
        while (lines := self._queue.get()) is not None:
            with suppress(OSError):  # the reader is gone, or the disk is full
                self._write_whole(lines)
            with self._lock:
                self._waiting -= len(lines)
                if not self._waiting:
                    self._report_dropped()

    def _write_whole(self, lines: bytes) -> None:
        left = memoryview(lines)
        while left:
            written = self._target.write(left)
            if written is None:  # a full pipe in non-blocking mode, which its other users may rely on
                select.select([], [self._target], [])
            else:
                left = left[written:]


class _SanitizingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        try:
            return sanitize(super().format(record))
        except Exception as exc:  # a wrong log call; logging itself would print it unsanitized
            return sanitize(f"{record.levelname} {record.msg!r} {record.args!r} ({type(exc).__name__}: {exc})")
