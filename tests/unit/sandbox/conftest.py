"""The sandbox at a fixed time, and clients of its API."""

from collections.abc import AsyncGenerator

import httpx
import pytest
import writerai

from tests.conftest import Clock
from tests.helpers.sandbox import NOW, http_client
from writer_jobs_mcp.sandbox import SANDBOX_KEY, FaultScript, SandboxStore, build_app, serve


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def store(clock: Clock) -> SandboxStore:
    return SandboxStore(now=NOW, clock=clock)


@pytest.fixture
def faults() -> FaultScript:
    return FaultScript()


@pytest.fixture
async def sdk(store: SandboxStore) -> AsyncGenerator[writerai.AsyncWriter]:
    """The official SDK, talking to the sandbox over real HTTP."""
    async with (
        serve(build_app(store)) as url,
        writerai.AsyncWriter(api_key=SANDBOX_KEY, base_url=url, max_retries=0) as client,
    ):
        yield client


@pytest.fixture
async def client(store: SandboxStore, faults: FaultScript) -> AsyncGenerator[httpx.AsyncClient]:
    """A plain HTTP client, for what the SDK hides."""
    async with http_client(build_app(store, faults=faults)) as http:
        yield http
