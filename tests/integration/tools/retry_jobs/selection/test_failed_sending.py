"""Retries that fail, are rejected or get no clear response: each job is sent once, and what is left is named."""

import anyio
import pytest
from mcp.client import Client

from tests.conftest import ALIAS, Clock, config_for
from tests.helpers.retries import FailingConnections, HeldRequest, retry_client
from tests.helpers.retry_selections import (
    add_failed,
    dry_run,
    follow,
    posts_per_job,
    retry,
    started_per_job,
    suggested,
)
from writer_jobs_mcp.client import asgi_transport
from writer_jobs_mcp.sandbox import (
    CannedResponse,
    DroppedConnection,
    FaultScript,
    NotHttp,
    SandboxApp,
    SandboxStore,
    TruncatedBody,
    build_app,
)
from writer_jobs_mcp.server.build import build_server

LOST_RESPONSES = [
    DroppedConnection(),
    DroppedConnection(handled=True),
    DroppedConnection(reset=True, handled=True),
    TruncatedBody(bytes_sent=5),
    NotHttp(),
]
NOT_STARTED = (DroppedConnection(), NotHttp())


async def test_a_retry_without_a_clear_response_is_not_sent_again_for_ten_minutes(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock
) -> None:
    ids = add_failed(store, 15)
    lost = ids[1:14:3]
    for job, fault in zip(lost, LOST_RESPONSES, strict=True):
        faults.push(fault, on=f"POST .*{job}")
    report = await retry(client, since="24h")
    assert report["outcomes"] == {"accepted": 10, "unknown": 5}
    assert {row["job_id"] for row in report["jobs"]} == set(lost)
    assert all("Look at the job (get_job_error)" in row["detail"] for row in report["jobs"])
    assert suggested(report) is None

    again = await retry(client, since="24h")  # of those that Writer did not start, it shows the failure as before
    assert (again["selected"], again["outcomes"]) == (2, {"already_sent": 2})
    attempted = "A retry was attempted at 2026-11-23T12:00:00Z: whether the job was started is not known."
    assert [row["detail"] for row in again["jobs"]] == [
        f"{attempted} It is not sent again before 2026-11-23T12:10:00Z."
    ] * 2
    by_ids = await client.call_tool("retry_jobs", {"job_ids": lost, "dry_run": False})
    assert by_ids.structured_content is not None
    assert by_ids.structured_content["outcomes"] == {"already_sent": 5}
    assert posts_per_job(api) == dict.fromkeys(ids, 1)

    clock.advance(minutes=10)
    planned = await dry_run(client, since="24h")
    assert (planned["would_retry"], planned["message"]) == (
        2,
        "For 2 of the jobs to retry, a retry was attempted more than 10 minutes before, and the failure looked "
        "unchanged.",
    )


async def test_retries_that_run_under_new_ids_are_counted(
    client: Client, store: SandboxStore, faults: FaultScript
) -> None:
    ids = add_failed(store, 5)
    for job in ids[:2]:
        faults.push(CannedResponse(202, f'{{"id": "new-{job}"}}'.encode()), on=f"POST .*{job}")
    report = await retry(client, since="24h")
    assert (report["outcomes"], report["jobs"]) == ({"accepted": 5}, [])
    assert report["message"] == "Writer runs 2 of the accepted retries under new ids."


@pytest.mark.parametrize("headers", [{"retry-after": "0"}, {"retry-after-ms": "300"}, {}])
async def test_a_429_in_the_middle_is_waited_for(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript, headers: dict[str, str]
) -> None:
    ids = add_failed(store, 20)
    for job in ids[10:13]:
        faults.push(CannedResponse(429, headers=headers), on=f"POST .*{job}")
    report = await retry(client, since="24h")
    assert (report["selected"], report["outcomes"], report["jobs"]) == (20, {"accepted": 20}, [])
    assert started_per_job(api) == dict.fromkeys(ids, 1)


async def test_after_a_429_no_other_retry_is_sent_before_the_time_that_writer_asks_for(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids, held, handled = add_failed(store, 12), HeldRequest(), anyio.Event()
    faults.push(held, on=f"POST .*{ids[0]}")
    faults.push(CannedResponse(429, headers={"retry-after": "20"}), on=f"POST .*{ids[1]}")

    async def note(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001 - the SDK's
        if message == "handled 1 of 12 jobs":
            handled.set()

    async def send() -> None:
        arguments = {"application_id": ALIAS, "since": "24h", "dry_run": False}
        await client.call_tool("retry_jobs", arguments, progress_callback=note)

    async with (
        retry_client(url, clock, WRITER_JOBS_CONCURRENCY="2") as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(send)
        await held.arrived.wait()
        # Its request gets the place of the one that was rejected: so that one has been answered.
        await client.call_tool("get_job_error", {"job_id": ids[5]})
        held.release.set()
        await handled.wait()
        await client.call_tool("get_job_error", {"job_id": ids[5]})
        tasks.cancel_scope.cancel()
    assert posts_per_job(api) == {ids[0]: 1, ids[1]: 1}


@pytest.mark.parametrize("seconds", ["30", "3600"])
async def test_what_a_rate_limit_leaves_is_retried_by_the_suggested_call(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, faults: FaultScript, seconds: str
) -> None:
    ids = add_failed(store, 30)
    async with retry_client(url, clock, WRITER_JOBS_CALL_BUDGET="20") as client:
        faults.push(
            CannedResponse(429, headers={"retry-after": seconds}), on=f"POST .*({'|'.join(ids[9:])})", times=None
        )
        report = await retry(client, since="24h")
        assert report["left"] == 21
        assert report["message"] == (
            "No more were sent. Writer is limiting this key's requests (429); 1 attempt. "
            f"Wait {seconds} seconds, as Writer asks, then call again."
        )
        faults.clear()
        (rest,) = await follow(client, report)
    assert (rest["selected"], rest["outcomes"]) == (21, {"accepted": 21})
    assert started_per_job(api) == dict.fromkeys(ids, 1)


async def test_a_5xx_may_have_started_the_job_and_does_not_stop_the_others(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids = add_failed(store, 20)
    for job, status in zip(ids[3::5], (500, 502, 503, 504), strict=True):
        faults.push(CannedResponse(status, headers={"retry-after": "0"}), on=f"POST .*{job}")
    report = await retry(client, since="24h")
    assert report["outcomes"] == {"accepted": 16, "error": 4}
    assert all("The retry may have started" in row["detail"] for row in report["jobs"])
    again = await retry(client, since="24h")
    assert again["outcomes"] == {"already_sent": 4}
    assert posts_per_job(api) == dict.fromkeys(ids, 1)


@pytest.mark.parametrize(("status", "words"), [(401, "refused the API key"), (403, "(403)")])
async def test_a_rejected_key_stops_the_sending(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, faults: FaultScript, status: int, words: str
) -> None:
    ids = add_failed(store, 40)
    async with retry_client(url, clock, WRITER_JOBS_CONCURRENCY="4") as client:
        faults.push(CannedResponse(status), on=f"POST .*({'|'.join(ids[10:])})", times=None)
        report = await retry(client, since="24h")
        assert (report["outcomes"], report["left"]) == ({"accepted": 10}, 30)
        assert report["message"].startswith("No more were sent. ")
        assert words in report["message"]
        assert len(posts_per_job(api)) <= 14
        faults.clear()
        (rest,) = await follow(client, report)
    assert rest["outcomes"] == {"accepted": 30}
    assert started_per_job(api) == dict.fromkeys(ids, 1)


async def test_ten_unclear_responses_in_a_row_stop_the_sending(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids = add_failed(store, 40)
    async with retry_client(url, clock, WRITER_JOBS_CONCURRENCY="2") as client:
        faults.push(DroppedConnection(handled=True), on=f"POST .*({'|'.join(ids[5:])})", times=None)
        report = await retry(client, since="24h")
        unknown = report["outcomes"]["unknown"]
        assert unknown in {10, 11, 12}  # a response of each kind may have been on its way
        assert report["outcomes"] == {"accepted": 5, "unknown": unknown}
        assert report["left"] == 35 - unknown
        assert report["message"].startswith("No more were sent: Writer gave no clear response to 10 retries in a row.")
        faults.clear()
        await follow(client, report)
    assert posts_per_job(api) == dict.fromkeys(ids, 1)


async def test_a_clear_response_between_unclear_ones_lets_the_sending_go_on(
    url: str, clock: Clock, store: SandboxStore, faults: FaultScript
) -> None:
    ids = add_failed(store, 24)
    for number, job in enumerate(ids):
        fault = CannedResponse(409) if number % 8 == 7 else DroppedConnection()
        faults.push(fault, on=f"POST .*{job}")
    async with retry_client(url, clock, WRITER_JOBS_CONCURRENCY="1") as client:
        report = await retry(client, since="24h")
    assert report["outcomes"] == {"unknown": 21, "error": 3}
    assert len(report["jobs"]) == 20


async def test_without_a_connection_nothing_is_sent_and_all_are_left(store: SandboxStore, clock: Clock) -> None:
    api, ids = build_app(store), add_failed(store, 12)
    transport = FailingConnections(asgi_transport(api), times=1_000)
    config = config_for("http://localhost", WRITER_JOBS_ALLOW_RETRY="true", WRITER_JOBS_CALL_BUDGET="2")
    async with Client(build_server(config, transport=transport, clock=clock)) as client:
        report = await retry(client, since="24h")
        assert (report["selected"], report["left"], report["jobs"]) == (12, 12, [])
        assert report["message"].startswith("No more were sent. Writer is unavailable: no connection could be made")
        transport.times = 0
        (rest,) = await follow(client, report)
    assert rest["outcomes"] == {"accepted": 12}
    assert started_per_job(api) == dict.fromkeys(ids, 1)


async def test_when_the_budget_ends_the_jobs_being_sent_are_unknown_and_the_others_left(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids = add_failed(store, 20)
    faults.push(HeldRequest(), on=f"POST .*({'|'.join(ids[8:])})", times=None)
    async with retry_client(url, clock, WRITER_JOBS_CALL_BUDGET="2", WRITER_JOBS_CONCURRENCY="3") as client:
        report = await retry(client, since="24h")
        assert (report["outcomes"], report["left"]) == ({"accepted": 8, "unknown": 3}, 9)
        assert report["message"] == "The time for this call ended before all were sent."
        faults.clear()
        (rest,) = await follow(client, report)
        assert rest["outcomes"] == {"accepted": 9}
    assert posts_per_job(api) == dict.fromkeys(ids, 1)


async def test_a_job_that_the_key_cannot_see_does_not_stop_the_others(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids = add_failed(store, 6)
    faults.push(CannedResponse(404), on=f"POST .*{ids[2]}")
    report = await retry(client, since="24h")
    assert report["outcomes"] == {"accepted": 5, "not_found": 1}
    assert report["jobs"][0]["detail"].startswith(f'Writer does not know job "{ids[2]}"')
    assert posts_per_job(api) == dict.fromkeys(ids, 1)
