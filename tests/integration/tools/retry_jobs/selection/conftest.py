"""A sandbox of few jobs with a clock that a test can move, and a client that cannot ask its user."""

from collections.abc import AsyncGenerator

import pytest
from mcp.client import Client

from tests.conftest import NOW, Clock
from tests.helpers.retries import retry_client
from writer_jobs_mcp.sandbox import SandboxStore


@pytest.fixture
def store(clock: Clock) -> SandboxStore:
    return SandboxStore(now=NOW, clock=clock, jobs=0)


@pytest.fixture
async def client(url: str, clock: Clock) -> AsyncGenerator[Client]:
    async with retry_client(url, clock) as client:
        yield client
