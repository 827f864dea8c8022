"""One host page for many tests: opening a page in a browser takes longer than most of what a test does on it."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from mcp.client import Client
from mcp.client.session import ElicitationFnT
from mcp.server import MCPServer
from mcp_types import CallToolResult
from playwright.async_api import Browser, Frame, Page
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.data.triage_pages import STATES, result_server
from tests.helpers.browser import VIEWPORT, RenderedPage, load_triage_page, new_host_page
from writer_jobs_mcp.commands.app_host import APPS_EXTENSION, app_host
from writer_jobs_mcp.sandbox import serve

CLEAR = """() => {
    document.querySelector(".pinned").replaceChildren();
    document.querySelector(".status-line").textContent = "Waiting for the result of the test …";
}"""
NOTIFY = """text => {
    const [method, params] = JSON.parse(text);
    document.querySelector("iframe").contentWindow.postMessage({ jsonrpc: "2.0", method, params }, "*");
}"""
REMOVE_QUESTIONS = "for (const line of document.querySelectorAll('.user')) line.remove()"
SHOWN = ".status-line:empty"


class _Relay:
    """The app behind the host page; each test replaces the server that it is for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class HostPage:
    """The page of a host that calls the triage of one server after the other, each in the place of the last."""

    def __init__(self, host: Page, url: str, relay: _Relay, console_errors: list[str]) -> None:
        self._host, self._url, self._relay, self._console_errors = host, url, relay, console_errors
        self._first_app = relay.app
        self._frame: Frame | None = None
        self._results = 0

    @asynccontextmanager
    async def show(
        self, server: MCPServer, *, user: ElicitationFnT | None = None, **query: str
    ) -> AsyncGenerator[RenderedPage]:
        """Call the triage of ``server`` as the host does, and show the result; the page's own calls go there too.

        Nothing of earlier results is left. After a test that failed, the page is opened again.

        Args:
            server: The server that the relay connects to.
            user: Who answers the server's questions; without one, it asks none.
            query: What is chosen on the host's page: application, window.
        """
        frame, self._frame = self._frame or await self._open(), None
        self._console_errors.clear()
        if self._host.viewport_size != VIEWPORT:
            await self._host.set_viewport_size(VIEWPORT)
        async with Client(server, extensions=[APPS_EXTENSION], elicitation_callback=user) as client:
            self._relay.app = app_host(client)
            try:
                tool, given = _triage_call(**query)
                await self._send(frame, given, await client.call_tool(tool, given))
                yield RenderedPage(self._host, frame, self._console_errors)
            finally:
                self._relay.app = self._first_app
        self._frame = frame

    async def _open(self) -> Frame:
        frame = await load_triage_page(self._host, self._url)
        await frame.wait_for_selector(".figures")  # the first result, which must not come after that of a test
        return frame

    async def _send(self, frame: Frame, given: dict[str, Any], result: CallToolResult) -> None:
        self._results += 1
        await frame.evaluate(CLEAR)
        await self._host.evaluate(REMOVE_QUESTIONS)
        await send_call(self._host, given)
        await send_result(self._host, result, number=self._results)
        await frame.wait_for_selector(SHOWN, state="attached")


async def send_call(host: Page, given: dict[str, Any]) -> None:
    """Let the host tell the triage page that the tool was called with these arguments."""
    await _notify(host, "ui/notifications/tool-input", {"arguments": given})


async def send_result(host: Page, result: CallToolResult, **meta: int) -> None:
    """Let the host send a result; with ``meta`` it differs from an equal one, which the triage page would ignore."""
    params = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    await _notify(host, "ui/notifications/tool-result", {**params, "_meta": {**params.get("_meta", {}), **meta}})


async def _notify(host: Page, method: str, params: dict[str, Any]) -> None:
    await host.evaluate(NOTIFY, json.dumps([method, params]))  # as text: Playwright converts large arguments slowly


def _triage_call(application: str = "an-application", since: str = "") -> tuple[str, dict[str, Any]]:
    if application == "all":
        return "triage_all_applications", {"since": since or "24h"}
    return "triage_application_jobs", {"application_id": application, "since": since or "7d"}


@asynccontextmanager
async def open_host_page(browser: Browser) -> AsyncGenerator[HostPage]:
    """Open the page of a host on a server whose triage has two groups of failed jobs."""
    async with Client(result_server(STATES["failures"]), extensions=[APPS_EXTENSION]) as client:
        relay = _Relay(app_host(client))
        async with serve(relay) as url, new_host_page(browser) as (host, console_errors):
            yield HostPage(host, url, relay, console_errors)
