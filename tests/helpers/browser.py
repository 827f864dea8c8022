"""A real browser, and the triage page in it as a host draws it: in a sandboxed frame, over a relay to a server."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from mcp.client import Client
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
    """A page as it is drawn."""

    host: Page
    page: Frame
    console_errors: list[str]
    """What the browser's console warned of."""


@asynccontextmanager
async def launch_browser() -> AsyncGenerator[Browser]:
    """Start the browser that is here, and close it afterwards.

    Raises:
        BrowserNotFound: None is here.
    """
    program = find_browser()
    async with async_playwright() as playwright:
        # Playwright itself adds --no-sandbox, without which a browser starts neither for root nor in many containers.
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
    **asked: str,
) -> AsyncGenerator[RenderedPage]:
    """The host page over ``server``, with the triage page drawn in it.

    Args:
        browser: What draws it.
        server: Who is asked.
        viewport: The window's size.
        mode: The era of the protocol that the relay speaks.
        script: Run in every frame before anything else.
        asked: The address's query: the host's theme, the application, the window.
    """
    complaints: list[str] = []
    async with Client(server, mode=mode, extensions=[APPS_EXTENSION]) as client, serve(app_host(client)) as url:
        host = await browser.new_page(viewport=viewport, device_scale_factor=1, reduced_motion="reduce")
        try:
            await host.add_init_script(script)
            host.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            host.on("pageerror", lambda error: complaints.append(str(error)))
            await host.goto(f"{url}/?{urlencode(asked)}")
            drawn = await host.wait_for_selector("iframe")
            assert drawn is not None
            frame = await drawn.content_frame()
            assert frame is not None
            await frame.wait_for_selector("main")
            yield RenderedPage(host, frame, complaints)
        finally:
            await host.close()
