"""Triages as a server may answer them, for states of the page that the sandbox does not get into."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, ConfigDict

from writer_jobs_mcp.results.triage_app_meta import META_KEY
from writer_jobs_mcp.server.triage_app import triage_app_extension
from writer_jobs_mcp.tools import TRIAGE_PAGE_URI

CATEGORIES = ["rate_limit", "timeout", "invalid_input", "upstream_failure", "unknown"]
TRENDS = ["new", "rising", "steady", "falling"]


class _AnyFields(BaseModel):
    model_config = ConfigDict(extra="allow")


def failure_group(number: int, count: int = 1, **others: Any) -> dict[str, Any]:
    trend = TRENDS[number % len(TRENDS)]
    return {
        "signature": f"Failure of kind {number} in request <number>",
        "category": CATEGORIES[number % len(CATEGORIES)],
        "retry": "worth_it",
        "count": count,
        "share": 0.001,
        "first_seen": "2026-11-23T10:38:17Z",
        "last_seen": "2026-11-24T02:23:14Z",
        "before": 0 if trend == "new" else 10,
        "trend": trend,
        "values": [group_values("<number>", 14, ("4711", count // 2), ("4712", count // 3), ("815", 1))],
        "job_ids": [f"job-{number}-a", f"job-{number}-b"],
        **others,
    }


def group_values(placeholder: str, distinct: int, *top: tuple[str, int]) -> dict[str, Any]:
    return {"placeholder": placeholder, "distinct": distinct, "top": [list(each) for each in top]}


def triage_structure(groups: list[dict[str, Any]], **others: Any) -> dict[str, Any]:
    failed = sum(group["count"] for group in groups)
    by_category: Counter[str] = Counter()
    for each in groups:
        by_category[each["category"]] += each["count"]
    return {
        "application_id": "an-application",
        "application_name": "An application",
        "last_deployed_at": "2026-11-23T18:10:00Z",
        "window": {"since": "2026-11-23T12:00:00Z", "until": "2026-11-24T12:00:00Z"},
        "coverage": {
            "complete": True,
            "stopped_by": "end",
            "jobs_in_window": 2 * failed,
            "jobs_read": 2 * failed,
            "total": 2 * failed,
            "moved_during_scan": False,
        },
        "counts": {"completed": failed, "failed": failed},
        "failure_rate": 0.5,
        "before": {"since": "2026-11-22T12:00:00Z", "jobs": 400, "failed": 100, "failure_rate": 0.25},
        "seconds": {"median": 21.0, "p95": 74.4, "longest": {"id": "job-0-a", "seconds": 125.0}},
        "by_category": dict(by_category),
        "failed_over_time": failures_over_time(failed),
        "stuck": [],
        "stuck_count": 0,
        "stuck_after": 600.0,
        "failures": groups,
        **others,
    }


def failures_over_time(failed: int, steps: int = 24) -> dict[str, Any]:
    each = [failed // steps + (step < failed % steps) for step in range(steps)]
    return {"from": "2026-11-23T12:00:00Z", "step": 3600, "counts": each}


def page_timeline(failed: int, steps: int = 48) -> dict[str, Any]:
    each = [failed // steps + (step < failed % steps) for step in range(steps)]
    counts = {"completed": each, "failed": each}
    return {"start": "2026-11-23T12:00:00Z", "step_seconds": 1800, "counts": counts}


def triage_result(structure: dict[str, Any], *, with_page_data: bool = True) -> CallToolResult:
    """The answer; without ``draws`` as a host passes it on that drops what is only for the page."""
    page = {"can_retry": False, "timeline": page_timeline(structure["counts"].get("failed", 0))}
    text = TextContent(type="text", text="The same in words.")
    return CallToolResult(
        content=[text], structured_content=structure, _meta={META_KEY: page} if with_page_data else None
    )


def error_result(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def triage_server(
    answer: Callable[[], Awaitable[CallToolResult]], requests: list[dict[str, Any]] | None = None
) -> MCPServer:
    """A server whose triage is what ``answer`` gives, with the real page to draw it; ``asked`` gets the arguments."""

    async def list_applications() -> Annotated[CallToolResult, _AnyFields]:
        structure = {"applications": [{"id": "an-application", "name": "An application"}]}
        return CallToolResult(content=[], structured_content=structure)

    async def triage_application_jobs(
        application_id: str, since: str | None = None, until: str | None = None, max_jobs: int | None = None
    ) -> Annotated[CallToolResult, _AnyFields]:
        given = {"application_id": application_id, "since": since, "until": until, "max_jobs": max_jobs}
        if requests is not None:
            requests.append({name: value for name, value in given.items() if value is not None})
        return await answer()

    bound = {"ui": {"resourceUri": TRIAGE_PAGE_URI}}
    tools = [Tool.from_function(list_applications), Tool.from_function(triage_application_jobs, meta=bound)]
    return MCPServer("answering", tools=tools, extensions=[triage_app_extension()])
