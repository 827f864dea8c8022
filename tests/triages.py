"""Triages as a server may answer them, for states of the page that the sandbox does not get into."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, ConfigDict

from writer_jobs_mcp.pages import pages
from writer_jobs_mcp.tools import TRIAGE_PAGE
from writer_jobs_mcp.views.page import KEY

CATEGORIES = ["rate_limit", "timeout", "invalid_input", "upstream_failure", "unknown"]
TRENDS = ["new", "rising", "steady", "falling"]


class _Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


def group(number: int, count: int = 1, **others: Any) -> dict[str, Any]:
    return {
        "signature": f"Failure of kind {number}",
        "category": CATEGORIES[number % len(CATEGORIES)],
        "retry": "worth_it",
        "count": count,
        "share": 0.001,
        "first_seen": "2026-11-23T10:38:17Z",
        "last_seen": "2026-11-24T02:23:14Z",
        "trend": TRENDS[number % len(TRENDS)],
        "example": f"Failure of kind {number} in request 4711",
        "job_ids": [f"job-{number}-a", f"job-{number}-b"],
        **others,
    }


def triage(groups: list[dict[str, Any]], **others: Any) -> dict[str, Any]:
    failed = sum(group["count"] for group in groups)
    return {
        "application_id": "an-application",
        "window": {"since": "2026-11-23T12:00:00Z", "until": "2026-11-24T12:00:00Z"},
        "coverage": {
            "jobs_read": 2 * failed,
            "jobs_in_window": 2 * failed,
            "total": 2 * failed,
            "complete": True,
            "stopped_by": "end",
            "moved_during_scan": False,
        },
        "counts": {"completed": failed, "failed": failed},
        "failure_rate": 0.5,
        "seconds": {"median": 21.0, "p95": 74.4},
        "stuck": [],
        "stuck_count": 0,
        "failures": groups,
        **others,
    }


def timeline(failed: int, steps: int = 48) -> dict[str, Any]:
    each = [failed // steps + (step < failed % steps) for step in range(steps)]
    counts = {"completed": each, "failed": each}
    return {"start": "2026-11-23T12:00:00Z", "step_seconds": 1800, "counts": counts}


def answered(structure: dict[str, Any], *, draws: bool = True) -> CallToolResult:
    page: dict[str, Any] = {"can_retry": False}
    if draws:
        page["timeline"] = timeline(structure["counts"].get("failed", 0))
    text = TextContent(type="text", text="The same in words.")
    return CallToolResult(content=[text], structured_content=structure, _meta={KEY: page})


def refused(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def answering(answer: Callable[[], Awaitable[CallToolResult]]) -> MCPServer:
    """A server whose triage is what ``answer`` gives, with the real page to draw it."""

    async def list_applications() -> Annotated[CallToolResult, _Anything]:
        structure = {"applications": [{"id": "an-application", "name": "An application"}]}
        return CallToolResult(content=[], structured_content=structure)

    async def triage_application_jobs() -> Annotated[CallToolResult, _Anything]:
        return await answer()

    bound = {"ui": {"resourceUri": TRIAGE_PAGE}}
    tools = [Tool.from_function(list_applications), Tool.from_function(triage_application_jobs, meta=bound)]
    return MCPServer("answering", tools=tools, extensions=[pages()])
