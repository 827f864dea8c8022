"""One failure of a job is posted once: by calls at once, by later calls, and under whatever id it is asked for."""

import json
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from mcp.client import Client
from mcp.client._memory import InMemoryTransport  # without it, calls of the newer era pass by the wire's cancellation
from mcp_types import CallToolResult
from starlette.types import Receive, Scope, Send

from tests.conftest import NOW, Clock, config_for
from tests.helpers.mcp import text_of
from tests.integration.tools.test_retry_jobs import (
    POSTS,
    FailingConnections,
    failed_ids,
    outcomes,
    posted_ids,
    retry_jobs,
)
from writer_jobs_mcp.client import asgi_transport
from writer_jobs_mcp.client.models import Job
from writer_jobs_mcp.client.sent_retries import HOLD_TIME, MAX_REMEMBERED, REMEMBERED_TIME, SentRetries
from writer_jobs_mcp.sandbox import (
    CannedResponse,
    Delay,
    DroppedConnection,
    FaultScript,
    SandboxApp,
    SandboxStore,
    build_app,
    serve,
)
from writer_jobs_mcp.sandbox.injected_faults import Exchange
from writer_jobs_mcp.server.build import build_server

ATTEMPTED = "A retry was attempted at 2026-11-23T12:00:00Z"
HELD = "It is not sent again before 2026-11-23T12:10:00Z: look at the job (get_job_error, wait_for_job)."
UNCLEAR = "whether the job was started is not known"


@pytest.fixture(params=["auto", "legacy"])
def era(request: pytest.FixtureRequest) -> str:
    return request.param


@asynccontextmanager
async def retry_client(url: str, clock: Clock, era: str = "auto", **others: str) -> AsyncGenerator[Client]:
    server = build_server(config_for(url, WRITER_JOBS_ALLOW_RETRY="true", **others), clock=clock)
    async with Client(InMemoryTransport(server), mode=era) as client:
        yield client


@pytest.fixture
async def client(url: str, clock: Clock, era: str) -> AsyncGenerator[Client]:
    async with retry_client(url, clock, era) as client:
        yield client


@pytest.fixture
def slow_writer(faults: FaultScript) -> None:
    """A Writer that accepts each retry and starts none: it goes on showing the old failure."""
    faults.push(CannedResponse(202, b"{}"), on=POSTS, times=None)


class HeldRequest:
    """Keeps a request until a test lets it go on."""

    def __init__(self) -> None:
        self.arrived, self.release = anyio.Event(), anyio.Event()

    async def __call__(self, exchange: Exchange) -> None:
        self.arrived.set()
        await self.release.wait()
        await exchange.proceed()


class AliasedIds:
    """An API that knows its jobs under other ids too, and answers with their own."""

    def __init__(self, api: SandboxApp, own: Callable[[str], str]) -> None:
        self._api, self._own = api, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            *start, job_id = scope["path"].removesuffix("/retry").split("/")
            retry = "/retry" if scope["path"].endswith("/retry") else ""
            scope = {**scope, "path": "/".join([*start, self._own(job_id)]) + retry}
        await self._api(scope, receive, send)


async def retry_concurrently(calls: int, client: Client, ids: Iterable[str]) -> list[dict[str, Any]]:
    reports: list[dict[str, Any]] = []

    async def call() -> None:
        reports.append(await retry_jobs(client, ids))

    async with anyio.create_task_group() as tasks:
        for _ in range(calls):
            tasks.start_soon(call)
    return reports


# Simultaneous calls


@pytest.mark.usefixtures("slow_writer")
async def test_three_simultaneous_calls_post_a_job_once(client: Client, world: SandboxStore, api: SandboxApp) -> None:
    (job,) = failed_ids(world)
    reports = await retry_concurrently(3, client, [job])
    assert posted_ids(api) == [job]
    assert sorted(outcome for report in reports for outcome in outcomes(report)) == [
        "accepted",
        "already_sent",
        "already_sent",
    ]
    assert sorted(report["retried"] for report in reports) == [0, 0, 1]
    (detail,) = {report["jobs"][0].get("detail") for report in reports} - {None}
    assert detail == f"{ATTEMPTED}: Writer accepted it. {HELD}"


async def test_a_simultaneous_call_reports_that_the_job_is_running(
    client: Client, world: SandboxStore, api: SandboxApp
) -> None:
    (job,) = failed_ids(world)
    reports = await retry_concurrently(3, client, [job])
    assert posted_ids(api) == [job]
    rows = [row for report in reports for row in report["jobs"] if row["outcome"] != "accepted"]
    assert (
        rows
        == [
            {
                "job_id": job,
                "before": "in_progress",
                "outcome": "already_sent",
                "detail": f"{ATTEMPTED}: Writer accepted it. The job is running: use wait_for_job.",
            }
        ]
        * 2
    )


@pytest.mark.parametrize("starts", [True, False])
@pytest.mark.parametrize("seed", range(3))
async def test_twenty_simultaneous_calls_with_overlapping_ids_post_each_job_once(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock, seed: int, starts: bool
) -> None:
    if not starts:
        faults.push(CannedResponse(202, b"{}"), on=POSTS, times=None)
    rng, ids = random.Random(seed), failed_ids(world, 8)  # noqa: S311 - picks cases
    forms = [*ids, *map(str.upper, ids), *(f" {each} " for each in ids), *(f"copy-of-{each}" for each in ids)]
    calls = [rng.sample(forms, rng.randint(1, 12)) for _ in range(20)]
    reports: list[dict[str, Any]] = []
    async with (
        serve(AliasedIds(api, lambda job_id: job_id.lower().removeprefix("copy-of-"))) as url,
        retry_client(url, clock) as client,
        anyio.create_task_group() as tasks,
    ):

        async def call(chosen: list[str]) -> None:
            reports.append(await retry_jobs(client, chosen))

        for chosen in calls:
            tasks.start_soon(call, chosen)
    asked_for = {each.strip().lower().removeprefix("copy-of-") for chosen in calls for each in chosen}
    assert Counter(posted_ids(api)) == dict.fromkeys(asked_for, 1)
    assert sum(report["retried"] for report in reports) == len(asked_for)
    assert {outcome for report in reports for outcome in outcomes(report)} == {"accepted", "already_sent"}


async def test_a_call_that_times_out_while_it_waits_for_another_call_sends_nothing(
    world: SandboxStore, url: str, api: SandboxApp, faults: FaultScript, clock: Clock
) -> None:
    faults.push(Delay(30), on=POSTS)
    (job,) = failed_ids(world)
    async with retry_client(url, clock, WRITER_JOBS_CALL_BUDGET="1") as client:
        ended = sorted(outcome for report in await retry_concurrently(2, client, [job]) for outcome in outcomes(report))
        assert posted_ids(api) == [job]
        # Both have the same budget, so the second may still learn what became of the first.
        assert ended in (["error", "unknown"], ["already_sent", "unknown"])
        assert outcomes(await retry_jobs(client, [job])) == ["already_sent"]
    assert posted_ids(api) == [job]


# Later calls


@pytest.mark.usefixtures("slow_writer")
async def test_the_same_failure_is_not_retried_again_within_ten_minutes(
    client: Client, world: SandboxStore, api: SandboxApp, clock: Clock
) -> None:
    (job,) = failed_ids(world)
    assert outcomes(await retry_jobs(client, [job])) == ["accepted"]
    clock.now += HOLD_TIME - timedelta(seconds=1)
    for dry_run in (False, True):
        report = await retry_jobs(client, [job], dry_run=dry_run)
        assert report["retried"] == 0
        assert report["jobs"] == [
            {
                "job_id": job,
                "before": "failed",
                "outcome": "already_sent",
                "detail": f"{ATTEMPTED}: Writer accepted it. {HELD}",
            }
        ]
    assert posted_ids(api) == [job]


@pytest.mark.usefixtures("slow_writer")
async def test_after_ten_minutes_the_same_failure_can_be_retried_and_the_earlier_retry_is_reported(
    client: Client, world: SandboxStore, api: SandboxApp, clock: Clock
) -> None:
    (job,) = failed_ids(world)
    await retry_jobs(client, [job])
    clock.now += HOLD_TIME
    report = await retry_jobs(client, [job], dry_run=True)
    assert outcomes(report) == ["would_retry"]
    assert report["jobs"][0]["detail"] == f"{ATTEMPTED}: Writer accepted it. The failure looks unchanged."
    report = await retry_jobs(client, [job])
    assert (outcomes(report), report["jobs"][0]["detail"]) == (["accepted"], f"{ATTEMPTED}: Writer accepted it.")
    report = await retry_jobs(client, [job])
    assert outcomes(report) == ["already_sent"]
    assert "attempted at 2026-11-23T12:10:00Z" in report["jobs"][0]["detail"]
    assert posted_ids(api) == [job, job]
    clock.now += REMEMBERED_TIME
    assert await retry_jobs(client, [job]) == {
        "dry_run": False,
        "jobs": [{"job_id": job, "before": "failed", "outcome": "accepted"}],
        "retried": 1,
    }


@pytest.mark.usefixtures("slow_writer")
async def test_a_job_that_failed_again_is_retried_again(client: Client, world: SandboxStore, api: SandboxApp) -> None:
    (job,) = failed_ids(world)
    assert outcomes(await retry_jobs(client, [job])) == ["accepted"]
    of_world = world.job(job)
    assert of_world is not None
    of_world.ends_at = NOW - timedelta(seconds=1)
    assert (await retry_jobs(client, [job]))["jobs"] == [{"job_id": job, "before": "failed", "outcome": "accepted"}]
    assert outcomes(await retry_jobs(client, [job])) == ["already_sent"]
    assert posted_ids(api) == [job, job]


async def test_a_job_that_was_retried_and_completed_is_not_failed(client: Client, world: SandboxStore) -> None:
    (job,) = failed_ids(world)
    await retry_jobs(client, [job])
    world.clock = lambda: NOW + timedelta(minutes=1)
    assert (await retry_jobs(client, [job]))["jobs"] == [
        {"job_id": job, "before": "completed", "outcome": "not_failed"}
    ]


FAILED_JOB = {
    "id": "j",
    "status": "failed",
    "application_id": "a",
    "created_at": "2026-11-23T10:00:00Z",
    "updated_at": "2026-11-23T10:00:31Z",
    "error": "Request timed out after 30 seconds",
}
FAILED_JOB_WITH_END = {**FAILED_JOB, "completed_at": "2026-11-23T10:00:31Z"}
ANOTHER_END = {"completed_at": "2026-11-23T11:59:59Z"}
NEXT_READS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "another completed_at": (FAILED_JOB_WITH_END, ANOTHER_END, "accepted"),
    "the same completed_at in another time zone": (
        FAILED_JOB_WITH_END,
        {"completed_at": "2026-11-23T11:00:31+01:00"},
        "already_sent",
    ),
    "the same completed_at, another updated_at and error": (
        FAILED_JOB_WITH_END,
        {"updated_at": NOW.isoformat(), "error": "Other"},
        "already_sent",
    ),
    "the same completed_at, with fractions of a second": (
        FAILED_JOB_WITH_END,
        {"completed_at": "2026-11-23T10:00:31.123Z"},
        "already_sent",
    ),
    "completed_at disappears": (FAILED_JOB_WITH_END, {"completed_at": None}, "already_sent"),
    "completed_at appears": (FAILED_JOB, ANOTHER_END, "already_sent"),
    "no completed_at, nothing changed": (FAILED_JOB, {}, "already_sent"),
    "no completed_at, another updated_at": (FAILED_JOB, {"updated_at": NOW.isoformat()}, "already_sent"),
    "no completed_at, another error": (FAILED_JOB, {"error": "Bad gateway (request 7c1f)"}, "already_sent"),
    "no completed_at, the error disappears": (FAILED_JOB, {"error": None}, "already_sent"),
    "no completed_at, another created_at": (FAILED_JOB, {"created_at": "2026-11-23T11:00:00Z"}, "accepted"),
}


@pytest.mark.usefixtures("slow_writer")
@pytest.mark.parametrize("shown", NEXT_READS)
async def test_which_changes_make_it_a_new_failure(url: str, faults: FaultScript, clock: Clock, shown: str) -> None:
    first, changes, outcome = NEXT_READS[shown]
    faults.push(CannedResponse(200, json.dumps(first).encode()), on="^GET")
    faults.push(CannedResponse(200, json.dumps(first | changes).encode()), on="^GET")
    async with retry_client(url, clock) as client:
        assert outcomes(await retry_jobs(client, ["j"])) == ["accepted"]
        assert outcomes(await retry_jobs(client, ["j"])) == [outcome]


@pytest.mark.usefixtures("slow_writer")
async def test_an_answer_that_is_older_than_the_one_before_leads_to_no_second_retry(
    url: str, faults: FaultScript, clock: Clock, api: SandboxApp
) -> None:
    for shown in (
        FAILED_JOB_WITH_END,
        FAILED_JOB_WITH_END | ANOTHER_END,
        FAILED_JOB_WITH_END,
        FAILED_JOB_WITH_END | ANOTHER_END,
    ):
        faults.push(CannedResponse(200, json.dumps(shown).encode()), on="^GET")
    async with retry_client(url, clock) as client:
        report = [outcomes(await retry_jobs(client, ["j"]))[0] for _ in range(4)]
    assert report == ["accepted", "accepted", "already_sent", "already_sent"]
    assert posted_ids(api) == ["j", "j"]


UUID_ID = "69dedb5e-6a2c-4f0e-9a57-2f3f5e8a9c10"
SPELLINGS = {
    "capitals": UUID_ID.upper(),
    "no dashes": UUID_ID.replace("-", ""),
    "braces": f"{{{UUID_ID}}}",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
async def test_another_spelling_of_an_id_that_writer_repeats_leads_to_no_second_retry(
    url: str, faults: FaultScript, clock: Clock, api: SandboxApp, spelling: str
) -> None:
    ids = [UUID_ID, spelling]
    for each in ids:
        faults.push(CannedResponse(200, json.dumps({**FAILED_JOB_WITH_END, "id": each}).encode()), on="^GET")
    faults.push(CannedResponse(202, b"{}"), on=POSTS)
    async with retry_client(url, clock) as client:
        assert outcomes(await retry_jobs(client, ids)) == ["accepted", "already_sent"]
    assert len(posted_ids(api)) == 1


async def test_the_next_call_names_the_job_that_a_retry_runs_as(
    client: Client, world: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(CannedResponse(202, b'{"id": "a-new-one"}'), on=POSTS)
    (job,) = failed_ids(world)
    await retry_jobs(client, [job])
    report = await retry_jobs(client, [job])
    assert report["jobs"][0]["detail"] == f'{ATTEMPTED}: Writer accepted it, and it runs as job "a-new-one". {HELD}'
    assert posted_ids(api) == [job]


# The result of the earlier retry


@pytest.mark.parametrize(
    "fault",
    [
        DroppedConnection(),
        DroppedConnection(reset=True),
        CannedResponse(200),
        CannedResponse(307),
        CannedResponse(500),
        CannedResponse(503),
    ],
)
async def test_after_an_unclear_result_the_same_failure_is_not_retried_again(
    client: Client, world: SandboxStore, api: SandboxApp, faults: FaultScript, fault: DroppedConnection | CannedResponse
) -> None:
    faults.push(fault, on=POSTS)
    (job,) = failed_ids(world)
    assert outcomes(await retry_jobs(client, [job])) in (["unknown"], ["error"])
    report = await retry_jobs(client, [job])
    assert outcomes(report) == ["already_sent"]
    assert report["jobs"][0]["detail"] == f"{ATTEMPTED}: {UNCLEAR}. {HELD}"
    assert posted_ids(api) == [job]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 410, 429])
async def test_after_a_4xx_a_later_call_can_retry(
    client: Client, world: SandboxStore, api: SandboxApp, faults: FaultScript, status: int
) -> None:
    faults.push(CannedResponse(status), on=POSTS)
    (job,) = failed_ids(world)
    assert outcomes(await retry_jobs(client, [job])) in (["error"], ["not_found"])
    assert (await retry_jobs(client, [job]))["jobs"] == [{"job_id": job, "before": "failed", "outcome": "accepted"}]
    assert posted_ids(api) == [job, job]


async def test_a_refused_retry_does_not_hide_an_earlier_one(
    client: Client, world: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock
) -> None:
    faults.push(CannedResponse(202, b"{}"), on=POSTS)
    faults.push(CannedResponse(429), on=POSTS)
    (job,) = failed_ids(world)
    await retry_jobs(client, [job])
    clock.now += HOLD_TIME
    assert outcomes(await retry_jobs(client, [job])) == ["error"]
    report = await retry_jobs(client, [job], dry_run=True)
    assert (outcomes(report), report["jobs"][0]["detail"][: len(ATTEMPTED)]) == (["would_retry"], ATTEMPTED)
    assert posted_ids(api) == [job, job]


async def test_after_a_failed_connection_a_later_call_can_retry(world: SandboxStore, clock: Clock) -> None:
    api, (job,) = build_app(world), failed_ids(world)
    line = FailingConnections(asgi_transport(api), times=100)
    config = config_for("http://localhost", WRITER_JOBS_ALLOW_RETRY="true", WRITER_JOBS_CALL_BUDGET="1")
    async with Client(build_server(config, transport=line, clock=clock)) as client:
        assert outcomes(await retry_jobs(client, [job])) == ["error"]
        line.times = 0
        assert outcomes(await retry_jobs(client, [job])) == ["accepted"]
    assert posted_ids(api) == [job]


async def test_a_retry_cancelled_after_it_was_sent_is_not_sent_again(
    client: Client, world: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(hold := HeldRequest(), on=POSTS)
    (job,) = failed_ids(world)
    async with anyio.create_task_group() as calling:
        calling.start_soon(retry_jobs, client, [job])
        await hold.arrived.wait()
        calling.cancel_scope.cancel()
    report = await retry_jobs(client, [job])
    hold.release.set()
    assert outcomes(report) == ["already_sent"]
    assert report["jobs"][0]["detail"] == f"{ATTEMPTED}: {UNCLEAR}. {HELD}"
    assert posted_ids(api) == [job]


async def test_a_retry_cancelled_before_it_was_sent_can_be_sent_later(
    world: SandboxStore, clock: Clock, era: str
) -> None:
    api, (job,) = build_app(world), failed_ids(world)
    line = FailingConnections(asgi_transport(api), times=100)
    config = config_for("http://localhost", WRITER_JOBS_ALLOW_RETRY="true")
    server = build_server(config, transport=line, clock=clock)
    async with Client(InMemoryTransport(server), mode=era) as client:
        async with anyio.create_task_group() as calling:
            calling.start_soon(retry_jobs, client, [job])
            await line.failed.wait()
            calling.cancel_scope.cancel()
        line.times = 0
        assert outcomes(await retry_jobs(client, [job])) == ["accepted"]
    assert posted_ids(api) == [job]


async def test_cancelling_a_waiting_call_does_not_block_later_calls(
    client: Client, world: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(hold := HeldRequest(), on=POSTS)
    (job,) = failed_ids(world)
    reports: list[dict[str, Any]] = []

    async def call() -> None:
        reports.append(await retry_jobs(client, [job]))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await hold.arrived.wait()
        async with anyio.create_task_group() as waiting:
            waiting.start_soon(retry_jobs, client, [job])
            for _ in range(50):  # to where it waits
                await anyio.lowlevel.checkpoint()
            waiting.cancel_scope.cancel()
        tasks.start_soon(call)
        hold.release.set()
    assert sorted(outcome for report in reports for outcome in outcomes(report)) == ["accepted", "already_sent"]
    assert posted_ids(api) == [job]


async def test_a_dry_run_does_not_wait_for_a_retry_in_progress(
    client: Client, world: SandboxStore, faults: FaultScript
) -> None:
    faults.push(hold := HeldRequest(), on=POSTS)
    (job,) = failed_ids(world)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(retry_jobs, client, [job])
        await hold.arrived.wait()
        report = await retry_jobs(client, [job], dry_run=True)
        assert outcomes(report) == ["already_sent"]
        assert report["jobs"][0]["detail"].startswith(f"{ATTEMPTED}: {UNCLEAR}.")
        hold.release.set()


# Ids


@asynccontextmanager
async def client_of_aliased_api(
    api: SandboxApp, own: Callable[[str], str], clock: Clock, era: str
) -> AsyncGenerator[Client]:
    async with serve(AliasedIds(api, own)) as url, retry_client(url, clock, era) as client:
        yield client


async def rows_of(client: Client, ids: list[str], *, dry_run: bool) -> tuple[str, list[dict[str, Any]]]:
    """The first line of the text, and the rows."""
    result: CallToolResult = await client.call_tool("retry_jobs", {"job_ids": ids, "dry_run": dry_run})
    assert result.structured_content is not None
    return text_of(result).splitlines()[0], result.structured_content["jobs"]


@pytest.mark.parametrize("starts", [True, False])
async def test_letter_case_and_surrounding_spaces_do_not_make_another_job(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock, era: str, starts: bool
) -> None:
    if not starts:
        faults.push(CannedResponse(202, b"{}"), on=POSTS, times=None)
    (job,) = failed_ids(world)
    ids = [job, job.upper(), f" {job}"]
    async with client_of_aliased_api(api, str.lower, clock, era) as client:
        head, rows = await rows_of(client, ids, dry_run=True)
        same = {"job_id": job.upper(), "before": "failed", "outcome": "already_sent"}
        detail = f"This is the same job as {quoted_id(job)} in this call"
        assert head == "Dry run, nothing was sent: 1 of 2 jobs would be retried."
        assert rows == [
            {"job_id": job, "before": "failed", "outcome": "would_retry"},
            {**same, "detail": f"{detail}; it would be sent once."},
        ]
        head, rows = await rows_of(client, ids, dry_run=False)
        assert head == "1 of 2 jobs retried."
        assert rows == [
            {"job_id": job, "before": "failed", "outcome": "accepted"},
            {**same, "detail": f"{detail}; it was sent once."},
        ]
        again = await retry_jobs(client, [job.upper()])
        assert outcomes(again) == ["already_sent"]
    assert posted_ids(api) == [job]


def quoted_id(job_id: str) -> str:
    return json.dumps(job_id)


@pytest.mark.parametrize("spelled", [str.upper, "copy-of-{}".format])
async def test_an_id_that_is_not_handled_in_time_does_not_contradict_the_retry_of_the_same_job(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock, spelled: Callable[[str], str]
) -> None:
    faults.push(Delay(30), on=POSTS)
    (job,) = failed_ids(world)
    async with (
        serve(AliasedIds(api, lambda job_id: job_id.lower().removeprefix("copy-of-"))) as url,
        retry_client(url, clock, WRITER_JOBS_CALL_BUDGET="2") as client,
    ):
        report = await retry_jobs(client, [job, spelled(job)])
    assert posted_ids(api) == [job]
    assert outcomes(report) == ["unknown", "error"]
    detail = report["jobs"][1]["detail"]
    assert "Look at the job (get_job_error)" in detail
    assert "Call again" not in detail
    if spelled is str.upper:
        assert detail == (
            f'Not handled: the time for this call ended, and a retry of "{job}" may have started. '
            "Look at the job (get_job_error) first."
        )


async def test_each_spelling_of_an_id_says_that_the_retry_may_have_started(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock
) -> None:
    faults.push(CannedResponse(502), on=POSTS)
    (job,) = failed_ids(world)
    async with client_of_aliased_api(api, str.lower, clock, "auto") as client:
        report = await retry_jobs(client, [job, job.upper()])
    first, second = (row["detail"] for row in report["jobs"])
    assert first.endswith("The retry may have started: look at the job (get_job_error) before you retry it.")
    assert second == f"This is the same job as {quoted_id(job)} in this call. {first}"


async def test_the_id_that_writer_returns_is_posted_and_the_job_is_read_once(
    world: SandboxStore, api: SandboxApp, clock: Clock
) -> None:
    (job,) = failed_ids(world)
    async with client_of_aliased_api(api, str.lower, clock, "auto") as client:
        await retry_jobs(client, [job.upper()])
    start = "/v1/applications/jobs"
    assert [each.request_line for each in api.received] == [f"GET {start}/{job.upper()}", f"POST {start}/{job}/retry"]


async def test_a_refused_job_is_not_posted_again_under_another_spelling_of_its_id(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock
) -> None:
    faults.push(CannedResponse(409), on=POSTS)
    (job,) = failed_ids(world)
    async with client_of_aliased_api(api, str.lower, clock, "auto") as client:
        report = await retry_jobs(client, [job, job.upper()])
    assert outcomes(report) == ["error", "error"]
    assert posted_ids(api) == [job]


async def test_an_alias_counts_as_the_job_that_writer_returns(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock, era: str
) -> None:
    faults.push(CannedResponse(202, b"{}"), on=POSTS, times=None)
    (job,) = failed_ids(world)
    async with client_of_aliased_api(api, lambda each: job if each == "alias" else each, clock, era) as client:
        report = await retry_jobs(client, ["alias"])
        assert report["jobs"] == [
            {
                "job_id": "alias",
                "before": "failed",
                "outcome": "accepted",
                "detail": f'Writer returned job "{job}" for this id.',
            }
        ]
        assert outcomes(await retry_jobs(client, [job])) == ["already_sent"]
        assert outcomes(await retry_jobs(client, ["alias"])) == ["already_sent"]
    assert posted_ids(api) == [job]


async def test_swapped_ids_do_not_deadlock(world: SandboxStore, api: SandboxApp, clock: Clock) -> None:
    one, other = failed_ids(world, 2)
    swapped = {one: other, other: one}

    def own(job_id: str) -> str:
        return swapped[job_id]

    class Swapping(AliasedIds):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await (super().__call__ if scope.get("method") == "GET" else api)(scope, receive, send)

    async with serve(Swapping(api, own)) as url, retry_client(url, clock) as client:
        reports = await retry_concurrently(4, client, [one, other])
    assert sorted(posted_ids(api)) == sorted([one, other])
    assert sum(report["retried"] for report in reports) == 2


async def test_nothing_is_sent_when_writer_returns_another_job_each_time(
    client: Client, api: SandboxApp, faults: FaultScript
) -> None:
    for job_id in ("b", "c"):
        faults.push(CannedResponse(200, json.dumps(FAILED_JOB_WITH_END | {"id": job_id}).encode()), on="^GET")
    report = await retry_jobs(client, ["a"])
    assert report["jobs"] == [
        {
            "job_id": "a",
            "outcome": "error",
            "detail": 'Writer returned job "b" for this id, then job "c", so nothing was sent. '
            "Pass the id of the job itself.",
        }
    ]
    assert posted_ids(api) == []


@pytest.mark.parametrize("job_id", ["b/retry", "..", "b\u202e", "b" * 201])
async def test_a_returned_id_that_is_unsafe_in_a_path_is_not_posted(
    client: Client, api: SandboxApp, faults: FaultScript, job_id: str
) -> None:
    faults.push(CannedResponse(200, json.dumps(FAILED_JOB_WITH_END | {"id": job_id}).encode()), on="^GET", times=None)
    for dry_run in (True, False):
        report = await retry_jobs(client, ["a"], dry_run=dry_run)
        assert outcomes(report) == ["error"]
        assert report["jobs"][0]["detail"].endswith(
            " for this id. This server cannot use that id in a request, so nothing was sent. Report it."
        )
    assert posted_ids(api) == []


# What is kept


def test_beyond_the_limit_the_oldest_retry_is_forgotten() -> None:
    memory = SentRetries(lambda: NOW)
    jobs = [Job.model_validate(FAILED_JOB_WITH_END | {"id": f"job-{number}"}) for number in range(MAX_REMEMBERED + 1)]
    for job in jobs:
        memory.record(job)
    assert [job.id for job in jobs if memory.find_earlier(job) is None] == ["job-0"]
