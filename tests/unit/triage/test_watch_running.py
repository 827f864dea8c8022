"""Watch jobs on the clock of a fake API: long lists, and random histories, of which every sentence must be true."""

import re
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.finishing_jobs import LIST_TOTALS, ChangingJob, FinishingJobsApi, running_until
from tests.helpers.facts import missing_facts
from tests.helpers.finishing_jobs import SECONDS, Watched, numbers, watch
from tests.helpers.tally import gate_or_full
from writer_jobs_mcp.results.jobs_wait import JobsWait

pytestmark = pytest.mark.slow


def structure(api: FinishingJobsApi) -> dict[str, Any]:
    """Return the structure of a wait's result."""
    return watch(api).result.model_dump(exclude_none=True)


@pytest.mark.parametrize("serves_single_jobs", [True, False])
@pytest.mark.parametrize("total", LIST_TOTALS)
def test_whatever_totals_mean_each_outcome_is_read(total: str, serves_single_jobs: bool) -> None:
    jobs = [
        running_until(5, "failed" if n % 4 == 0 else "completed", id_=f"job-{n}", created_at=-9.0 * n)
        for n in range(40)
    ]
    others = [ChangingJob(f"other-{n}", [(-inf, "completed")], created_at=-1 - 3 * n) for n in range(200)]
    api = FinishingJobsApi(
        [*jobs, *others], total=LIST_TOTALS[total], reports_limit=False, cap=30, serves_single_jobs=serves_single_jobs
    )
    assert numbers(structure(api)) == {"finished": 40, "completed": 30, "failed": 10}


def test_jobs_that_are_in_no_list_of_finished_ones_are_asked_for_themselves() -> None:
    jobs = [running_until(5, "cancelled" if n % 2 else "completed", id_=f"job-{n}") for n in range(24)]
    api = FinishingJobsApi(jobs)
    result = structure(api)
    assert numbers(result) == {"finished": 24, "completed": 12}
    assert 'whether they failed is not known: 12 "cancelled".' in result["message"]
    assert len(api.requests("/v1/applications/jobs/")) == 12


def test_a_thousand_running_jobs_are_watched_in_pages() -> None:
    jobs = [running_until(8, id_=f"job-{n}", created_at=-n / 10) for n in range(1_000)]
    api = FinishingJobsApi([*jobs, running_until(inf, id_="last")], seconds_per_request=0.7)
    result = structure(api)
    assert numbers(result) == {"finished": 1_000, "completed": 1_000, "running": 1}
    assert len(api.requests("/v1/applications/jobs/")) == 0  # pages show how they ended


def test_a_job_that_a_page_boundary_hides_is_not_taken_for_finished() -> None:
    jobs = [running_until(5 + n, id_=f"job-{n:02}", created_at=-n) for n in range(10)]
    staying = [running_until(inf, id_=f"stays-{n:02}", created_at=-20 - n) for n in range(10)]
    result = structure(FinishingJobsApi([*jobs, *staying], cap=4))
    assert numbers(result) == {"finished": 10, "completed": 10, "running": 10}


def test_the_first_look_may_need_several_attempts() -> None:
    jobs = [running_until(inf, id_=f"job-{n:02}", created_at=-n) for n in range(12)]
    api = FinishingJobsApi(
        jobs, cap=5, fail=lambda line, number: 403 if number < 4 and "offset=0" not in line else None
    )
    result = structure(api)
    assert (numbers(result), result["message"]) == ({"running": 12}, "The time is up: 12 jobs are still running.")


STATUS = st.sampled_from(["in_progress", "in_progress", "failed", "completed", "queued", "cancelled", None])
ENDS = st.lists(st.tuples(st.floats(0, SECONDS + 10), STATUS), max_size=3)


@st.composite
def changing_jobs(draw: st.DrawFn) -> list[ChangingJob]:
    """Return jobs with random histories; most run at first and finish once."""
    jobs: list[ChangingJob] = []
    for number in range(draw(st.integers(0, 25))):
        first = draw(st.sampled_from(["in_progress"] * 6 + ["failed", "completed", None]))
        created = draw(st.sampled_from([-5.0, -60.0, -300.0, -590.0, -1_200.0, -7_200.0, -500_000.0]))
        once = [(draw(st.floats(0, SECONDS + 10)), draw(st.sampled_from(["completed", "completed", "failed"])))]
        later = draw(st.one_of(st.just(once), st.just(once), ENDS))
        # A job of long ago runs since then, or was retried a minute ago.
        since = draw(st.sampled_from([-inf, -60.0]))
        history = [
            (-inf, first if since == -inf else "failed"),
            (since, first),
            *sorted(later, key=lambda each: each[0]),
        ]
        jobs.append(ChangingJob(f"job-{number:02}", history, created if first else draw(st.floats(0, SECONDS))))
    return jobs


APIS = st.builds(
    FinishingJobsApi,
    jobs=changing_jobs(),
    seconds_per_request=st.sampled_from([0.01, 0.2, 1.0]),
    cap=st.sampled_from([2, 3, 7, 100]),
    total=st.sampled_from([*LIST_TOTALS.values()]),
    reports_limit=st.booleans(),
    serves_single_jobs=st.sampled_from([True, True, False]),
)


@settings(max_examples=gate_or_full(60, 1_000))
@given(api=APIS, until_failure=st.booleans())
def test_what_is_said_after_a_wait_is_true(api: FinishingJobsApi, until_failure: bool) -> None:
    watched = watch(api, until_failure=until_failure)
    check_counts(api, watched)
    check_message(api, watched, until_failure=until_failure)
    check_pace(watched)
    result = watched.result
    assert missing_facts(result.as_structure(), result.as_text()) == []


def check_counts(api: FinishingJobsApi, watched: Watched) -> None:
    result, total = watched.result, total_of(watched.result)
    surely, perhaps = watched_jobs(api, watched)
    assert len(surely) <= total <= len(perhaps)
    known = result.completed + result.failed
    assert known <= result.finished
    for status, count in (("completed", result.completed), ("failed", result.failed)):
        ever = [job for job in perhaps if status in job.statuses(watched.began, watched.ended)]
        assert count <= len(ever)
        # A job that had no other status from before the last look to the end.
        always = [job for job in surely if finished_for_good(job, watched, status)]
        assert count >= len(always) or not api.serves_single_jobs
    failed_ids = {job.id for job in perhaps if "failed" in job.statuses(watched.began, watched.ended)}
    assert {row.job_id for row in result.failures} <= failed_ids
    assert len(result.failures) + (result.failures_omitted or 0) == result.failed
    ran_at_the_end = [job for job in perhaps if runs(job.statuses(watched.last_look_began, watched.ended))]
    assert result.running + (result.stuck_count or 0) <= len(ran_at_the_end)
    always_ran = [job for job in surely if job.statuses(watched.began, watched.ended) == {"in_progress"}]
    assert result.running + (result.stuck_count or 0) >= len(always_ran)
    ran_an_hour = [job for job in always_ran if run_time(job, watched.ended) > 3_700]
    assert (result.stuck_count or 0) >= len(ran_an_hour)
    for row in result.stuck or ():
        job = next(job for job in api.jobs if job.id == row.id)
        assert run_time(job, watched.began) + SECONDS + 10 > 600


def check_message(api: FinishingJobsApi, watched: Watched, *, until_failure: bool) -> None:
    result, message = watched.result, watched.result.message
    surely, perhaps = watched_jobs(api, watched)
    stuck = {row.id for row in result.stuck or ()}
    still = re.search(r"(\d+) jobs? (?:(?:is|are|was|were) still running|not seen to finish)", message)
    assert (still is not None) == (result.running > 0)
    assert still is None or int(still[1]) == result.running
    if "Every job that was running has finished" in message:
        assert all(ended(job, watched) for job in surely)
    if "none failed" in message:
        assert all("completed" in job.statuses(watched.began, watched.ended) for job in surely)
    if "No job is running" in message:
        assert (surely, total_of(result)) == ([], 0)
    if "The time is up" in message:
        assert watched.ended >= watched.began + SECONDS
        assert not (until_failure and result.failed)
    if "likely stuck are left" in message or "All running jobs are likely stuck" in message:
        assert all(ended(job, watched) or job.id in stuck for job in surely) or result.stuck_count != len(stuck)
    if "Jobs that started since" in message:
        assert any(
            not runs(job.statuses(watched.began, watched.first_look_ended)) or job not in surely
            for job in api.jobs
            if runs(job.statuses(watched.first_look_ended, watched.ended))
        )
    unread = re.search(r"How (\d+) jobs? ended could not be read", message)
    others = sum(map(int, re.findall(r'(\d+) "cancelled"', message)))
    assert result.finished == result.completed + result.failed + (int(unread[1]) if unread else 0) + others
    if unread:
        gone = [job for job in perhaps if None in job.statuses(watched.began, watched.ended)]
        assert int(unread[1]) <= len(gone) or not api.serves_single_jobs
    if until_failure:
        failed_at = [job.begins(watched.ended) for job in surely if finished_for_good(job, watched, "failed")]
        assert not failed_at or (result.failed and sum(look > min(failed_at) for look in watched.looks) == 1)
    calls = [call.tool for call in result.next or ()]
    assert ("wait_for_jobs" in calls) == (result.running > 0)


def check_pace(watched: Watched) -> None:
    result, rate = watched.result, watched.result.finishing_per_minute
    if rate is None:
        assert result.seconds_left is None
        return
    assert result.finished >= 3
    assert rate * (watched.ended - watched.began) / 60 >= 0.9 * result.finished
    assert rate * (watched.last_look_began - watched.first_look_ended) / 60 <= 1.1 * result.finished
    assert (result.seconds_left is not None) == (result.running > 0)
    if result.seconds_left is not None:
        assert result.seconds_left * rate / 60 == pytest.approx(result.running, rel=0.15)


def total_of(result: JobsWait) -> int:
    return result.finished + result.running + (result.stuck_count or 0)


def watched_jobs(api: FinishingJobsApi, watched: Watched) -> tuple[list[ChangingJob], list[ChangingJob]]:
    """Return the jobs that ran during all of the first look, and those that ran at some time in it."""
    histories = [(job, job.statuses(watched.began, watched.first_look_ended)) for job in api.jobs]
    surely = [job for job, statuses in histories if statuses <= {"in_progress", "queued"}]
    return surely, [job for job, statuses in histories if runs(statuses)]


def run_time(job: ChangingJob, seconds: float) -> float:
    return seconds - max(job.created_at, job.begins(seconds))


def runs(statuses: set[str | None]) -> bool:
    return bool(statuses & {"in_progress", "queued"})


def ended(job: ChangingJob, watched: Watched) -> bool:
    return bool(job.statuses(watched.began, watched.ended) - {"in_progress", "queued"})


def finished_for_good(job: ChangingJob, watched: Watched, status: str) -> bool:
    """Return whether a job that ran got this status before the last look, and no other one."""
    later = [each for at, each in job.changes if at > watched.began and at <= watched.ended]
    return later == [status] and job.statuses(watched.last_look_began, watched.ended) == {status}
