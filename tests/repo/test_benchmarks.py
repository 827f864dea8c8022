"""The benchmarks know the exact counts of the jobs that they serve."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.api import Scenario
from benchmarks.expected_counts import count_jobs, wrong_counts
from benchmarks.jobs import APPLICATION_ID, Jobs

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def request(scenario: Scenario, query: str) -> Any:
    """Request a page of jobs, and return its JSON."""
    response, _ = scenario.respond(f"/v1/applications/{APPLICATION_ID}/jobs?{query}", 0)
    return json.loads(response.split(b"\r\n\r\n", 1)[1])


def listed_jobs(jobs: Jobs, status: str = "") -> list[Any]:
    """Return all jobs that the API serves."""
    scenario, rows = Scenario(jobs, delay=0, per_minute=0), list[Any]()
    while page := request(scenario, f"limit=100&offset={len(rows)}{status and f'&status={status}'}")["result"]:
        rows += page
    return rows


@pytest.mark.parametrize("failed_percent", [1, 20, None])
@pytest.mark.parametrize("hours", [(24, 0), (50, 48), (500, 3), (1_000, 0)])
def test_the_expected_counts_are_those_of_the_jobs_served(failed_percent: int | None, hours: tuple[int, int]) -> None:
    jobs = Jobs(3_000, 10, NOW, failed_percent)
    since, until = (NOW - each * HOUR for each in hours)
    statuses = [
        job["status"] for job in listed_jobs(jobs) if since <= datetime.fromisoformat(job["created_at"]) < until
    ]
    expected = count_jobs(jobs, since, until)
    assert expected.jobs == len(statuses)
    assert (expected.failed, expected.running) == (statuses.count("failed"), statuses.count("in_progress"))


@pytest.mark.parametrize("failed_percent", [1, 7, 20, 100])
def test_each_hundred_jobs_have_exactly_the_given_share_of_failed_ones(failed_percent: int) -> None:
    jobs = Jobs(100_000, 10, NOW, failed_percent)
    statuses = [jobs.status(position) for position in range(10_000, 12_000)]
    failed = [statuses[start : start + 100].count("failed") for start in range(0, 2_000, 100)]
    assert failed == [failed_percent] * 20


def test_a_million_jobs_are_created_every_two_seconds() -> None:
    counts = count_jobs(Jobs(1_000_000, 10, NOW, 1), NOW - 24 * HOUR, NOW + timedelta(seconds=1))
    assert (counts.jobs, counts.failed) == (pytest.approx(43_200, abs=1), pytest.approx(432, abs=2))


@pytest.mark.parametrize("status", ["failed", "in_progress", "completed"])
def test_a_filtered_list_has_the_jobs_of_its_status_newest_first(status: str) -> None:
    jobs = Jobs(1_000, 10, NOW, 20)
    filtered = listed_jobs(jobs, status)
    assert filtered == [job for job in listed_jobs(jobs) if job["status"] == status]
    assert filtered == sorted(filtered, key=lambda job: job["created_at"], reverse=True)


@pytest.mark.parametrize(("total", "expected"), [("matches", 198), ("application", 1_000), ("none", None)])
def test_the_total_of_a_filtered_list_counts_what_the_scenario_says(total: str, expected: int | None) -> None:
    scenario = Scenario(Jobs(1_000, 10, NOW, 20), delay=0, per_minute=0, total=total)
    assert request(scenario, "limit=1&status=failed").get("totalCount") == expected


def statuses_between(jobs: Jobs, since: datetime, until: datetime) -> list[str]:
    """Return the statuses of the jobs that were created after ``since``, and at ``until`` or before."""
    return [job["status"] for job in listed_jobs(jobs) if since < datetime.fromisoformat(job["created_at"]) <= until]


def exact_answer(jobs: Jobs) -> Any:
    """Return the parts with counts of a triage of 24 hours, called a fraction of a second after noon."""
    since, before = NOW - 24 * HOUR, NOW - 48 * HOUR
    of_window, of_before = statuses_between(jobs, since, NOW), statuses_between(jobs, before, since)
    return {
        "window": {"since": since.isoformat(), "until": NOW.isoformat()},
        "coverage": {"complete": True, "stopped_by": "since", "jobs_in_window": len(of_window)},
        "counts": dict(Counter(of_window)),
        "by_category": {"timeout": of_window.count("failed") - 1, "unknown": 1},
        "before": {"since": before.isoformat(), "jobs": len(of_before), "failed": of_before.count("failed")},
    }


def test_an_exact_answer_has_no_wrong_counts() -> None:
    jobs = Jobs(3_000, 10, NOW, 20)
    assert wrong_counts(jobs, exact_answer(jobs)) == []


@pytest.mark.parametrize(
    ("part", "changed", "expected"),
    [
        ("counts", {"failed": 25}, ["jobs is", "failed is 25"]),
        ("before", {"jobs": 1}, ["before.jobs is 1"]),
        ("before", {"failed": None}, ["before.failed is None"]),
        ("by_category", {"unknown": 7}, ["failures by category is"]),
        ("coverage", {"complete": False, "stopped_by": "max_jobs"}, ["incomplete, stopped by max_jobs"]),
    ],
)
def test_a_count_that_is_not_exact_is_reported(part: str, changed: dict[str, object], expected: list[str]) -> None:
    jobs = Jobs(3_000, 10, NOW, 20)
    answer = exact_answer(jobs)
    answer[part] |= changed
    wrong = wrong_counts(jobs, answer)
    assert [sentence[: len(start)] for sentence, start in zip(wrong, expected, strict=True)] == expected
