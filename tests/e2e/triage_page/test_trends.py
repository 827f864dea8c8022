"""The report compares the window with the one before, and shows what tells jobs apart."""

from typing import Any

import pytest
from mcp.client import Client
from playwright.async_api import expect

from tests.conftest import NOW, config_for
from tests.data.triage_pages import (
    FAILED,
    failure_group,
    group_values,
    result_server,
    triage_result,
    triage_structure,
    without,
)
from tests.helpers.mcp import call_tool
from tests.helpers.triage_page import Draw, Show, beside_figures
from writer_jobs_mcp.results.formatting import format_duration, format_percent
from writer_jobs_mcp.server.build import build_server


async def test_the_figures_show_those_of_the_window_before(draw: Draw, url: str, application: str) -> None:
    async with Client(build_server(config_for(url), clock=lambda: NOW)) as client:
        asked = {"application_id": application, "since": "24h"}
        day = await call_tool(client, "triage_application_jobs", asked)
    before = day["before"]
    async with draw(since="24h") as drawn:
        assert await beside_figures(drawn.page) == {
            "Jobs": f"{before['jobs']} before",
            "Failed": f"{before['failed']} before",
            "Failure rate": f"{format_percent(before['failure_rate'])} before",
            "95th percentile": f"at most {format_duration(day['seconds']['longest']['seconds'])}",
            "Stuck": f"over {format_duration(day['stuck_after'])}",
        }
        await expect(drawn.page.get_by_text("Before: the 24 h before, from 21 Nov, 12:00 UTC.")).to_be_visible()


async def test_a_window_before_without_jobs_is_not_compared(show: Show) -> None:
    report = triage_structure(
        [without(failure_group(1, 30), "before", "trend")],
        before={"since": "2026-11-22T12:00:00Z", "jobs": 0, "failed": 0},
    )
    async with show(result_server(triage_result(report))) as drawn:
        sentence = "No jobs in the 24 h before (from 22 Nov, 12:00 UTC): nothing to compare with."
        await expect(drawn.page.get_by_text(sentence)).to_be_visible()
        assert "Jobs" not in await beside_figures(drawn.page)
        await expect(drawn.page.locator(".trend")).to_have_count(0)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"trend": "rising", "before": 10}, "▲ rising: 1,200, 10 before"),
        ({"trend": "steady", "before": 1_100}, "→ steady: 1,200, 1,100 before"),
        ({"trend": "falling", "before": 4_000}, "▼ falling: 1,200, 4,000 before"),
        ({"trend": "new", "before": 0}, "✦ new: 0 before"),
        ({"before": 0, "seen_before": "2026-11-19T16:26:52Z"}, "0 before, previously seen 19 Nov, 16:26"),
        ({"before": 0, "seen_before": "2025-12-19T16:26:52Z"}, "0 before, previously seen 19 Dec 2025, 16:26"),
        ({"before": 5}, "5 before"),
        ({"trend": "rising"}, "▲ rising"),
    ],
    ids=str,
)
async def test_a_trend_shows_its_numbers(show: Show, facts: dict[str, Any], text: str) -> None:
    each = {**without(failure_group(1, 1_200), "trend", "before"), **facts}
    async with show(result_server(triage_result(triage_structure([each])))) as drawn:
        await expect(drawn.page.locator(".bar .trend")).to_have_text(text)


async def test_an_opened_group_shows_what_its_trend_compares(show: Show) -> None:
    """40 of 4,000 jobs and 10 of 1,000 are the same rate."""
    coverage = {**FAILED["coverage"], "jobs_in_window": 4_000}
    before = {"since": "2026-11-22T12:00:00Z", "jobs": 1_000, "failed": 10, "failure_rate": 0.01}
    report = triage_structure(
        [{**failure_group(0, 40), "trend": "steady", "before": 10}], coverage=coverage, before=before
    )
    async with show(result_server(triage_result(report))) as drawn:
        await drawn.page.locator(".bar").click()
        sentence = "Here 40 of 4,000 jobs (1%), in the 24 h before 10 of 1,000 jobs (1%)."
        await expect(drawn.page.get_by_text(sentence)).to_be_visible()


async def test_an_opened_group_shows_the_values_that_tell_its_jobs_apart(show: Show) -> None:
    graphs = group_values("<id>", 3, ("graph-a", 4), ("graph-b", 3), ("graph-c", 1))
    fields = group_values("<…>", 12, ("catalogue", 2), ("tone", 2))
    report = triage_structure([failure_group(0, 8, values=[graphs, fields])])
    async with show(result_server(triage_result(report))) as drawn:
        await drawn.page.locator(".bar").click()
        labels = drawn.page.locator(".label")
        await expect(labels.first).to_have_text("Values of <id>")
        await expect(labels.nth(1)).to_have_text("Values of <…>: the 2 most frequent of 12")
        rows = await drawn.page.locator(".values li").all()
        shown = [(await row.locator("code").text_content(), await row.locator("strong").text_content()) for row in rows]
    assert shown == [("graph-a", "4"), ("graph-b", "3"), ("graph-c", "1"), ("catalogue", "2"), ("tone", "2")]


async def test_failures_that_are_gone_are_listed_with_their_counts(show: Show) -> None:
    gone = [
        {"signature": "Knowledge Graph <id> was not found", "category": "missing_resource", "before": 1_234},
        {"signature": "Too long", "category": "input_too_long", "before": 2},
    ]
    none_failed = {**FAILED["coverage"], "jobs_in_window": 5}
    for counts, coverage in ({"completed": 5}, none_failed), ({}, {**none_failed, "jobs_in_window": 0}):
        report = triage_structure([], counts=counts, coverage=coverage, gone=gone)
        async with show(result_server(triage_result(report))) as drawn:
            listed = drawn.page.get_by_role("region", name="Not seen any more").locator("li")
            await expect(listed).to_have_text(
                [
                    "Knowledge Graph <id> was not foundmissing resource 0 here, 1,234 before",
                    "Too longinput too long 0 here, 2 before",
                ]
            )


async def test_the_summary_names_new_groups(show: Show) -> None:
    groups = [
        {**failure_group(1, 40), "trend": "rising", "category": "timeout"},
        {**failure_group(2, 9), "trend": "new", "category": "unknown"},
    ]
    report = triage_structure(groups, failures_omitted={"groups": 4, "jobs": 6, "new": 2})
    async with show(result_server(triage_result(report))) as drawn:
        await expect(drawn.page.locator(".lead")).to_have_text(
            "49 of 98 jobs failed. They fall into 6 groups; the largest (timeout, 40 jobs) is rising: 10 of 400 jobs "
            "in the 24 h before. 3 other groups are new, the largest: unknown cause, 9 jobs."
        )
        words = "Not listed: 6 failed jobs in 4 other groups, 2 of them new."
        await expect(drawn.page.get_by_text(words)).to_be_visible()
