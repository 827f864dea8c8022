"""Reads facts off the triage page in a browser, and answers its calls of tools."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.resources import files
from typing import Any

import anyio
from playwright.async_api import Frame, Route

from tests.helpers.browser import RenderedPage

ALIAS = "product-description-writer"
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
FEW_GROUPS = "4h"  # short enough that each group has two jobs
Draw = Callable[..., AbstractAsyncContextManager[RenderedPage]]


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


async def violations(page: Frame) -> list[str]:
    """Return the accessibility violations that axe finds."""
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run()")
    assert len(found["passes"]) > 10  # so the rules were really applied
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]
