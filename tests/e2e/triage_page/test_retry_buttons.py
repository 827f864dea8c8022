"""The buttons that retry jobs: a dry run first, one call at a time, and outcomes that stay visible."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from playwright.async_api import Route, expect

from tests.helpers.browser import RenderedPage
from tests.helpers.triage_page import FEW_GROUPS, Draw, violations
from writer_jobs_mcp.sandbox import SandboxApp


class HeldRetryCalls:
    """Holds the page's `retry_jobs` calls until a test releases or aborts them."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.released, self.abort = anyio.Event(), False

    async def __call__(self, route: Route) -> None:
        request: dict[str, Any] = json.loads(route.request.post_data or "{}")
        if request["params"].get("name") == "retry_jobs":
            self.calls.append(request["params"]["arguments"])
            await self.released.wait()
        await (route.abort() if self.abort else route.continue_())


@asynccontextmanager
async def hold_retry_calls(drawn: RenderedPage) -> AsyncGenerator[HeldRetryCalls]:
    held = HeldRetryCalls()
    await drawn.host.route("**/rpc", held)
    try:
        yield held
    finally:
        held.released.set()
        await drawn.host.unroute("**/rpc", held)


async def test_retrying_a_group_starts_with_a_dry_run(draw: Draw, api: SandboxApp) -> None:
    async with draw(retry=True, since=FEW_GROUPS) as drawn:
        await drawn.page.locator(".bar").first.click()
        await drawn.page.get_by_role("button", name="Retry these 2 jobs …").click()
        await expect(drawn.page.locator(".outcomes li")).to_have_count(2)
        assert [each.method for each in api.received if each.method == "POST"] == []
        await drawn.page.get_by_role("button", name="Retry 2 jobs now").click()
        await expect(drawn.page.locator(".outcomes li").first).to_contain_text("accepted")
        assert [each.method for each in api.received if each.method == "POST"] == ["POST", "POST"]


async def test_a_double_click_retries_once_and_disables_the_buttons_until_the_outcome_is_shown(
    draw: Draw, api: SandboxApp
) -> None:
    async with draw(retry=True, since=FEW_GROUPS) as drawn:
        await drawn.page.locator(".bar").first.click()
        first = drawn.page.get_by_role("button", name="Retry these 2 jobs …")
        now = drawn.page.get_by_role("button", name="Retry 2 jobs now")
        async with hold_retry_calls(drawn) as dry:
            await first.dblclick()
            await expect(first).to_be_disabled()
            dry.released.set()
            await expect(now).to_be_enabled()
        assert [call["dry_run"] for call in dry.calls] == [True]
        async with hold_retry_calls(drawn) as real:
            await now.dblclick()
            await expect(now).to_be_disabled()
            await expect(drawn.page.get_by_role("button", name="Cancel")).to_be_disabled()
            real.released.set()
            await expect(drawn.page.get_by_role("button", name="Done")).to_be_enabled()
        assert [call["dry_run"] for call in real.calls] == [False]
        assert [each.method for each in api.received if each.method == "POST"] == ["POST", "POST"]
        await expect(drawn.page.locator(".status-line").first).to_have_text(
            "Retried 2 of 2 jobs. The outcome of each is listed."
        )


async def test_a_redrawn_button_is_disabled_while_its_jobs_are_retried(draw: Draw) -> None:
    async with draw(retry=True, since=FEW_GROUPS) as drawn:
        await drawn.page.locator(".bar").first.click()
        again = drawn.page.get_by_role("button", name="Retry these 2 jobs …")
        async with hold_retry_calls(drawn) as dry:
            await again.click()
            await expect(again).to_be_disabled()
            category = await drawn.page.locator(".bar .category").first.text_content() or ""
            await drawn.page.get_by_role("group", name="Only these categories").get_by_text(category).click()
            await expect(again).to_have_count(0)
            await drawn.page.locator(".bar").first.click()
            await expect(again).to_be_disabled()
            dry.released.set()
            await expect(again).to_be_enabled()
        assert len(dry.calls) == 1


@pytest.mark.parametrize("redraw", ["a filter", "Refresh"])
async def test_outcomes_are_pinned_above_the_report_when_the_group_was_redrawn_during_the_call(
    draw: Draw, api: SandboxApp, redraw: str
) -> None:
    async with draw(retry=True, since=FEW_GROUPS) as drawn:
        page = drawn.page
        category = await page.locator(".bar .category").first.text_content() or ""

        async def redraw_groups() -> None:
            if redraw == "a filter":
                await page.get_by_role("group", name="Only these categories").get_by_text(category).click()
            else:
                await page.get_by_role("button", name="Refresh").click()

        await page.locator(".bar").first.click()
        start = page.get_by_role("button", name="Retry these 2 jobs …")
        kept = page.get_by_role("region", name="Retries")
        async with hold_retry_calls(drawn) as dry:
            await start.click()
            await expect(start).to_be_disabled()
            await redraw_groups()
            await expect(start).to_have_count(0)
            await expect(kept).to_have_count(0)
            dry.released.set()
            await expect(kept.locator(".outcomes li")).to_have_count(2)
        now = kept.get_by_role("button", name="Retry 2 jobs now")
        async with hold_retry_calls(drawn) as real:
            await now.click()
            await expect(now).to_be_disabled()
            await redraw_groups()
            real.released.set()
            await expect(kept.locator(".outcomes li").first).to_contain_text("accepted")
        assert await violations(page) == []
        await kept.get_by_role("button", name="Done").click()
        await expect(kept).to_have_count(0)
        assert [each.method for each in api.received if each.method == "POST"] == ["POST", "POST"]


async def test_a_pinned_retry_can_be_repeated_after_a_failed_call(draw: Draw) -> None:
    async with draw(retry=True, since=FEW_GROUPS) as drawn:
        await drawn.page.locator(".bar").first.click()
        start = drawn.page.get_by_role("button", name="Retry these 2 jobs …")
        kept = drawn.page.get_by_role("region", name="Retries")
        async with hold_retry_calls(drawn) as dry:
            await start.click()
            await expect(start).to_be_disabled()
            await drawn.page.get_by_role("button", name="Refresh").click()
            await expect(start).to_have_count(0)
            dry.released.set()
            await expect(kept.locator(".outcomes li")).to_have_count(2)
        async with hold_retry_calls(drawn) as lost:
            lost.abort = True
            await kept.get_by_role("button", name="Retry 2 jobs now").click()
            lost.released.set()
            await expect(kept.get_by_role("button", name="Retry these 2 jobs …")).to_be_focused()
            await expect(kept.locator(".outcomes")).to_have_count(0)


async def test_a_retry_button_is_enabled_again_after_a_failed_call(draw: Draw) -> None:
    async with draw(retry=True, since=FEW_GROUPS) as drawn:
        await drawn.page.locator(".bar").first.click()
        button = drawn.page.get_by_role("button", name="Retry these 2 jobs …")
        async with hold_retry_calls(drawn) as lost:
            lost.abort = True
            await button.click()
            await expect(button).to_be_disabled()
            lost.released.set()
            await expect(button).to_be_enabled()
            await expect(button).to_be_focused()
        await button.click()
        await expect(drawn.page.get_by_role("button", name="Retry 2 jobs now")).to_be_enabled()


async def test_no_retry_is_offered_when_the_server_does_not_allow_it(draw: Draw) -> None:
    async with draw() as drawn:
        await drawn.page.locator(".bar").first.click()
        await expect(drawn.page.get_by_role("button", name="Ask about this group")).to_be_visible()
        await expect(drawn.page.get_by_role("button", name="Retry")).to_have_count(0)
