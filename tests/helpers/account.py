"""Triage all applications of an account, and check that the numbers of the report agree with each other."""

from typing import Any

from mcp.client import Client
from starlette.types import ASGIApp

from tests.fakes.unstable_list import UnstableListApi
from tests.helpers.facts import missing_facts
from tests.helpers.jobs import JsonObject, make_job
from tests.helpers.mcp import server_for, structure_of, text_of
from tests.helpers.result_checks import check_valid_result
from tests.helpers.run_async import run_async
from tests.helpers.triage import api_with

TRIAGE_ALL = "triage_all_applications"
DAY = 24 * 60  # minutes


def working(count: int = 300, minutes_apart: float = 20) -> list[JsonObject]:
    """Return completed jobs, the newest one of ``minutes_apart`` ago."""
    return [make_job(minutes_apart * (n + 1)) for n in range(count)]


def jobs_api(*lists: list[JsonObject], **options: Any) -> UnstableListApi:
    """Return the API of one application with the jobs of these lists."""
    return api_with([job for jobs in lists for job in jobs], **options)


async def triage_all(api: ASGIApp, environ: dict[str, str] | None = None, **arguments: Any) -> tuple[JsonObject, str]:
    """Return the structured content and the text of an overview, after checks that hold for each."""
    async with Client(server_for(api, **environ or {})) as client:
        result = await client.call_tool(TRIAGE_ALL, arguments)
        check_valid_result(result, TRIAGE_ALL)
    report, text = structure_of(result), text_of(result)
    check_account_sums(report)
    assert missing_facts(report, text) == []
    return report, text


def run_triage_all(api: ASGIApp, **arguments: Any) -> tuple[JsonObject, str]:
    """Return the structured content and the text of an overview, to a test that is not async."""
    return run_async(lambda: triage_all(api, **arguments))


def check_account_sums(report: JsonObject) -> None:
    """Check that the applications, the groups and the causes count the same failed jobs."""
    omitted, groups_omitted = report.get("applications_omitted", {}), report.get("failures_omitted", {})
    failed = _sum(report["applications"], "failed") + omitted.get("failed", 0)
    assert _sum(report["failures"], "count") + groups_omitted.get("jobs", 0) == failed
    assert sum(report.get("by_category", {"": failed}).values()) == failed
    for group in report["failures"]:
        listed = _sum(group["applications"], "count")
        assert listed == group["count"] if "more_applications" not in group else listed < group["count"]
    counts = [row["failed"] for row in report["applications"]]
    assert counts == sorted(counts, reverse=True)
    assert len(report["applications"]) + omitted.get("applications", 0) <= report["coverage"]["applications"]


def rows_by_id(report: JsonObject) -> dict[str, JsonObject]:
    """Return the rows of the applications by their ids."""
    return {row["id"]: row for row in report["applications"]}


def in_groups(report: JsonObject) -> dict[str, dict[str, int]]:
    """Return how many jobs each application has in each group, by its signature."""
    return {
        group["signature"]: {each["id"]: each["count"] for each in group["applications"]}
        for group in report["failures"]
    }


def _sum(rows: list[JsonObject], field: str) -> int:
    return sum(row[field] for row in rows)
