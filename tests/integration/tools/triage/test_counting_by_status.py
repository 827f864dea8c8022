"""Numbers that do not add up at once: jobs finish meanwhile, filters leave jobs out, times and dates are awkward."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.conftest import NOW
from tests.fakes.unstable_list import UnstableListApi, changes
from tests.helpers.jobs import JsonObject, make_failed_jobs, make_job
from tests.helpers.triage import RATE_LIMIT, TIMEOUT, api_with, triage

pytestmark = pytest.mark.slow  # they read many pages


def busy_list(count: int = 5_000) -> UnstableListApi:
    """An API with a job every minute, of which the 60 newest run and every twentieth of the others failed."""
    statuses = ["in_progress"] * 60 + ["failed" if n % 20 == 0 else "completed" for n in range(60, count)]
    return api_with([make_job(n + 0.5, status, RATE_LIMIT) for n, status in enumerate(statuses)])


def counts_of_window(api: UnstableListApi, days: int) -> dict[str, int]:
    begin = (NOW - timedelta(days=days)).isoformat()
    statuses = [job["status"] for job in map(api.job, api.ids) if job["created_at"] >= begin]
    return {status: statuses.count(status) for status in set(statuses)}


@pytest.mark.parametrize("after", ["completed", "failed"])
async def test_jobs_that_finish_at_each_request_are_counted_once(after: str) -> None:
    api = busy_list()
    before = counts_of_window(api, 3)
    api.moves = [changes(1.0, "in_progress", after)] * 40 + [None] * 400
    result = await triage(api, since="3d")
    now = counts_of_window(api, 3)
    assert result["coverage"]["complete"]
    assert sum(result["counts"].values()) == 4_320
    for status in ("in_progress", "completed", "failed"):
        least, most = sorted([before.get(status, 0), now.get(status, 0)])
        assert least <= result["counts"][status] <= most
    assert "the others counted" in result["coverage"]["message"]


async def test_a_status_without_a_filter_does_not_hide_behind_jobs_that_finish() -> None:
    api = busy_list()
    api.new_statuses[1_000] = "cancelled"
    api.moves = [changes(1.0, "in_progress", "completed")] * 400
    result = await triage(api, since="3d", max_jobs=100_000)
    assert result["counts"]["cancelled"] == 1


class ShortFilter(UnstableListApi):
    """A list whose filter returns only the first 220 jobs that match."""

    def page(self, offset: int, limit: int, status: str | None = None) -> dict[str, Any]:
        if status == "failed":
            limit = max(0, min(limit, 220 - offset))
        return super().page(offset, limit, status)


async def test_a_list_of_failed_jobs_that_ends_early_does_not_make_a_group_rise() -> None:
    api = busy_list(9_000)
    short = ShortFilter(api.ids, job_fields=api.job_fields)
    result = await triage(short, since="3d", max_jobs=100_000)
    assert (result["before"]["failed"], result["failures"][0]["trend"]) == (216, "steady")


async def test_many_earlier_failures_at_one_time_are_all_known() -> None:
    earlier = [*make_failed_jobs(RATE_LIMIT, 200, 200), *make_failed_jobs(TIMEOUT, 1_000, 300)]
    jobs = [make_job(5, "failed", TIMEOUT), *(make_job(n / 2) for n in range(240)), *earlier]
    for job in earlier[200:]:
        job["created_at"] = (NOW - timedelta(minutes=300)).isoformat()
    result = await triage(api_with(jobs), since="1h")
    assert [group.get("trend") for group in result["failures"]] != ["new"]


@pytest.mark.parametrize("completed", [0, 9_000])
async def test_a_gap_of_days_between_failures_does_not_make_a_chain_count_twice(completed: int) -> None:
    minutes = [*(n + 0.5 for n in range(100)), 3 * 1_440, *(6 * 1_440 + n for n in range(50))]
    jobs = [make_job(each, "failed", RATE_LIMIT) for each in minutes]
    jobs += [make_job(n + 0.25) for n in range(completed)]
    first = await triage(api_with(jobs), max_jobs=101)
    call: JsonObject = first["next"][0]["arguments"]
    second = await triage(api_with(jobs), until=call["until"], max_jobs=9_500)
    assert first["counts"]["failed"] + second["counts"]["failed"] == 151
    assert first["counts"].get("completed", 0) + second["counts"].get("completed", 0) == completed


@pytest.mark.parametrize("window", [{}, {"since": "3d"}, {"until": "1h"}])
async def test_a_job_from_the_end_of_the_calendar_is_no_error(window: JsonObject) -> None:
    api = busy_list()
    api.ids.insert(0, 5_001)
    fields = api.job_fields
    last = {"created_at": "9999-12-31T23:59:59.999999Z", "status": "completed"}
    api.job_fields = lambda number: last if number == 5_001 else fields(number)
    result = await triage(api, **window)
    assert result["coverage"]["complete"]
    assert result["counts"]["failed"] > 0


async def test_where_all_jobs_are_read_a_call_begins_at_its_until() -> None:
    api = busy_list(9_000)
    api.honours_status = False
    until = datetime.fromisoformat(api.job(4_000)["created_at"])
    result = await triage(api, until=until.isoformat(), max_jobs=3_500)
    assert sum(result["counts"].values()) == 3_500
    assert api.request_count < 60
