"""Reads facts off the triage page in a browser, and answers its calls of tools."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.resources import files
from typing import Any

import anyio
from playwright.async_api import Frame, Route, expect

from tests.helpers.browser import VIEWPORT, RenderedPage

ALIAS = "product-description-writer"
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async alike => {
    const options = { resultTypes: ["violations"], selectors: false };
    const others = { ...options, rules: { "color-contrast": { enabled: false } } };
    const contrast = { ...options, runOnly: ["color-contrast"] };
    const runs = alike ? [[document, others], [{ exclude: alike }, contrast]] : [[document, options]];
    const passes = [], violations = [];
    for (const run of runs) {
        const found = await axe.run(...run);
        passes.push(...found.passes);
        violations.push(...found.violations);
    }
    return [passes.length, violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)];
}"""
FEW_GROUPS = "4h"  # short enough that each group has two jobs
Draw = Callable[..., AbstractAsyncContextManager[RenderedPage]]
Show = Callable[..., AbstractAsyncContextManager[RenderedPage]]


class CannedTool:
    """Answers the page's calls of one tool instead of the server, with each of the answers in turn.

    A string is the sentence of an error; None is a host that does not reply. The last answer is repeated.
    """

    def __init__(self, name: str, *answers: dict[str, Any] | str | None) -> None:
        self.name, self._answers = name, list(answers)
        self.calls: list[dict[str, Any]] = []
        self.released = anyio.Event()
        self.released.set()

    def hold(self) -> None:
        """Answer no call until ``released`` is set."""
        self.released = anyio.Event()

    async def __call__(self, route: Route) -> None:
        request: dict[str, Any] = json.loads(route.request.post_data or "{}")
        if request["params"].get("name") != self.name:
            await route.fallback()
            return
        self.calls.append(request["params"]["arguments"])
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        await self.released.wait()
        await (route.abort() if answer is None else route.fulfill(json={"result": _tool_result(answer)}))


def _tool_result(answer: dict[str, Any] | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"content": [{"type": "text", "text": answer}], "isError": True}
    return {"content": [{"type": "text", "text": "The same as text."}], "structuredContent": answer}


@asynccontextmanager
async def canned_tools(drawn: RenderedPage, *tools: CannedTool) -> AsyncGenerator[None]:
    """Let the tools answer the page's calls."""
    for tool in tools:
        await drawn.host.route("**/rpc", tool)
    try:
        yield
    finally:
        for tool in tools:
            tool.released.set()
        await drawn.host.unroute_all(behavior="wait")


async def figures(page: Frame) -> dict[str, str]:
    """Return the figures by name."""
    await page.wait_for_selector(".figures")
    names = await page.locator(".figures dt").all_text_contents()
    return dict(zip(names, await page.locator(".figures dt + dd").all_text_contents(), strict=True))


async def beside_figures(page: Frame) -> dict[str, str]:
    """Return the notes below the figures, by the figure's name."""
    await page.wait_for_selector(".figures")
    rows = page.locator(".figure", has=page.locator(".beside"))
    names = await rows.locator("dt").all_text_contents()
    return dict(zip(names, await rows.locator(".beside").all_text_contents(), strict=True))


async def violations(page: Frame, *, alike: str = "") -> list[str]:
    """Return the accessibility violations that axe finds.

    Args:
        page: The page.
        alike: A selector of elements that are drawn like others, so that their contrast is not measured again.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    applied, found = await page.evaluate(RUN_AXE, alike)
    assert applied > 10  # so the rules were really applied
    return found


async def change_look(drawn: RenderedPage, theme: str, width: int) -> None:
    """Change the theme of the host and the width of its window, and wait until the triage page has both."""
    switch = drawn.host.get_by_role("button", name=theme.capitalize(), exact=True)
    if await switch.count():
        await switch.click()
    await drawn.page.wait_for_selector(f"[data-theme={theme}]", state="attached")
    await drawn.host.set_viewport_size({**VIEWPORT, "width": width})
    inner = await drawn.host.locator("iframe").evaluate("frame => frame.clientWidth")
    await expect(drawn.page.locator("html")).to_have_js_property("clientWidth", inner)


async def fits_its_frame(page: Frame) -> bool:
    """Return whether all of the page can be seen without scrolling sideways."""
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return await page.evaluate(overflow) <= 0
