"""A wait ends early for a job that is likely stuck."""

import json
import re

import anyio
import pytest
from mcp.client import Client

from tests.conftest import ALIAS
from tests.helpers.jobs import job_response, make_job, time_before_now
from tests.helpers.mcp import call_tool, structure_of, text_of
from tests.helpers.waiting import ProgressRecorder
from writer_jobs_mcp.sandbox import CannedResponse, Delay, FaultScript, InjectedFault, SandboxApp

LIKELY_STUCK = "likely stuck. Waiting longer is unlikely to help; look at it in Writer (AI Studio)."
COMPLETED_JOBS = rf"^GET /v1/applications/{ALIAS}/jobs\?"


def completed_jobs_response(seconds: float, count: int = 20, status: str = "completed") -> bytes:
    """Return a page of jobs that all took so long."""
    rows = [make_job(24 * 60, status, seconds=seconds, id=f"done-{n}", application_id=ALIAS) for n in range(count)]
    return json.dumps({"result": rows}).encode()


async def test_a_job_running_for_over_an_hour_is_stuck_without_another_request(
    either_client: Client, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(CannedResponse(200, job_response(54 * 60)), times=None)
    progress = ProgressRecorder()
    with anyio.fail_after(10):  # much less than the timeout of the call
        result = await either_client.call_tool("wait_for_job", {"job_id": "a"}, progress_callback=progress)
    structure = structure_of(result)
    assert structure["finished"] is False
    assert structure["message"] == f"It has run for 54 h, longer than 1 h: {LIKELY_STUCK}"
    assert "Call wait_for_job" not in text_of(result)
    assert (len(api.received), progress.updates) == (1, [])


async def test_a_job_queued_for_over_an_hour_is_stuck(client: Client, faults: FaultScript) -> None:
    faults.push(CannedResponse(200, job_response(54 * 60, "queued")), times=None)
    result = await call_tool(client, "wait_for_job", {"job_id": "a"})
    assert result["message"] == f"It has been queued for 54 h, longer than 1 h: {LIKELY_STUCK}"


async def test_the_error_of_a_running_job_is_reported_as_that_of_an_earlier_run(
    client: Client, faults: FaultScript
) -> None:
    earlier_run = {"completed_at": "2026-11-21T07:00:00Z", "error": "Timed out"}
    response = job_response(54 * 60, updated_at=time_before_now(1), **earlier_run)
    faults.push(CannedResponse(200, response), times=None)
    result = await call_tool(client, "wait_for_job", {"job_id": "a", "timeout_seconds": 1})
    assert result["message"].endswith(
        "Call wait_for_job again. An earlier run ended 2026-11-21T07:00:00Z, and the error text is probably from that "
        "run."
    )


async def test_a_job_retried_a_minute_ago_is_not_stuck(client: Client, faults: FaultScript, api: SandboxApp) -> None:
    faults.push(CannedResponse(200, job_response(54 * 60, updated_at=time_before_now(1))), times=None)
    result = await call_tool(client, "wait_for_job", {"job_id": "a", "timeout_seconds": 1})
    assert (result["finished"], result["updated_at"]) == (False, "2026-11-23T11:59:00Z")
    assert re.fullmatch(
        r"It is still in_progress after 1 s of waiting; it was created 54 h ago and last updated 1 min \d+ s ago "
        r"\(a retried job keeps its first created_at\)\. Call wait_for_job again\.",
        result["message"],
    )
    assert all("?" not in request.request_line for request in api.received)


async def test_a_job_updated_two_hours_ago_is_stuck_since_then(client: Client, faults: FaultScript) -> None:
    faults.push(CannedResponse(200, job_response(54 * 60, updated_at=time_before_now(120))), times=None)
    result = await call_tool(client, "wait_for_job", {"job_id": "a"})
    assert result["message"] == f"It has run for 2 h since its last update, longer than 1 h: {LIKELY_STUCK}"


PAGES: dict[str, tuple[bytes, str | None]] = {
    "short jobs": (completed_jobs_response(20), "10 min"),
    "longer jobs": (completed_jobs_response(300), "15 min"),
    "jobs that take as long as this one": (completed_jobs_response(900), None),
    "no jobs": (completed_jobs_response(20, count=0), "10 min"),
    "jobs of another status, because the filter is ignored": (completed_jobs_response(20, status="failed"), None),
}


@pytest.mark.parametrize("page", PAGES)
async def test_a_job_is_stuck_after_three_times_the_p95_of_its_application(
    client: Client, api: SandboxApp, faults: FaultScript, page: str
) -> None:
    body, limit = PAGES[page]
    faults.push(CannedResponse(200, body), on=COMPLETED_JOBS, times=None)
    faults.push(CannedResponse(200, job_response(20)), times=None)
    result = await call_tool(client, "wait_for_job", {"job_id": "a", "timeout_seconds": 1})
    assert [request.request_line for request in api.received if "?" in request.request_line] == [
        f"GET /v1/applications/{ALIAS}/jobs?status=completed&limit=100"
    ]
    assert ("likely stuck" in result["message"]) is (limit is not None), result["message"]
    assert ("Call wait_for_job again." in result["message"]) is (limit is None)
    if limit:
        assert f", longer than {limit}: {LIKELY_STUCK}" in result["message"]


@pytest.mark.parametrize("fault", [CannedResponse(403), CannedResponse(200, b"[]"), Delay(30)])
async def test_a_job_is_not_called_stuck_when_the_completed_jobs_cannot_be_read(
    client: Client, faults: FaultScript, fault: InjectedFault
) -> None:
    faults.push(fault, on=COMPLETED_JOBS, times=None)
    faults.push(CannedResponse(200, job_response(20)), times=None)
    result = await call_tool(client, "wait_for_job", {"job_id": "a", "timeout_seconds": 2})
    assert "It is still in_progress after 2 s of waiting" in result["message"]
    assert "stuck" not in result["message"]


async def test_for_a_finished_or_new_job_no_other_job_is_read(
    client: Client, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(CannedResponse(200, job_response(9)))
    faults.push(CannedResponse(200, job_response(0, "completed")))
    assert (await call_tool(client, "wait_for_job", {"job_id": "a"}))["finished"] is True
    assert len(api.received) == 2
