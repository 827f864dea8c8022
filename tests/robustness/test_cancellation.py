"""Cancelled calls: at any moment, their requests to Writer end, and nothing leaks."""

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, get_args

import anyio
import anyio.lowlevel
import pytest
from mcp.client import Client
from mcp.client._memory import InMemoryTransport  # the default transport bypasses cancellation in the newer era
from mcp.client.context import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.client.stdio import stdio_client
from mcp_types import ElicitRequestParams, ElicitResult

from tests.conftest import config_for
from tests.fakes.holding_writer import APPLICATION, HoldingWriter, HoldPoint
from tests.helpers.chaos_calls import run_tool
from tests.helpers.key import KEY, TIMEOUT
from tests.helpers.mcp import call_tool, structure_of
from tests.helpers.stdio_server import server_parameters
from tests.helpers.tally import Tally, gate_or_full
from writer_jobs_mcp.server.build import build_server

CONCURRENCY = 2
ERAS = ["auto", "legacy"]
MAX_TURNS = 48  # a call over a new connection takes about forty; waiting calls are cancelled by then
CALLS: dict[str, dict[str, Any]] = {
    "list_applications": {},
    "list_application_jobs": {"application_id": APPLICATION},
    "get_job_error": {"job_id": "unknown", "application_id": APPLICATION},
    "get_job_output": {"job_id": "1"},
    "triage_application_jobs": {"application_id": APPLICATION},
    "wait_for_job": {"job_id": "0"},
    "wait_for_jobs": {"application_id": APPLICATION},
    "retry_jobs": {"job_ids": ["1", "2"], "dry_run": False},
}
LATER = {"get_job_error": (1,), "triage_application_jobs": (1,), "retry_jobs": (1, 2)}
"""After how many responses a call waits for one of another kind."""


@pytest.fixture(autouse=True)
def nothing_is_logged_above_info(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    yield
    assert [record for record in caplog.get_records("call") if record.levelno > logging.INFO] == []


@asynccontextmanager
async def connected(url: str, era: str, user: ElicitationFnT | None = None) -> AsyncGenerator[Client]:
    others = {"WRITER_JOBS_ALLOW_RETRY": "true", "WRITER_JOBS_CONCURRENCY": str(CONCURRENCY)}
    server = build_server(config_for(url, WRITER_API_KEY=KEY, **others))
    async with Client(InMemoryTransport(server), mode=era, elicitation_callback=user) as client:
        yield client


@asynccontextmanager
async def start_call(client: Client, tool: str, tally: Tally) -> AsyncGenerator[anyio.CancelScope]:
    """Start a call, cancel it at the end of the block, and check that no task is left."""
    tally.tried["cancellations"] += 1
    before = tasks()
    async with anyio.create_task_group() as calling:
        calling.start_soon(client.call_tool, tool, CALLS[tool])
        yield calling.cancel_scope
        calling.cancel_scope.cancel()
    await wait_for_cleanup(before, tally)


def tasks() -> set[asyncio.Task[Any]]:
    """Return the tasks of client and server, without those of the fake Writer."""
    return {task for task in asyncio.all_tasks() if "RawHttpServer.serve" not in repr(task)}


async def wait_for_cleanup(before: set[asyncio.Task[Any]], tally: Tally) -> None:
    with suppress(TimeoutError):
        await wait_until(lambda: not tasks() - before)
    left = tasks() - before
    tally.leaked += len(left)
    assert not left


async def wait_until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(TIMEOUT):
        while not condition():
            await anyio.lowlevel.checkpoint()


async def check_still_works(client: Client, peer: HoldingWriter, tally: Tally, when: str) -> None:
    """Check that all connection slots are free, and that no other request was sent."""
    await wait_until(lambda: not peer.in_flight)  # it notices the closed connection
    made = len(peer.request_heads)
    peer.hold_until(CONCURRENCY)

    async def ask(job: str) -> None:
        assert structure_of(await run_tool(client, tally, "get_job_output", job_id=job))["job_id"] == job, when

    async with anyio.create_task_group() as asking:
        for number in range(CONCURRENCY):
            asking.start_soon(ask, str(number + 1))
    assert len(peer.request_heads) == made + CONCURRENCY, when


# In `make test`, every other point in each era.
@pytest.mark.parametrize(
    ("point", "era"),
    [
        (point, (ERAS * 2)[n % 2 + more])
        for n, point in enumerate(get_args(HoldPoint))
        for more in range(gate_or_full(1, 2))
    ],
)
async def test_cancelling_a_call_that_waits_for_a_response_closes_its_connection(
    point: HoldPoint, era: str, tally: Tally
) -> None:
    peer = HoldingWriter()
    async with peer.serve() as url, connected(url, era) as client:
        for tool in CALLS:
            for after in (0, *LATER.get(tool, ())):
                if tool == "retry_jobs" and after == 2 and point in {"before another try", "while it asks to wait"}:
                    continue  # a POST is never retried
                peer.hold(point, after)
                async with start_call(client, tool, tally):
                    await peer.is_held.wait()
                    await turns(20)  # until the server waits
                await check_still_works(client, peer, tally, f"{tool}, after {after} answers")


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("keeps", [True, False], ids=["over a kept connection", "over a new connection"])
async def test_a_call_cancelled_at_any_step_of_the_event_loop_leaks_nothing(
    keeps: bool,
    era: str,
    authority: Path,
    certified: ssl.SSLContext,
    tally: Tally,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    peer = HoldingWriter(keep_alive=keeps)
    async with peer.serve(certified) as url, connected(url, era) as client:
        for number, tool in enumerate(CALLS):
            every_step = (tool, era, keeps) == ("get_job_output", "auto", False)
            step = 1 if every_step else gate_or_full(16, 1)
            for turn in range(1 + number % step, MAX_TURNS, step):
                async with start_call(client, tool, tally) as scope:
                    with at_turn(turn, scope.cancel):
                        await anyio.sleep_forever()
                await check_still_works(client, peer, tally, f"{tool}, at turn {turn}")


@contextmanager
def at_turn(number: int, do: Callable[[], None]) -> Generator[None]:
    """Call ``do`` at that turn of the event loop, which does not sleep meanwhile."""
    loop, left = asyncio.get_running_loop(), iter(range(number))

    def turn() -> None:
        if next(left, None) is None:
            do()
        else:
            loop.call_soon(turn)

    turn()
    yield


async def turns(number: int) -> None:
    for _ in range(number):
        await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_cancelled_while_queued_sends_no_request(era: str, tally: Tally) -> None:
    peer = HoldingWriter()
    async with peer.serve() as url, connected(url, era) as client:
        peer.hold("before the head")
        async with anyio.create_task_group() as others:
            for number in range(CONCURRENCY):
                others.start_soon(client.call_tool, "get_job_output", {"job_id": str(number)})
            await wait_until(lambda: peer.in_flight == CONCURRENCY)
            for tool in CALLS:
                async with start_call(client, tool, tally):
                    await turns(20)
                assert len(peer.request_heads) == CONCURRENCY, tool
            others.cancel_scope.cancel()
        await check_still_works(client, peer, tally, "after the calls before it were cancelled too")


@pytest.mark.parametrize("era", ERAS)
async def test_a_retry_cancelled_during_the_confirmation_sends_nothing(era: str, tally: Tally) -> None:
    is_asked, is_cancelled = anyio.Event(), anyio.Event()

    async def user(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001 - the SDK names both
        is_asked.set()
        try:
            await anyio.sleep_forever()
        finally:
            is_cancelled.set()
        raise AssertionError

    peer = HoldingWriter()
    async with peer.serve() as url, connected(url, era, user) as client:
        async with start_call(client, "retry_jobs", tally):
            await is_asked.wait()
        assert is_cancelled.is_set()
        assert [head for head in peer.request_heads if head.startswith(b"POST")] == []
        await check_still_works(client, peer, tally, "after the question")


@pytest.mark.parametrize("era", ERAS[: gate_or_full(1, 2)])
async def test_cancelling_a_call_over_stdio_closes_its_connection(era: str, tally: Tally) -> None:
    peer = HoldingWriter()
    async with peer.serve() as url:
        environ = {"WRITER_API_KEY": KEY, "WRITER_BASE_URL": url, "WRITER_JOBS_CONCURRENCY": str(CONCURRENCY)}
        server = server_parameters(**environ)
        async with Client(stdio_client(server), mode=era) as client:
            for point in get_args(HoldPoint):
                peer.hold(point, after=1)
                async with start_call(client, "triage_application_jobs", tally):
                    await peer.is_held.wait()
                await wait_until(lambda: not peer.in_flight)
                peer.hold_until(CONCURRENCY)
                async with anyio.create_task_group() as asking:
                    for job in ("1", "2"):
                        asking.start_soon(call_tool, client, "get_job_output", {"job_id": job})
