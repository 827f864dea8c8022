"""The client and the API it asks, under a key whose every part is looked for."""

import logging
from collections.abc import AsyncGenerator, Generator

import pytest

from tests.client.telling import KEY, parts_told
from tests.conftest import settings
from writer_jobs_mcp.client import WriterClient, connect
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import Faults, Sandbox, World, build_app


@pytest.fixture
def api(world: World, faults: Faults) -> Sandbox:
    return build_app(world, key=KEY, faults=faults)


@pytest.fixture
def config(url: str) -> Config:
    return settings(url, WRITER_API_KEY=KEY)


@pytest.fixture
def hasty(url: str) -> Config:
    """Settings that give up within a second."""
    return settings(url, WRITER_API_KEY=KEY, WRITER_JOBS_CALL_BUDGET="1")


@pytest.fixture
async def client(config: Config) -> AsyncGenerator[WriterClient]:
    async with connect(config) as client:
        yield client


@pytest.fixture(autouse=True)
def nothing_of_the_key_is_logged(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):  # as the command line has it
        caplog.set_level(logging.WARNING, name)
    yield
    assert parts_told(caplog.text) == []
