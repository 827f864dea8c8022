"""The triage page in a real browser, in a host's sandboxed frame, with results of a real server."""

import copy
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from mcp.client import Client
from mcp_types import CallToolResult
from playwright.async_api import Browser

from tests.conftest import NOW, config_for
from tests.helpers.browser import RenderedPage, launch_browser, open_triage_page
from tests.helpers.find_browser import BrowserNotFound
from tests.helpers.host_page import HostPage, open_host_page
from tests.helpers.triage_page import ALIAS, Draw, Show
from writer_jobs_mcp.commands.app_host import APPS_EXTENSION
from writer_jobs_mcp.sandbox import SandboxStore, build_app, serve
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


@pytest.fixture(scope="package")
async def host_page(chromium: Browser) -> AsyncGenerator[HostPage]:
    async with open_host_page(chromium) as host_page:
        yield host_page


@pytest.fixture
def show(host_page: HostPage) -> Show:
    """Show the result of a server in the page that the tests share."""
    return host_page.show


@pytest.fixture
def application(store: SandboxStore) -> str:
    application = store.application(ALIAS)
    assert application is not None
    return application.id


@pytest.fixture
def draw(show: Show, url: str, application: str) -> Draw:
    """Show the result of the real server, on the sandbox at a fixed time, in the page that the tests share."""

    def draw(*, retry: bool = False, **others: Any) -> AbstractAsyncContextManager[RenderedPage]:
        config = config_for(url, WRITER_JOBS_ALLOW_RETRY=str(retry).lower())
        return show(build_server(config, clock=lambda: NOW), **{"application": application, **others})

    return draw


@pytest.fixture
def draw_in_new_page(chromium: Browser, url: str, application: str) -> Draw:
    """Open a page over the real server, for tests of the first load, or of another window, theme or host."""

    def draw(*, retry: bool = False, **others: Any) -> AbstractAsyncContextManager[RenderedPage]:
        config = config_for(url, WRITER_JOBS_ALLOW_RETRY=str(retry).lower())
        query: dict[str, Any] = {"application": application, **others}
        return open_triage_page(chromium, build_server(config, clock=lambda: NOW), **query)

    return draw


@pytest.fixture(scope="package")
async def report() -> CallToolResult:
    """Return the triage of a week by the real server, on a sandbox like that of ``draw``."""
    store = SandboxStore(now=NOW, clock=lambda: NOW)
    application = store.application(ALIAS)
    assert application is not None
    async with serve(build_app(store)) as url:
        server = build_server(config_for(url), clock=lambda: NOW)
        async with Client(server, extensions=[APPS_EXTENSION]) as client:
            given = {"application_id": application.id, "since": "7d"}
            return await client.call_tool("triage_application_jobs", given)


@pytest.fixture
def structure(report: CallToolResult) -> dict[str, Any]:
    assert report.structured_content is not None
    return copy.deepcopy(report.structured_content)
