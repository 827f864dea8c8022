"""With WRITER_JOBS_STRUCTURED_CONTENT=false, results are text alone: the same text, and no structure or its schema."""

from collections.abc import Sequence
from typing import Any

from mcp.client import Client
from mcp.client.extension import ClientExtension

from tests.conftest import ALIAS, NOW, config_for
from tests.helpers.mcp import structure_of, text_of
from writer_jobs_mcp.commands.app_host import APPS_EXTENSION
from writer_jobs_mcp.sandbox import SandboxStore
from writer_jobs_mcp.server.build import build_server
from writer_jobs_mcp.tools import TOOLS

PAGE = "writer-jobs-mcp/page"


def client_of(
    url: str, structured: str, mode: str, extensions: Sequence[ClientExtension] = (), **environ: str
) -> Client:
    settings = {"WRITER_JOBS_ALLOW_RETRY": "true", "WRITER_JOBS_STRUCTURED_CONTENT": structured, **environ}
    return Client(
        build_server(config_for(url, **settings), clock=lambda: NOW), mode=mode, extensions=list(extensions) or None
    )


def calls(store: SandboxStore) -> list[tuple[str, dict[str, Any]]]:
    """Return a call of each tool."""
    about, failed = {"application_id": ALIAS}, {"job_id": store.jobs(ALIAS, "failed")[0].id}
    return [
        ("list_applications", {}),
        ("triage_all_applications", {}),
        ("triage_application_jobs", {**about, "since": "7d"}),
        ("list_application_jobs", about),
        ("list_failed_jobs", about),
        ("get_job_error", failed),
        ("get_job_output", failed),
        ("wait_for_job", failed),
        ("wait_for_jobs", {**about, "timeout_seconds": 1}),
        ("retry_jobs", {"job_ids": [failed["job_id"]]}),
    ]


async def test_no_tool_publishes_an_output_schema(url: str, mode: str) -> None:
    async with client_of(url, "false", mode) as client:
        tools = (await client.list_tools()).tools
    async with client_of(url, "true", mode) as client:
        usual = (await client.list_tools()).tools
    assert [tool.output_schema for tool in tools] == [None] * len(TOOLS)
    assert all(tool.output_schema for tool in usual)
    without_schema = [tool.model_copy(update={"output_schema": None}) for tool in usual]
    assert tools == without_schema


async def test_each_tool_gives_its_usual_text_and_nothing_else(url: str, mode: str, store: SandboxStore) -> None:
    asked = calls(store)
    assert {tool for tool, _ in asked} == {definition.fn.__name__ for definition in TOOLS}
    async with client_of(url, "false", mode) as client, client_of(url, "true", mode) as usual:
        for tool, arguments in asked:
            alone, both = await client.call_tool(tool, arguments), await usual.call_tool(tool, arguments)
            assert (alone.structured_content, alone.is_error) == (None, both.is_error), tool
            assert PAGE not in (alone.meta or {}), tool
            assert structure_of(both)
            if tool != "wait_for_jobs":  # it says how long it waited
                assert text_of(alone) == text_of(both)


async def test_an_error_is_the_usual_one(url: str, mode: str) -> None:
    async with client_of(url, "false", mode) as client, client_of(url, "true", mode) as usual:
        asked = ("get_job_error", {"job_id": "no-such-job"})
        alone, both = await client.call_tool(*asked), await usual.call_tool(*asked)
    assert alone.is_error
    assert (text_of(alone), alone.structured_content) == (text_of(both), None)


async def test_the_page_gets_the_structure_where_the_model_does_not_read_it(
    url: str, mode: str, store: SandboxStore
) -> None:
    drawing = [APPS_EXTENSION]
    async with client_of(url, "false", mode, drawing) as client, client_of(url, "true", mode, drawing) as usual:
        for tool, arguments in calls(store):
            alone, both = await client.call_tool(tool, arguments), await usual.call_tool(tool, arguments)
            assert alone.structured_content is None
            page = dict((alone.meta or {})[PAGE])
            shown = page.pop("structure")
            assert page == (both.meta or {}).get(PAGE, {}), tool
            assert shown.keys() == structure_of(both).keys(), tool
            if tool != "wait_for_jobs":
                assert shown == structure_of(both)
