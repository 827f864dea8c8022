"""An unread stderr: log lines are dropped and counted, calls are answered, and the server exits."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import pytest

from tests.fakes.holding_writer import HoldingWriter
from tests.helpers.stdio_server import SERVER
from tests.helpers.subprocess_server import ServerProcess, start_process, wait_until
from tests.helpers.tally import Tally, gate_or_full

DEBUG = ("--log-level", "DEBUG")
CALLS = gate_or_full(2_000, 10_000)
A_PIPE = 2**16  # bytes that it holds
Call = tuple[str, dict[str, Any]]
PING: Call = ("ping", {})
ASK: Call = ("tools/call", {"name": "get_job_error", "arguments": {"job_id": "1"}})


@dataclass
class Log:
    """A pipe for stderr that is read only when the test reads it."""

    reading: int
    writing: int
    read: bytearray = field(default_factory=bytearray)

    def read_lines(self) -> list[str]:
        """Return all complete lines so far."""
        try:
            while part := os.read(self.reading, 2**20):
                self.read += part
        except BlockingIOError:
            pass
        return self.read.decode().split("\n")[:-1]

    def fill(self) -> None:
        """Fill the pipe."""
        os.set_blocking(self.writing, False)
        try:
            while os.write(self.writing, b"\n"):
                pass
        except BlockingIOError:
            os.set_blocking(self.writing, True)


@pytest.fixture
def log() -> Generator[Log]:
    ends = os.pipe()
    os.set_blocking(ends[0], False)
    yield Log(*ends)
    for end in ends:
        os.close(end)


@asynccontextmanager
async def logging_to(log: Log, *arguments: str, command: Sequence[str] = SERVER) -> AsyncGenerator[ServerProcess]:
    """Start a server that logs into the pipe, and complete the handshake."""
    async with (
        HoldingWriter().serve() as url,
        start_process(*arguments, environ={"WRITER_BASE_URL": url}, command=command, stderr=log.writing) as server,
    ):
        server.send_handshake()
        await server.receive()
        yield server


async def call_until_answered(server: ServerProcess, count: int, *calls: Call) -> None:
    """Send this many calls as fast as the server reads them, and read all responses."""
    assert server.process.stdin
    answered: set[int] = set()

    async def read_answers() -> None:
        for _ in range(count):
            answer = await server.receive()
            assert not answer["result"].get("isError"), answer
            answered.add(answer["id"])

    sent: set[int] = set()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(read_answers())
        for _, (method, params) in zip(range(count), cycle(calls), strict=False):
            sent.add(server.send(method, params))
            await server.process.stdin.drain()
    assert answered == sent


async def check_exits(server: ServerProcess) -> bool:
    """Return whether the server exits with 0 at the end of input."""
    server.close_stdin()
    return await server.wait() == 0


async def test_calls_are_answered_and_the_server_exits_while_stderr_is_unread(log: Log, tally: Tally) -> None:
    tally.tried["calls with an unread stderr"] += CALLS
    async with logging_to(log, *DEBUG) as server:
        await call_until_answered(server, CALLS, PING, PING, PING, PING, ASK)
        assert await check_exits(server)
    written = log.read_lines()
    assert len(log.read) > A_PIPE / 2
    assert all(" DEBUG " in line for line in written)


async def test_a_full_stderr_pipe_at_startup_blocks_nothing(log: Log, tally: Tally) -> None:
    tally.tried["calls with an unread stderr"] += 1
    log.fill()
    async with logging_to(log, *DEBUG) as server:
        await call_until_answered(server, 1, ASK)
        assert await check_exits(server)


# A library that prints, writes to stderr and warns at each request, in numbered lines.
CHATTY_PROGRAM = """
import httpx, itertools, runpy, sys, warnings
send, numbers = httpx.AsyncClient.send, itertools.count(1)
def line():
    return f"line {next(numbers)} " + "x" * 1000
async def loud(*arguments, **more):
    print(line())
    sys.stderr.write(line())
    sys.stderr.write("\\n")
    warnings.showwarning(line(), UserWarning, "library.py", 1, line="")
    return await send(*arguments, **more)
httpx.AsyncClient.send = loud
runpy.run_module("writer_jobs_mcp", run_name="__main__")
"""
LINES_A_CALL, BYTES_A_CALL = 3, 3_100
COMMAND = (sys.executable, "-c", CHATTY_PROGRAM)
NUMBERED = re.compile(r"(?:library\.py:1: UserWarning: )?line (\d+) x{1000}")
DROPPED = re.compile(
    r"writer-jobs-mcp: dropped (1(?= log line )|(?!1 )[\d,]+(?= log lines )) log lines? here: "
    r"stderr was not read fast enough\."
)


def numbers_in(lines: list[str]) -> list[int]:
    """Return the numbers of the lines; -1 for a broken line."""
    found = [NUMBERED.fullmatch(line) for line in lines if not DROPPED.fullmatch(line)]
    return [int(each[1]) if each else -1 for each in found]


def dropped_in(lines: list[str]) -> list[int]:
    return [int(found[1].replace(",", "")) for line in lines if (found := DROPPED.fullmatch(line))]


def check_accounted_for(lines: list[str]) -> int:
    return len(numbers_in(lines)) + sum(dropped_in(lines))


async def test_whole_log_lines_are_dropped_and_counted_for_every_writer(log: Log, tally: Tally) -> None:
    calls = 10 * A_PIPE // BYTES_A_CALL
    tally.tried["calls with an unread stderr"] += calls + 1
    async with logging_to(log, command=COMMAND) as server:
        await call_until_answered(server, calls, ASK)
        # The number of dropped lines is logged as soon as there is room, not with the next line.
        await wait_until(lambda: check_accounted_for(log.read_lines()) == LINES_A_CALL * calls)
        assert dropped_in(log.read_lines()) != []
        await call_until_answered(server, 1, ASK)
        assert await check_exits(server)
    lines, total = log.read_lines(), LINES_A_CALL * (calls + 1)
    assert check_accounted_for(lines) == total
    numbers = numbers_in(lines)
    assert numbers == sorted(set(numbers))
    assert numbers[-LINES_A_CALL:] == list(range(total - LINES_A_CALL + 1, total + 1))


# Writes a line that is queued, and one that does not fit into the queue.
ONE_TOO_LONG = """
import httpx, runpy, sys
send = httpx.AsyncClient.send
async def loud(*arguments, **more):
    sys.stderr.write("queued\\n")
    sys.stderr.write("x" * 2**18 + "\\n")
    return await send(*arguments, **more)
httpx.AsyncClient.send = loud
runpy.run_module("writer_jobs_mcp", run_name="__main__")
"""


async def test_a_single_dropped_line_is_reported(log: Log, tally: Tally) -> None:
    tally.tried["calls with an unread stderr"] += 1
    log.fill()
    async with logging_to(log, command=(sys.executable, "-c", ONE_TOO_LONG)) as server:
        await call_until_answered(server, 1, ASK)
        await wait_until(lambda: dropped_in(log.read_lines()) == [1])
        assert await check_exits(server)
    assert [line for line in log.read_lines() if line] == [
        "queued",
        "writer-jobs-mcp: dropped 1 log line here: stderr was not read fast enough.",
    ]


@pytest.mark.parametrize("blocks", [True, False])
async def test_a_slow_stderr_reader_loses_no_lines(log: Log, blocks: bool, tally: Tally) -> None:
    calls = 3 * A_PIPE // BYTES_A_CALL
    tally.tried["calls with an unread stderr"] += calls
    os.set_blocking(log.writing, blocks)
    async with logging_to(log, command=COMMAND) as server:
        await call_until_answered(server, calls, ASK)
        await wait_until(lambda: len(log.read_lines()) == LINES_A_CALL * calls)
        assert await check_exits(server)
    assert numbers_in(log.read_lines()) == list(range(1, LINES_A_CALL * calls + 1))
    assert os.get_blocking(log.writing) is blocks  # other processes may share the pipe or terminal


async def test_queued_log_lines_are_written_at_shutdown(log: Log, tally: Tally) -> None:
    calls = A_PIPE // 2 // BYTES_A_CALL
    tally.tried["calls with an unread stderr"] += calls
    async with logging_to(log, command=COMMAND) as server:
        await call_until_answered(server, calls, ASK)
        assert await check_exits(server)
    assert numbers_in(log.read_lines()) == list(range(1, LINES_A_CALL * calls + 1))
