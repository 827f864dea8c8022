"""Waiting for a job to finish, within the timeout and the call budget."""

import re

import anyio
import pytest
from mcp.client import Client

from tests.conftest import ALIAS, Clock
from tests.helpers.jobs import job_response
from tests.helpers.mcp import call_tool, call_tool_error, text_of
from tests.helpers.waiting import ProgressRecorder, add_running_job, server_with_clock
from writer_jobs_mcp.sandbox import CannedResponse, Delay, FaultScript, InjectedFault, SandboxApp, SandboxStore


async def test_the_wait_ends_as_soon_as_the_job_does(
    either_client: Client, store: SandboxStore, api: SandboxApp
) -> None:
    result = await call_tool(either_client, "wait_for_job", {"job_id": add_running_job(store, 1.5)})
    assert (result["finished"], result["status"], result["seconds"]) == (True, "completed", 15.0)
    assert result["message"] == "This job is completed. Whether it failed before is not known."
    assert len(api.received) == 2


async def test_a_job_that_fails_is_explained(client: Client, store: SandboxStore) -> None:
    job = add_running_job(store, 1.5, error="Upstream replied: 429 Too Many Requests")
    result = await call_tool(client, "wait_for_job", {"job_id": job})
    assert (result["finished"], result["status"], result["cause"]["category"]) == (True, "failed", "rate_limit")
    assert result == {**await call_tool(client, "get_job_error", {"job_id": job}), "finished": True}


async def test_a_finished_job_is_returned_at_once(client: Client, store: SandboxStore, api: SandboxApp) -> None:
    progress = ProgressRecorder()
    job = store.jobs(ALIAS, "completed")[0].id
    result = await client.call_tool("wait_for_job", {"job_id": job}, progress_callback=progress)
    assert text_of(result).startswith("Finished.\n")
    assert (len(api.received), progress.updates) == (1, [])


async def test_a_wait_that_times_out_says_so(client: Client, store: SandboxStore) -> None:
    result = await call_tool(client, "wait_for_job", {"job_id": add_running_job(store), "timeout_seconds": 1})
    assert (result["finished"], result["status"]) == (False, "in_progress")
    assert re.fullmatch(
        r"It is still in_progress after 1 s of waiting; it has run for \d+ s\. Call wait_for_job again\.",
        result["message"],
    )


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        (None, "It is still in_progress after "),
        (Delay(30), "It is still in_progress after "),
        (CannedResponse(503), "it answered 503"),
        (CannedResponse(429, headers={"retry-after": "30"}), "Wait 30 seconds, as Writer asks"),
    ],
)
async def test_a_wait_ends_within_the_call_budget(
    store: SandboxStore, url: str, clock: Clock, faults: FaultScript, fault: InjectedFault | None, part: str
) -> None:
    job = add_running_job(store)
    async with Client(server_with_clock(url, clock, WRITER_JOBS_CALL_BUDGET="2")) as client:
        if fault:
            faults.push(CannedResponse(200, job_response(0, "in_progress", id=job)))
            faults.push(fault, times=None)
        with anyio.fail_after(20):  # less than the timeout of the call, and than the delay
            result = await call_tool(client, "wait_for_job", {"job_id": job, "timeout_seconds": 600})
    assert (result["finished"], result["status"]) == (False, "in_progress")
    assert part in result["message"]


async def test_progress_increases_and_states_the_status(either_client: Client, store: SandboxStore) -> None:
    progress = ProgressRecorder()
    await either_client.call_tool("wait_for_job", {"job_id": add_running_job(store, 2.5)}, progress_callback=progress)
    (first, _, message), (second, _, _) = progress.updates
    assert (first < second, message) == (True, "in_progress after 0 s")
    assert {total for _, total, _ in progress.updates} == {40}


@pytest.mark.parametrize(
    ("status", "part"), [(403, "may not see job"), (404, "does not know job"), (401, "refused the API key")]
)
async def test_an_error_during_the_wait_is_reported_with_the_last_known_status(
    client: Client, store: SandboxStore, faults: FaultScript, status: int, part: str
) -> None:
    job = add_running_job(store)
    faults.push(CannedResponse(200, job_response(0, "in_progress", id=job)))
    faults.push(CannedResponse(status))
    result = await call_tool(client, "wait_for_job", {"job_id": job})
    assert (result["finished"], result["status"], result["job_id"]) == (False, "in_progress", job)
    assert result["message"].startswith("The wait ended early; this is the last known state of the job. ")
    assert part in result["message"]


async def test_a_transient_error_does_not_end_the_wait(
    client: Client, store: SandboxStore, faults: FaultScript
) -> None:
    job = add_running_job(store)
    faults.push(CannedResponse(200, job_response(0, "in_progress", id=job)))
    faults.push(CannedResponse(503))
    faults.push(CannedResponse(200, job_response(0, "completed", id=job)))
    assert (await call_tool(client, "wait_for_job", {"job_id": job}))["finished"] is True


async def test_waiting_for_an_unknown_job_is_an_error(client: Client, api: SandboxApp) -> None:
    message = await call_tool_error(client, "wait_for_job", {"job_id": "no-such-job"})
    assert message.startswith('Writer does not know job "no-such-job"')
    assert len(api.received) == 1


async def test_a_queued_job_is_waited_for_and_an_unknown_status_ends_the_wait(
    client: Client, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(CannedResponse(200, job_response(0, "queued")))
    faults.push(CannedResponse(200, job_response(0, "paused\nfor now")))
    result = await call_tool(client, "wait_for_job", {"job_id": "a"})
    assert (result["finished"], result["status"]) == (True, "paused for now")
    assert len(api.received) == 2


async def test_after_the_client_cancels_no_more_requests_are_sent(
    either_client: Client, store: SandboxStore, api: SandboxApp
) -> None:
    progress = ProgressRecorder()

    async def wait() -> None:
        await either_client.call_tool("wait_for_job", {"job_id": add_running_job(store)}, progress_callback=progress)

    with anyio.fail_after(40):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await progress.first_update.wait()
            tasks.cancel_scope.cancel()
    await anyio.sleep(0.8)  # longer than the pause before the next request
    assert len(api.received) == 1


async def test_an_invalid_timeout_is_an_error(client: Client, api: SandboxApp) -> None:
    for seconds in (0, 601, "soon", True):
        message = await call_tool_error(client, "wait_for_job", {"job_id": "a", "timeout_seconds": seconds})
        assert message.startswith("timeout_seconds must be a whole number from 1 to 600; got ")
    assert list(api.received) == []
