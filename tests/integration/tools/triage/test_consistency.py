"""The claims of a triage agree with each other and with what was read."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from mcp.client import Client

from tests.conftest import NOW
from tests.fakes.unstable_list import MOVES, TOTALS, Move
from tests.helpers.jobs import JsonObject, make_failed_jobs, make_job
from tests.helpers.mcp import call_tool, server_for, text_of
from tests.helpers.tally import gate_or_full
from tests.helpers.triage import NOT_FOUND, RATE_LIMIT, TIMEOUT, TRIAGE, UNREADABLE_STATUS, api_with, run_triage

ERRORS = st.sampled_from([None, RATE_LIMIT, TIMEOUT, NOT_FOUND, "Bad Gateway 7", "The disk 5 overflowed"])
STATUSES = st.sampled_from(["completed", "failed", "failed", "in_progress"])
JOBS = st.lists(
    st.builds(make_job, st.integers(0, 2_000) | st.integers(0, 10_000), STATUSES, ERRORS, st.integers(0, 900)),
    max_size=300,
)


@settings(max_examples=gate_or_full(12, 60))
@given(
    jobs=JOBS,
    unreadable=st.sets(st.integers(0, 299), max_size=3),
    cap=st.sampled_from([100, 37]),
    total=st.sampled_from(sorted(TOTALS)),
    moves=st.lists(MOVES, max_size=4),
    hours=st.integers(1, 60),
    max_jobs=st.sampled_from([50, 150, 5_000]),
    filters=st.booleans(),
)
def test_counts_agree_and_no_claim_goes_beyond_what_was_read(
    jobs: list[JsonObject],
    unreadable: set[int],
    cap: int,
    total: str,
    moves: list[Move | None],
    hours: int,
    max_jobs: int,
    filters: bool,
) -> None:
    jobs = [job | (UNREADABLE_STATUS if n in unreadable else {}) for n, job in enumerate(jobs)]
    api = api_with(jobs, cap=cap, total=TOTALS[total], moves=moves, honours_status=filters)
    result = run_triage(api, since=f"{hours}h", max_jobs=max_jobs)
    coverage, failed = result["coverage"], result["counts"].get("failed", 0)
    omitted = result.get("failures_omitted", {"jobs": 0})["jobs"]
    assert sum(group["count"] for group in result["failures"]) + omitted == failed
    assert sum(result.get("by_category", {}).values()) == failed
    assert sum(result["counts"].values()) == coverage["jobs_in_window"]
    if "failed_over_time" in result:
        assert sum(result["failed_over_time"]["counts"]) == failed
        assert len(result["failed_over_time"]["counts"]) <= 24
    else:
        assert failed < 2
    compared = [group for group in result["failures"] if "trend" in group]
    if "before" not in result or not result["before"]["jobs"]:
        assert not compared
    if coverage["stopped_by"] not in {"end", "since"}:
        assert "before" not in result
    windows = (NOW - timedelta(hours=2 * hours)).isoformat()
    if not any(moves):
        earlier = [job for job in jobs if job["created_at"] < (NOW - timedelta(hours=hours)).isoformat()]
        known = [job.get("error") for job in earlier if job["status"] == "failed"]
        ahead = {job.get("error") or "(no error text)" for job in earlier if job["status"] == "failed"}
        new = {group["signature"] for group in result["failures"] if group.get("trend") == "new"}
        assert not new & ahead
        if result.get("before"):
            within = [job for job in earlier if job["created_at"] >= windows and job["status"] is not None]
            assert result["before"]["jobs"] == len(within)
        assert len(known) >= result.get("before", {"failed": 0})["failed"]


async def test_structure_and_text_report_the_same_groups() -> None:
    api = api_with(
        [*make_failed_jobs(RATE_LIMIT, 12, 5), *make_failed_jobs(TIMEOUT, 3, 70), make_job(80), make_job(500)]
    )
    async with Client(server_for(api)) as client:
        result = await call_tool(client, TRIAGE, {"application_id": "a", "since": "1h"})
        text = text_of(await client.call_tool(TRIAGE, {"application_id": "a", "since": "1h"}))
    assert result["failures"][0]["trend"] == "new"
    assert "the largest group (rate limit, 12 jobs) is new: none in the 1 h before" in text
    assert 'Not seen any more: 3 timeout "Timed out after <number> s"' in text
