"""``python -m scripts.screenshots`` draws the triage page for the README, light and dark, on the sandbox's jobs."""

from pathlib import Path

import anyio
from playwright.async_api import ViewportSize
from pydantic import SecretStr

from tests.conftest import NOW
from tests.helpers.browser import launch_browser, open_triage_page
from writer_jobs_mcp.client import asgi_transport
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import SANDBOX_KEY, SandboxStore, build_app
from writer_jobs_mcp.server.build import build_server

SIZE: ViewportSize = {"width": 860, "height": 1560}
PICTURES = Path(__file__).parents[1] / "docs"


async def draw() -> None:
    """Draw the page down to the first groups, with the second group opened to a job's error."""
    config = Config.from_env({"WRITER_BASE_URL": "http://localhost"}).model_copy(
        update={"api_key": SecretStr(SANDBOX_KEY)}
    )
    api = build_app(SandboxStore(now=NOW, clock=lambda: NOW))
    server = build_server(config, transport=asgi_transport(api), clock=lambda: NOW)
    async with launch_browser() as chromium:
        for theme in ("light", "dark"):
            async with open_triage_page(chromium, server, viewport=SIZE, theme=theme, since="24h") as drawn:
                await drawn.page.locator(".bar").nth(1).click()
                await drawn.page.locator(".job").first.click()
                await drawn.page.wait_for_selector(".details")
                await drawn.host.evaluate("scrollTo(0, 0)")
                await drawn.host.screenshot(path=PICTURES / f"triage-{theme}.png", animations="disabled")


if __name__ == "__main__":
    anyio.run(draw)
