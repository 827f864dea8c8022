"""The report shows the facts of the tool's structured result."""

import re
from typing import Any

import pytest
from mcp_types import CallToolResult
from playwright.async_api import expect

from tests.data.triage_pages import (
    FAILED,
    NOTHING,
    failure_group,
    result_server,
    triage_result,
    triage_structure,
    without,
)
from tests.helpers.triage_page import Show, figures
from writer_jobs_mcp.results.formatting import format_duration, format_percent


async def test_the_figures_match_the_structure(show: Show, report: CallToolResult, structure: dict[str, Any]) -> None:
    async with show(result_server(report)) as drawn:
        assert await figures(drawn.page) == {
            "Jobs": f"{structure['coverage']['jobs_in_window']:,}",
            "Failed": f"{structure['counts']['failed']:,}",
            "Failure rate": format_percent(structure["failure_rate"]),
            "Median": format_duration(structure["seconds"]["median"]),
            "95th percentile": format_duration(structure["seconds"]["p95"]),
            "Stuck": f"{structure['stuck_count']}",
        }


async def test_each_group_has_a_bar_with_its_facts(
    show: Show, report: CallToolResult, structure: dict[str, Any]
) -> None:
    async with show(result_server(report)) as drawn:
        await figures(drawn.page)
        bars = await drawn.page.locator(".groups .bar").all()
        assert len(bars) == len(structure["failures"])
        for bar, each in zip(bars, structure["failures"], strict=True):
            assert await bar.locator(".quoted").text_content() == each["signature"]
            assert await bar.locator("strong").text_content() == f"{each['count']:,}"
            assert await bar.locator(".category").text_content() == each["category"].replace("_", " ")
            assert each.get("trend", "") in (await bar.locator(".facts").text_content() or "")


async def test_omitted_groups_are_counted(show: Show, report: CallToolResult, structure: dict[str, Any]) -> None:
    omitted = structure["failures_omitted"]
    async with show(result_server(report)) as drawn:
        words = f"Not listed: {omitted['jobs']} failed jobs in {omitted['groups']} other groups."
        await expect(drawn.page.get_by_text(words)).to_be_visible()


async def test_the_timeline_counts_every_job_of_the_window(
    show: Show, report: CallToolResult, structure: dict[str, Any]
) -> None:
    async with show(result_server(report)) as drawn:
        await figures(drawn.page)
        await drawn.page.get_by_text("The timeline as a table").first.click()
        names = await drawn.page.locator("thead th").all_text_contents()
        cells = [int(text.replace(",", "")) for text in await drawn.page.locator("tbody td").all_text_contents()]
        columns = len(names) - 1
        sums = {name.replace(" ", "_"): sum(cells[place::columns]) for place, name in enumerate(names[1:])}
        assert sums == structure["counts"]


async def test_the_chart_has_a_bar_for_each_status_and_step_of_the_table(show: Show, report: CallToolResult) -> None:
    async with show(result_server(report)) as drawn:
        bars = drawn.page.locator(".plot .ct-bar")
        await expect(bars.first).to_be_attached()
        filled = sum(text != "0" for text in await drawn.page.locator("tbody td").all_text_contents())
        heights = await bars.evaluate_all("bars => bars.map(bar => bar.getAttribute('ct:value'))")
        assert sum(value not in {"0", None} for value in heights) == filled


async def test_the_report_is_also_readable_as_text(
    show: Show, report: CallToolResult, structure: dict[str, Any]
) -> None:
    async with show(result_server(report)) as drawn:
        await figures(drawn.page)
        lead = await drawn.page.locator(".lead").text_content() or ""
        label = await drawn.page.locator(".plot").get_attribute("aria-label") or ""
        footer = await drawn.page.locator("footer").text_content() or ""
    assert lead.startswith(f"{structure['counts']['failed']} of {structure['coverage']['jobs_in_window']} jobs failed.")
    assert f"{structure['stuck_count']} jobs are stuck" in lead
    assert re.search(r"Most failures: \d+ of \d+ jobs, \d+ Nov", label)
    assert f"Read {structure['coverage']['jobs_read']} jobs" in footer


@pytest.mark.parametrize(
    ("named", "subject"),
    [
        ({}, "Application (no-code agent) An application an-application"),
        ({"application_name": None}, "Application (no-code agent) an-application"),
    ],
    ids=str,
)
async def test_the_application_is_shown_by_name_or_else_by_id(show: Show, named: dict[str, Any], subject: str) -> None:
    report = {name: value for name, value in {**FAILED, **named}.items() if value}
    async with show(result_server(triage_result(report))) as drawn:
        await figures(drawn.page)
        shown = await drawn.page.locator(".subject p").first.text_content() or ""
        assert shown.split() == subject.split()
        assert (await drawn.page.locator("main").text_content() or "").count("no-code agent") == 1


async def test_a_deployment_is_marked_on_the_timeline_with_the_failures_that_followed(show: Show) -> None:
    began = {**failure_group(0, 30), "category": "timeout", "first_seen": "2026-11-23T18:22:00Z"}
    async with show(result_server(triage_result(triage_structure([began])))) as drawn:
        await expect(drawn.page.locator(".plot line.deployed")).to_have_count(1)
        await expect(drawn.page.locator(".subject")).to_contain_text(
            "Last deployed 23 Nov, 18:10 UTC; new since then: timeout 12 min later."
        )


async def test_a_deployment_outside_the_timeline_is_only_named_in_the_text(show: Show) -> None:
    report = {**FAILED, "last_deployed_at": "2025-11-14T10:59:59Z"}
    async with show(result_server(triage_result(report))) as drawn:
        await expect(drawn.page.locator(".plot .ct-bar").first).to_be_attached()
        await expect(drawn.page.locator(".plot line.deployed")).to_have_count(0)
        await expect(drawn.page.locator(".subject")).to_contain_text("Last deployed 14 Nov 2025, 10:59 UTC.")


async def test_a_stuck_job_is_shown_when_the_window_has_no_jobs(show: Show) -> None:
    stuck = {"id": "job-7", "created_at": "2026-11-21T06:01:31Z", "seconds": 194_308.9}
    report = {**NOTHING, "stuck": [stuck], "stuck_count": 1}
    async with show(result_server(triage_result(report))) as drawn:
        await expect(drawn.page.locator(".lead")).to_have_text("1 job is stuck.")
        section = drawn.page.get_by_role("region", name="Stuck")
        await expect(section).to_contain_text(
            "Jobs running for over 10 min, including those created before this window."
        )
        await expect(section).to_contain_text("Running for 54 h, created 21 Nov, 06:01 UTC")


async def test_the_stuck_count_is_unknown_when_not_all_running_jobs_were_read(show: Show) -> None:
    message = "Not all running jobs could be read, so there may be more stuck ones. Writer is unavailable (503)."
    report = without({**FAILED, "coverage": {**FAILED["coverage"], "message": message}}, "stuck_count")
    async with show(result_server(triage_result(report))) as drawn:
        assert (await figures(drawn.page))["Stuck"] == "not known"
        await expect(drawn.page.locator("footer")).to_contain_text(message)
