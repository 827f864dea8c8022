"""A server that is a process of its own, spoken to in raw lines, and every line of its answers looked at."""

import json
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import IO, Any

import anyio
from anyio.abc import ByteReceiveStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp_types import CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY, PROTOCOL_VERSION_META_KEY

from tests.helpers.key import KEY, TIMEOUT
from tests.helpers.result_checks import parse_strict_json
from tests.helpers.stdio_server import INITIALIZE, SERVER, environment_without_settings
from tests.robustness.conftest import Tally

Message = dict[str, Any]
MODERN_META: Message = {
    PROTOCOL_VERSION_META_KEY: "2026-07-28",
    CLIENT_INFO_META_KEY: {"name": "a test", "version": "1"},
    CLIENT_CAPABILITIES_META_KEY: {},
}
"""What each request brings along where there is no handshake."""
MAX_LINE = 64 * 2**20


@dataclass
class RawStdioClient:
    """What goes in and comes out; every answer is JSON-RPC, or it is no answer."""

    process: Process
    stdout: ByteReceiveStream
    tally: Tally
    era: str
    responses: dict[Any, list[Message]] = field(default_factory=dict[Any, list[Message]])
    """Not yet asked for, by the id of the request, which may have been used more than once."""
    _ids: "count[int]" = field(default_factory=lambda: count(1))
    _received: anyio.Event = field(default_factory=anyio.Event)

    async def read_loop(self) -> None:
        """Read to the end."""
        lines = BufferedByteReceiveStream(self.stdout)
        while True:
            try:
                line = await lines.receive_until(b"\n", MAX_LINE)
            except (anyio.EndOfStream, anyio.IncompleteRead):
                break
            self.tally.check_for_key(line.decode())
            self._record(parse_strict_json(line))
        self._received.set()

    def _record(self, message: Message) -> None:
        assert message["jsonrpc"] == "2.0"
        if "method" in message:
            assert "id" not in message, "this server asks nothing"
        else:
            assert ("result" in message) != ("error" in message), message
            self.responses.setdefault(message["id"], []).append(message)
        self._received.set()
        self._received = anyio.Event()

    async def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send(line)

    async def response_to(self, id_: Any) -> Message:
        with anyio.move_on_after(TIMEOUT):
            while id_ not in self.responses:
                more = self._received
                assert self.process.returncode is None, "the server is gone"
                await more.wait()
            answer, *rest = self.responses.pop(id_)
            if rest:
                self.responses[id_] = rest
            return answer
        self.tally.hung += 1
        raise AssertionError(f"{id_!r} was not answered")

    async def request(self, method: str, **params: Any) -> Message:
        """A request that is as it should be, and its answer."""
        id_ = f"in order {next(self._ids)}"
        if self.era == "modern":
            params["_meta"] = MODERN_META
        message = {"jsonrpc": "2.0", "id": id_, "method": method, "params": params}
        await self.send(json.dumps(message).encode() + b"\n")
        return await self.response_to(id_)

    async def check_still_works(self) -> None:
        """The next request is answered as if nothing had been before it."""
        answer = await self.request("tools/call", name="get_job_output", arguments={"job_id": "job-0"})
        assert answer["result"]["structuredContent"]["output_chars"] == 19, answer


@asynccontextmanager
async def start_raw_client(url: str, tally: Tally, era: str) -> AsyncGenerator[RawStdioClient]:
    """A server that asks the Writer at ``url``; at the end of its input it goes, quietly but for what it dropped."""
    environ = {**environment_without_settings(), "WRITER_API_KEY": KEY, "WRITER_BASE_URL": url, "NO_COLOR": "1"}
    with tempfile.TemporaryFile() as log:
        async with await anyio.open_process(SERVER, stdin=subprocess.PIPE, stderr=log, env=environ) as process:
            try:
                assert process.stdout is not None
                lines = RawStdioClient(process, process.stdout, tally, era)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(lines.read_loop)
                    yield lines
                    assert process.stdin is not None
                    await process.stdin.aclose()
                with anyio.fail_after(TIMEOUT):
                    assert await process.wait() == 0
            finally:
                if process.returncode is None:
                    process.kill()
        check_stderr(log, tally)


def check_stderr(log: IO[bytes], tally: Tally) -> None:
    log.seek(0)
    said = log.read().decode()
    tally.check_for_key(said)
    assert "Traceback" not in said, said
    assert "ERROR" not in said, said


async def initialize(client: RawStdioClient) -> Message:
    await client.send(json.dumps({**INITIALIZE, "id": "hello"}).encode() + b"\n")
    answer = await client.response_to("hello")
    await client.send(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
    return answer
