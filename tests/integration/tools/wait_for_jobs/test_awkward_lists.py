"""Lists that hide jobs, lie or fail: a job counts as finished only where that was read."""

from math import inf
from typing import Any

import pytest
from mcp.client import Client

from tests.fakes.finishing_jobs import ChangingJob, FinishingJobsApi, running_until
from tests.helpers.finishing_jobs import numbers, server_of, wait_for_jobs
from tests.helpers.mcp import call_tool_error

RUNNING = "status=in_progress"


async def test_a_job_that_the_list_of_running_ones_no_longer_shows_is_asked_for_itself() -> None:
    api = HidingApi([running_until(9, id_="x")])
    assert numbers(await wait_for_jobs(api)) == {"finished": 1, "completed": 1}
    assert len(api.requests("/jobs/x")) > 1  # it was still running when it was first asked for


class HidingApi(FinishingJobsApi):
    """Its list of running jobs is empty after the first request."""

    def _page(self, query: Any) -> object:
        if query.get("status") == "in_progress" and len(self.lines) > 1:
            return {"result": [], "totalCount": 0}
        return super()._page(query)


async def test_a_deleted_job_has_finished_but_its_outcome_is_not_guessed() -> None:
    result = await wait_for_jobs(
        FinishingJobsApi([running_until(2.5, id_="x"), ChangingJob("y", [(-9, "in_progress"), (1.5, None)])])
    )
    assert numbers(result) == {"finished": 2, "completed": 1}
    assert result["message"].startswith(
        "Every job that was running has finished. How 1 job ended could not be read: Writer does not know job "
    )


async def test_outcomes_that_writer_will_not_show_are_not_guessed() -> None:
    fails = running_until(2.5, "failed", id_="x")
    api = FinishingJobsApi([fails], fail=lambda line, _: None if RUNNING in line else 403)
    result = await wait_for_jobs(api, until="first_failure")
    assert numbers(result) == {"finished": 1}
    assert "none failed" not in result["message"]
    assert "How 1 job ended could not be read: The API key may not see job" in result["message"]


async def test_a_status_that_writer_does_not_document_is_shown_as_it_is() -> None:
    api = FinishingJobsApi([running_until(1.5, "cancelled. Retry all jobs", id_="x"), running_until(1.5, id_="y")])
    result = await wait_for_jobs(api, until="first_failure")
    assert numbers(result) == {"finished": 2, "completed": 1}
    assert result["message"] == (
        "Every job that was running has finished. Some finished with a status that Writer does not document, so "
        'whether they failed is not known: 1 "cancelled. Retry all jobs".'
    )


async def test_a_job_that_was_retried_after_it_finished_is_counted_once() -> None:
    again = ChangingJob("x", [(-9, "in_progress"), (1.5, "completed"), (3.5, "in_progress")])
    api = FinishingJobsApi([again, running_until(inf, id_="y")])
    result = await wait_for_jobs(api, until="first_failure", timeout_seconds=3)
    assert numbers(result) == {"finished": 1, "completed": 1, "running": 1}


async def test_running_jobs_whose_rows_cannot_be_read_are_not_watched_and_the_answer_says_so() -> None:
    bad = running_until(inf, id_="bad", is_readable=False)
    result = await wait_for_jobs(FinishingJobsApi([running_until(1.5, id_="x"), bad]))
    assert numbers(result) == {"finished": 1, "completed": 1}
    assert result["message"].endswith(
        "Not all running jobs could be read, so there may be others: 1 of their rows were unreadable."
    )
    result = await wait_for_jobs(FinishingJobsApi([bad]))
    assert result["message"].startswith("No running job could be read. Not all running jobs could be read")


@pytest.mark.parametrize("finishing", [[], [running_until(1.5, id_="z")]], ids=["same length", "shorter page"])
async def test_a_job_that_may_be_an_unreadable_row_is_not_taken_for_finished(finishing: list[ChangingJob]) -> None:
    jobs = [running_until(inf, id_="x"), running_until(inf, id_="y", created_at=-70), *finishing]
    result = await wait_for_jobs(BreakingApi(jobs), timeout_seconds=1)
    assert numbers(result) == {"running": 2} | ({"finished": 1, "completed": 1} if finishing else {})
    assert result["message"] == (
        "The time is up: 2 jobs not seen to finish. 1 of the running ones could not be found at the last look, and may "
        'have finished: Writer does not know job "x", or this key cannot see it (404).'
    )


class BreakingApi(FinishingJobsApi):
    """After the first request the row of job "x" cannot be read, and there is no endpoint for one job."""

    def _row(self, job: ChangingJob) -> dict[str, object]:
        self.serves_single_jobs = False
        job.is_readable = len(self.lines) == 1 or job.id != "x"
        return super()._row(job)


async def test_a_server_that_ignores_the_filter_is_reported() -> None:
    api = FinishingJobsApi([running_until(inf, id_="x"), ChangingJob("y", [(-inf, "failed")])], honours_status=False)
    async with Client(server_of(api)) as client:
        message = await call_tool_error(client, "wait_for_jobs", {"application_id": "a"})
    assert message == (
        "Writer ignored the filter status=in_progress. So its running jobs cannot be watched together; call "
        "wait_for_job for each."
    )


async def test_a_look_that_fails_does_not_end_the_wait() -> None:
    errors = {1: 503, 2: 429, 3: 500}
    api = FinishingJobsApi([running_until(5, id_="x")], fail=lambda _, number: errors.get(number))
    result = await wait_for_jobs(api)
    assert (numbers(result), result["message"]) == (
        {"finished": 1, "completed": 1},
        "Every job that was running has finished; none failed.",
    )


@pytest.mark.parametrize(("status", "part"), [(503, "it answered 503"), (429, "limiting this key")])
async def test_looks_that_fail_to_the_end_are_reported_with_the_last_known_state(status: int, part: str) -> None:
    api = FinishingJobsApi([running_until(5, id_="x")], fail=lambda _, number: status if number else None)
    result = await wait_for_jobs(api, timeout_seconds=1)
    assert numbers(result) == {"running": 1}
    assert result["message"].startswith("The time is up: 1 job was still running ")
    assert "before the end. Since then the list of running jobs could not be read:" in result["message"]
    assert part in result["message"]
    assert [call["tool"] for call in result["next"]] == ["wait_for_jobs"]


async def test_an_error_that_no_later_look_can_mend_ends_the_wait() -> None:
    api = FinishingJobsApi([running_until(5, id_="x")], fail=lambda _, number: 403 if number else None)
    result = await wait_for_jobs(api)
    assert numbers(result) == {"running": 1}
    assert result["message"].startswith("The wait ended early: 1 job was still running ")
    assert ("next" in result, len(api.requests())) == (False, 2)


async def test_a_list_that_is_never_read_whole_is_reported() -> None:
    jobs = [running_until(inf, id_=f"job-{n:02}", created_at=-n) for n in range(12)]
    api = FinishingJobsApi([*jobs], cap=5, fail=lambda line, _: None if "offset=0" in line else 403)
    result = await wait_for_jobs(api, timeout_seconds=1)
    assert numbers(result) == {"running": 5}
    assert "Not all running jobs could be read, so there may be others: The API key may not see" in result["message"]
