"""Retrying a whole group: a dry run, the question, one call at a time, and what became of the jobs."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import expect

from tests.data.triage_pages import (
    EXACT_WINDOW,
    failed_job_list,
    failure_group,
    result_server,
    triage_result,
    triage_structure,
)
from tests.helpers.browser import RenderedPage
from tests.helpers.consent import DECLINE, RATE_LIMIT, User, add_failed_jobs, count_posts
from tests.helpers.retries import posted_ids
from tests.helpers.triage_page import CannedTool, Draw, Show, canned_tools, violations
from writer_jobs_mcp.sandbox import SandboxApp, SandboxStore

GROUP = triage_structure([failure_group(0, 212)])
SELECTION = {"application_id": "an-application", **EXACT_WINDOW, "like": "job-0-a"}
CAUSE = {
    "signature": "Failure of kind 0",
    "category": "rate_limit",
    "retry": "after_a_fix",
    "advice": "Raise the limit.",
    "count": 200,
}


def real_call(**others: Any) -> dict[str, Any]:
    arguments = {**SELECTION, "application_id": "another", "until": "2026-11-24T11:00:00Z", "dry_run": False, **others}
    return {"tool": "retry_jobs", "arguments": arguments, "why": "retry 198 jobs, once the user agrees"}


DRY_RUN = {
    "dry_run": True,
    "selected": 212,
    "would_retry": 198,
    "outcomes": {"already_sent": 2},
    "groups": [CAUSE],
    "oldest": "2026-11-23T13:00:00Z",
    "newest": "2026-11-24T10:59:00Z",
    "jobs": [{"job_id": "job-7", "before": "failed", "outcome": "already_sent", "detail": "A retry was attempted."}],
    "left": 12,
    "next": [real_call(max_jobs=198)],
}


def outcome(outcomes: dict[str, int], **others: Any) -> dict[str, Any]:
    return {"dry_run": False, "selected": 198, "outcomes": outcomes, "groups": [], "jobs": [], **others}


@asynccontextmanager
async def retried(show: Show, *answers: dict[str, Any] | str | None) -> AsyncGenerator[tuple[RenderedPage, CannedTool]]:
    """Open a group of 212 jobs, click on "Retry all", and let the answers reply to the calls of `retry_jobs`."""
    tool = CannedTool("retry_jobs", *answers)
    server = result_server(triage_result(GROUP, can_retry=True))
    async with show(server) as drawn, canned_tools(drawn, tool):
        await drawn.page.locator(".bar").click()
        await drawn.page.get_by_role("button", name="Retry all 212 jobs …").click()
        yield drawn, tool


async def test_retrying_a_group_asks_with_the_words_of_the_dry_run_first(show: Show) -> None:
    async with retried(show, DRY_RUN) as (drawn, tool):
        question = drawn.page.locator(".question")
        await expect(question).to_have_text(
            "Retry 198 failed jobs? Created from 23 Nov, 13:00 to 24 Nov, 10:59 UTC. 12 more are left for another call."
        )
        await expect(question).to_be_focused()
        await expect(drawn.page.locator(".outcome-counts li")).to_have_text(["2 retried before, so not sent again"])
        await expect(drawn.page.locator(".causes li")).to_have_text(
            "200 rate limit: Failure of kind 0 Raise the limit. Retrying will likely fail again until the cause "
            "is fixed."
        )
        await expect(drawn.page.locator(".outcomes li")).to_contain_text("job-7 already sent A retry was attempted.")
        assert await violations(drawn.page) == []
        await drawn.page.get_by_role("button", name="Cancel").click()
        await expect(drawn.page.get_by_role("button", name="Retry all 212 jobs …")).to_be_visible()
    assert tool.calls == [{**SELECTION, "max_jobs": 200, "dry_run": True}]


async def test_the_real_call_keeps_the_selection_and_takes_the_pinned_window(show: Show) -> None:
    done = outcome({"accepted": 196, "unknown": 2}, jobs=[{"job_id": "job-9", "outcome": "unknown", "detail": "Look."}])
    async with retried(show, DRY_RUN, done) as (drawn, tool):
        await drawn.page.get_by_role("button", name="Retry 198 jobs now").click()
        await expect(drawn.page.locator(".question")).to_have_text(
            "Retried 196 of 198 jobs. The report shows the jobs as they were before."
        )
        await expect(drawn.page.locator(".outcome-counts li")).to_have_text(
            [
                "196 accepted: Writer runs them again",
                "2 unknown: the retry may have started. Look at the jobs before you retry them",
            ]
        )
        await expect(drawn.page.locator(".outcomes li")).to_have_text("job-9 unknown Look.")
        assert await violations(drawn.page) == []
    assert tool.calls[1:] == [{**SELECTION, "until": "2026-11-24T11:00:00Z", "max_jobs": 198, "dry_run": False}]


async def test_what_is_left_can_be_retried_with_the_call_that_goes_on(show: Show) -> None:
    some = outcome(
        {"accepted": 120},
        message="No more were sent.",
        left=78,
        next=[real_call(until="2026-11-24T05:00:00Z", like="job-5", max_jobs=60)],
    )
    async with retried(show, DRY_RUN, some, outcome({"accepted": 60}, selected=60)) as (drawn, tool):
        await drawn.page.get_by_role("button", name="Retry 198 jobs now").click()
        await expect(drawn.page.locator(".question")).to_contain_text("Retried 120 of 198 jobs. 78 are left.")
        await expect(drawn.page.get_by_text("No more were sent.")).to_be_visible()
        await drawn.page.get_by_role("button", name="Retry 60 of the 78 left now").click()
        await expect(drawn.page.locator(".question")).to_contain_text("Retried 60 of 60 jobs.")
        await expect(drawn.page.get_by_role("button", name="left now")).to_have_count(0)
    onward = {"until": "2026-11-24T05:00:00Z", "like": "job-5", "max_jobs": 60, "dry_run": False}
    assert tool.calls[2] == {**SELECTION, **onward}


async def test_a_user_who_declines_in_the_host_sees_that_nothing_was_sent(show: Show) -> None:
    async with retried(show, DRY_RUN, outcome({"declined": 198})) as (drawn, _):
        await drawn.page.get_by_role("button", name="Retry 198 jobs now").click()
        await expect(drawn.page.locator(".question")).to_contain_text("Retried 0 of 198 jobs.")
        await expect(drawn.page.locator(".outcome-counts li")).to_have_text("198 declined, so nothing was sent")


@pytest.mark.parametrize(
    ("answer", "is_known"), [("Writer refused the API key (401).", True), (None, False)], ids=["server", "host"]
)
async def test_a_real_call_without_an_answer_may_have_retried_jobs(
    show: Show, answer: str | None, is_known: bool
) -> None:
    async with retried(show, DRY_RUN, answer) as (drawn, _):
        await drawn.page.get_by_role("button", name="Retry 198 jobs now").click()
        status = drawn.page.locator(".status-line")
        await expect(status).to_contain_text(answer or "The host rejected the request")
        doubt = "Jobs may have been retried: refresh the report before you retry them again."
        assert (doubt in (await status.text_content() or "")) is not is_known


async def test_a_double_click_neither_repeats_nor_confirms_a_retry(show: Show) -> None:
    async with retried(show, DRY_RUN, DRY_RUN, outcome({"accepted": 198})) as (drawn, tool):
        await drawn.page.get_by_role("button", name="Cancel").click()
        await drawn.page.get_by_role("button", name="Retry all 212 jobs …").click()
        now = drawn.page.get_by_role("button", name="Retry 198 jobs now")
        await now.dispatch_event("click", {"detail": 2})  # the second click of one that began on another button
        await expect(now).to_be_visible()
        tool.hold()
        await now.dblclick()
        await expect(now).to_be_disabled()
        await expect(drawn.page.get_by_role("button", name="Retry these 2 jobs …")).to_be_disabled()
        tool.released.set()
        await expect(drawn.page.get_by_role("button", name="Done")).to_be_visible()
    assert [call["dry_run"] for call in tool.calls] == [True, True, False]


async def test_only_the_jobs_with_a_value_are_retried_while_it_filters(show: Show) -> None:
    listed = CannedTool("list_failed_jobs", failed_job_list(["job-1"], matched=89))
    tool = CannedTool("retry_jobs", DRY_RUN)
    server = result_server(triage_result(GROUP, can_retry=True))
    async with show(server) as drawn, canned_tools(drawn, tool, listed):
        await drawn.page.locator(".bar").click()
        await drawn.page.get_by_role("button", name="4711").click()
        retry = drawn.page.get_by_role("button", name="Retry these 89 jobs …")
        await expect(drawn.page.get_by_role("button", name="Retry all")).to_have_count(0)
        await retry.click()
        await expect(drawn.page.locator(".question")).to_be_visible()
    assert tool.calls == [{**SELECTION, "contains": "4711", "max_jobs": 200, "dry_run": True}]


async def test_a_question_stays_while_the_jobs_are_listed_and_filtered(show: Show) -> None:
    listed = CannedTool("list_failed_jobs", failed_job_list(["job-1"], matched=89))
    async with retried(show, DRY_RUN) as (drawn, tool), canned_tools(drawn, listed):
        question = drawn.page.locator(".question")
        await expect(question).to_contain_text("Retry 198 failed jobs?")
        await drawn.page.get_by_role("button", name="List all 212 jobs").click()
        await expect(drawn.page.locator(".job")).to_have_text(["job-1"])
        await drawn.page.get_by_role("button", name="4711").click()
        await expect(drawn.page.get_by_role("button", name="Retry these 89 jobs …")).to_be_visible()
        await expect(question).to_contain_text("Retry 198 failed jobs?")
        await drawn.page.get_by_role("button", name="Cancel").click()
        await expect(drawn.page.get_by_role("button", name="Retry all 212 jobs …")).to_be_visible()
    assert [call["dry_run"] for call in tool.calls] == [True]


async def test_every_job_of_a_group_is_posted_once(draw: Draw, store: SandboxStore, api: SandboxApp) -> None:
    ids = add_failed_jobs(store, RATE_LIMIT, 30)
    async with draw(retry=True, since="24h") as drawn:
        await drawn.page.locator(".groups > li", has_text=RATE_LIMIT).locator(".bar").click()
        await drawn.page.get_by_role("button", name="Retry all 30 jobs …").click()
        await expect(drawn.page.locator(".question")).to_contain_text("Retry 30 failed jobs?")
        assert count_posts(api) == 0
        await drawn.page.get_by_role("button", name="Retry 30 jobs now").click()
        await expect(drawn.page.locator(".question")).to_contain_text("Retried 30 of 30 jobs.")
    assert sorted(posted_ids(api)) == sorted(ids)


async def test_a_host_that_asks_its_user_sends_nothing_when_the_user_declines(
    draw: Draw, store: SandboxStore, api: SandboxApp
) -> None:
    add_failed_jobs(store, RATE_LIMIT, 30)
    user = User(DECLINE, api)
    async with draw(retry=True, since="24h", user=user) as drawn:
        await drawn.page.locator(".groups > li", has_text=RATE_LIMIT).locator(".bar").click()
        await drawn.page.get_by_role("button", name="Retry all 30 jobs …").click()
        assert user.questions == []
        await drawn.page.get_by_role("button", name="Retry 30 jobs now").click()
        await expect(drawn.page.locator(".outcome-counts li")).to_have_text("30 declined, so nothing was sent")
    assert (len(user.questions), count_posts(api)) == (1, 0)
