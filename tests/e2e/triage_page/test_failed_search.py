"""All failed jobs of a report can be listed, narrowed by words and by cause, saved and retried."""

from datetime import timedelta

from playwright.async_api import expect

from tests.conftest import NOW
from tests.data.triage_pages import EXACT_WINDOW, FAILED, failed_job_list, result_server, triage_result
from tests.helpers.triage_page import ALIAS, CannedTool, Draw, Show, canned_tools, violations
from writer_jobs_mcp.sandbox import SandboxStore


async def test_failed_jobs_are_found_by_the_words_of_their_errors(draw: Draw, store: SandboxStore) -> None:
    for minute in range(3):
        store.add(ALIAS, error="The printer is on fire", created_at=NOW - timedelta(minutes=minute + 1))
    async with draw(since="24h", retry=True) as drawn:
        search = drawn.page.get_by_role("region", name="All failed jobs")
        await search.get_by_label("Words in the error").fill("on FIRE")
        await search.get_by_label("Words in the error").press("Enter")
        await expect(search.locator(".job-list .label")).to_have_text(
            "3 failed jobs whose error contains “on FIRE”, newest first."
        )
        await expect(search.locator("li").first).to_contain_text("unknown: The printer is on fire")
        await expect(search.get_by_role("button", name="Retry these 3 jobs …")).to_be_visible()
        await expect(search.get_by_role("button", name="Save as CSV")).to_be_visible()
        assert await violations(drawn.page) == []


async def test_failed_jobs_of_one_cause_are_listed(show: Show) -> None:
    listed = CannedTool("list_failed_jobs", failed_job_list(["job-1"], matched=1))
    async with show(result_server(triage_result(FAILED))) as drawn, canned_tools(drawn, listed):
        search = drawn.page.get_by_role("region", name="All failed jobs")
        await expect(search).to_contain_text("The 50 failed jobs of this window")
        await search.get_by_label("Cause").select_option("invalid input")
        await search.get_by_role("button", name="List the jobs").click()
        await expect(search.locator(".job")).to_have_count(1)
    cause = {"category": "invalid_input", "offset": 0, "limit": 50}
    assert listed.calls == [{"application_id": "an-application", **EXACT_WINDOW, **cause}]
