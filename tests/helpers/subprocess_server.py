"""The server as a subprocess, with its pipes and signals under the test's control (POSIX)."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fcntl import ioctl
from itertools import count
from struct import unpack
from termios import FIONREAD
from typing import Any

from tests.helpers.key import KEY, TIMEOUT
from tests.helpers.stdio_server import INITIALIZE_PARAMS, SERVER, environment_without_settings

PIPE = asyncio.subprocess.PIPE


@dataclass
class ServerProcess:
    """A server that runs or has ended; messages are read in their order."""

    process: asyncio.subprocess.Process

    def __post_init__(self) -> None:
        self._ids = count(1)
        self.last_id = 0
        """The id of the newest request."""

    def send(self, method: str, params: dict[str, Any] | None = None) -> int:
        """Queue a request for stdin and return its id."""
        self.last_id = next(self._ids)
        self._write({"id": self.last_id, "method": method, "params": params or {}})
        return self.last_id

    def notify(self, method: str, params: dict[str, Any] | None = None) -> None:
        self._write({"method": method, "params": params or {}})

    def send_call(self, tool: str, **arguments: Any) -> int:
        return self.send("tools/call", {"name": tool, "arguments": arguments})

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    async def receive(self) -> dict[str, Any]:
        assert self.process.stdout
        async with asyncio.timeout(TIMEOUT):
            return json.loads(await self.process.stdout.readline())

    async def receive_until(self, id_: int) -> list[dict[str, Any]]:
        """Return all messages up to the response with this id."""
        received = [await self.receive()]
        while received[-1].get("id") != id_:
            received.append(await self.receive())
        return received

    async def read_rest(self) -> list[dict[str, Any]]:
        """Return all messages up to the end of stdout."""
        assert self.process.stdout
        async with asyncio.timeout(TIMEOUT):
            return [json.loads(line) for line in (await self.process.stdout.read()).splitlines()]

    async def call_tool(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Return the result of a call that must succeed."""
        id_ = self.send_call(tool, **arguments)
        response = await self.receive()
        assert response["id"] == id_, response
        assert not response["result"]["isError"], response
        return response["result"]

    def send_handshake(self) -> None:
        """Send the handshake without reading the response."""
        self.send("initialize", INITIALIZE_PARAMS)
        self.notify("notifications/initialized")

    def close_stdin(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()

    async def read_stderr(self) -> str:
        """Return all of stderr, once every process has closed it."""
        assert self.process.stderr
        async with asyncio.timeout(TIMEOUT):
            return (await self.process.stderr.read()).decode("utf-8", "replace")

    async def wait(self) -> int:
        async with asyncio.timeout(TIMEOUT):
            return await self.process.wait()


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail after the timeout."""
    async with asyncio.timeout(TIMEOUT):
        while not condition():  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def start_process(
    *arguments: str,
    environ: Mapping[str, str] | None = None,
    command: Sequence[str] = SERVER,
    stdout: int = PIPE,
    stderr: int = PIPE,
    unset: tuple[str, ...] = (),
    cwd: str | None = None,
    max_line: int = 2**24,
) -> AsyncGenerator[ServerProcess]:
    """Start the server, or ``command``, in this environment without the variables in ``unset``."""
    kept = {name: value for name, value in environment_without_settings().items() if name not in unset}
    process = await asyncio.create_subprocess_exec(
        *command,
        *arguments,
        stdin=PIPE,
        stdout=stdout,
        stderr=stderr,
        limit=max_line,
        cwd=cwd,
        env={**kept, "WRITER_API_KEY": KEY, **(environ or {})},
    )
    try:
        yield ServerProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def start_server(
    url: str, environ: Mapping[str, str] | None = None, **others: Any
) -> AsyncGenerator[ServerProcess]:
    """Start a server that requests ``url``, and complete the handshake."""
    async with start_process(environ={"WRITER_BASE_URL": url, **(environ or {})}, **others) as server:
        server.send_handshake()
        await server.receive()
        yield server


@asynccontextmanager
async def open_pipe() -> AsyncGenerator[tuple[int, int]]:
    """Open a pipe whose ends the test may close itself."""
    read, write = os.pipe()
    try:
        yield read, write
    finally:
        for end in (read, write):
            try:
                os.close(end)
            except OSError:
                assert end  # the test has closed it


def bytes_in(read: int) -> int:
    """Return how many bytes a pipe holds."""
    return unpack("i", ioctl(read, FIONREAD, b"    "))[0]
