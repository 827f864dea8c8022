"""Which failures a triage calls new, rising, steady, falling or gone. Each test has the smallest list that matters."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import NOW
from tests.fakes.unstable_list import UnstableListApi, newest_first
from tests.helpers.jobs import JsonObject, make_failed_jobs, make_job
from tests.helpers.triage import (
    DIFFERENT_ERRORS,
    RATE_LIMIT,
    TIMEOUT,
    UNREADABLE_ID,
    api_with,
    trends,
    triage,
    triage_text,
)

HOUR, DAY = 60, 24 * 60  # minutes


async def test_no_failure_is_new_when_there_are_no_earlier_jobs() -> None:
    api = api_with(
        [*make_failed_jobs(RATE_LIMIT, 40, 60), *make_failed_jobs(TIMEOUT, 20, 500), *(make_job(n) for n in range(300))]
    )
    result = await triage(api, since="7d")
    assert set(trends(result).values()) == {None}
    assert result["before"] == {"since": "2026-11-09T12:00:00Z", "jobs": 0, "failed": 0}
    text = await triage_text(api, since="7d")
    assert "No jobs in the 7 d before (from 11-09 12:00:00): nothing to compare with." in text
    assert not re.search(r"\bnew\b", text)


@pytest.mark.parametrize(
    ("now", "before", "trend"),
    [
        ((40, 4_000), (10, 1_000), "steady"),  # four times as many, at the same rate
        ((6, 300), (2, 300), None),  # too few to tell
        ((5, 300), (5, 300), None),
        ((9, 300), (0, 300), "new"),
        ((1, 300), (0, 300), "new"),
        ((40, 500), (10, 500), "rising"),
        ((10, 500), (40, 500), "falling"),
        ((10, 1_000), (40, 4_000), "steady"),
        ((40, 400), (40, 4_000), "rising"),  # as many, of fewer jobs
        ((12, 500), (10, 500), "steady"),
        ((30, 30), (30, 30), "steady"),  # all of them
    ],
)
async def test_a_trend_compares_the_failure_rates_of_both_windows(
    now: tuple[int, int], before: tuple[int, int], trend: str | None
) -> None:
    def window(count: int, jobs: int, minutes_ago: float) -> list[JsonObject]:
        failed = [make_job(minutes_ago + n / 1_000, "failed", RATE_LIMIT) for n in range(count)]
        return failed + [make_job(minutes_ago + 10 + n / 1_000) for n in range(jobs - count)]

    api = api_with([*window(*now, 5), *window(*before, 65), make_job(5_000)])
    result = await triage(api, since="1h", max_jobs=100_000)
    assert trends(result) == {RATE_LIMIT: trend}
    assert result["failures"][0]["before"] == before[0]
    rate = round(before[0] / before[1], 3)
    expected = {"since": "2026-11-23T10:00:00Z", "jobs": before[1], "failed": before[0], "failure_rate": rate}
    assert result["before"] == expected


async def test_a_failure_seen_before_both_windows_is_not_new() -> None:
    api = api_with(
        [
            *make_failed_jobs(RATE_LIMIT, 5, 60),
            *make_failed_jobs(RATE_LIMIT, 30, 50 * HOUR),
            *(make_job(n * 30) for n in range(200)),
        ]
    )
    result = await triage(api, since="24h")
    assert trends(result) == {RATE_LIMIT: None}
    assert result["failures"][0]["seen_before"] == "2026-11-21T10:00:00Z"
    assert "previously 11-21 10:00:00" in await triage_text(api, since="24h")


@pytest.mark.parametrize(("others", "trend"), [(499, None), (600, "new")])
async def test_a_failure_is_new_when_the_500_failures_before_do_not_have_it(others: int, trend: str | None) -> None:
    seen = make_failed_jobs(RATE_LIMIT, 1, 3_000 * HOUR)
    history = [make_job(100 * HOUR + n, "failed", TIMEOUT) for n in range(others)]
    api = api_with([*make_failed_jobs(RATE_LIMIT, 5, 60), *history, *seen, make_job(30 * HOUR)])
    result = await triage(api, since="24h")
    assert trends(result) == {RATE_LIMIT: trend}
    assert ("seen_before" in result["failures"][0]) == (trend is None)


async def test_no_failure_is_new_when_the_status_filter_is_ignored() -> None:
    api = api_with(
        [*make_failed_jobs(RATE_LIMIT, 5, 60), *(make_job(n * 30) for n in range(400))], honours_status=False
    )
    result = await triage(api, since="24h")
    assert trends(result) == {RATE_LIMIT: None}
    assert "none is called new" in result["coverage"]["message"]


class CustomFailedFilter(UnstableListApi):
    """Filters by status in a way of its own."""

    only: slice = slice(None)

    def page(self, offset: int, limit: int, status: str | None = None) -> JsonObject:
        if status != "failed":
            return super().page(offset, limit, status)
        failed = [self.job(number) for number in self.ids if self.status(number) == "failed"]
        return {"result": failed[self.only][offset : offset + limit], "totalCount": len(self.ids)}


@pytest.mark.parametrize(("only", "why"), [(slice(0), "failed jobs is incomplete"), (slice(None, None, -1), "")])
async def test_no_failure_is_new_when_the_filtered_list_is_incomplete_or_oldest_first(only: slice, why: str) -> None:
    seen = make_failed_jobs(RATE_LIMIT, 50, 140 * HOUR)
    jobs = [
        *make_failed_jobs(TIMEOUT, 100, 5),
        *make_failed_jobs(RATE_LIMIT, 3, 5),
        *seen,
        *(make_job(n * 10) for n in range(900)),
    ]
    jobs.sort(key=lambda job: job["created_at"])
    api = CustomFailedFilter(newest_first(len(jobs)), job_fields=lambda number: jobs[number - 1])
    api.only = only
    result = await triage(api, since="24h")
    assert trends(result)[RATE_LIMIT] is None
    assert why in result["coverage"].get("message", "")


async def test_no_failure_is_new_when_earlier_failures_are_unreadable() -> None:
    history = [make_job(100 * HOUR + n, "failed", TIMEOUT) for n in range(900)]
    history = [job | (UNREADABLE_ID if n % 3 == 0 else {}) for n, job in enumerate(history)]
    result = await triage(
        api_with([*make_failed_jobs(RATE_LIMIT, 5, 60), *(make_job(n * 10) for n in range(400)), *history]), since="24h"
    )
    assert result["coverage"]["complete"]
    assert trends(result) == {RATE_LIMIT: None}
    assert "of their rows were unreadable" in result["coverage"]["message"]


async def test_no_failure_is_new_when_there_are_too_many_different_errors_to_compare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("writer_jobs_mcp.failures.grouping.groups.MAX_TEMPLATES", 20)
    archives = ["Cannot open the archive of " + name for name in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")]
    now = [make_job(5, "failed", text) for text in archives[:3]]
    before = [make_job(65, "failed", text) for text in DIFFERENT_ERRORS] + [
        make_job(100, "failed", text) for text in archives[3:]
    ]
    result = await triage(api_with([*now, *before, make_job(500)]), since="1h")
    assert set(trends(result).values()) == {None}
    assert "gone" not in result
    assert "too many ways to compare" in result["coverage"]["message"]


async def test_until_in_the_future_means_now() -> None:
    api = api_with([*make_failed_jobs(RATE_LIMIT, 20, 5), *make_failed_jobs(RATE_LIMIT, 20, 65), make_job(300)])
    result = await triage(api, since="1h", until="2031-01-01")
    assert result["window"] == {"since": "2026-11-23T11:00:00Z", "until": "2026-11-23T12:00:00Z"}
    assert trends(result) == {RATE_LIMIT: "steady"}
    assert (await triage_text(api, since="1h", until="2031-01-01")).startswith(
        "20 of 20 jobs created since 11:00 UTC (1 h) failed (100%); "
    )


async def test_failures_of_the_window_before_that_did_not_recur_are_gone() -> None:
    before = [("A", 5), ("B", 4), ("C", 3), ("D", 2)]
    kinds = {"A": "The disk overflowed", "B": "The parser collapsed", "C": "The kernel vanished", "D": "A mutex is bad"}
    jobs = [each for name, count in before for each in make_failed_jobs(kinds[name], count, 90)]
    result = await triage(
        api_with([*jobs, make_job(5), *make_failed_jobs(RATE_LIMIT, 1, 5), make_job(500)]), since="1h"
    )
    assert [(each["signature"], each["before"]) for each in result["gone"]] == [
        ("The disk overflowed", 5),
        ("The parser collapsed", 4),
        ("The kernel vanished", 3),
    ]
    assert result["before"]["failed"] == 14


async def test_a_window_without_jobs_reports_no_failure_as_gone() -> None:
    result = await triage(api_with([*make_failed_jobs(RATE_LIMIT, 5, 90), make_job(500)]), since="1h")
    assert (result["counts"], result["before"]["failed"]) == ({}, 5)
    assert "gone" not in result


async def test_a_new_group_that_starts_soon_after_a_deployment_is_reported_with_it() -> None:
    api = api_with([*make_failed_jobs(RATE_LIMIT, 3, 30), make_job(40), make_job(90), make_job(500)])
    api.application = {
        "id": "a",
        "name": 'Reply "drafter"',
        "last_deployed_at": (NOW - timedelta(minutes=45)).isoformat(),
    }
    result = await triage(api, since="1h")
    assert (result["application_name"], result["last_deployed_at"]) == ('Reply "drafter"', "2026-11-23T11:15:00Z")
    text = await triage_text(api, since="1h")
    assert "Last deployed 11-23 11:15:00; new since then: rate_limit 14 min 58 s later." in text
    api.application["last_deployed_at"] = (NOW - timedelta(minutes=200)).isoformat()
    assert "new since then" not in await triage_text(api, since="1h")


@pytest.mark.parametrize("application", [None, {"id": None}, [], {"id": "a", "name": 5, "last_deployed_at": "soon"}])
async def test_an_unreadable_application_does_not_prevent_a_triage(application: Any) -> None:
    api = api_with([make_job(5), *make_failed_jobs(RATE_LIMIT, 2, 10)])
    api.application = application
    result = await triage(api, since="1h")
    assert result["counts"] == {"failed": 2, "completed": 1}
    assert "application_name" not in result
