"""A sandbox whose clock advances at each request, and a client of a server with that clock."""

from collections.abc import AsyncGenerator

import pytest
from mcp.client import Client

from tests.conftest import NOW, Clock
from tests.helpers.waiting import CLOCK_STEP, server_with_clock
from writer_jobs_mcp.sandbox import FaultScript, SandboxApp, SandboxStore, build_app


@pytest.fixture
def store(clock: Clock) -> SandboxStore:
    return SandboxStore(now=NOW, clock=clock, jobs=3)


@pytest.fixture
def api(store: SandboxStore, faults: FaultScript, clock: Clock) -> SandboxApp:
    return build_app(store, faults=faults, on_request=lambda _: clock.advance(seconds=CLOCK_STEP.total_seconds()))


@pytest.fixture
async def client(url: str, clock: Clock) -> AsyncGenerator[Client]:
    """Connect a client in one mode: waiting is the same in both."""
    async with Client(server_with_clock(url, clock)) as client:
        yield client


@pytest.fixture
async def either_client(mode: str, url: str, clock: Clock) -> AsyncGenerator[Client]:
    """Connect a client in each mode, for tests of what differs on the wire."""
    async with Client(server_with_clock(url, clock), mode=mode) as client:
        yield client
