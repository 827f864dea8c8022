"""The overview of all applications: a bar for each, shared causes, and the way into an application and back."""

from typing import Any

import pytest
from mcp.client import Client
from playwright.async_api import Browser, expect

from tests.conftest import NOW, config_for
from tests.data.triage_pages import account_application, account_server, account_structure, group_values, without
from tests.helpers.browser import open_triage_page
from tests.helpers.mcp import call_tool
from tests.helpers.triage_page import (
    CannedTool,
    Draw,
    Show,
    canned_tools,
    change_look,
    figures,
    fits_its_frame,
    violations,
)
from writer_jobs_mcp.server.build import build_server

BEFORE = {"jobs": 300, "failed": 8}
APPLICATIONS = [
    account_application("Alpha", 40, top="rate_limit", before=BEFORE, stuck_count=2, new_groups=1),
    without(account_application("Beta", 10), "jobs", "failure_rate", "stuck_count"),
    account_application("Gamma", 0),
]
ACCOUNT = account_structure(APPLICATIONS)
WINDOW = {"since": "2026-11-23T12:00:00Z", "until": "2026-11-24T12:00:00Z"}


async def test_the_overview_shows_each_application_and_the_causes_they_share(show: Show) -> None:
    async with show(account_server(ACCOUNT), application="all") as drawn:
        await expect(drawn.page.locator("h1")).to_have_text("Failed jobs of all applications")
        await expect(drawn.page.locator(".lead")).to_have_text(
            "50 jobs failed in 2 of 3 applications. 1 group of failures occurs in several of them."
        )
        rows = drawn.page.get_by_role("region", name="Applications").locator(".bar")
        await expect(rows).to_have_text(
            [
                "Alpha40 failed jobs, of 180rate limit20% failed8 of 300 before✦ 1 new group2 stuck",
                "Beta10 failed jobs, jobs not countedstuck jobs not known",
                "Gamma0 failed jobs, of 2020% failed",
            ]
        )
        group = drawn.page.get_by_role("region", name="Why they failed").locator(".bar")
        await expect(group).to_contain_text("in 2 applications")
        await group.click()
        await expect(drawn.page.get_by_role("button", name="Beta").last).to_contain_text("10 jobs")
        assert drawn.console_errors == []


async def test_the_overview_is_accessible_in_both_themes_and_fits_a_narrow_frame(chromium: Browser) -> None:
    looks = [("dark", 320), ("light", 900)]
    found: dict[tuple[str, int], tuple[list[str], bool]] = {}
    async with open_triage_page(chromium, account_server(ACCOUNT), application="all", theme="dark") as drawn:
        await change_look(drawn, *looks[0])
        await drawn.page.get_by_role("region", name="Why they failed").locator(".bar").click()
        await expect(drawn.page.get_by_role("button", name="Beta").last).to_contain_text("10 jobs")
        for look in looks:
            await change_look(drawn, *look)
            found[look] = (await violations(drawn.page), await fits_its_frame(drawn.page))
        assert drawn.console_errors == []
    assert found == {look: ([], True) for look in looks}


async def test_an_application_opens_in_the_window_of_the_overview_and_leads_back(show: Show) -> None:
    requests: list[dict[str, Any]] = []
    async with show(account_server(ACCOUNT, requests), application="all") as drawn:
        again = CannedTool("triage_all_applications", "The overview was asked for again.")
        async with canned_tools(drawn, again):
            await drawn.page.locator(".bar").first.click()
            await expect(drawn.page.locator("h1")).to_have_text("Failed jobs")
            await expect(drawn.page.locator("h1")).to_be_focused()
            await expect(drawn.page.locator(".lead")).to_contain_text("50 of 100 jobs failed.")
            await drawn.page.get_by_role("button", name="← All applications").click()
            await expect(drawn.page.locator("h1")).to_have_text("Failed jobs of all applications")
            await expect(drawn.page.get_by_role("button", name="24 h")).to_have_attribute("aria-pressed", "true")
            await expect(drawn.page.get_by_role("button", name="All applications")).to_have_count(0)
        assert again.calls == []
    assert requests == [{"since": "24h"}, {"application_id": "alpha-id", **WINDOW}]


async def test_an_application_that_answers_late_does_not_replace_the_overview(show: Show) -> None:
    late = CannedTool("triage_application_jobs", "An error of Alpha.")
    async with show(account_server(ACCOUNT), application="all") as drawn:
        async with canned_tools(drawn, late):
            late.hold()
            await drawn.page.locator(".bar").first.click()
            await expect(drawn.page.locator(".content")).to_have_attribute("aria-busy", "true")
            await drawn.page.get_by_role("button", name="Refresh").click()
            await expect(drawn.page.locator(".content")).to_have_attribute("aria-busy", "false")
            late.released.set()
        await expect(drawn.page.locator("h1")).to_have_text("Failed jobs of all applications")
        await expect(drawn.page.get_by_text("An error of Alpha.")).to_have_count(0)


async def test_what_was_not_read_is_named(show: Show) -> None:
    skipped = [{"id": "beta-id", "name": "Beta", "why": "Writer refused access (403)."}]
    account = account_structure(
        [
            account_application("Alpha", 40),
            account_application("Beta", 3, complete=False),
            account_application("Gamma", 2, complete=False, read_back_to="2026-11-24T07:00:00Z"),
        ],
        coverage={"applications": 30, "complete": False, "skipped": skipped, "message": "Time ran out."},
        applications_omitted={"applications": 27, "failing": 4, "jobs": 9_000, "failed": 12},
        failures_omitted={"groups": 2, "jobs": 12, "new": 0},
    )
    async with show(account_server(account), application="all") as drawn:
        await expect(drawn.page.locator(".incomplete")).to_have_text(
            "Not everything was read. Time ran out.Beta: Writer refused access (403)."
        )
        await expect(drawn.page.locator(".lead")).to_contain_text(
            "At least 57 jobs failed in at least 7 of 30 applications."
        )
        bars = drawn.page.locator(".bar")
        await expect(bars.nth(1)).to_contain_text("at least 3 failed jobs")
        await expect(bars.nth(1)).to_contain_text("not all failed jobs were read")
        await expect(bars.nth(2)).to_contain_text("read back to 24 Nov, 07:00 UTC only")
        await expect(
            drawn.page.get_by_text("Not listed: 27 more applications, with 9,000 jobs, 12 failed in 4 of them.")
        ).to_be_visible()
        await expect(drawn.page.get_by_text("Not listed: 12 failed jobs in 2 other groups.")).to_be_visible()
        assert await violations(drawn.page) == []


@pytest.mark.parametrize(
    ("failed", "coverage", "others", "sentence"),
    [
        (0, {"complete": True}, {}, "No job failed in 3 applications."),
        (0, {"complete": False}, {}, "No failed job was found in 3 applications; not everything was read."),
        (5, {"complete": True}, {}, "5 jobs failed in 1 of 3 applications."),
        (
            5,
            {"complete": True},
            {"applications_omitted": {"applications": 2, "failed": 3}},
            "8 jobs failed in 3 applications.",
        ),
    ],
    ids=["none", "none found", "one", "others not listed"],
)
async def test_the_summary_claims_no_more_than_was_read(
    show: Show, failed: int, coverage: dict[str, Any], others: dict[str, Any], sentence: str
) -> None:
    account = account_structure(
        [account_application("Alpha", failed)], coverage={"applications": 3, **coverage}, failures=[], **others
    )
    async with show(account_server(account), application="all") as drawn:
        await expect(drawn.page.locator(".lead")).to_have_text(sentence)


async def test_a_host_that_calls_no_tools_asks_the_model_about_an_application(chromium: Browser) -> None:
    server = account_server(ACCOUNT)
    async with open_triage_page(chromium, server, application="all", without="serverTools") as drawn:
        await drawn.page.get_by_role("button", name="Ask about application Alpha").click()
        asked = drawn.host.locator(".user").last
        await expect(asked).to_contain_text('Please call triage_application_jobs with application_id="alpha-id"')
        await expect(drawn.page.get_by_role("button", name="Refresh")).to_have_count(0)
        assert await violations(drawn.page) == []


async def test_hostile_text_of_the_overview_is_shown_as_text(show: Show) -> None:
    bad = '<img src="x" onerror="window.hacked = 2">'
    row = account_application(bad, 4, top=bad)
    account = account_structure(
        [row],
        coverage={
            "applications": 2,
            "complete": False,
            "skipped": [{"id": bad, "name": bad, "why": bad}],
            "message": bad,
        },
    )
    account["failures"][0] |= {"signature": bad, "values": [group_values(bad, 9, (bad, 4))]}
    async with show(account_server(account), application="all") as drawn:
        await drawn.page.get_by_role("region", name="Why they failed").locator(".bar").click()
        assert (await drawn.page.locator("main").text_content() or "").count(bad) > 7
        assert await drawn.page.evaluate("window.hacked") is None
        assert await drawn.page.locator("img").count() == 0


async def test_the_overview_of_the_server_leads_to_the_same_numbers(draw: Draw, url: str) -> None:
    async with Client(build_server(config_for(url), clock=lambda: NOW)) as client:
        account = await call_tool(client, "triage_all_applications", {"since": "24h"})
    failing = [each for each in account["applications"] if each["failed"]]
    async with draw(application="all", since="24h") as drawn:
        rows = drawn.page.get_by_role("region", name="Applications").locator(".bar")
        await expect(rows).to_have_count(len(account["applications"]))
        assert await rows.locator("strong").all_text_contents() == [
            str(each["failed"]) for each in account["applications"]
        ]
        await expect(drawn.page.locator(".lead")).to_contain_text(
            f"in {len(failing)} of {account['coverage']['applications']} appl"
        )
        await rows.first.click()
        await expect(drawn.page.locator("h1")).to_have_text("Failed jobs")
        shown = await figures(drawn.page)
    assert (shown["Failed"], shown["Jobs"]) == (str(failing[0]["failed"]), str(failing[0]["jobs"]))
