"""The figures of a triage are exact for any jobs, pages and changes of the list."""

import json
from collections import Counter
from datetime import timedelta
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import NOW
from tests.fakes.unstable_list import MOVES, TOTALS, Move
from tests.helpers.jobs import JsonObject, make_failed_jobs, make_job
from tests.helpers.tally import gate_or_full
from tests.helpers.triage import api_with, nine_causes, run_triage, triage, triage_text
from writer_jobs_mcp.client.models import Job
from writer_jobs_mcp.triage.report import ReportBuilder, Window

# The main question

CATEGORIES = [
    "rate_limit",
    "timeout",
    "input_too_long",
    "missing_resource",
    "invalid_input",
    "blocked_content",
    "upstream_failure",
    "internal_error",
    "access_denied",
]


async def test_one_call_answers_exactly_what_failed_why_and_whether_it_is_new() -> None:
    api = api_with(nine_causes())
    answer = await triage(api, since="4d")
    in_window = [each for each in nine_causes() if each["created_at"] >= (NOW - timedelta(days=4)).isoformat()]
    failed = [each for each in in_window if each["status"] == "failed"]
    assert answer["counts"] == Counter(each["status"] for each in in_window)
    assert len(in_window) <= answer["coverage"].pop("jobs_read") <= 1_200
    assert answer["coverage"] == {
        "jobs_in_window": len(in_window),
        "total": 1_200,
        "complete": True,
        "stopped_by": "since",
        "moved_during_scan": False,
    }
    assert len(answer["failures"]) == 9
    assert sorted(group["category"] for group in answer["failures"]) == sorted(CATEGORIES)
    assert sum(group["count"] for group in answer["failures"]) == len(failed)
    assert [group["category"] for group in answer["failures"] if group["trend"] == "new"] == ["access_denied"]
    assert len(json.dumps(answer, separators=(",", ":"), ensure_ascii=False)) < 4_900
    assert api.request_count <= 14
    assert api.filtered_request_count <= 5


async def test_the_report_begins_with_a_headline() -> None:
    headline = (await triage_text(api_with(nine_causes()), since="4d")).splitlines()[0]
    assert headline == (
        "144 of 576 jobs created since 11-19 12:00 UTC (4 d) failed (25%); the largest group (timeout, 18 jobs) is "
        "steady: 18 of 576 jobs in the 4 d before; 1 other group is new: access denied, 5 jobs."
    )


# Sums

ERRORS = st.sampled_from([None, "", "Rate limit reached", "Timed out after 3s", "Timed out after 91s", "Bad Gateway 7"])
STATUSES = st.sampled_from(["completed", "failed", "failed", "in_progress", "queued", "a brand-new state"])
JOBS = st.lists(
    st.builds(
        make_job, st.integers(0, 6_000), STATUSES, ERRORS | st.text(max_size=60), st.none() | st.integers(-5, 900)
    ),
    max_size=260,
)


@pytest.mark.slow
@settings(max_examples=gate_or_full(12, 60))
@given(
    jobs=JOBS,
    cap=st.sampled_from([100, 37, 1]),
    total=st.sampled_from(sorted(TOTALS)),
    moves=st.lists(MOVES, max_size=4),
    hours=st.none() | st.integers(1, 90),
)
def test_groups_counts_and_coverage_agree_for_any_jobs_pages_and_changes(
    jobs: list[JsonObject], cap: int, total: str, moves: list[Move | None], hours: int | None
) -> None:
    cap = cap if len(jobs) < 60 else 100
    since = None if hours is None else f"{hours}h"
    answer = run_triage(api_with(jobs, cap=cap, total=TOTALS[total], moves=moves), since=since)
    omitted = answer.get("failures_omitted", {"jobs": 0})["jobs"]
    assert sum(group["count"] for group in answer["failures"]) + omitted == answer["counts"].get("failed", 0)
    assert sum(answer["counts"].values()) == answer["coverage"]["jobs_in_window"] <= answer["coverage"]["jobs_read"]
    assert len(json.dumps(answer, ensure_ascii=False)) < 12_000
    if not any(moves):
        assert answer["counts"] == expected_counts(jobs, hours)


def expected_counts(jobs: list[JsonObject], hours: int | None) -> dict[str, int]:
    since = "" if hours is None else (NOW - timedelta(hours=hours)).isoformat()
    return dict(Counter(each["status"] for each in jobs if each["created_at"] >= since))


# Trends, stuck jobs, seconds


async def test_a_window_without_since_has_no_trend() -> None:
    (group,) = (await triage(api_with(make_failed_jobs("Rate limit reached", 3, 5))))["failures"]
    assert "trend" not in group


async def test_an_incomplete_window_before_removes_only_the_trend() -> None:
    api = api_with([make_job(n, "failed", "Rate limit reached") for n in range(600)])
    answer = await triage(api, since="2h", max_jobs=200)
    assert (answer["coverage"]["complete"], answer["coverage"]["stopped_by"]) == (True, "since")
    assert answer["counts"] == {"failed": 121}
    assert "trend" not in answer["failures"][0]
    assert answer["coverage"]["message"] == (
        "The previous 2 h were not read completely (max_jobs was reached), so no trend is given."
    )


async def test_a_job_is_stuck_after_ten_minutes_and_three_times_the_p95() -> None:
    running = [make_job(minutes, "in_progress") for minutes in (9, 11, 29, 31, 40, 50, 60)]
    running.append(make_job(70, "queued", seconds=None))
    slow = await triage(api_with([*running, *(make_job(100, seconds=600) for _ in range(20))]))
    quick = await triage(api_with([*running, *(make_job(100, seconds=20) for _ in range(20))]))
    assert (slow["stuck_count"], quick["stuck_count"]) == (5, 7)
    assert [stuck["seconds"] for stuck in quick["stuck"]] == [60.0 * minutes for minutes in (70, 60, 50, 40, 31)]


async def test_seconds_are_the_exact_median_and_p95_of_finished_jobs() -> None:
    took = [float(n * n) for n in range(1, 41)]
    answer = await triage(api_with([make_job(200 + n, seconds=seconds) for n, seconds in enumerate(took)]))
    longest = {"id": "job-1", "seconds": 1600.0}
    assert answer["seconds"] == {"median": round(median(took), 1), "p95": sorted(took)[37], "longest": longest}


async def test_a_group_names_its_newest_jobs() -> None:
    api = api_with([make_job(n, "failed", f"Timed out after {n}s in step {n % 7}") for n in range(1, 30)])
    (group,) = (await triage(api))["failures"]
    assert group["job_ids"] == ["job-29", "job-28"]
    assert (group["first_seen"], group["last_seen"]) == ("2026-11-23T11:31:00Z", "2026-11-23T11:59:00Z")


async def test_failures_without_an_error_text_are_a_group_of_their_own() -> None:
    (group,) = (await triage(api_with([make_job(1, "failed", None), make_job(2, "failed", " \n")])))["failures"]
    assert (group["signature"], group["category"], group["count"]) == ("(no error text)", "unknown", 2)


async def test_failed_jobs_are_counted_among_any_number_of_statuses() -> None:
    undocumented = [make_job(n, f"state {n % 12}") for n in range(60)]
    answer = await triage(api_with([*undocumented, make_job(61, "failed", "Bad Gateway")]))
    assert answer["counts"]["failed"] == 1 == sum(group["count"] for group in answer["failures"])
    assert sum(answer["counts"].values()) == 61
    assert len(answer["counts"]) == 9


@pytest.mark.parametrize(("is_time_over", "trends"), [(False, {"steady"}), (True, {None})])
def test_no_trend_is_given_if_time_ran_out_before_all_errors_were_compared(
    is_time_over: bool, trends: set[str | None]
) -> None:
    builder = ReportBuilder(Window(NOW - timedelta(hours=1), None), NOW)
    for n, name in enumerate("kestrel osprey merlin falcon harrier goshawk".split() * 4):
        created = NOW - timedelta(minutes=2 + 4.5 * n)
        error = f"Could not open the file {name} of the tenant {name}"
        fields = {"id": f"{n}", "status": "failed", "application_id": "a", "created_at": created, "error": error}
        builder.add(Job.model_validate(fields))
    report = builder.build(can_compare=True, is_time_over=lambda: is_time_over)
    assert {group.trend for group in report.failures.groups} == trends
    assert report.failures.all_compared is not is_time_over
    assert report.failed == sum(group.count for group in report.failures.groups)
