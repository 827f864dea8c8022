"""Waiting for a job: no longer than it takes, no longer than the call may, and always with what is known."""

import json
from collections.abc import AsyncGenerator
from datetime import timedelta

import anyio
import pytest
from mcp.client import Client
from mcp.server import MCPServer

from tests.asking import error_of, structure_of, text_of
from tests.conftest import NOW, Clock, settings
from writer_jobs_mcp.sandbox import Answer, Delay, Fault, Faults, Sandbox, World, build_app, serve
from writer_jobs_mcp.server import build_server
from writer_jobs_mcp.tools import App

ALIAS = "product-description-writer"
STEP = timedelta(seconds=10)  # the clock moves by it at each request, so that no test waits for jobs to end


class Told:
    """What the client is told while it waits."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, float | None, str | None]] = []
        self.once = anyio.Event()

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        self.rows.append((progress, total, message))
        self.once.set()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(now=NOW, clock=clock, jobs=3)


@pytest.fixture
def api(world: World, faults: Faults, clock: Clock) -> Sandbox:
    return build_app(world, faults=faults, on_request=lambda _: clock.move(seconds=STEP.total_seconds()))


@pytest.fixture
async def url(api: Sandbox) -> AsyncGenerator[str]:
    async with serve(api) as url:
        yield url


@pytest.fixture
async def client(url: str, clock: Clock) -> AsyncGenerator[Client]:
    async with Client(a_server(url, clock)) as client:
        yield client


@pytest.fixture(params=["auto", "legacy"])
async def either_client(request: pytest.FixtureRequest, url: str, clock: Clock) -> AsyncGenerator[Client]:
    """One of each era, for what differs on the wire; waiting itself does not."""
    async with Client(a_server(url, clock), mode=request.param) as client:
        yield client


def a_server(url: str, clock: Clock, **others: str) -> MCPServer[App]:
    return build_server(settings(url, **others), clock=clock)


def running(world: World, steps: float | None = None, error: str | None = None) -> str:
    """The id of a job that ends after so many requests; of one that never ends, unless they are given."""
    return world.add(ALIAS, created_at=NOW, lasts=None if steps is None else STEP * steps, error=error).id


async def test_it_ends_as_soon_as_the_job_does(either_client: Client, world: World, api: Sandbox) -> None:
    answer = await structure_of(either_client, "wait_for_job", {"job_id": running(world, 1.5)})
    assert (answer["finished"], answer["status"], answer["seconds"]) == (True, "completed", 15.0)
    assert answer["message"] == "This job did not fail: its status is completed and it has no error."
    assert len(api.received) == 2


async def test_a_job_that_fails_is_explained(client: Client, world: World) -> None:
    job = running(world, 1.5, error="Upstream said: 429 Too Many Requests")
    answer = await structure_of(client, "wait_for_job", {"job_id": job})
    assert (answer["finished"], answer["status"], answer["cause"]["category"]) == (True, "failed", "rate_limit")
    assert answer == {**await structure_of(client, "get_job_error", {"job_id": job}), "finished": True}


async def test_a_job_that_has_finished_already_is_answered_at_once(client: Client, world: World, api: Sandbox) -> None:
    told = Told()
    job = world.jobs(ALIAS, "completed")[0].id
    result = await client.call_tool("wait_for_job", {"job_id": job}, progress_callback=told)
    assert text_of(result).startswith("Finished.\n")
    assert (len(api.received), told.rows) == (1, [])


async def test_when_the_time_is_up_it_says_so(client: Client, world: World) -> None:
    answer = await structure_of(client, "wait_for_job", {"job_id": running(world), "timeout_seconds": 1})
    assert (answer["finished"], answer["status"]) == (False, "in_progress")
    assert answer["message"] == "It is still in_progress after 1 s of waiting. Call wait_for_job again."


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (None, "It is still in_progress after "),
        (Delay(30), "It is still in_progress after "),
        (Answer(503), "it answered 503"),
        (Answer(429, headers={"retry-after": "30"}), "Wait 30 seconds, as Writer asks"),
    ],
)
async def test_it_never_outlasts_the_call_budget_whatever_writer_does(
    world: World, url: str, clock: Clock, faults: Faults, fault: Fault | None, words: str
) -> None:
    job = running(world)
    async with Client(a_server(url, clock, WRITER_JOBS_CALL_BUDGET="2")) as client:
        if fault:
            faults.push(Answer(200, as_said(job, "in_progress")))
            faults.push(fault, times=None)
        with anyio.fail_after(20):  # sooner than the job, Writer or the wait that was asked for would end it
            answer = await structure_of(client, "wait_for_job", {"job_id": job, "timeout_seconds": 600})
    assert (answer["finished"], answer["status"]) == (False, "in_progress")
    assert words in answer["message"]


def as_said(job: str, status: str) -> bytes:
    """What Writer says of a job."""
    said = {"id": job, "status": status, "application_id": ALIAS, "created_at": NOW.isoformat()}
    return json.dumps(said).encode()


async def test_progress_goes_up_and_says_how_the_job_stands(either_client: Client, world: World) -> None:
    told = Told()
    await either_client.call_tool("wait_for_job", {"job_id": running(world, 2.5)}, progress_callback=told)
    (first, _, said), (second, _, _) = told.rows
    assert (first < second, said) == (True, "in_progress after 0 s")
    assert {total for _, total, _ in told.rows} == {40}


@pytest.mark.parametrize(
    ("status", "words"), [(403, "may not see job"), (404, "does not know job"), (401, "refused the API key")]
)
async def test_trouble_on_the_way_is_told_with_how_the_job_stood(
    client: Client, world: World, faults: Faults, status: int, words: str
) -> None:
    job = running(world)
    faults.push(Answer(200, as_said(job, "in_progress")))
    faults.push(Answer(status))
    answer = await structure_of(client, "wait_for_job", {"job_id": job})
    assert (answer["finished"], answer["status"], answer["job_id"]) == (False, "in_progress", job)
    assert answer["message"].startswith("The wait ended early, so this is how the job stood before. ")
    assert words in answer["message"]


async def test_trouble_that_passes_does_not_end_the_wait(client: Client, world: World, faults: Faults) -> None:
    job = running(world)
    faults.push(Answer(200, as_said(job, "in_progress")))
    faults.push(Answer(503))
    faults.push(Answer(200, as_said(job, "completed")))
    assert (await structure_of(client, "wait_for_job", {"job_id": job}))["finished"] is True


async def test_a_job_that_is_not_known_is_an_error(client: Client, api: Sandbox) -> None:
    sentence = await error_of(client, "wait_for_job", {"job_id": "nobody"})
    assert sentence.startswith('Writer does not know job "nobody"')
    assert len(api.received) == 1


async def test_a_queued_job_is_waited_for_and_an_unheard_of_status_ends_the_wait(
    client: Client, api: Sandbox, faults: Faults
) -> None:
    faults.push(Answer(200, as_said("a", "queued")))
    faults.push(Answer(200, as_said("a", "paused\nfor now")))
    answer = await structure_of(client, "wait_for_job", {"job_id": "a"})
    assert (answer["finished"], answer["status"]) == (True, "paused for now")
    assert len(api.received) == 2


async def test_when_the_client_gives_up_nothing_more_is_asked(
    either_client: Client, world: World, api: Sandbox
) -> None:
    told = Told()

    async def wait() -> None:
        await either_client.call_tool("wait_for_job", {"job_id": running(world)}, progress_callback=told)

    with anyio.fail_after(40):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await told.once.wait()
            tasks.cancel_scope.cancel()
    await anyio.sleep(0.8)  # past the next look, had it gone on
    assert len(api.received) == 1


async def test_a_time_that_cannot_be_waited_is_refused(client: Client, api: Sandbox) -> None:
    for seconds in (0, 601, "soon", True):
        sentence = await error_of(client, "wait_for_job", {"job_id": "a", "timeout_seconds": seconds})
        assert sentence.startswith("timeout_seconds must be a whole number from 1 to 600; got ")
    assert list(api.received) == []
