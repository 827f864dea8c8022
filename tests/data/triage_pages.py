"""Triage results for states of the page that the sandbox does not produce, and a server that returns them."""

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
EXACT_WINDOW = {"since": "2026-11-23T12:00:00.250000Z", "until": "2026-11-24T12:00:00.500000Z"}
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


def triage_result(structure: dict[str, Any], *, with_page_data: bool = True, can_retry: bool = False) -> CallToolResult:
    """Return the tool result; without ``with_page_data``, as forwarded by a host that drops the page's own data."""
    page = {
        "can_retry": can_retry,
        "window": EXACT_WINDOW,
        "timeline": page_timeline(structure["counts"].get("failed", 0)),
    }
    text = TextContent(type="text", text="The same as text.")
    return CallToolResult(
        content=[text], structured_content=structure, _meta={META_KEY: page} if with_page_data else None
    )


def failed_job_list(ids: list[str], *, matched: int, offset: int = 0, **others: Any) -> dict[str, Any]:
    """Return what `list_failed_jobs` answers: a piece of the jobs, all of one group."""
    end = offset + len(ids)
    page = {"offset": offset, "limit": 50, "returned": len(ids), **({"next_offset": end} if end < matched else {})}
    return {
        "application_id": "an-application",
        "window": {"since": "2026-11-23T12:00:00Z", "until": "2026-11-24T12:00:00Z"},
        "matched": matched,
        "groups": [{"signature": "Failure of kind 0", "category": "rate_limit", "retry": "worth_it", "count": matched}],
        "jobs": [{"id": each, "created_at": "2026-11-24T02:23:14Z"} for each in ids],
        "page": page,
        "coverage": {"complete": True, "failed_in_window": matched},
        **others,
    }


def account_structure(applications: list[dict[str, Any]], **others: Any) -> dict[str, Any]:
    """Return what `triage_all_applications` answers; the first two applications share a group."""
    shared = [{"id": each["id"], "count": each["failed"]} for each in applications[:2]]
    group = failure_group(0, sum(each["count"] for each in shared), share=0.9, applications=shared)
    return {
        "window": {"since": "2026-11-23T12:00:00Z", "until": "2026-11-24T12:00:00Z"},
        "coverage": {"applications": len(applications), "complete": True},
        "applications": applications,
        "by_category": {group["category"]: group["count"]},
        "failures": [group],
        **others,
    }


def account_application(name: str, failed: int, **others: Any) -> dict[str, Any]:
    row = {"jobs": 4 * failed + 20, "failed": failed, "failure_rate": 0.2, "stuck_count": 0}
    return {"id": f"{name.lower()}-id", "name": name, **row, **others}


def error_result(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def triage_server(
    answer: Callable[[], Awaitable[CallToolResult]],
    requests: list[dict[str, Any]] | None = None,
    account: dict[str, Any] | None = None,
) -> MCPServer:
    """Build a server with the real page, whose triage returns ``answer()`` and adds its arguments to ``requests``.

    With ``account``, it has a triage of all applications as well, which returns that.
    """

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

    async def triage_all_applications(
        since: str | None = None,
    ) -> Annotated[CallToolResult, _AnyFields]:
        if requests is not None:
            requests.append({"since": since})
        return CallToolResult(content=[], structured_content=account)

    bound = {"ui": {"resourceUri": TRIAGE_PAGE_URI}}
    tools = [Tool.from_function(list_applications), Tool.from_function(triage_application_jobs, meta=bound)]
    if account is not None:
        tools.append(Tool.from_function(triage_all_applications, meta=bound))
    return MCPServer("triage", tools=tools, extensions=[triage_app_extension()])


def result_server(result: CallToolResult) -> MCPServer:
    """Build a server with the real page, whose triage always returns ``result``."""

    async def answer() -> CallToolResult:
        return result

    return triage_server(answer)


def account_server(account: dict[str, Any], requests: list[dict[str, Any]] | None = None) -> MCPServer:
    """Build a server with the real page, whose triage of all applications returns ``account``."""

    async def answer() -> CallToolResult:
        return STATES["failures"]

    return triage_server(answer, requests, account)


def without(report: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in fields}


FAILED = triage_structure([failure_group(1, 30), failure_group(2, 20)])
NOTHING = triage_structure([], coverage={**FAILED["coverage"], "jobs_read": 90, "jobs_in_window": 0}, counts={})
PARTIAL = triage_structure(
    [failure_group(1, 30)], coverage={**FAILED["coverage"], "complete": False, "stopped_by": "time_budget"}
)
UNREADABLE = {"complete": False, "unreadable": {"count": 2, "reason": "created_at: Field required"}}
GAPS = triage_structure([failure_group(1, 30)], coverage={**FAILED["coverage"], **UNREADABLE})
NONE_READ = triage_structure(
    [], coverage={**FAILED["coverage"], "jobs_read": 0, "jobs_in_window": 0, **UNREADABLE}, counts={}
)
STOPPED = {**FAILED["coverage"], "complete": False, "stopped_by": "max_jobs"}
READ_ON = {
    "tool": "triage_application_jobs",
    "arguments": {"application_id": "an-application", "until": "2026-11-24T03:39:59.5Z", "max_jobs": 120},
    "why": "the jobs created before 2026-11-24T03:40:00Z",
}
READ_IN_PART = without(
    triage_structure(
        [without(failure_group(1, 30), "before", "trend")],
        coverage={**STOPPED, "jobs_in_window": 60, "jobs_read": 60, "read_back_to": "2026-11-24T03:40:00Z"},
        seconds={"median": 15.3, "p95": 62.1, "sample": 52},
        next=[READ_ON],
    ),
    "before",
)
NOT_REACHED = without(
    triage_structure(
        [],
        coverage={**STOPPED, "jobs_in_window": 0, "jobs_read": 5_000, "read_back_to": "2026-11-25T07:00:00Z"},
        counts={},
        next=[READ_ON],
    ),
    "before",
    "seconds",
)
MANY = triage_structure([failure_group(number, 2_000 - number) for number in range(1_000)])
STATES = {
    "failures": triage_result(FAILED),
    "no jobs": triage_result(NOTHING),
    "none failed": triage_result(
        triage_structure([], counts={"completed": 5}, coverage={**FAILED["coverage"], "jobs_in_window": 5})
    ),
    "partial": triage_result(PARTIAL),
    "jobs that could not be read": triage_result(GAPS),
    "no job that could be read": triage_result(NONE_READ),
    "a thousand groups": triage_result(MANY),
    "no timeline": triage_result(FAILED, with_page_data=False),
    "a part of the window": triage_result(READ_IN_PART),
    "a window that was not reached": triage_result(NOT_REACHED),
    "stuck jobs not known": triage_result(without(FAILED, "stuck_count")),
    "an error": error_result("Writer refused the API key (401)."),
}
STATE_MESSAGES = {
    "failures": "They fall into 2 groups",
    "no jobs": "No jobs in this window.",
    "none failed": "None of 5 jobs failed.",
    "partial": "Reading stopped early: the time for one call was over. The figures cover only the jobs that were read.",
    "jobs that could not be read": "2 more jobs could not be read and are not counted.",
    "no job that could be read": "No job could be read.",
    "a thousand groups": "They fall into 1,000 groups",
    "no timeline": "Only failed jobs are shown, because this host did not forward the others.",
    "a part of the window": "Of the 60 newest jobs of this window, back to 24 Nov, 03:40 UTC, 30 failed",
    "a window that was not reached": "This window was not reached: the 5,000 newest jobs were read, back to",
    "stuck jobs not known": "Not known: not all running jobs could be read.",
    "an error": "Writer refused the API key (401).",
}
