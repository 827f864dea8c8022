"""The overview of 40 applications of 20,000 jobs, over HTTP: what it costs, and whether each count is exact."""

from bisect import bisect_left
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Literal

import pytest
from mcp.client import Client

from tests.conftest import NOW, config_for
from tests.helpers.account import TRIAGE_ALL, check_account_sums
from tests.helpers.facts import missing_facts
from tests.helpers.jobs import JsonObject
from tests.helpers.mcp import structure_of, text_of
from writer_jobs_mcp.sandbox import SandboxJobStatus, SandboxStore, build_app, serve
from writer_jobs_mcp.server.build import build_server

JOBS, APPLICATIONS = 20_000, 40


async def overview(store: SandboxStore, total: Literal["matches", "all", "missing"]) -> tuple[JsonObject, str, int]:
    """Return the structured content and the text of an overview, and how many requests it took."""
    requests: list[object] = []
    async with serve(build_app(store, total_count=total, on_request=requests.append)) as url:
        config = config_for(url, WRITER_JOBS_CALL_BUDGET="600")
        async with Client(build_server(config, clock=lambda: NOW)) as client:
            result = await client.call_tool(TRIAGE_ALL, {})
    return structure_of(result), text_of(result), len(requests)


def count(store: SandboxStore, id_: str, status: SandboxJobStatus | None, since: datetime, until: datetime) -> int:
    """Count the jobs of an application with this status from ``since`` until ``until``."""
    jobs = store.jobs(id_, status)
    places = [
        bisect_left(range(len(jobs)), True, key=lambda position, at=at: jobs[position].created_at < at)
        for at in (until, since)
    ]
    return places[1] - places[0]


def expected_rows(store: SandboxStore) -> dict[str, JsonObject]:
    """Return what the sandbox knows of each application."""
    since, before = NOW - timedelta(days=1), NOW - timedelta(days=2)
    end = NOW + timedelta(seconds=1)
    return {
        application.id: {
            "jobs": count(store, application.id, None, since, end),
            "failed": count(store, application.id, "failed", since, end),
            "before": {
                "jobs": count(store, application.id, None, before, since),
                "failed": count(store, application.id, "failed", before, since),
            },
            "stuck_count": sum(
                job.created_at < NOW - timedelta(hours=1) for job in store.jobs(application.id, "in_progress")
            ),
        }
        for application in store.applications
    }


@pytest.mark.slow
async def test_an_overview_of_40_large_applications_is_exact_in_400_requests_and_2000_tokens() -> None:
    store = SandboxStore(now=NOW, clock=lambda: NOW, jobs=JOBS, applications=APPLICATIONS)
    report, text, requests = await overview(store, "matches")
    assert requests <= 400
    assert count_tokens(text) <= 2_000
    check_account_sums(report)
    assert missing_facts(report, text) == []
    assert report["coverage"] == {"applications": APPLICATIONS, "complete": True}
    expected = expected_rows(store)
    for row in report["applications"]:
        known = expected.pop(row["id"])
        assert {name: row[name] for name in known if name in row} == known
    assert report["applications_omitted"] == {
        "applications": len(expected),
        "failing": sum(each["failed"] > 0 for each in expected.values()),
        "jobs": sum(each["jobs"] for each in expected.values()),
        "failed": sum(each["failed"] for each in expected.values()),
    }
    assert any(group.get("trend") == "new" for group in report["failures"])
    assert text.startswith("15 of 40 applications have failed jobs: 900 of 114,280 jobs created since 11-22 12:00 UTC ")


@pytest.mark.slow
@pytest.mark.parametrize("total", ["all", "missing"])
async def test_whatever_the_total_means_each_job_is_counted_in_400_requests(
    total: Literal["all", "missing"],
) -> None:
    store = SandboxStore(now=NOW, clock=lambda: NOW, jobs=JOBS, applications=APPLICATIONS)
    report, _, requests = await overview(store, total)
    assert requests <= 400
    assert report["coverage"]["complete"]
    expected = expected_rows(store)
    for row in report["applications"]:
        assert (row["jobs"], row["failed"]) == (expected[row["id"]]["jobs"], expected[row["id"]]["failed"])


def count_tokens(text: str) -> float:
    """Count the tokens of a text in o200k, or a number of them that so many characters have at most."""
    if find_spec("tiktoken") is None:
        return len(text) / 6_500 * 2_000
    import tiktoken  # noqa: PLC0415 - not everywhere  # pyright: ignore

    return len(tiktoken.get_encoding("o200k_base").encode(text))  # pyright: ignore
