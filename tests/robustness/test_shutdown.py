"""Shutdown: however it starts, the server exits soon and silently, and its requests to Writer end."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes.holding_writer import APPLICATION, HoldingWriter, HoldPoint
from tests.helpers.key import TIMEOUT
from tests.helpers.stdio_server import SERVER
from tests.helpers.subprocess_server import ServerProcess, bytes_in, open_pipe, start_process, start_server, wait_until
from tests.helpers.tally import Tally, gate_or_full

Way = Callable[[ServerProcess], None]
WAYS: dict[str, tuple[Way, int]] = {
    "end of input": (ServerProcess.close_stdin, 0),
    "SIGTERM": (lambda server: server.process.send_signal(signal.SIGTERM), -signal.SIGTERM),
    "SIGINT": (lambda server: server.process.send_signal(signal.SIGINT), -signal.SIGINT),
    "SIGHUP": (lambda server: server.process.send_signal(signal.SIGHUP), -signal.SIGHUP),
    "SIGKILL": (lambda server: server.process.send_signal(signal.SIGKILL), -signal.SIGKILL),
}
MOMENTS: list[tuple[HoldPoint, int]] = [  # `make test` uses the first
    ("in the body", 1),
    ("before the head", 0),
    ("before the head", 1),
    ("before another try", 1),
    ("while it asks to wait", 0),
]


@asynccontextmanager
async def scanning(server: ServerProcess, peer: HoldingWriter, moment: tuple[HoldPoint, int]) -> AsyncGenerator[None]:
    """Start a triage; after the block, check that stderr is empty and no request is left."""
    peer.hold(*moment)
    server.send_call("triage_application_jobs", application_id=APPLICATION)
    async with asyncio.timeout(TIMEOUT):
        await peer.is_held.wait()
    yield
    assert await server.read_stderr() == ""
    await wait_until(lambda: not peer.in_flight)


@pytest.mark.parametrize("moment", MOMENTS[: gate_or_full(1, len(MOMENTS))])
@pytest.mark.parametrize("way", list(WAYS)[: gate_or_full(3, len(WAYS))])
async def test_the_server_exits_during_a_scan(way: str, moment: tuple[HoldPoint, int], tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    stop, status = WAYS[way]
    peer = HoldingWriter(jobs=1000)
    async with peer.serve() as url, start_server(url) as server:
        async with scanning(server, peer, moment):
            stop(server)
        assert await server.wait() == status


@pytest.mark.parametrize("moment", MOMENTS[: gate_or_full(1, len(MOMENTS))])
async def test_the_server_exits_when_stdout_is_closed(moment: tuple[HoldPoint, int], tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    peer = HoldingWriter(jobs=1000)
    async with (
        peer.serve() as url,
        open_pipe() as (read, write),
        start_process(stdout=write, environ={"WRITER_BASE_URL": url}) as server,
    ):
        server.send_handshake()
        async with scanning(server, peer, moment):
            os.close(write)
            os.close(read)
            server.send("ping")  # it notices when it writes the response; stdin stays open
        assert await server.wait() == 0


async def test_the_server_exits_at_the_end_of_input_while_stdout_is_full(tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    async with open_pipe() as (read, write), start_process("--sandbox", stdout=write) as server:
        server.send_handshake()
        for _ in range(20):
            server.send("tools/list")  # each response fills a good part of the pipe
        await wait_until(lambda: bytes_in(read) > 40_000)
        server.close_stdin()
        assert (await server.read_stderr(), await server.wait()) == ("", 0)


async def test_a_failed_write_to_stdout_is_explained_on_stderr(tmp_path: Path, tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    command = ("sh", "-c", 'ulimit -f 0; exec "$@" > "$0"', str(tmp_path / "answers"), *SERVER)
    async with start_process(command=command) as server:
        server.send_handshake()  # stdin stays open
        assert await server.read_stderr() == "writer-jobs-mcp: stdout cannot be written to: File too large.\n"
        assert await server.wait() == 1


# A client that starts the server and sends it each line of its own input.
CLIENT = """
import subprocess, sys
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for line in sys.stdin.buffer:
    server.stdin.write(line)
    server.stdin.flush()
"""


# `make test` uses the first.
@pytest.mark.parametrize("moment", [*MOMENTS, None][: gate_or_full(1, len(MOMENTS) + 1)])
async def test_the_server_exits_when_its_parent_is_killed(moment: tuple[HoldPoint, int] | None, tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    peer = HoldingWriter(jobs=1000)
    client = (sys.executable, "-c", CLIENT, *SERVER)
    async with peer.serve() as url:
        if moment:
            async with start_process(command=client, environ={"WRITER_BASE_URL": url}) as starter:
                starter.send_handshake()
                async with scanning(starter, peer, moment):
                    starter.process.kill()  # only the server still has its stderr open
        else:
            async with start_process("demo") as demo:
                assert demo.process.stdout
                await demo.process.stdout.readline()
                demo.process.kill()
                assert await demo.read_stderr() == ""


# A resolver that never returns, as one whose servers are unreachable.
SILENT_RESOLVER = """
import runpy, socket, sys, time
def silence(host, *others, **more):
    print("looking up", host, file=sys.stderr, flush=True)
    time.sleep(600)
socket.getaddrinfo = silence
runpy.run_module("writer_jobs_mcp", run_name="__main__")
"""


async def test_the_server_exits_during_a_host_name_lookup(tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    command = (sys.executable, "-c", SILENT_RESOLVER)
    async with start_process(command=command, environ={"WRITER_BASE_URL": "https://writer.invalid"}) as server:
        server.send_handshake()
        server.send_call("list_applications")
        assert server.process.stderr
        await server.process.stderr.readline()
        server.close_stdin()
        assert (await server.read_stderr(), await server.wait()) == ("", 0)
