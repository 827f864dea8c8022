"""Run a client program: once to its end, or as long as it exchanges JSON lines."""

import json
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import Any, NamedTuple

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.e2e.real_clients.installations import isolated_environment

_MAX_LINE = 4 * 2**20  # bytes


class CheckFailed(Exception):
    """A client got a wrong result; the message goes into the transcript."""


class ProcessResult(NamedTuple):
    """The output and the exit status of a program."""

    out: str
    err: str
    status: int


async def run_program(command: Sequence[str], home: Path, *, statuses: Collection[int] = (0,)) -> ProcessResult:
    """Run a program to its end.

    Raises:
        CheckFailed: Its exit status is not in ``statuses``.
    """
    done = await anyio.run_process(command, check=False, stdin=DEVNULL, cwd=home, env=isolated_environment(home))
    ended = ProcessResult(done.stdout.decode(), done.stderr.decode(), done.returncode)
    if ended.status not in statuses:
        message = f"{' '.join(command)} ended with {ended.status}:\n{ended.out}{ended.err}"
        raise CheckFailed(message)
    return ended


class JsonLinesProgram:
    """A program that takes JSON-RPC requests, one per line, and may print other lines between responses."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin = process.stdin
        self._stdout = BufferedByteReceiveStream(process.stdout)
        self._last_id = 0

    async def request(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request and return its result.

        Raises:
            CheckFailed: The response is an error.
        """
        self._last_id += 1
        await self.notify({"id": self._last_id, "method": method, "params": params})
        while True:
            answer: dict[str, Any] = json.loads(await self._stdout.receive_until(b"\n", _MAX_LINE))
            if answer.get("id") == self._last_id:
                if "error" in answer:
                    message = f"{method} failed with {answer['error']}"
                    raise CheckFailed(message)
                return answer["result"]

    async def notify(self, message: dict[str, Any]) -> None:
        """Send a message that gets no response."""
        await self._stdin.send(json.dumps(message).encode() + b"\n")


@asynccontextmanager
async def start_program(command: Sequence[str], home: Path) -> AsyncGenerator[JsonLinesProgram]:
    """Start the program, and terminate it at the end."""
    async with await anyio.open_process(command, stderr=DEVNULL, cwd=home, env=isolated_environment(home)) as process:
        try:
            yield JsonLinesProgram(process)
        finally:
            process.terminate()
