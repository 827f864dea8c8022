"""A client that sends raw lines to a server process and checks every line of its stdout."""

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import IO, Any

from mcp_types import CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY, PROTOCOL_VERSION_META_KEY

from tests.helpers.key import TIMEOUT
from tests.helpers.result_checks import parse_strict_json
from tests.helpers.stdio_server import INITIALIZE
from tests.helpers.subprocess_server import ServerProcess, start_process
from tests.helpers.tally import Tally

Message = dict[str, Any]
MODERN_META: Message = {
    PROTOCOL_VERSION_META_KEY: "2026-07-28",
    CLIENT_INFO_META_KEY: {"name": "a test", "version": "1"},
    CLIENT_CAPABILITIES_META_KEY: {},
}
"""What each request carries in the protocol without a handshake."""
MAX_LINE = 64 * 2**20


@dataclass
class RawStdioClient:
    """Lines in, responses out by their id; any other output fails the test."""

    server: ServerProcess
    tally: Tally
    era: str
    responses: dict[Any, list[Message]] = field(default_factory=dict[Any, list[Message]])
    """Unclaimed responses by request id; an id may have been used more than once."""
    _ids: "count[int]" = field(default_factory=lambda: count(1))
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _has_ended: bool = False

    async def read_loop(self) -> None:
        assert self.server.process.stdout
        async for line in self.server.process.stdout:
            self.tally.check_for_key(line.decode())
            self._record(parse_strict_json(line))
            await self._notify()
        self._has_ended = True
        await self._notify()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _record(self, message: Message) -> None:
        assert message["jsonrpc"] == "2.0"
        if "method" in message:
            assert "id" not in message, "this server sends no requests"
        else:
            assert ("result" in message) != ("error" in message), message
            self.responses.setdefault(message["id"], []).append(message)

    async def send(self, line: bytes) -> None:
        assert self.server.process.stdin
        self.server.process.stdin.write(line)
        await self.server.process.stdin.drain()

    async def response_to(self, id_: Any) -> Message:
        try:
            async with asyncio.timeout(TIMEOUT), self._changed:
                await self._changed.wait_for(lambda: id_ in self.responses or self._has_ended)
        except TimeoutError:
            self.tally.hung += 1
            raise AssertionError(f"no response to {id_!r}") from None
        assert id_ in self.responses, "stdout has ended"
        response, *rest = self.responses.pop(id_)
        if rest:
            self.responses[id_] = rest
        return response

    async def request(self, method: str, **params: Any) -> Message:
        """Send a valid request and return its response."""
        id_ = f"valid {next(self._ids)}"
        if self.era == "modern":
            params["_meta"] = MODERN_META
        message = {"jsonrpc": "2.0", "id": id_, "method": method, "params": params}
        await self.send(json.dumps(message).encode() + b"\n")
        return await self.response_to(id_)

    async def check_still_works(self) -> None:
        """Check that the next call gives its usual result."""
        response = await self.request("tools/call", name="get_job_output", arguments={"job_id": "job-0"})
        assert response["result"]["structuredContent"]["output_chars"] == 19, response


@asynccontextmanager
async def start_raw_client(url: str, tally: Tally, era: str) -> AsyncGenerator[RawStdioClient]:
    """Start a server that requests ``url``; afterwards close its stdin and check its exit status and its log."""
    environ = {"WRITER_BASE_URL": url, "NO_COLOR": "1"}
    with tempfile.TemporaryFile() as log:
        async with start_process(environ=environ, stderr=log.fileno(), max_line=MAX_LINE) as server:
            client = RawStdioClient(server, tally, era)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(client.read_loop())
                yield client
                server.close_stdin()
            assert await server.wait() == 0
        check_stderr(log, tally)


def check_stderr(log: IO[bytes], tally: Tally) -> None:
    log.seek(0)
    logged = log.read().decode()
    tally.check_for_key(logged)
    assert "Traceback" not in logged, logged
    assert "ERROR" not in logged, logged


async def initialize(client: RawStdioClient) -> Message:
    await client.send(json.dumps({**INITIALIZE, "id": "hello"}).encode() + b"\n")
    response = await client.response_to("hello")
    await client.send(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
    return response
