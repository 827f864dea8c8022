"""Waiting for a job: no longer than it takes, no longer than the call may, and always with what is known."""

import json
import re
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.server import MCPServer

from tests.conftest import NOW, Clock, config_for
from tests.helpers.mcp import call_tool, call_tool_error, text_of
from writer_jobs_mcp.context import App
from writer_jobs_mcp.sandbox import (
    CannedResponse,
    Delay,
    FaultScript,
    InjectedFault,
    SandboxApp,
    SandboxStore,
    build_app,
    serve,
)
from writer_jobs_mcp.server.build import build_server

ALIAS = "product-description-writer"
CLOCK_STEP = timedelta(seconds=10)  # the clock moves by it at each request, so that no test waits for jobs to end


class ProgressRecorder:
    """What the client is told while it waits."""

    def __init__(self) -> None:
        self.updates: list[tuple[float, float | None, str | None]] = []
        self.first_update = anyio.Event()

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        self.updates.append((progress, total, message))
        self.first_update.set()


@pytest.fixture
def world(clock: Clock) -> SandboxStore:
    return SandboxStore(now=NOW, clock=clock, jobs=3)


@pytest.fixture
def api(world: SandboxStore, faults: FaultScript, clock: Clock) -> SandboxApp:
    return build_app(world, faults=faults, on_request=lambda _: clock.advance(seconds=CLOCK_STEP.total_seconds()))


@pytest.fixture
async def url(api: SandboxApp) -> AsyncGenerator[str]:
    async with serve(api) as url:
        yield url


@pytest.fixture
async def client(url: str, clock: Clock) -> AsyncGenerator[Client]:
    async with Client(server_for(url, clock)) as client:
        yield client


@pytest.fixture(params=["auto", "legacy"])
async def either_client(request: pytest.FixtureRequest, url: str, clock: Clock) -> AsyncGenerator[Client]:
    """One of each era, for what differs on the wire; waiting itself does not."""
    async with Client(server_for(url, clock), mode=request.param) as client:
        yield client


def server_for(url: str, clock: Clock, **others: str) -> MCPServer[App]:
    return build_server(config_for(url, **others), clock=clock)


def add_running_job(world: SandboxStore, steps: float | None = None, error: str | None = None) -> str:
    """The id of a job that ends after so many requests; of one that never ends, unless they are given."""
    return world.add(ALIAS, created_at=NOW, duration=None if steps is None else CLOCK_STEP * steps, error=error).id


async def test_it_ends_as_soon_as_the_job_does(either_client: Client, world: SandboxStore, api: SandboxApp) -> None:
    answer = await call_tool(either_client, "wait_for_job", {"job_id": add_running_job(world, 1.5)})
    assert (answer["finished"], answer["status"], answer["seconds"]) == (True, "completed", 15.0)
    assert answer["message"] == "This job is completed. Whether it failed before is not known."
    assert len(api.received) == 2


async def test_a_job_that_fails_is_explained(client: Client, world: SandboxStore) -> None:
    job = add_running_job(world, 1.5, error="Upstream said: 429 Too Many Requests")
    answer = await call_tool(client, "wait_for_job", {"job_id": job})
    assert (answer["finished"], answer["status"], answer["cause"]["category"]) == (True, "failed", "rate_limit")
    assert answer == {**await call_tool(client, "get_job_error", {"job_id": job}), "finished": True}


async def test_a_job_that_has_finished_already_is_answered_at_once(
    client: Client, world: SandboxStore, api: SandboxApp
) -> None:
    told = ProgressRecorder()
    job = world.jobs(ALIAS, "completed")[0].id
    result = await client.call_tool("wait_for_job", {"job_id": job}, progress_callback=told)
    assert text_of(result).startswith("Finished.\n")
    assert (len(api.received), told.updates) == (1, [])


async def test_when_the_time_is_up_it_says_so(client: Client, world: SandboxStore) -> None:
    answer = await call_tool(client, "wait_for_job", {"job_id": add_running_job(world), "timeout_seconds": 1})
    assert (answer["finished"], answer["status"]) == (False, "in_progress")
    assert re.fullmatch(
        r"It is still in_progress after 1 s of waiting; it has run for \d+ s\. Call wait_for_job again\.",
        answer["message"],
    )


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (None, "It is still in_progress after "),
        (Delay(30), "It is still in_progress after "),
        (CannedResponse(503), "it answered 503"),
        (CannedResponse(429, headers={"retry-after": "30"}), "Wait 30 seconds, as Writer asks"),
    ],
)
async def test_it_never_outlasts_the_call_budget_whatever_writer_does(
    world: SandboxStore, url: str, clock: Clock, faults: FaultScript, fault: InjectedFault | None, words: str
) -> None:
    job = add_running_job(world)
    async with Client(server_for(url, clock, WRITER_JOBS_CALL_BUDGET="2")) as client:
        if fault:
            faults.push(CannedResponse(200, job_response(job, "in_progress")))
            faults.push(fault, times=None)
        with anyio.fail_after(20):  # sooner than the job, Writer or the wait that was asked for would end it
            answer = await call_tool(client, "wait_for_job", {"job_id": job, "timeout_seconds": 600})
    assert (answer["finished"], answer["status"]) == (False, "in_progress")
    assert words in answer["message"]


def job_response(job: str, status: str) -> bytes:
    """What Writer says of a job."""
    said = {"id": job, "status": status, "application_id": ALIAS, "created_at": NOW.isoformat()}
    return json.dumps(said).encode()


async def test_progress_goes_up_and_says_how_the_job_stands(either_client: Client, world: SandboxStore) -> None:
    told = ProgressRecorder()
    await either_client.call_tool("wait_for_job", {"job_id": add_running_job(world, 2.5)}, progress_callback=told)
    (first, _, said), (second, _, _) = told.updates
    assert (first < second, said) == (True, "in_progress after 0 s")
    assert {total for _, total, _ in told.updates} == {40}


@pytest.mark.parametrize(
    ("status", "words"), [(403, "may not see job"), (404, "does not know job"), (401, "refused the API key")]
)
async def test_trouble_on_the_way_is_told_with_how_the_job_stood(
    client: Client, world: SandboxStore, faults: FaultScript, status: int, words: str
) -> None:
    job = add_running_job(world)
    faults.push(CannedResponse(200, job_response(job, "in_progress")))
    faults.push(CannedResponse(status))
    answer = await call_tool(client, "wait_for_job", {"job_id": job})
    assert (answer["finished"], answer["status"], answer["job_id"]) == (False, "in_progress", job)
    assert answer["message"].startswith("The wait ended early; this is the last known state of the job. ")
    assert words in answer["message"]


async def test_trouble_that_passes_does_not_end_the_wait(
    client: Client, world: SandboxStore, faults: FaultScript
) -> None:
    job = add_running_job(world)
    faults.push(CannedResponse(200, job_response(job, "in_progress")))
    faults.push(CannedResponse(503))
    faults.push(CannedResponse(200, job_response(job, "completed")))
    assert (await call_tool(client, "wait_for_job", {"job_id": job}))["finished"] is True


async def test_a_job_that_is_not_known_is_an_error(client: Client, api: SandboxApp) -> None:
    sentence = await call_tool_error(client, "wait_for_job", {"job_id": "nobody"})
    assert sentence.startswith('Writer does not know job "nobody"')
    assert len(api.received) == 1


async def test_a_queued_job_is_waited_for_and_an_unheard_of_status_ends_the_wait(
    client: Client, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(CannedResponse(200, job_response("a", "queued")))
    faults.push(CannedResponse(200, job_response("a", "paused\nfor now")))
    answer = await call_tool(client, "wait_for_job", {"job_id": "a"})
    assert (answer["finished"], answer["status"]) == (True, "paused for now")
    assert len(api.received) == 2


async def test_when_the_client_gives_up_nothing_more_is_asked(
    either_client: Client, world: SandboxStore, api: SandboxApp
) -> None:
    told = ProgressRecorder()

    async def wait() -> None:
        await either_client.call_tool("wait_for_job", {"job_id": add_running_job(world)}, progress_callback=told)

    with anyio.fail_after(40):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await told.first_update.wait()
            tasks.cancel_scope.cancel()
    await anyio.sleep(0.8)  # past the next look, had it gone on
    assert len(api.received) == 1


async def test_a_time_that_cannot_be_waited_is_refused(client: Client, api: SandboxApp) -> None:
    for seconds in (0, 601, "soon", True):
        sentence = await call_tool_error(client, "wait_for_job", {"job_id": "a", "timeout_seconds": seconds})
        assert sentence.startswith("timeout_seconds must be a whole number from 1 to 600; got ")
    assert list(api.received) == []


# Jobs that are likely stuck

LIKELY_STUCK = "likely stuck. Waiting longer is unlikely to help; look at it in Writer (AI Studio)."
OF_COMPLETED_JOBS = rf"^GET /v1/applications/{ALIAS}/jobs\?"


def running_job_response(minutes: float, updated_minutes_ago: float | None = None, job: str = "a") -> bytes:
    """What Writer says of a job that was created so long ago and is running."""
    updated = {} if updated_minutes_ago is None else {"updated_at": minutes_ago(updated_minutes_ago).isoformat()}
    said = {"id": job, "status": "in_progress", "application_id": ALIAS, "created_at": minutes_ago(minutes).isoformat()}
    return json.dumps(said | updated).encode()


def minutes_ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def completed_jobs_response(seconds: float, count: int = 20, status: str = "completed") -> bytes:
    """A page of jobs that all took so long."""
    row = {
        "status": status,
        "application_id": ALIAS,
        "created_at": (NOW - timedelta(days=1)).isoformat(),
        "completed_at": (NOW - timedelta(days=1) + timedelta(seconds=seconds)).isoformat(),
    }
    return json.dumps({"result": [{"id": f"done-{n}", **row} for n in range(count)]}).encode()


async def test_a_job_that_has_run_for_more_than_an_hour_is_stuck_without_another_request(
    either_client: Client, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(CannedResponse(200, running_job_response(54 * 60)), times=None)
    told = ProgressRecorder()
    with anyio.fail_after(10):  # much less than the wait that is asked for
        result = await either_client.call_tool("wait_for_job", {"job_id": "a"}, progress_callback=told)
    assert result.structured_content is not None
    assert result.structured_content["finished"] is False
    assert result.structured_content["message"] == f"It has run for 54 h, longer than 1 h: {LIKELY_STUCK}"
    assert "Call wait_for_job" not in text_of(result)
    assert (len(api.received), told.updates) == (1, [])


async def test_a_queued_job_is_stuck_too(client: Client, faults: FaultScript) -> None:
    faults.push(CannedResponse(200, running_job_response(54 * 60).replace(b"in_progress", b"queued")), times=None)
    answer = await call_tool(client, "wait_for_job", {"job_id": "a"})
    assert answer["message"] == f"It has been queued for 54 h, longer than 1 h: {LIKELY_STUCK}"


async def test_a_wait_says_that_the_error_of_a_running_job_is_from_an_earlier_run(
    client: Client, faults: FaultScript
) -> None:
    said = running_job_response(54 * 60, updated_minutes_ago=1)
    earlier = b', "completed_at": "2026-11-21T07:00:00Z", "error": "Timed out"}'
    faults.push(CannedResponse(200, said.replace(b"}", earlier)), times=None)
    answer = await call_tool(client, "wait_for_job", {"job_id": "a", "timeout_seconds": 1})
    assert answer["message"].endswith(
        "Call wait_for_job again. An earlier run ended 2026-11-21T07:00:00Z, and the error text is probably from that "
        "run."
    )


async def test_a_job_that_was_retried_a_minute_ago_is_not_stuck(
    client: Client, faults: FaultScript, api: SandboxApp
) -> None:
    faults.push(CannedResponse(200, running_job_response(54 * 60, updated_minutes_ago=1)), times=None)
    answer = await call_tool(client, "wait_for_job", {"job_id": "a", "timeout_seconds": 1})
    assert (answer["finished"], answer["updated_at"]) == (False, "2026-11-23T11:59:00Z")
    assert re.fullmatch(
        r"It is still in_progress after 1 s of waiting; it was created 54 h ago and last updated 1 min \d+ s ago "
        r"\(a retried job keeps its first created_at\)\. Call wait_for_job again\.",
        answer["message"],
    )
    assert all("?" not in request.request_line for request in api.received)


async def test_a_job_that_was_updated_two_hours_ago_is_stuck_since_then(client: Client, faults: FaultScript) -> None:
    faults.push(CannedResponse(200, running_job_response(54 * 60, updated_minutes_ago=120)), times=None)
    answer = await call_tool(client, "wait_for_job", {"job_id": "a"})
    assert answer["message"] == f"It has run for 2 h since its last update, longer than 1 h: {LIKELY_STUCK}"


PAGES: dict[str, tuple[bytes, str | None]] = {
    "short jobs": (completed_jobs_response(20), "10 min"),
    "longer jobs": (completed_jobs_response(300), "15 min"),
    "jobs so long that this one may be like them": (completed_jobs_response(900), None),
    "no jobs": (completed_jobs_response(20, count=0), "10 min"),
    "jobs of another status, so the filter was ignored": (completed_jobs_response(20, status="failed"), None),
}


@pytest.mark.parametrize("page", PAGES)
async def test_a_job_is_stuck_after_three_times_the_p95_of_its_application(
    client: Client, api: SandboxApp, faults: FaultScript, page: str
) -> None:
    body, limit = PAGES[page]
    faults.push(CannedResponse(200, body), on=OF_COMPLETED_JOBS, times=None)
    faults.push(CannedResponse(200, running_job_response(20)), times=None)
    answer = await call_tool(client, "wait_for_job", {"job_id": "a", "timeout_seconds": 1})
    assert [request.request_line for request in api.received if "?" in request.request_line] == [
        f"GET /v1/applications/{ALIAS}/jobs?status=completed&limit=100"
    ]
    assert ("likely stuck" in answer["message"]) is (limit is not None), answer["message"]
    assert ("Call wait_for_job again." in answer["message"]) is (limit is None)
    if limit:
        assert f", longer than {limit}: {LIKELY_STUCK}" in answer["message"]


@pytest.mark.parametrize("fault", [CannedResponse(403), CannedResponse(200, b"[]"), Delay(30)])
async def test_nothing_is_said_of_stuck_where_the_completed_jobs_cannot_be_read(
    client: Client, faults: FaultScript, fault: InjectedFault
) -> None:
    faults.push(fault, on=OF_COMPLETED_JOBS, times=None)
    faults.push(CannedResponse(200, running_job_response(20)), times=None)
    answer = await call_tool(client, "wait_for_job", {"job_id": "a", "timeout_seconds": 2})
    assert "It is still in_progress after 2 s of waiting" in answer["message"]
    assert "stuck" not in answer["message"]


async def test_a_job_that_finished_or_is_young_is_looked_at_alone(
    client: Client, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(CannedResponse(200, running_job_response(9)))
    faults.push(CannedResponse(200, job_response("a", "completed")))
    assert (await call_tool(client, "wait_for_job", {"job_id": "a"}))["finished"] is True
    assert len(api.received) == 2


# A running job in the other tools

RUNNING: list[tuple[bytes, dict[str, Any], str, str]] = [
    (
        running_job_response(54 * 60),
        {"seconds": 194_400.0},
        "It has not failed so far; it has run for 54 h.",
        "Created 2026-11-21T06:00:00Z, in_progress for 54 h.",
    ),
    (
        running_job_response(54 * 60, updated_minutes_ago=1),
        {"seconds": 194_400.0, "updated_at": "2026-11-23T11:59:00Z"},
        "It has not failed so far; it was created 54 h ago and last updated 1 min ago (a retried job keeps its first "
        "created_at).",
        "Created 2026-11-21T06:00:00Z, last updated 2026-11-23T11:59:00Z, in_progress for 54 h.",
    ),
    (
        running_job_response(5, updated_minutes_ago=4),  # too soon after its creation to say anything
        {"seconds": 300.0},
        "It has not failed so far; it has run for 5 min.",
        "Created 2026-11-23T11:55:00Z, in_progress for 5 min.",
    ),
    (
        running_job_response(5).replace(b"in_progress", b"queued"),
        {"seconds": 300.0},
        "It has not failed so far; it has been queued for 5 min.",
        "Created 2026-11-23T11:55:00Z, queued for 5 min.",
    ),
    (
        running_job_response(-5),  # two clocks disagree
        {},
        "It has not failed so far.",
        "Created 2026-11-23T12:05:00Z.",
    ),
    (
        running_job_response(5).replace(
            b"}", b', "completed_at": "2026-11-23T11:56:00Z", "error": "Timed out"}'
        ),  # of the run before
        {"seconds": 300.0, "completed_at": "2026-11-23T11:56:00Z"},
        "This run has not failed so far; it has run for 5 min. An earlier run ended 2026-11-23T11:56:00Z, and the "
        "error text is probably from that run.",
        "Created 2026-11-23T11:55:00Z, an earlier run ended 2026-11-23T11:56:00Z, in_progress for 5 min.",
    ),
]


@pytest.mark.parametrize(("said", "fields", "message", "times"), RUNNING)
async def test_a_running_job_has_not_failed_so_far(
    url: str, faults: FaultScript, said: bytes, fields: dict[str, Any], message: str, times: str
) -> None:
    faults.push(CannedResponse(200, said))
    async with Client(server_for(url, Clock())) as client:
        result = await client.call_tool("get_job_error", {"job_id": "a"})
    answer = result.structured_content
    assert answer is not None
    assert {name: answer[name] for name in ("seconds", "updated_at", "completed_at") if name in answer} == fields
    assert answer["message"] == message
    assert text_of(result).splitlines()[1:3] == [times, message]


async def test_a_list_says_when_a_running_job_was_last_updated(url: str, faults: FaultScript) -> None:
    rows = [
        running_job_response(54 * 60, job="1"),
        running_job_response(54 * 60, updated_minutes_ago=1, job="2"),
        running_job_response(5, 4, job="3"),
    ]
    faults.push(CannedResponse(200, b'{"result": [' + b",".join(rows) + b"]}"))
    async with Client(server_for(url, Clock())) as client:
        result = await client.call_tool("list_application_jobs", {"application_id": ALIAS})
    assert result.structured_content is not None
    assert [row.get("updated_at") for row in result.structured_content["jobs"]] == [None, "2026-11-23T11:59:00Z", None]
    assert text_of(result).splitlines()[1:] == [
        "Created (UTC), id, status, duration:",
        "2026-11-21",
        "06:00:00 1 in_progress 54 h",
        "06:00:00 2 in_progress 54 h, last updated 1 min ago",
        "2026-11-23",
        "11:55:00 3 in_progress 5 min",
    ]
