"""Sessions: a client may fall back to an older protocol, and may close stdin at any time."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from mcp_types import INVALID_REQUEST, PROTOCOL_VERSION_META_KEY, UNSUPPORTED_PROTOCOL_VERSION

from tests.fakes.holding_writer import APPLICATION, HoldingWriter
from tests.helpers.key import MIB, TIMEOUT
from tests.helpers.raw_stdio_client import MODERN_META
from tests.helpers.stdio_server import INITIALIZE_PARAMS
from tests.helpers.subprocess_server import ServerProcess, bytes_in, open_pipe, start_process, start_server, wait_until
from tests.helpers.tally import Tally, gate_or_full
from writer_jobs_mcp.server.resources import APPLICATIONS_URI

DISCOVER = "server/discover"
MODERN_PARAMS: dict[str, Any] = {"_meta": MODERN_META}
UNKNOWN_VERSION: dict[str, Any] = {"_meta": {**MODERN_META, PROTOCOL_VERSION_META_KEY: "2099-01-01"}}
LOOK: dict[str, Any] = {"name": "get_job_error", "arguments": {"job_id": "1"}}
REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]


def discover(server: ServerProcess) -> None:
    server.send(DISCOVER, MODERN_PARAMS)


def discover_and_cancel(server: ServerProcess) -> None:
    number = server.send(DISCOVER, MODERN_PARAMS)
    server.notify("notifications/cancelled", {"requestId": number, "reason": "timed out"})


PROBES: dict[str, tuple[Callable[[ServerProcess], object], ...]] = {
    "one discover": (discover,),
    "two discovers": (discover, discover),
    "a discover and a ping": (discover, lambda server: server.send("ping")),
    "a ping and a discover": (lambda server: server.send("ping"), discover),
    "a discover and a notification": (discover, lambda server: server.notify("notifications/initialized")),
    "a discover of an unknown version": (lambda server: server.send(DISCOVER, UNKNOWN_VERSION),),
    "a discover without an envelope": (lambda server: server.send(DISCOVER),),
}


async def check_session(server: ServerProcess) -> None:
    """Check that requests after the handshake are answered, and one of the other era is rejected."""
    server.notify("notifications/initialized")
    assert (await server.call_tool("get_job_error", job_id="1"))["structuredContent"]["job_id"] == "1"
    server.send("resources/read", {"uri": APPLICATIONS_URI})
    assert (await server.receive())["result"]["contents"]
    server.send("tools/call", {**LOOK, **MODERN_PARAMS})
    assert (await server.receive())["error"]["code"] == INVALID_REQUEST
    server.send("initialize", INITIALIZE_PARAMS)
    assert "serverInfo" in (await server.receive())["result"]
    assert (await server.call_tool("get_job_error", job_id="1"))["structuredContent"]["job_id"] == "1"


async def check_end(server: ServerProcess) -> None:
    """Close stdin; check that nothing more is written and the server exits with 0."""
    server.close_stdin()
    assert (await server.read_rest(), await server.read_stderr(), await server.wait()) == ([], "", 0)


@pytest.mark.parametrize(
    ("probe", "waits"),
    [
        *((probe, False) for probe in list(PROBES)[: gate_or_full(4, len(PROBES))]),
        *((probe, True) for probe in list(PROBES)[: gate_or_full(2, len(PROBES))]),
    ],
)
async def test_initialize_after_server_discover_begins_a_session(probe: str, waits: bool, tally: Tally) -> None:
    tally.tried["session starts"] += 1
    async with HoldingWriter().serve() as url, start_process(environ={"WRITER_BASE_URL": url}) as server:
        for send in PROBES[probe]:
            send(server)
        answers = await server.receive_until(server.last_id) if waits else []
        handshake = server.send("initialize", INITIALIZE_PARAMS)
        answers += await server.receive_until(handshake)
        assert [answer["id"] for answer in answers] == list(range(1, handshake + 1)), "each is answered once"
        assert answers[-1]["result"]["protocolVersion"] == INITIALIZE_PARAMS["protocolVersion"]
        await check_session(server)
        await check_end(server)


@pytest.mark.parametrize("revision", REVISIONS[: gate_or_full(1, len(REVISIONS))])
async def test_a_client_can_fall_back_to_every_older_revision(revision: str, tally: Tally) -> None:
    tally.tried["session starts"] += 1
    async with HoldingWriter().serve() as url, start_process(environ={"WRITER_BASE_URL": url}) as server:
        discover(server)
        handshake = server.send("initialize", {**INITIALIZE_PARAMS, "protocolVersion": revision})
        answers = await server.receive_until(handshake)
        assert answers[-1]["result"]["protocolVersion"] == revision
        await check_session(server)


async def test_a_cancelled_server_discover_does_not_delay_the_session(tally: Tally) -> None:
    tally.tried["session starts"] += 1
    async with HoldingWriter().serve() as url, start_process(environ={"WRITER_BASE_URL": url}) as server:
        discover_and_cancel(server)
        handshake = server.send("initialize", INITIALIZE_PARAMS)
        answers = await server.receive_until(handshake)
        assert [answer["id"] for answer in answers] in ([1, handshake], [handshake])
        await check_session(server)
        await check_end(server)


async def test_only_a_handshake_with_a_version_is_accepted_after_server_discover(
    tally: Tally,
) -> None:
    tally.tried["session starts"] += 1
    async with HoldingWriter().serve() as url, start_process(environ={"WRITER_BASE_URL": url}) as server:
        discover(server)
        server.send("initialize")
        answers = await server.receive_until(2)
        assert ["error" in answer for answer in answers] == [False, True]
        server.send("initialize", INITIALIZE_PARAMS)
        assert "serverInfo" in (await server.receive())["result"]
        await check_session(server)


async def test_initialize_after_any_other_modern_request_is_refused(tally: Tally) -> None:
    tally.tried["session starts"] += 1
    async with HoldingWriter().serve() as url, start_process(environ={"WRITER_BASE_URL": url}) as server:
        for method, params in ((DISCOVER, {}), ("tools/call", LOOK), (DISCOVER, {})):
            server.send(method, {**params, **MODERN_PARAMS})
            assert "result" in await server.receive()
        for _ in range(2):
            server.send("initialize", INITIALIZE_PARAMS)
            assert (await server.receive())["error"]["code"] == UNSUPPORTED_PROTOCOL_VERSION
        server.send("tools/call", {**LOOK, **MODERN_PARAMS})
        assert (await server.receive())["result"]["isError"] is False
        await check_end(server)


async def test_a_client_that_reads_late_gets_each_response_of_both_sessions_once(tally: Tally) -> None:
    tally.tried["session starts"] += 1
    async with (
        HoldingWriter().serve() as url,
        open_pipe() as (read, write),
        start_process(stdout=write, environ={"WRITER_BASE_URL": url}) as server,
    ):
        for _ in range(250):
            discover(server)
        await wait_until(
            lambda: bytes_in(read) > 30_000
        )  # the pipe holds hardly more: each response starts a new page of it
        handshake = server.send("initialize", INITIALIZE_PARAMS)
        last = server.send_call("get_job_error", job_id="1")
        os.close(write)
        answers = await lines_from(read, last)
        assert sorted(answer["id"] for answer in answers) == list(range(1, last + 1))
        by_id = {answer["id"]: answer for answer in answers}
        assert "result" in by_id[handshake]
        assert by_id[last]["result"]["isError"] is False


async def test_falling_back_frees_all_request_slots(tally: Tally) -> None:
    tally.tried["session starts"] += 1
    peer = HoldingWriter()
    async with peer.serve() as url, start_process(environ={"WRITER_BASE_URL": url}) as server:
        for _ in range(200):
            discover(server)
        await server.receive_until(server.send("initialize", INITIALIZE_PARAMS))
        server.notify("notifications/initialized")
        peer.hold("before the head")
        for _ in range(255):
            server.send("tools/call", LOOK)
        ping = server.send("ping")  # the last free slot
        assert (await server.receive())["id"] == ping
        await check_end(server)


CALLS: dict[str, dict[str, Any]] = {
    "a triage": {"name": "triage_application_jobs", "arguments": {"application_id": APPLICATION}},
    "a small call": LOOK,
}


@pytest.mark.parametrize("call", list(CALLS)[: gate_or_full(1, len(CALLS))])
@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_calls_still_open_at_the_end_of_input_get_no_response(era: str, call: str, tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    peer = HoldingWriter(jobs=1000)
    async with peer.serve() as url, start_process(environ={"WRITER_BASE_URL": url}) as server:
        await begin(server, era)
        peer.hold("before the head")
        for _ in range(5):
            server.send("tools/call", {**CALLS[call], **(MODERN_PARAMS if era == "modern" else {})})
        await wait_until(lambda: peer.in_flight >= 5)
        await check_end(server)
        await wait_until(lambda: not peer.in_flight)


@pytest.mark.parametrize("number", [300, 256][: gate_or_full(1, 2)])
async def test_no_output_at_shutdown_with_the_maximum_of_open_calls(number: int, tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    peer = HoldingWriter()
    async with peer.serve() as url, start_server(url) as server:
        peer.hold("before the head")
        for _ in range(number):
            server.send("tools/call", LOOK)
        await wait_until(lambda: peer.in_flight > 0)
        await check_end(server)


async def test_an_open_elicitation_is_dropped_at_the_end_of_input(tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    allowed = {"WRITER_JOBS_ALLOW_RETRY": "true"}
    async with HoldingWriter().serve() as url, start_process(environ={"WRITER_BASE_URL": url, **allowed}) as server:
        server.send("initialize", {**INITIALIZE_PARAMS, "capabilities": {"elicitation": {}}})
        await server.receive()
        server.notify("notifications/initialized")
        server.send_call("retry_jobs", job_ids=["1"], dry_run=False)
        assert (await server.receive())["method"] == "elicitation/create"
        await check_end(server)


async def test_queued_responses_are_written_after_the_end_of_input(tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    async with open_pipe() as (read, write), start_process("--sandbox", stdout=write) as server:
        server.send_handshake()
        for _ in range(20):
            server.send("tools/list")
        await wait_until(lambda: bytes_in(read) > 40_000)
        server.close_stdin()
        os.close(write)
        answers = await lines_from(read, server.last_id)
        assert [answer["id"] for answer in answers] == list(range(1, server.last_id + 1))
        assert (await server.read_stderr(), await server.wait()) == ("", 0)


ANSWERED_WITHOUT_WRITER: list[tuple[str, dict[str, Any]]] = [
    ("prompts/get", {"name": "explain_job_failure", "arguments": {"job_id": "1"}}),
    ("tools/call", {"name": "get_job_error", "arguments": {}}),
    ("tools/list", {}),
]


@pytest.mark.parametrize("era", ["legacy", "modern", "fallen back"])
async def test_requests_sent_together_with_the_end_of_input_are_answered(era: str, tally: Tally) -> None:
    tally.tried["shutdowns"] += 1
    async with start_process("--sandbox") as server:
        if era == "fallen back":
            discover(server)
        if era != "modern":
            server.send_handshake()
        for _ in range(10):
            for method, params in ANSWERED_WITHOUT_WRITER:
                server.send(method, {**params, **(MODERN_PARAMS if era == "modern" else {})})
        server.close_stdin()
        answers = await server.read_rest()
        assert Counter(answer["id"] for answer in answers) == Counter(range(1, server.last_id + 1))
        assert all("result" in answer for answer in answers)
        assert (await server.read_stderr(), await server.wait()) == ("", 0)


async def begin(server: ServerProcess, era: str) -> None:
    if era == "modern":
        discover(server)
    else:
        server.send_handshake()
    await server.receive()


async def lines_from(read: int, number: int) -> list[dict[str, Any]]:
    """Read this many messages from a pipe."""
    answers = asyncio.StreamReader(limit=MIB)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(answers), os.fdopen(os.dup(read), "rb")
    )
    try:
        return [json.loads(await asyncio.wait_for(answers.readline(), TIMEOUT)) for _ in range(number)]
    finally:
        transport.close()
