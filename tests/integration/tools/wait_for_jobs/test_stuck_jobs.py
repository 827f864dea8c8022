"""Stuck jobs are named and not waited for."""

from math import inf

import pytest

from tests.fakes.finishing_jobs import ChangingJob, FinishingJobsApi, running_until
from tests.helpers.finishing_jobs import numbers, wait_for_jobs

HOUR = 3_600.0
LOOK = "so not waited for: look in Writer (AI Studio)."


def completed(seconds: float, count: int = 20) -> list[ChangingJob]:
    """Return jobs that completed after so many seconds."""
    history = [(-inf, "in_progress"), (seconds - 10_000, "completed")]
    return [ChangingJob(f"done-{n}", history, created_at=-10_000) for n in range(count)]


async def test_the_wait_ends_at_once_when_only_stuck_jobs_run() -> None:
    api = FinishingJobsApi([running_until(inf, id_=f"job-{n}", created_at=-2 * HOUR - n) for n in range(7)])
    result = await wait_for_jobs(api)
    assert numbers(result) == {"stuck_count": 7}
    assert [job["id"] for job in result["stuck"]] == ["job-6", "job-5", "job-4", "job-3", "job-2"]
    assert result["stuck"][0]["created_at"] == "2026-11-23T09:59:54Z"
    assert result["message"] == (
        f"All running jobs are likely stuck. 7 jobs have run for longer than 1 h and are likely stuck, {LOOK}"
    )
    assert ("next" in result, len(api.requests())) == (False, 1)


async def test_the_other_jobs_are_waited_for() -> None:
    api = FinishingJobsApi([running_until(inf, id_="old", created_at=-2 * HOUR), running_until(1.5, id_="new")])
    result = await wait_for_jobs(api)
    assert numbers(result) == {"finished": 1, "completed": 1, "stuck_count": 1}
    assert result["message"].startswith("Only jobs that are likely stuck are left. 1 job has run for longer than 1 h")
    assert "next" not in result


async def test_a_stuck_job_that_finishes_all_the_same_is_counted() -> None:
    api = FinishingJobsApi(
        [running_until(1.5, "failed", id_="old", created_at=-2 * HOUR), running_until(2.5, id_="new")]
    )
    assert numbers(await wait_for_jobs(api)) == {"finished": 2, "completed": 1, "failed": 1}


async def test_a_job_of_long_ago_that_was_retried_is_waited_for() -> None:
    history = [(-inf, "failed"), (-30.0, "in_progress"), (1.5, "completed")]
    api = FinishingJobsApi([ChangingJob("x", history, created_at=-100 * HOUR)])
    assert numbers(await wait_for_jobs(api)) == {"finished": 1, "completed": 1}


@pytest.mark.parametrize(
    ("done", "limit"), [(completed(20), "10 min"), (completed(300), "15 min"), (completed(900), None), ([], "10 min")]
)
async def test_a_job_running_for_twenty_minutes_is_stuck_where_others_are_faster(
    done: list[ChangingJob], limit: str | None
) -> None:
    api = FinishingJobsApi([running_until(inf, id_="x", created_at=-1_200), *done])
    result = await wait_for_jobs(api, timeout_seconds=1)
    if limit is None:
        assert numbers(result) == {"running": 1}
    else:
        assert result["message"].endswith(f"1 job has run for longer than {limit} and is likely stuck, {LOOK}")
    assert len(api.requests("status=completed")) == 1


async def test_a_job_that_becomes_stuck_during_the_wait_ends_it() -> None:
    api = FinishingJobsApi([running_until(inf, id_="x", created_at=-590), *completed(20)], seconds_per_request=5)
    assert numbers(await wait_for_jobs(api)) == {"stuck_count": 1}


async def test_a_limit_that_cannot_be_read_is_reported() -> None:
    api = FinishingJobsApi(
        [running_until(inf, id_="x", created_at=-1_200), running_until(inf, id_="y", created_at=-2 * HOUR)],
        fail=lambda line, _: 403 if "status=completed" in line else None,
    )
    result = await wait_for_jobs(api, timeout_seconds=1)
    assert numbers(result) == {"running": 1, "stuck_count": 1}
    assert result["message"].endswith(
        f"1 job has run for longer than 1 h and is likely stuck, {LOOK} How long jobs of this application take could "
        "not be read, so a job is called stuck only if it has run for longer than 1 h."
    )
