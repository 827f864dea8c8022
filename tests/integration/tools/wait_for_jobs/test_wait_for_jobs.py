"""Waiting for the running jobs of an application: what ends the wait, and what the result has about each job.

The clock of the fake API advances by ten seconds with each request, so that no test waits for jobs to end.
"""

from datetime import timedelta
from math import inf

import anyio
import pytest
from mcp.client import Client

from tests.conftest import ALIAS, NOW, Clock
from tests.fakes.finishing_jobs import ChangingJob, FinishingJobsApi, running_until
from tests.helpers.finishing_jobs import numbers, server_of, wait_for_jobs
from tests.helpers.mcp import call_tool, call_tool_error, text_of
from tests.helpers.waiting import ProgressRecorder, server_with_clock
from writer_jobs_mcp.sandbox import SandboxStore, build_app, serve

LIST = "/v1/applications/a/jobs?status=in_progress&offset=0&limit=100"


def api_with(*jobs: ChangingJob) -> FinishingJobsApi:
    return FinishingJobsApi([*jobs], seconds_per_request=10)


async def test_the_wait_ends_when_every_running_job_has_finished_and_tells_how() -> None:
    api = api_with(
        running_until(15, id_="x"),
        running_until(25, "failed", id_="y", error="Upstream replied: 429 Too Many Requests"),
        ChangingJob("z", [(-inf, "failed")]),
    )
    result = await wait_for_jobs(api)
    assert numbers(result) == {"finished": 2, "completed": 1, "failed": 1}
    assert result["failures"] == [
        {"job_id": "y", "category": "rate_limit", "error": "Upstream replied: 429 Too Many Requests"}
    ]
    assert result["message"] == "Every job that was running has finished."
    assert [call["tool"] for call in result["next"]] == ["get_job_error"]
    assert result["next"][0]["arguments"] == {"job_id": "y", "application_id": "a"}
    assert api.requests()[:3] == [LIST] * 3
    assert sorted(api.requests()[3:]) == ["/v1/applications/jobs/x?", "/v1/applications/jobs/y?"]


async def test_a_wait_without_failures_says_that_none_failed() -> None:
    result = await wait_for_jobs(api_with(running_until(15, id_="x"), ChangingJob("z", [(-inf, "failed")])))
    assert result["message"] == "Every job that was running has finished; none failed."
    assert (result["failures"], "next" in result) == ([], False)


async def test_without_a_running_job_the_answer_comes_at_once() -> None:
    api = api_with(ChangingJob("x", [(-inf, "failed")]))
    result = await wait_for_jobs(api, until="first_failure")
    assert (numbers(result), result["message"]) == ({}, "No job is running.")
    assert api.requests() == [LIST]


async def test_the_first_failure_ends_the_wait_and_earlier_ones_do_not() -> None:
    api = api_with(
        ChangingJob("failed before", [(-inf, "failed")]),
        running_until(15, id_="completed first"),
        running_until(25, "failed", id_="fails"),
        running_until(26, id_="completed meanwhile"),
        running_until(1_000, "failed", id_="fails later"),
    )
    result = await wait_for_jobs(api, until="first_failure", timeout_seconds=30)
    assert numbers(result) == {"finished": 3, "completed": 2, "failed": 1, "running": 1}
    assert [row["job_id"] for row in result["failures"]] == ["fails"]
    assert result["message"] == "1 job failed; 1 job is still running."
    go_on = {"application_id": "a", "until": "first_failure", "timeout_seconds": 30}
    assert result["next"][1] == {"tool": "wait_for_jobs", "arguments": go_on, "why": "go on waiting"}


async def test_the_first_failure_among_many_that_finish_at_once_is_found() -> None:
    done = [running_until(15, "failed" if n == 7 else "completed", id_=f"job-{n}") for n in range(20)]
    result = await wait_for_jobs(api_with(*done, running_until(inf, id_="x")), until="first_failure")
    assert numbers(result) == {"finished": 20, "completed": 19, "failed": 1, "running": 1}
    assert [row["job_id"] for row in result["failures"]] == ["job-7"]


async def test_a_retried_job_that_fails_again_is_found_at_its_old_place() -> None:
    retried = [(-inf, "failed"), (-30.0, "in_progress"), (15.0, "failed")]
    again = [ChangingJob(f"again-{n}", retried, created_at=-500_000 - n) for n in range(12)]
    others = [ChangingJob(f"newer-{n}", [(-inf, "failed")], created_at=-100 - n) for n in range(300)]
    api = api_with(*again, *others)
    result = await wait_for_jobs(api, until="first_failure")
    assert numbers(result) == {"finished": 12, "failed": 12}
    assert {row["job_id"][:6] for row in result["failures"]} == {"again-"}
    assert (len(result["failures"]), result["failures_omitted"]) == (5, 7)
    since = (NOW - timedelta(seconds=500_011)).isoformat().replace("+00:00", "Z")
    assert result["next"][1]["tool"] == "list_failed_jobs"
    assert result["next"][1]["arguments"] == {"application_id": "a", "since": since}


async def test_a_wait_that_times_out_says_how_many_finish_a_minute_and_how_long_the_rest_takes() -> None:
    jobs = [running_until(15 + n, id_=f"job-{n}") for n in range(5)]
    api = api_with(*jobs, running_until(1_000, id_="x"), running_until(1_001, id_="y"))
    result = await wait_for_jobs(api, timeout_seconds=2)
    assert numbers(result) == {"finished": 5, "completed": 5, "running": 2}
    assert result["message"] == "The time is up: 2 jobs are still running."
    # Between the first and the last look lie one to two real seconds, and five jobs that finished.
    assert 150 <= result["finishing_per_minute"] <= 300
    assert result["seconds_left"] == pytest.approx(2 * 60 / result["finishing_per_minute"], rel=0.1)
    assert result["next"] == [
        {
            "tool": "wait_for_jobs",
            "arguments": {"application_id": "a", "timeout_seconds": 2},
            "why": "go on waiting",
        }
    ]


async def test_no_pace_is_given_when_only_two_have_finished() -> None:
    jobs = [running_until(15, id_=f"job-{n}") for n in range(2)]
    result = await wait_for_jobs(api_with(*jobs, running_until(inf, id_="x")), timeout_seconds=2)
    assert numbers(result) == {"finished": 2, "completed": 2, "running": 1}
    assert {"finishing_per_minute", "seconds_left"} & result.keys() == set()


async def test_jobs_that_start_during_the_wait_are_not_waited_for() -> None:
    api = api_with(running_until(25, id_="x"), ChangingJob("new", [(15, "in_progress")], created_at=15))
    result = await wait_for_jobs(api)
    assert numbers(result) == {"finished": 1, "completed": 1}
    assert result["message"] == (
        "Every job that was running has finished; none failed. Jobs that started since are not waited for."
    )


async def test_progress_says_how_many_are_still_running() -> None:
    api, progress = api_with(running_until(15, id_="x"), running_until(25, id_="y")), ProgressRecorder()
    async with Client(server_of(api)) as client:
        await client.call_tool("wait_for_jobs", {"application_id": "a"}, progress_callback=progress)
    (first, total, message), (second, _, later) = progress.updates
    assert (first < second, total, message) == (True, 40, "2 of 2 still running after 0 s")
    assert later is not None
    assert later.startswith("1 of 2 still running after ")


async def test_an_application_is_found_by_its_name() -> None:
    result = await wait_for_jobs(api_with(running_until(35, id_="x")), application_id="THE application")
    assert (result["application_id"], result["application_name"]) == ("a", "The application")
    assert numbers(result) == {"finished": 1, "completed": 1}


async def test_an_unknown_application_is_an_error() -> None:
    async with Client(server_of(api_with())) as client:
        message = await call_tool_error(client, "wait_for_jobs", {"application_id": "nothing"})
    assert message.startswith('Writer does not know application "nothing"')


async def test_invalid_arguments_are_an_error() -> None:
    api = api_with()
    async with Client(server_of(api)) as client:
        for name, value in {"until": "done", "timeout_seconds": 0}.items():
            message = await call_tool_error(client, "wait_for_jobs", {"application_id": "a", name: value})
            assert message.startswith(f"{name} must be ")
    assert api.requests() == []


async def test_after_the_client_cancels_no_more_requests_are_sent() -> None:
    api, progress = api_with(running_until(inf, id_="x")), ProgressRecorder()

    async def wait(client: Client) -> None:
        await client.call_tool("wait_for_jobs", {"application_id": "a"}, progress_callback=progress)

    async with Client(server_of(api)) as client:
        with anyio.fail_after(40):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait, client)
                await progress.first_update.wait()
                tasks.cancel_scope.cancel()
        await anyio.sleep(0.8)  # longer than the pause before the next request
        assert len(api.requests()) == 1


async def test_retried_jobs_of_the_sandbox_are_waited_for(clock: Clock) -> None:
    store = SandboxStore(now=NOW, clock=clock, jobs=60)
    running = len(store.jobs(ALIAS, "in_progress"))
    failed = [job.id for job in store.jobs(ALIAS, "failed")[:4]]
    api = build_app(store, on_request=lambda _: clock.advance(seconds=1))
    async with serve(api) as url, Client(server_with_clock(url, clock, WRITER_JOBS_ALLOW_RETRY="true")) as client:
        for job_id in failed:
            store.retry(job_id)
        result = await client.call_tool("wait_for_jobs", {"application_id": ALIAS, "timeout_seconds": 2})
        statuses = [(await call_tool(client, "get_job_error", {"job_id": each}))["status"] for each in failed]
    assert statuses == ["completed"] * 4
    assert result.structured_content is not None
    assert result.structured_content["completed"] >= 4, text_of(result)
    assert result.structured_content["running"] + result.structured_content.get("stuck_count", 0) <= running
