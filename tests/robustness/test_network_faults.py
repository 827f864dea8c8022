"""Network faults over real sockets: the right result or one error message, in bounded time and memory."""

import json
import os
import socket
import ssl
import tracemalloc
from pathlib import Path

import anyio
import pytest
from mcp.client import Client
from mcp_types import CallToolResult

from tests.fakes.network_faults import FAULTS, MIB, OVER_BUDGET, STALLS, NetworkFault
from tests.fakes.raw_http_server import JOBS, VALID_PAGE, Exchange, ScriptedServer, http_response, send_and_close
from tests.helpers.chaos_calls import check_error, check_success, connect_client, measure_loop_time, run_tool
from tests.helpers.mcp import structure_of
from tests.helpers.tally import Tally

BUDGET = 1  # seconds
UNKNOWN_APPLICATION = {"400 Bad", "422 No", "404 Where", "405 How", "410 Gone", "a gzip bomb as an error body"}
MOST_MEMORY = 192 * MIB  # a body of 32 MiB in its several forms, and the fake server's copies


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_network_fault_ends_in_the_right_result_or_a_clear_error(fault: NetworkFault, tally: Tally) -> None:
    tally.tried["network faults"] += 1
    wire = ScriptedServer()
    wire.once(fault.behaviour)
    async with wire.serve() as url, connect_client(url) as client:
        tracemalloc.start()
        try:
            result = await run_tool(client, tally)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        if fault.outcome == "error":
            check_error(result, fault.message)
        else:
            check_success(result, tally)
        requests = len(wire.request_heads)
        if fault.name in UNKNOWN_APPLICATION:
            assert 2 <= requests <= 4  # "a" may be a job's id or a name, so both are looked up
        else:
            assert requests == (2 if fault.outcome == "retried" else 1)
        check_success(await run_tool(client, tally), tally)
    assert peak < MOST_MEMORY, f"{peak / MIB:.0f} MiB"


async def test_a_lasting_fault_is_reported_within_the_call_budget_and_the_next_call_works(tally: Tally) -> None:
    wire = ScriptedServer()
    lasting = [*(fault for fault in FAULTS if fault.outcome == "retried"), *STALLS]
    results: dict[str, tuple[CallToolResult, float]] = {}

    async def ask(client: Client, fault: NetworkFault, application: str) -> None:
        tally.tried["lasting faults"] += 1
        wire.always(fault.behaviour, application)
        started = clock.seconds
        results[fault.name] = await run_tool(client, tally, application_id=application), clock.seconds - started

    async with (
        wire.serve() as url,
        connect_client(url, WRITER_JOBS_CALL_BUDGET=str(BUDGET), WRITER_JOBS_CONCURRENCY="16") as client,
        measure_loop_time() as clock,
    ):
        for start in range(0, len(lasting), 12):  # fewer than may be in flight, so that none waits for another
            async with anyio.create_task_group() as tasks:
                for number, fault in enumerate(lasting[start : start + 12], start):
                    tasks.start_soon(ask, client, fault, f"lasting-{number}")
        check_success(await run_tool(client, tally), tally)
    for fault in lasting:
        result, seconds = results[fault.name]
        # On a busy machine the call may time out before its request does.
        check_error(result, fault.message, OVER_BUDGET, "took longer than the call budget of 1 s. Call again.")
        tally.hung += seconds > BUDGET + 1
        assert seconds < BUDGET + 1, fault.name


async def test_a_refused_connection_is_reported(unused_url: str, tally: Tally) -> None:
    tally.tried["failed connections"] += 1
    async with connect_client(unused_url, WRITER_JOBS_CALL_BUDGET="1") as client:
        check_error(await run_tool(client, tally), "no connection could be made (127.0.0.1)")


async def test_an_unknown_host_name_is_reported(tally: Tally) -> None:
    tally.tried["failed connections"] += 1
    async with connect_client("https://writer.invalid", WRITER_JOBS_CALL_BUDGET="1") as client:
        check_error(await run_tool(client, tally), "its host name could not be resolved (writer.invalid)", OVER_BUDGET)


async def test_a_server_without_tls_never_receives_the_key(tally: Tally) -> None:
    tally.tried["failed connections"] += 1
    wire = ScriptedServer()
    async with (
        wire.serve() as url,
        connect_client(url.replace("http:", "https:"), WRITER_JOBS_CALL_BUDGET="1") as client,
    ):
        check_error(await run_tool(client, tally), "the TLS handshake failed")
    assert {head[:2] for head in wire.request_heads} == {b"\x16\x03"}, "only the TLS ClientHello"


async def test_an_untrusted_certificate_is_reported_without_a_retry(certified: ssl.SSLContext, tally: Tally) -> None:
    tally.tried["failed connections"] += 1
    wire = ScriptedServer()
    async with wire.serve(certified) as url, connect_client(url) as client:
        check_error(await run_tool(client, tally), "The TLS certificate of 127.0.0.1 is not trusted here.")
    assert wire.request_heads == []


async def send_plain_bytes(exchange: Exchange) -> None:
    """Send plain bytes into the TLS connection, as a broken middlebox does."""
    connection: socket.socket = exchange.writer.get_extra_info("socket")
    os.write(connection.fileno(), http_response(b"a middlebox", "502 Bad Gateway"))
    await exchange.wait_for_close()


async def test_a_tls_failure_after_the_handshake_is_retried_then_reported(
    authority: Path, certified: ssl.SSLContext, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    wire = ScriptedServer()
    wire.once(send_plain_bytes)
    tally.tried["network faults"] += 1
    async with wire.serve(certified) as url, connect_client(url) as client:
        check_success(await run_tool(client, tally), tally)
        wire.default = send_plain_bytes
        tally.tried["lasting faults"] += 1
        check_error(await run_tool(client, tally, "get_job_output", job_id="j"), "the TLS handshake failed (127.0.0.1)")


async def test_a_server_that_requires_a_client_certificate_is_reported(
    authority: Path, certified: ssl.SSLContext, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    certified.verify_mode = ssl.CERT_REQUIRED  # which TLS 1.3 asserts after the client's handshake is done
    tally.tried["failed connections"] += 1
    async with ScriptedServer().serve(certified) as url, connect_client(url, WRITER_JOBS_CALL_BUDGET="1") as client:
        check_error(await run_tool(client, tally), "the TLS handshake failed", OVER_BUDGET, "it closed the connection")


async def test_a_tls_failure_during_one_retry_keeps_the_outcome_of_the_others(
    authority: Path, certified: ssl.SSLContext, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))

    async def behave(exchange: Exchange) -> None:
        if exchange.head.startswith(b"GET"):
            await exchange.send(http_response(json.dumps(JOBS[b"job-1" in exchange.head]).encode()))
        elif b"job-1" in exchange.head:
            await send_plain_bytes(exchange)
        else:
            await exchange.send(http_response(b'{"id": "job-0"}', "202 Accepted"))

    wire = ScriptedServer(default=behave)
    tally.tried["network faults"] += 1
    async with wire.serve(certified) as url, connect_client(url, WRITER_JOBS_ALLOW_RETRY="true") as client:
        result = await run_tool(client, tally, "retry_jobs", job_ids=["job-0", "job-1"], dry_run=False)
    outcomes = {row["job_id"]: row["outcome"] for row in structure_of(result)["jobs"]}
    assert outcomes == {"job-0": "accepted", "job-1": "unknown"}


async def test_cookies_are_not_stored(tally: Tally) -> None:
    wire = ScriptedServer()
    wire.always(
        send_and_close(
            http_response(VALID_PAGE, "200 OK", *(f"Set-Cookie: c{n}={'x' * 3_000}; Path=/" for n in range(20)))
        )
    )
    tally.tried["network faults"] += 1
    async with wire.serve() as url, connect_client(url) as client:
        for _ in range(3):
            check_success(await run_tool(client, tally), tally)
    assert [head for head in wire.request_heads if b"cookie" in head.lower()] == []


async def test_a_403_counts_even_if_its_body_is_cut_off(tally: Tally) -> None:
    wire = ScriptedServer()
    wire.always(send_and_close(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 500\r\n\r\n{"))
    tally.tried["network faults"] += 1
    async with wire.serve() as url, connect_client(url) as client:
        check_error(await run_tool(client, tally), "The API key may not see application")
    assert len(wire.request_heads) == 1


async def test_a_certificate_of_a_trusted_authority_is_accepted(
    authority: Path, certified: ssl.SSLContext, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with ScriptedServer().serve(certified) as url, connect_client(url) as client:
        check_success(await run_tool(client, tally), tally)
