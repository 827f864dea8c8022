"""Fixtures for all tests: a sandbox whose clock stands still, its API over HTTP, and settings for that API."""

import json
import socket
from collections.abc import AsyncGenerator, Generator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
import pytest
from jsonschema import Draft202012Validator

from tests.helpers.tally import gate_or_full
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import SANDBOX_KEY, FaultScript, SandboxApp, SandboxStore, build_app, serve

# No deadline: a test must not fail because the machine is busy. The examples of the gate do not
# depend on chance, but on the constants of the modules that are loaded: those of a part of the tests may differ.
hypothesis.settings.register_profile("gate", deadline=None, derandomize=gate_or_full(True, False))
hypothesis.settings.register_profile("quick", deadline=None, derandomize=True, max_examples=10)  # make quick
hypothesis.settings.load_profile("gate")

pytest_plugins = ["tests.helpers.reporting"]

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALIAS = "product-description-writer"  # an application of the sandbox


@pytest.fixture(scope="session", autouse=True)
def check_each_schema_once() -> Generator[None]:
    """Check each output schema once per test run; the SDK's client checks it for each connection, which is slow."""
    check, checked = Draft202012Validator.check_schema, set[str]()

    def check_once(schema: Mapping[str, Any]) -> None:
        text = json.dumps(schema)
        if text not in checked:
            check(schema)
            checked.add(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Draft202012Validator, "check_schema", check_once)
        yield


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> SandboxStore:
    return SandboxStore(now=NOW, clock=lambda: NOW)


@pytest.fixture
def faults() -> FaultScript:
    return FaultScript()


@pytest.fixture
def api(store: SandboxStore, faults: FaultScript) -> SandboxApp:
    return build_app(store, faults=faults)


@pytest.fixture
async def url(api: SandboxApp) -> AsyncGenerator[str]:
    async with serve(api) as url:
        yield url


@pytest.fixture
def config(url: str) -> Config:
    return config_for(url)


@pytest.fixture
def unused_url() -> Generator[str]:
    """Return the URL of a port that is in use but accepts no connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def config_for(url: str, **others: str) -> Config:
    """Return the settings of a server for the API at ``url``."""
    return Config.from_env({"WRITER_API_KEY": SANDBOX_KEY, "WRITER_BASE_URL": url, **others})
