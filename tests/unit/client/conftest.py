"""The client and the sandbox that it talks to, with a key of which no part may be logged."""

from collections.abc import AsyncGenerator, Generator

import pytest

from tests.conftest import config_for
from tests.helpers.key import KEY, capture_all_logs, captured_log, leaked_parts
from writer_jobs_mcp.client import WriterClient, open_client
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import FaultScript, SandboxApp, SandboxStore, build_app


@pytest.fixture
def api(store: SandboxStore, faults: FaultScript) -> SandboxApp:
    return build_app(store, key=KEY, faults=faults)


@pytest.fixture
def config(url: str) -> Config:
    return config_for(url, WRITER_API_KEY=KEY)


@pytest.fixture
def short_budget_config(url: str) -> Config:
    """Return settings with a call budget of one second."""
    return config_for(url, WRITER_API_KEY=KEY, WRITER_JOBS_CALL_BUDGET="1")


@pytest.fixture
async def client(config: Config) -> AsyncGenerator[WriterClient]:
    async with open_client(config) as client:
        yield client


@pytest.fixture(autouse=True)
def no_part_of_the_key_is_logged(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    capture_all_logs(caplog)
    yield
    assert leaked_parts(captured_log(caplog)) == []
