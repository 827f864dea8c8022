"""Faults on the wire, over real sockets: the right answer or one sentence, in bounded time and memory."""

import ssl
import time
import tracemalloc
from pathlib import Path

import anyio
import pytest
from mcp.client import Client
from mcp_types import CallToolResult

from tests.chaos.asking import asked, call, check_right, check_told
from tests.chaos.conftest import Tally
from tests.chaos.faults import MIB, ONCE, OVER, SLOW, Fault
from tests.chaos.wire import Wire

BUDGET = 1  # seconds
MOST_MEMORY = 192 * MIB  # an answer of 32 MiB in its several forms, and the peer's own copies


@pytest.mark.parametrize("fault", ONCE, ids=lambda fault: fault.name)
async def test_a_fault_ends_in_the_right_answer_or_in_a_sentence(fault: Fault, tally: Tally) -> None:
    tally.tried["faults on the wire"] += 1
    wire = Wire()
    wire.once(fault.behaviour)
    async with wire.served() as url, asked(url) as client:
        tracemalloc.start()
        try:
            result = await call(client, tally)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        if fault.outcome == "told":
            check_told(result, fault.words)
        else:
            check_right(result, tally)
        assert len(wire.heads) == (2 if fault.outcome == "retried" else 1)
        check_right(await call(client, tally), tally)
    assert peak < MOST_MEMORY, f"{peak / MIB:.0f} MiB"


async def test_a_fault_that_stays_is_told_within_the_call_budget_and_the_next_call_works(tally: Tally) -> None:
    wire = Wire()
    lasting = [*(fault for fault in ONCE if fault.outcome == "retried"), *SLOW]
    results: dict[str, tuple[CallToolResult, float]] = {}

    async def ask(client: Client, fault: Fault, application: str) -> None:
        tally.tried["faults that stay"] += 1
        wire.for_ever(fault.behaviour, application)
        started = time.monotonic()
        results[fault.name] = await call(client, tally, application_id=application), time.monotonic() - started

    async with (
        wire.served() as url,
        asked(url, WRITER_JOBS_CALL_BUDGET=str(BUDGET), WRITER_JOBS_CONCURRENCY="16") as client,
    ):
        for start in range(0, len(lasting), 12):  # fewer than may be in flight, so that none waits for another
            async with anyio.create_task_group() as tasks:
                for number, fault in enumerate(lasting[start : start + 12], start):
                    tasks.start_soon(ask, client, fault, f"lasting-{number}")
        check_right(await call(client, tally), tally)
    for fault in lasting:
        result, seconds = results[fault.name]
        check_told(result, fault.words, OVER)
        tally.hung += seconds > BUDGET + 1
        assert seconds < BUDGET + 1, fault.name


async def test_nobody_there_is_told(unused_url: str, tally: Tally) -> None:
    tally.tried["ways of not being there"] += 1
    async with asked(unused_url, WRITER_JOBS_CALL_BUDGET="1") as client:
        check_told(await call(client, tally), "it could not be connected to (127.0.0.1)")


async def test_a_name_that_nobody_has_is_told(tally: Tally) -> None:
    tally.tried["ways of not being there"] += 1
    async with asked("https://writer.invalid", WRITER_JOBS_CALL_BUDGET="1") as client:
        check_told(await call(client, tally), "it could not be found under its name (writer.invalid)", OVER)


async def test_a_peer_without_tls_never_sees_the_key(tally: Tally) -> None:
    tally.tried["ways of not being there"] += 1
    wire = Wire()
    async with wire.served() as url, asked(url.replace("http:", "https:"), WRITER_JOBS_CALL_BUDGET="1") as client:
        check_told(await call(client, tally), "it would not speak TLS")
    assert {head[:2] for head in wire.heads} == {b"\x16\x03"}, "nothing but the hello of TLS"


async def test_a_certificate_that_is_not_trusted_is_told_at_once(certified: ssl.SSLContext, tally: Tally) -> None:
    tally.tried["ways of not being there"] += 1
    wire = Wire()
    async with wire.served(certified) as url, asked(url) as client:
        check_told(await call(client, tally), "The TLS certificate of 127.0.0.1 is not trusted here.")
    assert wire.heads == []


async def test_a_certificate_of_an_authority_that_is_trusted_will_do(
    authority: Path, certified: ssl.SSLContext, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with Wire().served(certified) as url, asked(url) as client:
        check_right(await call(client, tally), tally)
