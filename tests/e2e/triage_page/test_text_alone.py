"""The page works where the model gets the text alone: its data is then in ``_meta``."""

import pytest
from playwright.async_api import expect

from tests.conftest import NOW, config_for
from tests.helpers.triage_page import Show
from writer_jobs_mcp.server.build import build_server


@pytest.mark.parametrize("shown", ["application", "account"])
async def test_the_page_draws_the_same_report_without_a_structure_for_the_model(
    show: Show, url: str, application: str, shown: str
) -> None:
    reports = list[str]()
    for structured in ("true", "false"):
        server = build_server(config_for(url, WRITER_JOBS_STRUCTURED_CONTENT=structured), clock=lambda: NOW)
        async with show(server, application=application if shown == "application" else "all") as drawn:
            await expect(drawn.page.locator(".groups > li").first).to_be_visible()
            reports.append(await drawn.page.locator("main").inner_text())
    assert reports[0] == reports[1]


async def test_a_call_of_the_page_is_answered_without_a_structure_for_the_model(
    show: Show, url: str, application: str
) -> None:
    server = build_server(config_for(url, WRITER_JOBS_STRUCTURED_CONTENT="false"), clock=lambda: NOW)
    async with show(server, application=application, since="24h") as drawn:
        group = drawn.page.locator(".groups > li").first
        await group.locator(".bar").click()
        await group.get_by_role("button", name="List all").click()
        await expect(group.locator(".job-list .label")).to_contain_text("failed jobs, newest first")
        await group.locator(".job").first.click()
        await expect(group.locator(".details pre").first).to_be_visible()
