"""Opens the triage page in a real browser, as a host does: in a sandboxed frame, with a relay to a server."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from mcp.client import Client
from mcp.client.session import ElicitationFnT
from mcp.server import MCPServer
from playwright.async_api import Browser, Frame, Page, ViewportSize, async_playwright

from tests.helpers.find_browser import find_browser
from writer_jobs_mcp.commands.app_host import APPS_EXTENSION, app_host
from writer_jobs_mcp.sandbox import serve

BROWSER_ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWPORT: ViewportSize = {"width": 900, "height": 1400}


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """The triage page in a browser: the host's page, and the frame in it."""

    host: Page
    page: Frame
    console_errors: list[str]
    """Errors in the browser's console."""


@asynccontextmanager
async def launch_browser() -> AsyncGenerator[Browser]:
    """Start the installed browser, and close it afterwards.

    Raises:
        BrowserNotFound: There is none.
    """
    program = find_browser()
    async with async_playwright() as playwright:
        # Playwright adds --no-sandbox, without which no browser starts for root or in many containers.
        started = await playwright.chromium.launch(executable_path=program, args=BROWSER_ARGUMENTS)
        try:
            yield started
        finally:
            await started.close()


@asynccontextmanager
async def open_triage_page(
    browser: Browser,
    server: MCPServer,
    *,
    viewport: ViewportSize = VIEWPORT,
    mode: str = "auto",
    script: str = "",
    user: ElicitationFnT | None = None,
    **query: str,
) -> AsyncGenerator[RenderedPage]:
    """Open the host page over ``server``, with the triage page in it.

    Args:
        browser: The browser.
        server: The server that the relay connects to.
        viewport: The size of the window.
        mode: The protocol era of the relay's client.
        script: JavaScript to run first in every frame.
        user: Who answers the server's questions; without one, it asks none.
        query: The query of the host page's URL: theme, application, window.
    """
    connecting = Client(server, mode=mode, extensions=[APPS_EXTENSION], elicitation_callback=user)
    async with (
        connecting as client,
        serve(app_host(client)) as url,
        new_host_page(browser, viewport, script) as (host, console_errors),
    ):
        yield RenderedPage(host, await load_triage_page(host, f"{url}/?{urlencode(query)}"), console_errors)


@asynccontextmanager
async def new_host_page(
    browser: Browser, viewport: ViewportSize = VIEWPORT, script: str = ""
) -> AsyncGenerator[tuple[Page, list[str]]]:
    """Open an empty page for a host, and yield it with the errors in its console."""
    complaints: list[str] = []
    host = await browser.new_page(viewport=viewport, device_scale_factor=1, reduced_motion="reduce")
    try:
        await host.add_init_script(script)
        host.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        host.on("pageerror", lambda error: complaints.append(str(error)))
        yield host, complaints
    finally:
        await host.close()


async def load_triage_page(host: Page, url: str) -> Frame:
    """Open the host page at the address, and return the frame with the triage page in it."""
    await host.goto(url)
    drawn = await host.wait_for_selector("iframe")
    assert drawn is not None
    frame = await drawn.content_frame()
    assert frame is not None
    await frame.wait_for_selector("main")
    return frame
