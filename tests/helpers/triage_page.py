"""Reads facts off the triage page in a browser."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.resources import files

from playwright.async_api import Frame

from tests.helpers.browser import RenderedPage

ALIAS = "product-description-writer"
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
FEW_GROUPS = "4h"  # short enough that each group has two jobs
Draw = Callable[..., AbstractAsyncContextManager[RenderedPage]]


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
