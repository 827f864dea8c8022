"""Many calls, concurrent, in a row or unread: served in order, within limits, and without leaks."""

import asyncio
import gc
import json
import logging
import os
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.client._memory import InMemoryTransport  # other in-memory transports bypass the protocol

from tests.conftest import config_for
from tests.fakes.holding_writer import APPLICATION, HoldingWriter
from tests.fakes.raw_http_server import Exchange, ScriptedServer
from tests.helpers.chaos_calls import run_tool
from tests.helpers.key import KEY, MIB, TIMEOUT
from tests.helpers.mcp import structure_of
from tests.helpers.subprocess_server import ServerProcess, start_process, start_server, wait_until
from tests.helpers.tally import Tally, gate_or_full
from writer_jobs_mcp.server.build import build_server

LIMIT = 6
LOOK = {"name": "get_job_output", "arguments": {"job_id": "1"}}
TRIAGES, SMALL = 50, 150
CALLS: list[tuple[str, dict[str, Any], bool]] = [  # and whether it is an error
    ("get_job_output", {"job_id": "1"}, False),
    ("list_applications", {"limit": 50}, False),
    ("get_job_error", {"job_id": "unknown"}, True),
    ("triage_application_jobs", {"application_id": APPLICATION}, False),
    ("list_application_jobs", {"application_id": APPLICATION, "limit": 1000}, True),
    ("get_job_error", {"job_id": "2"}, False),
]


@pytest.mark.parametrize("era", ["auto", "legacy"][: gate_or_full(1, 2)])
async def test_200_concurrent_calls_are_sent_in_order_within_the_request_limit(era: str, tally: Tally) -> None:
    peer, ended = HoldingWriter(), list[str]()
    limits = {"WRITER_JOBS_CALL_BUDGET": "600", "WRITER_JOBS_CONCURRENCY": str(LIMIT)}

    async def triage(number: int) -> None:
        answer = structure_of(await client.call_tool("triage_application_jobs", {"application_id": APPLICATION}))
        assert (answer["coverage"]["jobs_read"], answer["coverage"]["complete"]) == (peer.jobs, True)
        ended.append(f"triage {number}")

    async def read_output(number: int) -> None:
        answer = structure_of(await client.call_tool("get_job_output", {"job_id": str(number)}))
        assert answer["job_id"] == str(number)
        ended.append(f"look {number}")

    async with peer.serve() as url:
        server = build_server(config_for(url, WRITER_API_KEY=KEY, **limits))
        async with Client(InMemoryTransport(server), mode=era) as client:
            await client.list_tools()  # or the client would list them after the first results, and change the order
            peer.hold_until(LIMIT)
            async with anyio.create_task_group() as tasks:
                for number in range(TRIAGES):
                    tasks.start_soon(triage, number)
                await wait_until(lambda: peer.max_in_flight == LIMIT)  # the small calls come after many triages
                for number in range(SMALL):
                    tasks.start_soon(read_output, number)
    tally.tried["calls at once"] += TRIAGES + SMALL
    tally.lost += TRIAGES + SMALL - len(ended)
    assert sorted(ended) == sorted([*(f"triage {n}" for n in range(TRIAGES)), *(f"look {n}" for n in range(SMALL))])
    assert peer.max_in_flight == LIMIT
    paths = [head.split(b" ", 2)[1].decode() for head in peer.request_heads]
    looks = [int(path.rpartition("/")[2]) for path in paths if path.startswith("/v1/applications/jobs/")]
    furthest = max(abs(place - number) for place, number in enumerate(looks))
    assert furthest <= 2 * LIMIT, "first come, first served"
    last_triage = max(place for place, each in enumerate(ended) if each.startswith("triage"))
    assert ended.index("look 0") < last_triage, "a small call does not wait for all the large ones before it"


async def ask(client: Client, tally: Tally, number: int) -> None:
    tool, arguments, is_error = CALLS[number % len(CALLS)]
    result = await run_tool(client, tally, tool, **arguments)
    assert result.is_error is is_error, result


async def test_many_calls_leak_no_objects_tasks_or_descriptors(tally: Tally, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)  # or captured records would be counted
    peer = HoldingWriter()

    async def ask_many(number: int) -> tuple[int, int, int]:
        tally.tried["calls in a row"] += number
        for each in range(number):
            await ask(client, tally, each)
        gc.collect()
        return len(gc.get_objects()), len(asyncio.all_tasks()), len(os.listdir("/dev/fd"))  # noqa: PTH208 - names do

    async with peer.serve() as url:
        server = build_server(config_for(url, WRITER_API_KEY=KEY))
        async with Client(InMemoryTransport(server)) as client:
            await ask_many(60)  # fill caches
            before = await ask_many(60)
            after = await ask_many(gate_or_full(120, 5_000))
    growth = [now - then for now, then in zip(after, before, strict=True)]
    leaked = [max(each, 0) for each in growth[1:]]  # an idle connection may have been closed meanwhile
    tally.leaked += sum(leaked)
    assert growth[0] < 1_000  # cancelled timers stay for a while
    assert leaked == [0, 0]


async def test_many_calls_to_a_server_process_leak_no_memory_threads_or_descriptors(tally: Tally) -> None:
    peer, total = HoldingWriter(), gate_or_full(180, 10_000)
    async with peer.serve() as url, start_server(url) as server:

        async def ask_many(number: int) -> None:
            tally.tried["calls in a row"] += number
            for each in range(number):
                tool, arguments, is_error = CALLS[each % len(CALLS)]
                id_ = server.send_call(tool, **arguments)
                answer = await server.receive()
                assert (answer["id"], answer["result"]["isError"]) == (id_, is_error), answer

        await ask_many(total // 3)
        memory, before = memory_of(server), open_descriptors_of(server)
        await ask_many(total)
        growth, opened = memory_of(server) - memory, open_descriptors_of(server)
    leaked = max(opened["fd"] - before["fd"], 0)  # an idle connection may have been closed meanwhile
    tally.leaked += leaked
    assert leaked == 0
    assert opened["task"] <= MAX_THREADS
    assert growth < 8 * MIB, f"{growth / MIB:.1f} MiB after {total} calls"


MAX_THREADS = 6  # main, reader, writer, logger, and up to two workers


def memory_of(server: ServerProcess) -> int:
    """Return the resident bytes."""
    return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_descriptors_of(server: ServerProcess) -> dict[str, int]:
    """Count descriptors and threads."""
    process = Path(f"/proc/{server.process.pid}")
    return {each: len(list((process / each).iterdir())) for each in ("fd", "task")}


MAX_READ_AHEAD = 300  # 256 open calls, and those whose responses the pipe holds


async def test_a_client_that_stops_reading_is_throttled_and_later_gets_every_response(tally: Tally) -> None:
    peer, total = HoldingWriter(text="word " * 300), gate_or_full(450, 10_000)
    tally.tried["calls without reading"] += total
    read, write = os.pipe()
    with os.fdopen(read, "rb") as pipe:
        async with peer.serve() as url, start_process(stdout=write, environ={"WRITER_BASE_URL": url}) as server:
            os.close(write)
            server.send_handshake()
            for _ in range(total):
                server.send(
                    "tools/call", {**LOOK, "_meta": {"padding": "x" * 2_000}}
                )  # a pipe holds only a few of these
            await wait_until(lambda: len(peer.request_heads) > 0)
            memory = memory_of(server)
            await wait_until(lambda: len(peer.request_heads) >= 256)
            await wait_until_idle(server)
            assert len(peer.request_heads) <= MAX_READ_AHEAD
            growth = memory_of(server) - memory
            assert growth < 48 * MIB, f"{growth / MIB:.1f} MiB"
            answers = asyncio.StreamReader(limit=MIB)
            await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(answers), pipe)
            got = [json.loads(await asyncio.wait_for(answers.readline(), TIMEOUT))["id"] for _ in range(total + 1)]
            tally.lost += total + 1 - len(set(got))
            assert sorted(got) == list(range(1, total + 2))
            server.close_stdin()
            assert (await server.read_stderr(), await server.wait()) == ("", 0)


async def test_end_of_input_is_noticed_while_all_request_slots_are_taken(tally: Tally) -> None:
    wire = ScriptedServer(default=Exchange.wait_for_close)  # never responds
    async with (
        wire.serve() as url,
        start_process(environ={"WRITER_BASE_URL": url, "WRITER_JOBS_CALL_BUDGET": "600"}) as server,
    ):
        server.send_handshake()
        tally.tried["calls at once"] += 300
        for _ in range(300):
            server.send("tools/call", LOOK)
        await wait_until(lambda: len(wire.request_heads) > 0)
        server.close_stdin()
        async with asyncio.timeout(TIMEOUT):  # the calls would take 600 s
            assert (await server.read_stderr(), await server.wait()) == ("", 0)


async def wait_until_idle(server: ServerProcess) -> None:
    """Wait until the server stops reading its stdin."""
    assert server.process.stdin
    left, same = -1, 0
    while same < 20:
        await asyncio.sleep(0.05)
        before, left = left, server.process.stdin.transport.get_write_buffer_size()
        same = same + 1 if left == before else 0
    assert left
