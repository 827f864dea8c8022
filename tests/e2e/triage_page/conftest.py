"""The triage page in a real browser, in a host's sandboxed frame, with results of a real server."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from mcp.client import Client
from playwright.async_api import Browser

from tests.conftest import NOW, config_for
from tests.helpers.browser import RenderedPage, launch_browser, open_triage_page
from tests.helpers.find_browser import BrowserNotFound
from tests.helpers.mcp import call_tool
from tests.helpers.triage_page import ALIAS, Draw
from writer_jobs_mcp.sandbox import SandboxStore
from writer_jobs_mcp.server.build import build_server


@pytest.fixture(scope="package")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="package")
async def chromium() -> AsyncGenerator[Browser]:
    try:
        async with launch_browser() as started:
            yield started
    except BrowserNotFound as error:
        pytest.skip(str(error))


@pytest.fixture
def application(store: SandboxStore) -> str:
    application = store.application(ALIAS)
    assert application is not None
    return application.id


@pytest.fixture
def draw(chromium: Browser, url: str, application: str) -> Draw:
    """Open the page over the real server, on the sandbox at a fixed time."""

    def draw(*, retry: bool = False, **others: Any) -> AbstractAsyncContextManager[RenderedPage]:
        config = config_for(url, WRITER_JOBS_ALLOW_RETRY=str(retry).lower())
        query: dict[str, Any] = {"application": application, **others}
        return open_triage_page(chromium, build_server(config, clock=lambda: NOW), **query)

    return draw


@pytest.fixture
async def structure(url: str, application: str) -> dict[str, Any]:
    async with Client(build_server(config_for(url), clock=lambda: NOW)) as client:
        return await call_tool(client, "triage_application_jobs", {"application_id": application, "since": "7d"})
