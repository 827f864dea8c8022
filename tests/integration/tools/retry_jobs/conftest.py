"""A client of a server that may retry jobs; the client cannot ask its user."""

from collections.abc import AsyncGenerator

import pytest
from mcp.client import Client

from tests.helpers.retries import retry_server


@pytest.fixture
async def client(mode: str, url: str) -> AsyncGenerator[Client]:
    async with Client(retry_server(url), mode=mode) as client:
        yield client
