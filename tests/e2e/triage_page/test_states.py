"""The page shows each state of a result: complete, partial, empty, loading or an error."""

from typing import Any

import anyio
import pytest
from mcp_types import CallToolResult
from playwright.async_api import Browser, expect

from tests.data.triage_pages import (
    FAILED,
    GAPS,
    NONE_READ,
    READ_IN_PART,
    STATE_MESSAGES,
    STATES,
    UNREADABLE,
    error_result,
    failure_group,
    result_server,
    triage_result,
    triage_server,
    triage_structure,
)
from tests.helpers.browser import open_triage_page
from tests.helpers.host_page import send_result
from tests.helpers.triage_page import Show, beside_figures, figures, violations


@pytest.mark.parametrize("state", STATES)
async def test_each_state_shows_its_message_accessibly(show: Show, state: str) -> None:
    async with show(result_server(STATES[state])) as drawn:
        await expect(drawn.page.get_by_text(STATE_MESSAGES[state]).first).to_be_visible()
        assert await violations(drawn.page) == []
        assert drawn.console_errors == []


async def test_the_page_does_not_claim_completeness_with_unreadable_jobs(show: Show) -> None:
    async with show(result_server(triage_result(GAPS))) as drawn:
        await expect(drawn.page.locator(".incomplete")).to_contain_text("Not all jobs were read.")
        await expect(drawn.page.locator(".lead")).to_contain_text("Of the 100 jobs that could be read, 30 failed.")
        for sentence in ("Every job was read", "stopped early"):
            await expect(drawn.page.get_by_text(sentence)).to_have_count(0)


async def test_a_longer_window_is_not_suggested_when_jobs_were_not_read(show: Show) -> None:
    async with show(result_server(triage_result(NONE_READ))) as drawn:
        await expect(drawn.page.get_by_text("Not all jobs were read: see “What was read” below.")).to_be_visible()
        await expect(drawn.page.get_by_text("Choose a longer window")).to_have_count(0)


@pytest.mark.parametrize(
    ("counts", "coverage", "sentence"),
    [
        ({"failed": 1}, UNREADABLE, "Of the 1 job that could be read, 1 failed."),
        ({"completed": 5}, UNREADABLE, "Of the 5 jobs that could be read, none failed."),
        ({"failed": 1}, {}, "1 of 1 job failed."),
        ({"failed": 2, "completed": 3}, {}, "2 of 5 jobs failed."),
    ],
    ids=str,
)
async def test_the_summary_counts_the_failed_jobs(
    show: Show, counts: dict[str, int], coverage: dict[str, Any], sentence: str
) -> None:
    jobs = sum(counts.values())
    whole = {**FAILED["coverage"], "jobs_read": jobs, "jobs_in_window": jobs, "total": jobs, **coverage}
    async with show(result_server(triage_result(triage_structure([], counts=counts, coverage=whole)))) as drawn:
        await expect(drawn.page.locator(".lead")).to_have_text(sentence)


async def test_one_unreadable_job_is_counted_in_the_singular(show: Show) -> None:
    unreadable = {**UNREADABLE, "unreadable": {"count": 1, "reason": "created_at: Field required"}}
    report = triage_structure([failure_group(1, 30)], coverage={**FAILED["coverage"], **unreadable})
    async with show(result_server(triage_result(report))) as drawn:
        sentence = "1 more job could not be read and is not counted."
        await expect(drawn.page.locator(".incomplete")).to_contain_text(sentence)


async def test_the_page_shows_that_jobs_are_being_read(chromium: Browser) -> None:
    read = anyio.Event()

    async def answer() -> CallToolResult:
        await read.wait()
        return STATES["failures"]

    async with open_triage_page(chromium, triage_server(answer)) as drawn:
        await expect(drawn.page.get_by_role("status")).to_have_text("Reading the jobs …")
        await expect(drawn.page.locator("[aria-busy=true]")).to_have_count(1)
        read.set()
        await expect(drawn.page.locator(".figures")).to_be_visible()
        await expect(drawn.page.locator("[aria-busy=true]")).to_have_count(0)


async def test_a_failed_refresh_keeps_the_report_and_shows_the_error(show: Show) -> None:
    answers = [STATES["failures"], error_result("Writer is unavailable. Try again later.")]

    async def answer() -> CallToolResult:
        return answers.pop(0)

    async with show(triage_server(answer)) as drawn:
        await drawn.page.get_by_role("button", name="Refresh").click()
        await expect(drawn.page.get_by_role("alert")).to_have_text("Writer is unavailable. Try again later.")
        await expect(drawn.page.locator(".figures")).to_be_visible()


async def test_a_result_that_the_host_sends_again_keeps_what_was_opened(show: Show) -> None:
    changed = triage_result({**FAILED, "application_name": "Changed"})
    async with show(result_server(STATES["failures"])) as drawn:
        name = drawn.page.locator(".subject strong")
        await send_result(drawn.host, changed)
        await expect(name).to_have_text("Changed")
        await drawn.page.locator(".bar").first.click()
        await send_result(drawn.host, changed)
        await send_result(drawn.host, STATES["failures"])
        await expect(name).to_have_text("An application")  # so the one before has been handled
        await expect(drawn.page.locator(".bar").first).to_have_attribute("aria-expanded", "false")
        await drawn.page.locator(".bar").first.click()
        await send_result(drawn.host, STATES["failures"])
        await drawn.page.get_by_role("button", name="Ask about this group").click()
        await expect(drawn.page.get_by_role("button", name="Asked")).to_be_visible()


async def test_a_thousand_groups_are_shown_in_batches(show: Show) -> None:
    async with show(result_server(STATES["a thousand groups"])) as drawn:
        more = drawn.page.locator(".more")
        await expect(more).to_have_text("Show 40 more of 960")
        await more.click()
        await expect(more).to_have_text("Show 40 more of 920")
        await more.evaluate("button => { while (!button.hidden) button.click(); }")
        await expect(drawn.page.locator(".bar")).to_have_count(1_000)
        await expect(more).to_be_hidden()


async def test_a_partly_read_window_is_described_as_such(show: Show) -> None:
    async with show(result_server(triage_result(READ_IN_PART))) as drawn:
        assert (await figures(drawn.page))["Jobs read"] == "60"
        await expect(drawn.page.locator(".lead")).to_have_text(
            "Of the 60 newest jobs of this window, back to 24 Nov, 03:40 UTC, 30 failed; the rest of it was not read. "
            "All have one cause: timeout."
        )
        await expect(drawn.page.locator(".subject")).to_contain_text("(24 h), read back to 24 Nov, 03:40 UTC")
        assert (await beside_figures(drawn.page))["Median"] == "of 52 finished"


async def test_unread_steps_are_not_shown_as_empty(show: Show) -> None:
    async with show(result_server(triage_result(READ_IN_PART))) as drawn:
        await expect(drawn.page.locator(".plot rect.unread")).to_have_count(1)
        await expect(drawn.page.get_by_text("The shaded part, before 24 Nov, 03:40 UTC, was not read.")).to_be_visible()
        await expect(drawn.page.locator("caption")).to_contain_text("31 steps not read")


async def test_continue_reading_loads_the_rest_of_the_same_window(show: Show) -> None:
    requests: list[dict[str, Any]] = []
    answers = [READ_IN_PART, FAILED]

    async def answer() -> CallToolResult:
        return triage_result(answers.pop(0))

    async with show(triage_server(answer, requests), since="7d", application="an-application") as drawn:
        await expect(drawn.page.get_by_text("Reads the jobs created before 24 Nov, 03:39 UTC.")).to_be_visible()
        await drawn.page.get_by_role("button", name="Continue reading").click()
        await expect(drawn.page.locator(".lead")).to_contain_text("50 of 100 jobs failed.")
        await expect(drawn.page.get_by_role("button", name="7 d")).to_have_attribute("aria-pressed", "false")
    assert requests == [
        {"application_id": "an-application", "since": "7d"},
        {"application_id": "an-application", "since": "7d", "until": "2026-11-24T03:39:59.5Z", "max_jobs": 120},
    ]


async def test_a_minimal_result_is_drawn_and_unknown_fields_are_ignored(show: Show) -> None:
    bare = {
        "application_id": "an-application",
        "coverage": {"jobs_in_window": 2, "jobs_read": 2, "complete": True, "stopped_by": "end"},
        "counts": {"failed": 2},
        "failures": [{"signature": "It failed", "count": 2, "example": "It failed at 7", "weather": {"rain": True}}],
        "weather": [1, None],
    }
    async with show(result_server(triage_result(bare, with_page_data=False))) as drawn:
        await expect(drawn.page.locator(".lead")).to_have_text("2 of 2 jobs failed. All have one cause: unknown.")
        await drawn.page.locator(".bar").click()
        await expect(
            drawn.page.get_by_text("The timeline is missing because this host did not forward it.")
        ).to_be_visible()
        assert drawn.console_errors == []
