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

from tests.e2e.test_stdio import INITIALIZE, SERVER, clean_environment
from tests.helpers.key import KEY, TIMEOUT
from tests.helpers.result_checks import strictly_read
from tests.robustness.conftest import Tally

Message = dict[str, Any]
MODERN: Message = {
    PROTOCOL_VERSION_META_KEY: "2026-07-28",
    CLIENT_INFO_META_KEY: {"name": "a test", "version": "1"},
    CLIENT_CAPABILITIES_META_KEY: {},
}
"""What each request brings along where there is no handshake."""
LONGEST_LINE = 64 * 2**20


@dataclass
class Lines:
    """What goes in and comes out; every answer is JSON-RPC, or it is no answer."""

    process: Process
    stdout: ByteReceiveStream
    tally: Tally
    era: str
    answers: dict[Any, list[Message]] = field(default_factory=dict[Any, list[Message]])
    """Not yet asked for, by the id of the request, which may have been used more than once."""
    _ids: "count[int]" = field(default_factory=lambda: count(1))
    _more: anyio.Event = field(default_factory=anyio.Event)

    async def read(self) -> None:
        """Read to the end."""
        lines = BufferedByteReceiveStream(self.stdout)
        while True:
            try:
                line = await lines.receive_until(b"\n", LONGEST_LINE)
            except (anyio.EndOfStream, anyio.IncompleteRead):
                break
            self.tally.read(line.decode())
            self._take(strictly_read(line))
        self._more.set()

    def _take(self, message: Message) -> None:
        assert message["jsonrpc"] == "2.0"
        if "method" in message:
            assert "id" not in message, "this server asks nothing"
        else:
            assert ("result" in message) != ("error" in message), message
            self.answers.setdefault(message["id"], []).append(message)
        self._more.set()
        self._more = anyio.Event()

    async def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send(line)

    async def answer_to(self, id_: Any) -> Message:
        with anyio.move_on_after(TIMEOUT):
            while id_ not in self.answers:
                more = self._more
                assert self.process.returncode is None, "the server is gone"
                await more.wait()
            answer, *rest = self.answers.pop(id_)
            if rest:
                self.answers[id_] = rest
            return answer
        self.tally.hung += 1
        raise AssertionError(f"{id_!r} was not answered")

    async def ask(self, method: str, **params: Any) -> Message:
        """A request that is as it should be, and its answer."""
        id_ = f"in order {next(self._ids)}"
        if self.era == "modern":
            params["_meta"] = MODERN
        message = {"jsonrpc": "2.0", "id": id_, "method": method, "params": params}
        await self.send(json.dumps(message).encode() + b"\n")
        return await self.answer_to(id_)

    async def check_in_order(self) -> None:
        """The next request is answered as if nothing had been before it."""
        answer = await self.ask("tools/call", name="get_job_output", arguments={"job_id": "job-0"})
        assert answer["result"]["structuredContent"]["output_chars"] == 19, answer


@asynccontextmanager
async def spoken_to(url: str, tally: Tally, era: str) -> AsyncGenerator[Lines]:
    """A server that asks the Writer at ``url``; at the end of its input it goes, quietly but for what it dropped."""
    environ = {**clean_environment(), "WRITER_API_KEY": KEY, "WRITER_BASE_URL": url, "NO_COLOR": "1"}
    with tempfile.TemporaryFile() as log:
        async with await anyio.open_process(SERVER, stdin=subprocess.PIPE, stderr=log, env=environ) as process:
            try:
                assert process.stdout is not None
                lines = Lines(process, process.stdout, tally, era)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(lines.read)
                    yield lines
                    assert process.stdin is not None
                    await process.stdin.aclose()
                with anyio.fail_after(TIMEOUT):
                    assert await process.wait() == 0
            finally:
                if process.returncode is None:
                    process.kill()
        check_complaints(log, tally)


def check_complaints(log: IO[bytes], tally: Tally) -> None:
    log.seek(0)
    said = log.read().decode()
    tally.read(said)
    assert "Traceback" not in said, said
    assert "ERROR" not in said, said


async def shake_hands(lines: Lines) -> Message:
    await lines.send(json.dumps({**INITIALIZE, "id": "hello"}).encode() + b"\n")
    answer = await lines.answer_to("hello")
    await lines.send(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
    return answer
