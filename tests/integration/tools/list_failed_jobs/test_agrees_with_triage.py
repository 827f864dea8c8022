"""A list of failed jobs agrees with a triage of the same window: the same jobs, groups and causes."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp.client import Client

from tests.conftest import NOW
from tests.fakes.unstable_list import CHANGES, MOVES, TOTALS, Move, UnstableListApi
from tests.helpers.failed_jobs import LIST, ids_of, list_all_pages, list_failed
from tests.helpers.jobs import JsonObject, make_job
from tests.helpers.mcp import call_tool, server_for
from tests.helpers.run_async import run_async
from tests.helpers.tally import gate_or_full
from tests.helpers.triage import (
    DIFFERENT_ERRORS,
    NOT_FOUND,
    RATE_LIMIT,
    TIMEOUT,
    TRIAGE,
    UNREADABLE_ID,
    UNREADABLE_STATUS,
    api_with,
)

ERRORS = [None, RATE_LIMIT, TIMEOUT, NOT_FOUND, "Bad Gateway 7", *DIFFERENT_ERRORS[::4]]
ENDS = [0.5, 7.25, 30, 60, 120, 240, 300]  # minutes: several jobs at the same time, and where windows end


def random_jobs(count: int, seed: int) -> list[JsonObject]:
    """Return jobs in the windows, in the ones before and further back."""
    rng = random.Random(seed)  # noqa: S311 - Hypothesis alone makes short lists

    def minutes() -> float:
        return rng.choice([rng.randint(0, 90), rng.randint(0, 700), rng.randint(0, 2_000), rng.choice(ENDS)])

    statuses = ["completed", "failed", "failed", "in_progress"]
    return [make_job(minutes(), rng.choice(statuses), rng.choice(ERRORS)) for _ in range(count)]


JOBS = st.builds(random_jobs, st.integers(0, 40) | st.integers(0, 250), st.integers(0, 10**6))
WINDOWS = st.sampled_from([{}, {"since": "1h"}, {"since": "5h"}, {"since": "2h", "until": "30m"}, {"until": "4h"}])


def is_in(window: JsonObject, job: JsonObject) -> bool:
    ages = {name: timedelta(minutes=float(age[:-1]) * (60 if age[-1] == "h" else 1)) for name, age in window.items()}
    created = datetime.fromisoformat(job["created_at"])
    return ("since" not in ages or created >= NOW - ages["since"]) and (
        "until" not in ages or created < NOW - ages["until"]
    )


def jobs_of(api: UnstableListApi, numbers: Iterable[int], window: JsonObject) -> list[JsonObject]:
    jobs = [api.job(number) for number in sorted(numbers, reverse=True)]
    return [job for job in jobs if job["id"] and is_in(window, job)]


@settings(max_examples=gate_or_full(6, 25))
@given(
    jobs=JOBS,
    unreadable=st.dictionaries(st.integers(0, 249), st.sampled_from([UNREADABLE_ID, UNREADABLE_STATUS]), max_size=1),
    cap=st.sampled_from([100, 37]),
    total=st.sampled_from(sorted(TOTALS)),
    filters=st.booleans(),
    window=WINDOWS,
    limit=st.sampled_from([3, 50, 200]),
)
def test_groups_causes_and_jobs_are_those_of_a_triage(
    jobs: list[JsonObject],
    unreadable: dict[int, JsonObject],
    cap: int,
    total: str,
    filters: bool,
    window: JsonObject,
    limit: int,
) -> None:
    jobs = [job | unreadable.get(number, {}) for number, job in enumerate(jobs)]
    api = api_with(jobs, cap=cap, total=TOTALS[total], honours_status=filters)
    failed = [job["id"] for job in jobs_of(api, api.ids, window) if job["status"] == "failed"]

    async def check() -> None:
        async with Client(server_for(api)) as client:
            report = await call_tool(client, TRIAGE, {"application_id": "a", **window})
            pages = await list_all_pages(client, **window, limit=limit)
            listed = ids_of(*pages)
            assert sorted(listed) == sorted(failed)
            assert {page["matched"] for page in pages} == {len(failed)}
            assert [page["coverage"]["failed_in_window"] for page in pages] == [len(failed)] * len(pages)
            if report["coverage"]["complete"]:
                assert all(page["coverage"]["complete"] for page in pages)
                await check_groups(client, report, pages, window)
            elif any("unreadable" in page["coverage"] for page in pages):
                assert not any(page["coverage"]["complete"] for page in pages)

    run_async(check)


async def check_groups(client: Client, report: JsonObject, pages: list[JsonObject], window: JsonObject) -> None:
    shown = {(group["signature"], group["category"], group["count"]) for group in report["failures"]}
    groups = {(each["signature"], each["category"], each["count"]) for page in pages for each in page["groups"]}
    assert shown <= groups
    assert len(groups) == len(shown) + report.get("failures_omitted", {"groups": 0})["groups"]
    for group in report["failures"]:
        for job_id in group["job_ids"][-1:]:
            alike = await call_tool(client, LIST, {"application_id": "a", "like": job_id, "limit": 200, **window})
            (found,) = alike["groups"]
            assert alike["matched"] == found["count"] == group["count"]
            assert (found["signature"], found["category"]) == (group["signature"], group["category"])
            assert job_id in ids_of(alike)
    for category, count in report.get("by_category", {}).items():
        of_cause = await call_tool(client, LIST, {"application_id": "a", "category": category, **window})
        assert of_cause["matched"] == count
        assert {group["category"] for group in of_cause["groups"]} == {category}


@settings(max_examples=gate_or_full(10, 40))
@given(
    jobs=JOBS,
    cap=st.sampled_from([100, 37, 12]),
    total=st.sampled_from(sorted(TOTALS)),
    moves=st.lists(st.one_of(st.none(), MOVES, CHANGES), max_size=20),
    filters=st.booleans(),
    window=WINDOWS,
)
def test_of_a_moving_list_each_job_is_listed_once_that_had_failed_all_along(
    jobs: list[JsonObject], cap: int, total: str, moves: list[Move | None], filters: bool, window: JsonObject
) -> None:
    api = api_with(jobs, cap=cap, total=TOTALS[total], moves=moves, honours_status=filters)
    result = run_async(lambda: list_failed(api, **window, limit=200))
    listed = ids_of(result)
    assert len(listed) == len(set(listed)) == result["page"]["returned"]
    changed = {job["id"]: api.statuses_ever[number] for number in api.statuses_ever for job in [api.job(number)]}
    ever = {
        job["id"]
        for job in jobs_of(api, api.present_ever, window)
        if "failed" in changed.get(job["id"], {job["status"]})
    }
    assert set(listed) <= ever
    if result["coverage"]["complete"]:
        throughout = {
            job["id"]
            for job in jobs_of(api, api.present_throughout, window)
            if changed.get(job["id"], {job["status"]}) == {"failed"}
        }
        assert len(throughout) <= result["matched"]
        assert result["matched"] > len(listed) or throughout <= set(listed)


@pytest.mark.parametrize("failed", [60, 98, 125])
@pytest.mark.parametrize("position", [499, 500, 540])
async def test_a_group_is_named_alike_wherever_pages_end(failed: int, position: int) -> None:
    # Whether the other worker is among the 500 failures before both windows decides whether a name varies.
    window = [make_job(1 + n / 3, "failed", "Worker alpha was lost" if n == 5 else RATE_LIMIT) for n in range(failed)]
    earlier = [
        make_job(150 + n, "failed", "Worker bravo was lost" if n == position else RATE_LIMIT) for n in range(640)
    ]
    api = api_with([*window, *earlier])
    async with Client(server_for(api)) as client:
        report = await call_tool(client, TRIAGE, {"application_id": "a", "since": "1h"})
        listed = await call_tool(client, LIST, {"application_id": "a", "since": "1h", "contains": "Worker"})
    lost = [group for group in report["failures"] if group["count"] == 1]
    assert [group["signature"] for group in listed["groups"]] == [group["signature"] for group in lost]
    assert lost[0]["signature"] == ("Worker <…> was lost" if position < 500 else "Worker alpha was lost")
