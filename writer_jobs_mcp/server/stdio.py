"""One client's pipes: read no faster than answers leave, and left as soon as either of them ends."""

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

_MAX_OPEN_REQUESTS = (
    256  # requests; a client that reads no answers is heard no further, so that they cannot pile up here
)
_HANG_UP_CHECK_SECONDS = 0.25  # seconds: how soon it is seen that a client has gone which has as many open

_Session = MemoryObjectSendStream[SessionMessage | Exception]
"""Takes the client's messages to one session of the SDK, which ends when this is closed."""


def claim_stdio() -> tuple[int, int]:
    """Descriptors of stdin and stdout; what reads or prints by those names from now on gets nothing, or to stderr."""
    pipes = os.dup(0), os.dup(1)
    if sys.platform != "win32":
        for pipe in pipes:
            os.set_blocking(pipe, True)  # what is there only in time would be taken for the end
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return pipes


async def serve_stdio(server: MCPServer[Any], stdin: int, stdout: int) -> None:
    """Serve one client over two descriptors, until the first ends or the second cannot be written to.

    What waits in a thread for either is abandoned then: the process has to be left without waiting for its threads.

    Raises:
        OSError: One of them does not work, and not because the client is gone; its words say which.
    """
    # The SDK would wait for a line from a client that reads no more, and for a client to read that writes no more.
    lowlevel = lowlevel_server(server)
    to_client, said = anyio.create_memory_object_stream[SessionMessage]()
    pipes = _Pipes(stdin, stdout)

    def begin_session() -> _Session:
        session, heard = anyio.create_memory_object_stream[SessionMessage | Exception]()
        sessions.start_soon(lowlevel.run, heard, _SessionOutput(to_client), lowlevel.create_initialization_options())
        return session

    async def hear() -> None:
        await pipes.read_loop(begin_session)
        tasks.start_soon(stop_output)

    async def stop_output() -> None:
        await anyio.sleep(SHUTDOWN_GRACE)
        said.close()  # also what is shielded from cancellation
        tasks.cancel_scope.cancel()

    async def say() -> None:
        async with said:
            await pipes.write_loop(said)
        tasks.cancel_scope.cancel()  # all is said, or nobody hears it

    async with anyio.create_task_group() as tasks, to_client:
        tasks.start_soon(say)
        async with anyio.create_task_group() as sessions:
            sessions.start_soon(hear)
    if pipes.broken and not is_broken_pipe(pipes.broken):
        raise pipes.broken


def is_broken_pipe(exc: OSError) -> bool:
    """Whether what could not be written to has no reader any more, which Windows calls an invalid argument."""
    return isinstance(exc, ConnectionError) or (os.name == "nt" and exc.errno == errno.EINVAL)


class _SessionOutput:
    """A stream for one SDK session's output.

    It stays open when the session closes, and shields answers from cancellation.
    """

    def __init__(self, to_client: MemoryObjectSendStream[SessionMessage]) -> None:
        self._to_client = to_client

    async def send(self, item: SessionMessage, /) -> None:
        # At the end of input the SDK cancels every request, even one whose answer only waits to be written.
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
    def __init__(self, stdin: int, stdout: int) -> None:
        self.broken: OSError | None = None
        """Why one of them does not work, once it does not."""
        self._stdin, self._stdout = stdin, stdout
        self._slots = anyio.Semaphore(_MAX_OPEN_REQUESTS)
        self._open_requests: Counter[str] = Counter()  # by id: nothing keeps a client from using one twice
        self._all_responses_sent = anyio.Event()
        self._only_discover: bool | None = None  # whether all requests were server/discover; None before the first
        self._input_has_ended = False

    async def read_loop(self, begin_session: Callable[[], _Session]) -> None:
        """Pass on what the client sends, to the end of it."""
        # Never closed: to close it would wait for the thread that reads it.
        lines = open(self._stdin, "rb", closefd=False)  # noqa: ASYNC230, SIM115 - nothing is waited for until it is read
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
                        self._release_slot(request)  # it is not answered
                    case _:
                        pass
                await session.send(SessionMessage(message))
        finally:
            self._input_has_ended = True
            session.close()

    def _record_request(self, method: str) -> bool:
        """Record a request. Return True if it starts a legacy session after ``server/discover`` alone.

        Clients that wait 1 s for ``server/discover`` do this when the server starts slowly. The SDK would refuse it,
        since its first request fixes the protocol.
        """
        if method == "ping":  # belongs to either protocol
            return False
        had_only_discover = self._only_discover
        self._only_discover = method == "server/discover" and had_only_discover is not False
        return method == "initialize" and had_only_discover is True

    async def _wait_for_responses(self) -> None:
        """Wait until all requests so far are answered, which takes milliseconds unless the client does not read."""
        if self._open_requests:
            self._all_responses_sent = anyio.Event()
            with anyio.move_on_after(SHUTDOWN_GRACE):
                await self._all_responses_sent.wait()

    async def _acquire_slot(self) -> bool:
        """Wait until another request may be open; False where the client is gone by then."""
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

    async def write_loop(self, said: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async for each in said:
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
    """Whether it is an answer other than the SDK's CONNECTION_CLOSED error."""
    if isinstance(message, JSONRPCError):
        return message.error.code != CONNECTION_CLOSED
    return isinstance(message, JSONRPCResponse)


def _parse_message(line: bytes) -> JSONRPCMessage:
    """What a line says; half a surrogate pair, which JavaScript sends and Python cannot hold, is replaced in it.

    Raises:
        ValueError: It is no message.
    """
    said = line.decode("utf-8-sig", "replace")
    try:
        return jsonrpc_message_adapter.validate_json(said, by_name=False)
    except ValueError:
        whole = LONE_SURROGATE_ESCAPE.sub(rb"\\ufffd", said.encode())
        return jsonrpc_message_adapter.validate_json(whole, by_name=False)


def _has_client_hung_up(pipe: int) -> bool:
    """Whether nobody can write to a pipe any more, however much is still to be read; on POSIX alone it is told."""
    if sys.platform == "win32":
        return False
    look = select.poll()
    look.register(pipe, 0)
    return any(event & select.POLLHUP for _, event in look.poll(0))


def _write_message(pipe: int, message: JSONRPCMessage) -> None:
    left = memoryview(message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
    while left:
        left = left[os.write(pipe, left) :]
