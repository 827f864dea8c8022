"""The overview of 40 applications of 20,000 jobs, over HTTP: what it costs, and whether each count is exact."""

from datetime import timedelta
from importlib.util import find_spec
from typing import Literal

import pytest
from mcp.client import Client

from benchmarks.expected_account import expected_rows, wrong_counts
from tests.conftest import NOW, config_for
from tests.helpers.account import TRIAGE_ALL, check_account_sums
from tests.helpers.facts import missing_facts
from tests.helpers.jobs import JsonObject
from tests.helpers.mcp import structure_of, text_of
from writer_jobs_mcp.sandbox import SandboxStore, build_app, serve
from writer_jobs_mcp.server.build import build_server

JOBS, APPLICATIONS = 20_000, 40
SINCE = NOW - timedelta(days=1)


async def overview(store: SandboxStore, total: Literal["matches", "all", "missing"]) -> tuple[JsonObject, str, int]:
    """Return the structured content and the text of an overview, and how many requests it took."""
    requests: list[object] = []
    async with serve(build_app(store, total_count=total, on_request=requests.append)) as url:
        config = config_for(url, WRITER_JOBS_CALL_BUDGET="600")
        async with Client(build_server(config, clock=lambda: NOW)) as client:
            result = await client.call_tool(TRIAGE_ALL, {})
    return structure_of(result), text_of(result), len(requests)


@pytest.mark.slow
async def test_an_overview_of_40_large_applications_is_exact_in_400_requests_and_2000_tokens() -> None:
    store = SandboxStore(now=NOW, clock=lambda: NOW, jobs=JOBS, applications=APPLICATIONS)
    report, text, requests = await overview(store, "matches")
    assert requests <= 400
    assert count_tokens(text) <= 2_000
    check_account_sums(report)
    assert missing_facts(report, text) == []
    assert report["coverage"] == {"applications": APPLICATIONS, "complete": True}
    assert wrong_counts(expected_rows(store, SINCE), report) == []
    failing = [row for row in report["applications"] if row["failed"]]
    assert len(failing) + report["applications_omitted"]["failing"] == 15
    assert all("before" in row and "new_groups" in row for row in failing)
    assert any(group.get("trend") == "new" for group in report["failures"])
    assert text.startswith("15 of 40 applications have failed jobs: 900 of 114,280 jobs created since 11-22 12:00 UTC ")


@pytest.mark.slow
@pytest.mark.parametrize("total", ["all", "missing"])
async def test_whatever_the_total_means_each_job_is_counted_in_few_requests(
    total: Literal["all", "missing"],
) -> None:
    store = SandboxStore(now=NOW, clock=lambda: NOW, jobs=JOBS, applications=10)
    report, _, requests = await overview(store, total)
    assert requests <= 120  # of these ten, more have failed jobs than of forty: 78 requests with the right totals
    assert wrong_counts(expected_rows(store, SINCE), report) == []


def count_tokens(text: str) -> float:
    """Count the tokens of a text in o200k, or a number of them that so many characters have at most."""
    if find_spec("tiktoken") is None:
        return len(text) / 6_500 * 2_000
    import tiktoken  # noqa: PLC0415 - not everywhere  # pyright: ignore

    return len(tiktoken.get_encoding("o200k_base").encode(text))  # pyright: ignore
