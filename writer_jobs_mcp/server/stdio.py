"""The stdio transport: it limits the open requests of its client, and ends when stdin or stdout does."""

import errno
import logging
import os
import select
import sys
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, BinaryIO, Self

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server import MCPServer
from mcp.shared.message import SessionMessage
from mcp_types import (
    CONNECTION_CLOSED,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)

from writer_jobs_mcp.deadlines import SHUTDOWN_GRACE
from writer_jobs_mcp.sanitize.text import LONE_SURROGATE_ESCAPE
from writer_jobs_mcp.sdk_compat import lowlevel_server, request_key

logger = logging.getLogger(__name__)

_MAX_OPEN_REQUESTS = 256  # then nothing more is read, so that responses cannot pile up if the client reads none
_HANG_UP_CHECK_SECONDS = 0.25  # while so many are open: how often to check that the client is still there

_Session = MemoryObjectSendStream[SessionMessage | Exception]
"""Passes the client's messages to one session of the SDK, which ends when this is closed."""


def claim_stdio() -> tuple[int, int]:
    """Return new descriptors of stdin and stdout; other code then reads nothing from stdin, and prints to stderr."""
    pipes = os.dup(0), os.dup(1)
    if sys.platform != "win32":
        for pipe in pipes:
            os.set_blocking(pipe, True)  # a read without data would be taken for the end
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return pipes


async def serve_stdio(server: MCPServer[Any], stdin: int, stdout: int) -> None:
    """Serve one client over two descriptors, until the first ends or the second cannot be written to.

    Threads that wait for either are abandoned then: the caller must exit without waiting for threads.

    Raises:
        OSError: One of them does not work, although the client is still there; the message says which.
    """
    # The SDK's own transport waits for stdin after stdout is closed, and for stdout after stdin is closed.
    lowlevel = lowlevel_server(server)
    to_client, output = anyio.create_memory_object_stream[SessionMessage]()
    pipes = _Pipes(stdin, stdout)

    def begin_session() -> _Session:
        session, input_ = anyio.create_memory_object_stream[SessionMessage | Exception]()
        sessions.start_soon(lowlevel.run, input_, _SessionOutput(to_client), lowlevel.create_initialization_options())
        return session

    async def read() -> None:
        await pipes.read_loop(begin_session)
        tasks.start_soon(stop_output)

    async def stop_output() -> None:
        await anyio.sleep(SHUTDOWN_GRACE)
        output.close()  # ends also what is shielded from cancellation
        tasks.cancel_scope.cancel()

    async def write() -> None:
        async with output:
            await pipes.write_loop(output)
        tasks.cancel_scope.cancel()  # everything is written, or stdout is closed

    async with anyio.create_task_group() as tasks, to_client:
        tasks.start_soon(write)
        async with anyio.create_task_group() as sessions:
            sessions.start_soon(read)
    if pipes.broken and not is_broken_pipe(pipes.broken):
        raise pipes.broken


def is_broken_pipe(exc: OSError) -> bool:
    """Return True if a write failed because the reader is gone; Windows reports it as an invalid argument."""
    return isinstance(exc, ConnectionError) or (os.name == "nt" and exc.errno == errno.EINVAL)


class _SessionOutput:
    """The output stream of one SDK session.

    It stays open when the session closes, and shields responses from cancellation.
    """

    def __init__(self, to_client: MemoryObjectSendStream[SessionMessage]) -> None:
        self._to_client = to_client

    async def send(self, item: SessionMessage, /) -> None:
        # At the end of input the SDK cancels every request, even if its response only waits to be written.
        with anyio.CancelScope(shield=isinstance(item.message, JSONRPCResponse | JSONRPCError)):
            await self._to_client.send(item)

    async def aclose(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool | None:
        pass


class _Pipes:
    """The two pipes to the client, and the requests that are open."""

    def __init__(self, stdin: int, stdout: int) -> None:
        self.broken: OSError | None = None
        """Why one of them does not work."""
        self._stdin, self._stdout = stdin, stdout
        self._slots = anyio.Semaphore(_MAX_OPEN_REQUESTS)
        self._open_requests: Counter[str] = Counter()  # by id, which clients may use twice
        self._all_responses_sent = anyio.Event()
        self._only_discover: bool | None = None  # whether all requests were server/discover; None before the first
        self._input_has_ended = False

    async def read_loop(self, begin_session: Callable[[], _Session]) -> None:
        """Pass the client's messages to the session until stdin ends."""
        # Never closed: closing waits for the thread that reads.
        lines = open(self._stdin, "rb", closefd=False)  # noqa: ASYNC230, SIM115 - opening does not block
        session = begin_session()
        try:
            while line := await self._read_line(lines):
                try:
                    message = _parse_message(line)
                except ValueError as exc:
                    await session.send(exc)
                    continue
                match message:
                    case JSONRPCRequest(id=request, method=method):
                        if not await self._acquire_slot():
                            return
                        if self._record_request(method):
                            await self._wait_for_responses()
                            session.close()
                            session = begin_session()
                        self._open_requests[request_key(request)] += 1
                    case JSONRPCNotification(method="notifications/cancelled", params={"requestId": request}):
                        self._release_slot(request)  # it gets no response
                    case _:
                        pass
                await session.send(SessionMessage(message))
        finally:
            self._input_has_ended = True
            session.close()

    def _record_request(self, method: str) -> bool:
        """Record a request. Return True if it starts a legacy session after ``server/discover`` alone.

        Clients that wait 1 s for ``server/discover`` do this if the server starts slowly. The SDK would reject it,
        since the first request of a session decides the protocol.
        """
        if method == "ping":  # part of both protocols
            return False
        had_only_discover = self._only_discover
        self._only_discover = method == "server/discover" and had_only_discover is not False
        return method == "initialize" and had_only_discover is True

    async def _wait_for_responses(self) -> None:
        """Wait until all responses are sent, which takes milliseconds unless the client does not read."""
        if self._open_requests:
            self._all_responses_sent = anyio.Event()
            with anyio.move_on_after(SHUTDOWN_GRACE):
                await self._all_responses_sent.wait()

    async def _acquire_slot(self) -> bool:
        """Wait until another request may be open; return False if the client is gone."""
        while True:
            with anyio.move_on_after(_HANG_UP_CHECK_SECONDS):
                await self._slots.acquire()
                return True
            if _has_client_hung_up(self._stdin):
                return False

    async def _read_line(self, lines: BinaryIO) -> bytes:
        try:
            return await anyio.to_thread.run_sync(lines.readline, abandon_on_cancel=True)
        except OSError as exc:
            self._mark_broken(exc, "stdin cannot be read")
            return b""

    async def write_loop(self, output: MemoryObjectReceiveStream[SessionMessage]) -> None:
        """Write the messages of the sessions until there are no more, or stdout is closed."""
        async for each in output:
            if self._input_has_ended and not _is_completed_response(each.message):
                continue
            try:
                await anyio.to_thread.run_sync(_write_message, self._stdout, each.message, abandon_on_cancel=True)
            except OSError as exc:
                self._mark_broken(exc, "stdout cannot be written to")
                return
            if isinstance(each.message, JSONRPCResponse | JSONRPCError):
                self._release_slot(each.message.id)

    def _mark_broken(self, exc: OSError, what: str) -> None:
        logger.info("%s: %s", what, exc.strerror)
        self.broken = OSError(exc.errno, f"{what}: {exc.strerror}")

    def _release_slot(self, request: object) -> None:
        if times := self._open_requests.pop(request_key(request), 0):
            if times > 1:
                self._open_requests[request_key(request)] = times - 1
            self._slots.release()
        if not self._open_requests:
            self._all_responses_sent.set()


def _is_completed_response(message: JSONRPCMessage) -> bool:
    """Return True for a response that is not the SDK's CONNECTION_CLOSED error."""
    if isinstance(message, JSONRPCError):
        return message.error.code != CONNECTION_CLOSED
    return isinstance(message, JSONRPCResponse)


def _parse_message(line: bytes) -> JSONRPCMessage:
    """Parse a line; replace lone surrogates, which JavaScript sends and Python rejects.

    Raises:
        ValueError: It is not a JSON-RPC message.
    """
    text = line.decode("utf-8-sig", "replace")
    try:
        return jsonrpc_message_adapter.validate_json(text, by_name=False)
    except ValueError:
        repaired = LONE_SURROGATE_ESCAPE.sub(rb"\\ufffd", text.encode())
        return jsonrpc_message_adapter.validate_json(repaired, by_name=False)


def _has_client_hung_up(pipe: int) -> bool:
    """Return True if the writing end of a pipe is closed, even with data left to read; always False on Windows."""
    if sys.platform == "win32":
        return False
    poll = select.poll()
    poll.register(pipe, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


def _write_message(pipe: int, message: JSONRPCMessage) -> None:
    left = memoryview(message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
    while left:
        left = left[os.write(pipe, left) :]
