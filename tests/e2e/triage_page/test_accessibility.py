"""The page is accessible: to screen readers, by keyboard, at any width, in any theme."""

from typing import Any

import anyio
from mcp_types import CallToolResult
from playwright.async_api import Browser, expect

from tests.data.triage_pages import STATES, triage_server
from tests.helpers.browser import open_triage_page
from tests.helpers.triage_page import Draw, change_look, figures, fits_its_frame, violations

LOOKS = [("dark", 320), ("dark", 900), ("light", 900), ("light", 320)]
MORE_ROWS = "tbody tr:nth-child(n+4)"  # of the timeline: to measure the contrast of each cell takes long
WIDTHS = [320, 480, 1600]


async def test_axe_finds_no_violations_in_an_opened_report(draw_in_new_page: Draw) -> None:
    found: dict[tuple[str, int], list[str]] = {}
    async with draw_in_new_page(theme="dark", retry=True, since="24h") as drawn:
        await figures(drawn.page)
        await change_look(drawn, *LOOKS[0])
        await drawn.page.locator(".bar").first.click()
        await drawn.page.locator(".job").first.click()
        await expect(drawn.page.locator(".details").first).to_be_visible()
        await drawn.page.get_by_text("The timeline as a table").click()
        for look in LOOKS:
            await change_look(drawn, *look)
            found[look] = await violations(drawn.page, alike=MORE_ROWS)
    assert found == {look: [] for look in LOOKS}


async def test_the_page_fits_its_frame_at_any_width(draw: Draw) -> None:
    fits: dict[int, bool] = {}
    async with draw() as drawn:
        await change_look(drawn, "light", WIDTHS[0])
        await drawn.page.locator(".bar").first.click()
        for width in WIDTHS:
            await change_look(drawn, "light", width)
            fits[width] = await fits_its_frame(drawn.page)
    assert fits == dict.fromkeys(WIDTHS, True)


async def test_the_keyboard_alone_opens_a_group_and_a_job(draw: Draw, structure: dict[str, Any]) -> None:
    async with draw() as drawn:
        await figures(drawn.page)
        await drawn.page.get_by_role("button", name="Refresh").focus()
        focused = "document.activeElement.className"
        for _ in range(40):
            await drawn.host.keyboard.press("Tab")
            if await drawn.page.evaluate(focused) == "bar":
                break
        await drawn.host.keyboard.press("Enter")
        await expect(drawn.page.locator(".bar").first).to_have_attribute("aria-expanded", "true")
        for _ in range(20):  # past its values and its actions
            await drawn.host.keyboard.press("Tab")
            if await drawn.page.evaluate(focused) == "job":
                break
        newest = structure["failures"][0]["job_ids"][0]
        assert await drawn.page.evaluate("document.activeElement.textContent") == newest
        await drawn.host.keyboard.press("Space")
        await expect(drawn.page.locator(".details").first).to_be_visible()


async def test_the_page_follows_the_theme_and_the_colours_of_its_host(draw_in_new_page: Draw) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    async with draw_in_new_page(theme="light") as drawn:
        await figures(drawn.page)
        assert await drawn.page.evaluate(ground) == "rgb(250, 249, 245)"
        await drawn.host.get_by_role("button", name="Dark").click()
        await drawn.page.wait_for_selector("[data-theme=dark]", state="attached")
        assert await drawn.page.evaluate(ground) == "rgb(25, 25, 24)"
        assert await drawn.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


async def test_nothing_is_animated_with_reduced_motion(chromium: Browser) -> None:
    never = anyio.Event()

    async def answer() -> CallToolResult:
        await never.wait()
        return STATES["failures"]

    async with open_triage_page(chromium, triage_server(answer)) as drawn:
        moving = "getComputedStyle(document.querySelector('.skeleton span')).animationName"
        await drawn.page.wait_for_selector(".skeleton", state="attached")
        assert await drawn.page.evaluate(moving) == "none"
