"""Windows of many pages: failed and running jobs are read, the others counted, and no number is wrong."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import NOW
from tests.fakes.unstable_list import CHANGES, MOVES, TOTALS, Move, UnstableListApi
from tests.helpers.jobs import JsonObject, make_job
from tests.helpers.tally import gate_or_full
from tests.helpers.triage import RATE_LIMIT, TIMEOUT, TRIAGE, api_with, run_triage, trends, triage, triage_text

pytestmark = pytest.mark.slow  # they read many pages

STATUSES = st.sampled_from(["completed"] * 6 + ["failed", "in_progress"])


def statuses_ever(api: UnstableListApi, number: int) -> set[str]:
    return api.statuses_ever.get(number, {api.status(number)})


@settings(max_examples=gate_or_full(15, 150))
@given(
    statuses=st.lists(STATUSES, min_size=150, max_size=700),
    gaps=st.sampled_from(["even", "bursts", "equal"]),
    cap=st.sampled_from([5, 8, 12]),
    total=st.sampled_from([*sorted(TOTALS)]),
    moves=st.lists(st.one_of(st.none(), MOVES, CHANGES), max_size=60),
    window=st.sampled_from([(None, None), (1_000, None), (600, 300), (250, 0)]),
)
def test_a_complete_report_counts_each_job_once_that_was_there_all_along(
    statuses: list[str],
    gaps: str,
    cap: int,
    total: str,
    moves: list[Move | None],
    window: tuple[int | None, int | None],
) -> None:
    jobs = [
        make_job(minutes_ago(n, gaps), status, RATE_LIMIT if n % 2 else TIMEOUT) for n, status in enumerate(statuses)
    ]
    api = api_with(jobs, cap=cap, total=TOTALS[total], moves=moves)
    since, until = window
    options: JsonObject = {"max_jobs": 100_000}
    options |= {"since": f"{since}m"} if since else {}
    options |= {"until": f"{until}m"} if until else {}
    result = run_triage(api, **options)
    begin = NOW - timedelta(minutes=since) if since else None
    end = NOW - timedelta(minutes=until) if until else None
    if not result["coverage"]["complete"]:
        return

    def in_window(number: int) -> bool:
        created = datetime.fromisoformat(api.job(number)["created_at"])
        return (begin is None or created >= begin) and (end is None or created < end)

    throughout = {number for number in api.present_throughout if in_window(number)}
    ever = {number for number in api.present_ever if in_window(number)}
    assert len(throughout) <= sum(result["counts"].values()) <= len(ever)
    for status in ("failed", "completed", "in_progress"):
        least = sum(statuses_ever(api, number) == {status} for number in throughout)
        most = sum(status in statuses_ever(api, number) for number in ever)
        assert least <= result["counts"].get(status, 0) <= most, status


def minutes_ago(position: int, gaps: str) -> float:
    """How long before now the job at a position of the list was created."""
    if gaps == "even":
        return position + 0.5
    if gaps == "bursts":
        return position // 50 * 100 + position % 50 / 1_000
    return position // 7 * 7


# What a report says


def long_list(count: int = 10_000, **options: Any) -> UnstableListApi:
    """An API with a job every minute: every twentieth failed, the two newest run."""
    statuses = ["in_progress"] * 2 + ["failed" if n % 20 == 0 else "completed" for n in range(2, count)]
    jobs = [make_job(n + 0.5, status, RATE_LIMIT, 20 + n % 9) for n, status in enumerate(statuses)]
    return api_with(jobs, **options)


@pytest.mark.parametrize("total", sorted(TOTALS))
async def test_a_long_window_is_counted_exactly_in_few_requests(total: str) -> None:
    api = long_list(total=TOTALS[total])
    result = await triage(api, since="3d")
    assert result["counts"] == {"completed": 4_103, "failed": 215, "in_progress": 2}
    assert (result["coverage"]["complete"], result["coverage"]["stopped_by"]) == (True, "since")
    assert (result["before"]["jobs"], result["before"]["failed"]) == (4_320, 216)
    assert (result["failures"][0]["count"], result["failures"][0]["trend"]) == (215, "steady")
    assert result["coverage"]["jobs_read"] == 431
    assert result["coverage"]["message"].startswith("Failed and running jobs were read, the others counted.")
    assert api.request_count + api.filtered_request_count <= 48


async def test_a_window_of_the_past_costs_no_more() -> None:
    api = long_list(20_000)
    result = await triage(api, since="10d", until="7d")
    assert result["counts"] == {"completed": 4_104, "failed": 216}
    assert (result["before"]["jobs"], result["before"]["failed"]) == (4_320, 216)
    assert api.request_count + api.filtered_request_count <= 55


async def test_a_short_window_of_the_past_is_read_from_its_end_on() -> None:
    api = long_list(20_000)
    result = await triage(api, since="170h", until="7d")
    assert result["counts"] == {"completed": 114, "failed": 6}
    assert result["before"]["jobs"] == 120
    assert "sample" not in result["seconds"]
    assert api.request_count + api.filtered_request_count <= 26


@pytest.mark.parametrize("total", sorted(TOTALS))
async def test_all_jobs_are_counted_to_the_end_of_the_list(total: str) -> None:
    api = long_list(total=TOTALS[total])
    result = await triage(api)
    assert result["counts"] == {"completed": 9_499, "failed": 499, "in_progress": 2}
    assert (result["coverage"]["complete"], result["coverage"]["stopped_by"]) == (True, "end")
    assert ("total" in result["coverage"]) == (total in {"right", "too large"})
    assert ("Writer counts 10,500 jobs" in result["coverage"]["message"]) == (total == "too large")
    assert api.request_count + api.filtered_request_count < 65


async def test_durations_come_from_pages_spread_over_the_window() -> None:
    result = await triage(long_list(), since="3d")
    assert result["seconds"] == {"median": 24.0, "p95": 28.0, "sample": 1_000}


async def test_a_job_that_runs_longer_than_both_windows_is_stuck() -> None:
    api = long_list()
    api.new_statuses[1] = "in_progress"  # the oldest
    result = await triage(api, since="3d")
    assert (result["stuck_count"], result["stuck"][0]["id"]) == (1, api.job(1)["id"])


async def test_what_is_new_is_known_from_earlier_failures() -> None:
    api = long_list(30_000)
    errors = {1: TIMEOUT, 29_900: TIMEOUT, 29_940: "The disk is full"}
    fields = api.job_fields
    api.job_fields = lambda number: (
        fields(number) | ({"status": "failed", "error": errors[number]} if number in errors else {})
    )
    result = await triage(api, since="3d")
    # The only other timeout is further back than the 500 newest failures from before.
    assert trends(result) == {RATE_LIMIT: "steady", "Timed out after <number> s": "new", "The disk is full": "new"}
    assert api.filtered_request_count <= 30


# Going on where a call stopped


@pytest.mark.parametrize("window", [{}, {"since": "5d"}, {"since": "6d", "until": "1d"}])
@pytest.mark.parametrize("max_jobs", [100, 300])
async def test_a_chain_of_calls_counts_what_one_call_would_have(window: JsonObject, max_jobs: int) -> None:
    whole = await triage(long_list(), **window, max_jobs=100_000)
    api = long_list()
    counts, categories, calls = Counter[str](), Counter[str](), 0
    arguments: JsonObject = {**window, "max_jobs": max_jobs}
    while True:
        result = await triage(api, **arguments)
        calls += 1
        counts.update(result["counts"])
        categories.update(result.get("by_category", {}))
        assert result["coverage"]["jobs_read"] <= max_jobs
        if result["coverage"]["complete"]:
            break
        call = result["next"][0]
        assert call["tool"] == TRIAGE
        arguments = {name: value for name, value in call["arguments"].items() if name != "application_id"}
    assert (counts, categories) == (whole["counts"], whole["by_category"])
    assert calls <= ceil((whole["counts"]["failed"] + 1) / max_jobs) + 1


async def test_a_partly_counted_window_says_how_far_back_it_goes() -> None:
    text = await triage_text(long_list(), since="5d", max_jobs=100)
    assert text.startswith("Of the 2,001 newest jobs, back to 11-22 02:39:30 UTC, 100 failed (5%); ")
    assert "Coverage: NOT complete, stopped_by=max_jobs; 100 jobs read" in text


async def test_the_window_before_may_be_too_long() -> None:
    result = await triage(long_list(), since="3d", max_jobs=300)
    assert (result["coverage"]["complete"], result["counts"]["failed"], "before" in result) == (True, 215, False)
    assert "The previous 3 d were not read completely (max_jobs was reached)" in result["coverage"]["message"]


# Where the list is not as it has to be, all jobs are read


class ByStatusThenTime(UnstableListApi):
    """A list that has its failed jobs first; all are newest first."""

    def page(self, offset: int, limit: int, status: str | None = None) -> dict[str, Any]:
        self.ids.sort(key=lambda number: (self.status(number) != "failed", -number))
        return super().page(offset, limit, status)


def queued(api: UnstableListApi) -> UnstableListApi:
    """Give a job a status that the API cannot filter by."""
    api.new_statuses[len(api.ids) - 50] = "queued"
    return api


def oldest_first(api: UnstableListApi) -> UnstableListApi:
    api.ids.reverse()
    return api


@pytest.mark.parametrize(
    ("make_api", "reason"),
    [
        (lambda: oldest_first(long_list(5_000)), "the list is not in order of time"),
        (lambda: long_list(5_000, honours_status=False), "Writer ignored the filter status="),
        (
            lambda: queued(long_list(5_000)),
            "some jobs have another status, or a filter leaves them out",
        ),
    ],
    ids=["oldest first", "filter ignored", "queued"],
)
async def test_where_jobs_cannot_be_counted_all_are_read(make_api: Callable[[], UnstableListApi], reason: str) -> None:
    result = await triage(make_api(), since="3d", max_jobs=100_000)
    counts = result["counts"]
    assert (sum(counts.values()), counts["failed"]) == (4_320, 215)
    assert result["coverage"]["complete"]
    message = result["coverage"]["message"]
    assert message.startswith("Jobs were read one by one, which takes longer: ")
    assert reason in message


async def test_failed_jobs_that_come_first_in_the_list_are_no_reason_for_a_wrong_number() -> None:
    statuses = ["failed" if n % 20 == 0 else "completed" for n in range(1_200)]
    jobs = [make_job(n + 0.5, status, RATE_LIMIT) for n, status in enumerate(statuses)]
    ids = list(range(1_200, 0, -1))
    fields = api_with(jobs).job_fields
    result = await triage(ByStatusThenTime(ids, job_fields=fields, cap=8), since="9h", max_jobs=100_000)
    assert result["counts"] == {"completed": 513, "failed": 27}


async def test_pages_of_25_are_counted_as_exactly() -> None:
    result = await triage(long_list(cap=25), since="3d")
    assert result["counts"] == {"completed": 4_103, "failed": 215, "in_progress": 2}
    assert result["before"]["jobs"] == 4_320


async def test_an_error_while_jobs_are_counted_is_no_error_of_the_triage() -> None:
    errors = iter([None, None, (403, dict[str, str]())])  # of the third page

    def fail_once(_: int) -> tuple[int, dict[str, str]] | None:
        return next(errors, None)

    result = await triage(long_list(5_000, fail_request=fail_once), since="3d", max_jobs=100_000)
    assert result["counts"] == {"completed": 4_103, "failed": 215, "in_progress": 2}
    assert "Jobs were read one by one, which takes longer: The API key may not see" in result["coverage"]["message"]
