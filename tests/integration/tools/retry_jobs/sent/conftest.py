"""A client of a server that may retry jobs, with a clock that a test can move."""

from collections.abc import AsyncGenerator

import pytest
from mcp.client import Client

from tests.conftest import Clock
from tests.helpers.retries import POSTS, retry_client
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript


@pytest.fixture
async def client(url: str, clock: Clock, mode: str) -> AsyncGenerator[Client]:
    async with retry_client(url, clock, mode) as client:
        yield client


@pytest.fixture
def slow_writer(faults: FaultScript) -> None:
    """Make Writer accept each retry and start none, so that it goes on to return the old failure."""
    faults.push(CannedResponse(202, b"{}"), on=POSTS, times=None)
