"""Asking a server whose peer may do anything, and looking through all that it says."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp_types import CallToolResult

from tests.conftest import config_for
from tests.fakes.raw_http_server import JOBS
from tests.helpers.key import KEY, TIMEOUT
from tests.helpers.mcp import text_of
from tests.helpers.tally import Tally
from writer_jobs_mcp.server.build import build_server

DEFAULT_TOOL = "list_application_jobs"


@asynccontextmanager
async def connect_client(url: str, **environ: str) -> AsyncGenerator[Client]:
    """A client of a server that asks the peer at ``url``."""
    async with Client(build_server(config_for(url, WRITER_API_KEY=KEY, **environ))) as client:
        yield client


async def run_tool(client: Client, tally: Tally, tool: str = DEFAULT_TOOL, **arguments: Any) -> CallToolResult:
    """The result of a call, which asks about an application unless it is told what to ask."""
    return await run_tool_with(client, tally, tool, arguments or {"application_id": "a"})


async def run_tool_with(client: Client, tally: Tally, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    """The result, looked through for the key; nothing may take longer than a while."""
    with anyio.move_on_after(TIMEOUT):
        result = await client.call_tool(tool, arguments)
        tally.check_for_key(result.model_dump_json())
        return result
    tally.hung += 1
    pytest.fail("the call hung")


@dataclass
class LoopTime:
    """How long this event loop has run; the time for which a busy machine stopped it does not count."""

    seconds: float = 0


@asynccontextmanager
async def measure_loop_time() -> AsyncGenerator[LoopTime]:
    """Measure by it what must end in time on any machine, however busy."""
    clock, step = LoopTime(), 0.01

    async def run() -> None:
        while True:
            await anyio.sleep(step)
            clock.seconds += step

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        yield clock
        tasks.cancel_scope.cancel()


def structure_of_result(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return result.structured_content


def check_success(result: CallToolResult, tally: Tally) -> None:
    jobs: list[dict[str, Any]] = [] if result.is_error else structure_of_result(result)["jobs"]
    ids = [job["id"] for job in jobs]
    tally.lost += ids != [job["id"] for job in JOBS]
    assert ids == [job["id"] for job in JOBS], text_of(result)


def check_error(result: CallToolResult, *words: str) -> None:
    """It is one sentence or two for whoever must act next, with one of these among its words."""
    sentence = text_of(result)
    assert result.is_error, sentence
    assert any(each in sentence for each in words), sentence
    assert sentence.endswith(".")
    assert len(sentence) < 600
    assert sentence.isprintable()
