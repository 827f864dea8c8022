"""What the page costs: its size, and what it adds to results and to the tool list."""

import pytest
from mcp.client import Client

from tests.conftest import NOW, config_for
from writer_jobs_mcp.commands.app_host import APPS_EXTENSION
from writer_jobs_mcp.server.build import build_server
from writer_jobs_mcp.server.triage_app import PAGES_DIRECTORY


def test_each_page_is_one_file_of_less_than_200_kb() -> None:
    assert {name: (PAGES_DIRECTORY / name).stat().st_size < 200_000 for name in ("triage.html", "host.html")} == {
        "triage.html": True,
        "host.html": True,
    }


@pytest.mark.parametrize("tool", ["triage_application_jobs", "triage_all_applications"])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_without_apps_gets_the_same_result_without_page_data(
    url: str, application: str, mode: str, tool: str
) -> None:
    server = build_server(config_for(url), clock=lambda: NOW)
    asked = {"since": "7d"} | ({"application_id": application} if tool == "triage_application_jobs" else {})
    async with Client(server, mode=mode) as plain, Client(server, mode=mode, extensions=[APPS_EXTENSION]) as drawing:
        without = await plain.call_tool(tool, asked)
        drawn = await drawing.call_tool(tool, asked)
    assert (without.content, without.structured_content) == (drawn.content, drawn.structured_content)
    assert "writer-jobs-mcp/page" not in (without.meta or {})
    assert "writer-jobs-mcp/page" in (drawn.meta or {})


async def test_the_page_adds_under_70_characters_to_each_tool_that_it_shows(url: str) -> None:
    async with Client(build_server(config_for(url))) as client:
        tools = (await client.list_tools()).tools
    metas = [tool.model_dump_json(by_alias=True, include={"meta"}) for tool in tools if tool.meta]
    assert len(metas) == 2
    assert max(map(len, metas)) < 70
