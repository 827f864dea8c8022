"""Call tools through a client, with a timeout, and check each result for the key."""

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
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.tally import Tally
from writer_jobs_mcp.server.build import build_server

DEFAULT_TOOL = "list_application_jobs"


@asynccontextmanager
async def connect_client(url: str, **environ: str) -> AsyncGenerator[Client]:
    """Connect a client to an in-process server that requests ``url``."""
    async with Client(build_server(config_for(url, WRITER_API_KEY=KEY, **environ))) as client:
        yield client


async def run_tool(client: Client, tally: Tally, tool: str = DEFAULT_TOOL, **arguments: Any) -> CallToolResult:
    """Call a tool, by default about application ``a``."""
    return await run_tool_with(client, tally, tool, arguments or {"application_id": "a"})


async def run_tool_with(client: Client, tally: Tally, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    """Call a tool within the timeout and check its result for the key."""
    with anyio.move_on_after(TIMEOUT):
        result = await client.call_tool(tool, arguments)
        tally.check_for_key(result.model_dump_json())
        return result
    tally.hung += 1
    pytest.fail("the call hung")


@dataclass
class LoopTime:
    """How long this event loop has run, without the time in which a busy machine stopped it."""

    seconds: float = 0


@asynccontextmanager
async def measure_loop_time() -> AsyncGenerator[LoopTime]:
    """Count event loop time, for limits that hold on a busy machine."""
    clock, step = LoopTime(), 0.01

    async def run() -> None:
        while True:
            await anyio.sleep(step)
            clock.seconds += step

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        yield clock
        tasks.cancel_scope.cancel()


def check_success(result: CallToolResult, tally: Tally) -> None:
    jobs: list[dict[str, Any]] = [] if result.is_error else structure_of(result)["jobs"]
    ids = [job["id"] for job in jobs]
    tally.lost += ids != [job["id"] for job in JOBS]
    assert ids == [job["id"] for job in JOBS], text_of(result)


def check_error(result: CallToolResult, *words: str) -> None:
    """Check that a result is an error of one or two sentences that contains one of ``words``."""
    sentence = text_of(result)
    assert result.is_error, sentence
    assert any(each in sentence for each in words), sentence
    assert sentence.endswith(".")
    assert len(sentence) < 600
    assert sentence.isprintable()
