"""The server as a subprocess whose pipes and signals are in the test's own hands."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.helpers.key import KEY, TIMEOUT
from tests.helpers.stdio_server import INITIALIZE_PARAMS, SERVER

PIPE = asyncio.subprocess.PIPE


@dataclass
class ServerProcess:
    """One that runs, or has run."""

    process: asyncio.subprocess.Process

    def __post_init__(self) -> None:
        self._ids = count(1)
        self.last_id = 0
        """The id of the newest request."""

    def send(self, method: str, params: dict[str, Any] | None = None) -> int:
        """Send a request, as soon as the pipe takes it; its id."""
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
        """All messages up to the answer to one request."""
        received = [await self.receive()]
        while received[-1].get("id") != id_:
            received.append(await self.receive())
        return received

    async def read_rest(self) -> list[dict[str, Any]]:
        """All messages up to the end of stdout."""
        assert self.process.stdout
        async with asyncio.timeout(TIMEOUT):
            return [json.loads(line) for line in (await self.process.stdout.read()).splitlines()]

    async def call_tool(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The result of a call that is not an error."""
        id_ = self.send_call(tool, **arguments)
        answer = await self.receive()
        assert answer["id"] == id_, answer
        assert not answer["result"]["isError"], answer
        return answer["result"]

    def send_handshake(self) -> None:
        """The handshake, with nobody waiting for the answer."""
        self.send("initialize", INITIALIZE_PARAMS)
        self.notify("notifications/initialized")

    def close_stdin(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()

    async def read_stderr(self) -> str:
        """All that was written to stderr, once nobody has it open any more."""
        assert self.process.stderr
        async with asyncio.timeout(TIMEOUT):
            return (await self.process.stderr.read()).decode("utf-8", "replace")

    async def wait(self) -> int:
        async with asyncio.timeout(TIMEOUT):
            return await self.process.wait()


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what happens elsewhere; nothing may take longer than a while."""
    async with asyncio.timeout(TIMEOUT):
        while not condition():  # noqa: ASYNC110 - what happens in a process sets no event
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
) -> AsyncGenerator[ServerProcess]:
    """This program, or ``command`` in its place, in this environment less what it is to be ``without``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WRITER_") and name not in unset}
    process = await asyncio.create_subprocess_exec(
        *command,
        *arguments,
        stdin=PIPE,
        stdout=stdout,
        stderr=stderr,
        limit=2**24,
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
    """A server that asks the peer at ``url``, after the handshake."""
    async with start_process(environ={"WRITER_BASE_URL": url, **(environ or {})}, **others) as server:
        server.send_handshake()
        await server.receive()
        yield server
