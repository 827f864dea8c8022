"""List the failed jobs of an API through a real client."""

from typing import Any

from mcp.client import Client

from tests.fakes.unstable_list import UnstableListApi
from tests.helpers.jobs import JsonObject
from tests.helpers.mcp import call_tool, server_for, text_of

LIST = "list_failed_jobs"


async def list_failed(api: UnstableListApi, **arguments: Any) -> JsonObject:
    """Return the structured content of one call."""
    async with Client(server_for(api)) as client:
        return await call_tool(client, LIST, {"application_id": "a", **arguments})


async def list_text(api: UnstableListApi, **arguments: Any) -> str:
    """Return the text of one call."""
    async with Client(server_for(api)) as client:
        return text_of(await client.call_tool(LIST, {"application_id": "a", **arguments}))


async def list_all_pages(client: Client, **arguments: Any) -> list[JsonObject]:
    """Return the pages of a list, each but the first by the call that the one before names."""
    pages = [await call_tool(client, LIST, {"application_id": "a", **arguments})]
    while "next_offset" in pages[-1]["page"]:
        (call,) = pages[-1]["next"]
        assert (call["tool"], call["arguments"]["offset"]) == (LIST, pages[-1]["page"]["next_offset"])
        pages.append(await call_tool(client, LIST, call["arguments"]))
    return pages


def ids_of(*pages: JsonObject) -> list[str]:
    """Return the ids of the jobs of these pages, in order."""
    return [row["id"] for page in pages for row in page["jobs"]]
