"""A client of the server in memory, with the sandbox behind it."""

from collections.abc import AsyncGenerator

import pytest
from mcp.client import Client

from tests.conftest import NOW
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.server.build import build_server


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    """Return how the client connects: with the newest protocol version, and as clients did before it."""
    return request.param


@pytest.fixture
async def keyless_client(mode: str, url: str) -> AsyncGenerator[Client]:
    """Connect a client of a server without an API key, in each mode."""
    async with Client(build_server(Config.from_env({"WRITER_BASE_URL": url})), mode=mode) as client:
        yield client


@pytest.fixture
async def client(mode: str, config: Config) -> AsyncGenerator[Client]:
    """Connect a client in each mode."""
    async with Client(build_server(config, clock=lambda: NOW), mode=mode) as client:
        yield client
