"""A group opens to all of its jobs, in pieces; a value narrows them, and a sentence names what may be missing."""

import re
from datetime import timedelta

from playwright.async_api import Browser, expect

from tests.conftest import NOW
from tests.data.triage_pages import (
    EXACT_WINDOW,
    FAILED,
    failed_job_list,
    failure_group,
    result_server,
    triage_result,
    triage_structure,
)
from tests.helpers.browser import open_triage_page
from tests.helpers.triage_page import ALIAS, CannedTool, Draw, Show, canned_tools, violations
from writer_jobs_mcp.sandbox import SandboxStore

ORGANIZATIONS = ["acme", "globex", "initech"]
KIND_0 = triage_result(triage_structure([failure_group(0, 120)]))


def add_failures(store: SandboxStore, jobs: int) -> None:
    for number in range(jobs):
        at = NOW - timedelta(minutes=number + 1, milliseconds=500)
        store.add(ALIAS, error=f'Quota of organization "{ORGANIZATIONS[number % 3]}" is used up', created_at=at)


async def test_a_group_opens_to_all_of_its_jobs_in_pieces(draw: Draw, store: SandboxStore) -> None:
    add_failures(store, 62)
    newest_first = [job.id for job in store.jobs(ALIAS, "failed") if (job.fixed_text or "").startswith("Quota")]
    async with draw(since="24h") as drawn:
        group = drawn.page.locator(".groups > li", has_text="Quota of organization")
        await group.locator(".bar").click()
        await group.get_by_role("button", name="List all 62 jobs").click()
        rows, more = group.locator(".job"), group.locator(".job-list .more")
        await expect(group.locator(".job-list .label")).to_have_text("62 failed jobs, newest first; 50 are shown.")
        await expect(more).to_have_text("Show 12 more of 12")
        await more.click()
        await expect(rows).to_have_count(62)
        await expect(rows.nth(50)).to_be_focused()
        await expect(more).to_be_hidden()
        assert await rows.all_text_contents() == newest_first
        await expect(group.locator("time").first).to_have_attribute("datetime", "2026-11-23T11:58:59Z")
        await rows.last.click()
        await expect(group.locator(".details pre")).to_contain_text("Quota of organization")


async def test_a_value_narrows_the_jobs_of_a_group(draw: Draw, store: SandboxStore) -> None:
    add_failures(store, 31)
    async with draw(since="24h") as drawn:
        group = drawn.page.locator(".groups > li", has_text="Quota of organization")
        await group.locator(".bar").click()
        acme = group.get_by_role("button", name=re.compile(r"^acme ?: ?11 jobs$"))
        await acme.click()
        label = group.locator(".job-list .label")
        await expect(label).to_have_text("11 failed jobs whose error contains “acme”, newest first.")
        globex = group.get_by_role("button", name=re.compile("globex"))
        await globex.click()
        await expect(label).to_have_text("10 failed jobs whose error contains “globex”, newest first.")
        await expect(acme).to_have_attribute("aria-pressed", "false")
        await globex.click()
        await expect(group.get_by_role("button", name="List all 31 jobs")).to_be_visible()
        await acme.click()
        await expect(label).to_contain_text("11 failed jobs")
        assert await violations(drawn.page) == []


async def test_jobs_are_listed_for_the_exact_window_and_the_newest_job(show: Show) -> None:
    listed = CannedTool("list_failed_jobs", failed_job_list(["job-1"], matched=1))
    async with show(result_server(KIND_0)) as drawn, canned_tools(drawn, listed):
        await drawn.page.locator(".bar").click()
        await drawn.page.get_by_role("button", name="List all 120 jobs").click()
        await expect(drawn.page.locator(".job")).to_have_count(1)
    assert listed.calls == [
        {"application_id": "an-application", **EXACT_WINDOW, "like": "job-0-a", "offset": 0, "limit": 50}
    ]


async def test_a_list_that_differs_from_the_report_says_so(show: Show) -> None:
    ids = [f"job-{number}" for number in range(50)]
    pieces = [
        failed_job_list(ids, matched=121),
        failed_job_list(ids[-1:], matched=52, offset=50),
        failed_job_list(["job-50"], matched=52, offset=51, coverage={"complete": False, "message": "It stopped."}),
    ]
    listed = CannedTool("list_failed_jobs", *pieces)
    async with show(result_server(KIND_0)) as drawn, canned_tools(drawn, listed):
        await drawn.page.locator(".bar").click()
        await drawn.page.get_by_role("button", name="List all 120 jobs").click()
        await expect(drawn.page.get_by_text("The report counted 120.")).to_be_visible()
        changed = drawn.page.get_by_text("The jobs changed while they were listed, so some may be missing here.")
        await expect(changed).to_have_count(0)
        await drawn.page.locator(".job-list .more").click()
        await expect(changed).to_be_visible()
        await expect(drawn.page.locator(".job")).to_have_count(50)
        await drawn.page.locator(".job-list .more").click()
        await expect(drawn.page.locator(".job-list .label")).to_have_text("52 failed jobs, newest first; 51 are shown.")
        await expect(
            drawn.page.get_by_text("Not all failed jobs of the window were read: more may match.")
        ).to_be_visible()
        await expect(drawn.page.get_by_text("It stopped.")).to_be_visible()


async def test_a_list_that_fails_can_be_tried_again(show: Show) -> None:
    listed = CannedTool("list_failed_jobs", "Writer is unavailable.", None, failed_job_list(["job-1"], matched=1))
    async with show(result_server(KIND_0)) as drawn, canned_tools(drawn, listed):
        await drawn.page.locator(".bar").click()
        await drawn.page.get_by_role("button", name="List all 120 jobs").click()
        await expect(drawn.page.get_by_text("Writer is unavailable.")).to_be_visible()
        again = drawn.page.get_by_role("button", name="Try again")
        await again.click()
        await expect(drawn.page.get_by_text("The host rejected the request")).to_be_visible()
        assert await violations(drawn.page) == []
        await again.click()
        await expect(drawn.page.locator(".job")).to_have_count(1)
        await expect(drawn.page.locator(".failed-call")).to_have_count(0)


async def test_the_answer_of_an_earlier_filter_does_not_replace_that_of_the_latest(show: Show) -> None:
    slow = CannedTool("list_failed_jobs", failed_job_list(["job-slow"], matched=1))
    quick = CannedTool("list_failed_jobs", failed_job_list(["job-quick"], matched=1))
    async with show(result_server(KIND_0)) as drawn, canned_tools(drawn, slow):
        await drawn.page.locator(".bar").click()
        slow.hold()
        await drawn.page.get_by_role("button", name="4711").click()
        await expect(drawn.page.get_by_text("Loading the jobs …")).to_be_visible()
        async with canned_tools(drawn, quick):
            await drawn.page.get_by_role("button", name="4712").click()
            await expect(drawn.page.locator(".job")).to_have_text(["job-quick"])
            slow.released.set()
        await expect(drawn.page.locator(".job")).to_have_text(["job-quick"])
    assert [call["contains"] for call in (*slow.calls, *quick.calls)] == ["4711", "4712"]


async def test_a_host_that_calls_no_tools_gets_questions_instead(chromium: Browser) -> None:
    server = result_server(triage_result(FAILED, can_retry=True))
    async with open_triage_page(chromium, server, without="serverTools") as drawn:
        await drawn.page.locator(".bar").first.click()
        await expect(drawn.page.get_by_text("job-1-a")).to_be_visible()
        buttons = await drawn.page.locator("button:visible").all_text_contents()
        assert [each for each in buttons if each.startswith(("Retry", "Refresh", "7 d", "job-", "4711", "Save"))] == []
        await drawn.page.get_by_role("button", name="List all 30 jobs").click()
        asked = drawn.host.locator(".user").last
        await expect(asked).to_contain_text('Please call list_failed_jobs with application_id="an-application"')
        await expect(asked).to_contain_text('like="job-1-a"')
        assert await violations(drawn.page) == []
