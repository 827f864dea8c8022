"""Whether a failure can be retried again depends on the result of the earlier retry."""

from typing import Any

import anyio
import anyio.lowlevel
import pytest
from mcp.client import Client
from mcp.client._memory import InMemoryTransport  # so that a call is cancelled by a message

from tests.conftest import Clock, config_for
from tests.helpers.retries import (
    ATTEMPTED,
    HELD,
    POSTS,
    UNCLEAR,
    FailingConnections,
    HeldRequest,
    failed_ids,
    outcomes,
    posted_ids,
    retry_jobs,
)
from writer_jobs_mcp.client import asgi_transport
from writer_jobs_mcp.client.sent_retries import RETRY_COOLDOWN
from writer_jobs_mcp.sandbox import CannedResponse, DroppedConnection, FaultScript, SandboxApp, SandboxStore, build_app
from writer_jobs_mcp.server.build import build_server


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
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript, fault: DroppedConnection | CannedResponse
) -> None:
    faults.push(fault, on=POSTS)
    (job,) = failed_ids(store)
    assert outcomes(await retry_jobs(client, [job])) in (["unknown"], ["error"])
    report = await retry_jobs(client, [job])
    assert outcomes(report) == ["already_sent"]
    assert report["jobs"][0]["detail"] == f"{ATTEMPTED}: {UNCLEAR}. {HELD}"
    assert posted_ids(api) == [job]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 410, 429])
async def test_after_a_4xx_a_later_call_can_retry(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript, status: int
) -> None:
    faults.push(CannedResponse(status), on=POSTS)
    (job,) = failed_ids(store)
    assert outcomes(await retry_jobs(client, [job])) in (["error"], ["not_found"])
    assert (await retry_jobs(client, [job]))["jobs"] == [{"job_id": job, "before": "failed", "outcome": "accepted"}]
    assert posted_ids(api) == [job, job]


async def test_a_rejected_retry_does_not_hide_an_earlier_one(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock
) -> None:
    faults.push(CannedResponse(202, b"{}"), on=POSTS)
    faults.push(CannedResponse(429), on=POSTS)
    (job,) = failed_ids(store)
    await retry_jobs(client, [job])
    clock.now += RETRY_COOLDOWN
    assert outcomes(await retry_jobs(client, [job])) == ["error"]
    report = await retry_jobs(client, [job], dry_run=True)
    assert (outcomes(report), report["jobs"][0]["detail"][: len(ATTEMPTED)]) == (["would_retry"], ATTEMPTED)
    assert posted_ids(api) == [job, job]


async def test_after_a_failed_connection_a_later_call_can_retry(store: SandboxStore, clock: Clock) -> None:
    api, (job,) = build_app(store), failed_ids(store)
    transport = FailingConnections(asgi_transport(api), times=100)
    config = config_for("http://localhost", WRITER_JOBS_ALLOW_RETRY="true", WRITER_JOBS_CALL_BUDGET="1")
    async with Client(build_server(config, transport=transport, clock=clock)) as client:
        assert outcomes(await retry_jobs(client, [job])) == ["error"]
        transport.times = 0
        assert outcomes(await retry_jobs(client, [job])) == ["accepted"]
    assert posted_ids(api) == [job]


async def test_a_retry_cancelled_after_sending_is_not_sent_again(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(held := HeldRequest(), on=POSTS)
    (job,) = failed_ids(store)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(retry_jobs, client, [job])
        await held.arrived.wait()
        tasks.cancel_scope.cancel()
    report = await retry_jobs(client, [job])
    held.release.set()
    assert outcomes(report) == ["already_sent"]
    assert report["jobs"][0]["detail"] == f"{ATTEMPTED}: {UNCLEAR}. {HELD}"
    assert posted_ids(api) == [job]


async def test_a_retry_cancelled_before_sending_can_be_sent_later(store: SandboxStore, clock: Clock, mode: str) -> None:
    api, (job,) = build_app(store), failed_ids(store)
    transport = FailingConnections(asgi_transport(api), times=100)
    config = config_for("http://localhost", WRITER_JOBS_ALLOW_RETRY="true")
    server = build_server(config, transport=transport, clock=clock)
    async with Client(InMemoryTransport(server), mode=mode) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(retry_jobs, client, [job])
            await transport.failed.wait()
            tasks.cancel_scope.cancel()
        transport.times = 0
        assert outcomes(await retry_jobs(client, [job])) == ["accepted"]
    assert posted_ids(api) == [job]


async def test_cancelling_a_waiting_call_does_not_block_later_calls(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(held := HeldRequest(), on=POSTS)
    (job,) = failed_ids(store)
    reports: list[dict[str, Any]] = []

    async def call() -> None:
        reports.append(await retry_jobs(client, [job]))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await held.arrived.wait()
        async with anyio.create_task_group() as waiting:
            waiting.start_soon(retry_jobs, client, [job])
            for _ in range(50):  # until it waits for the first call
                await anyio.lowlevel.checkpoint()
            waiting.cancel_scope.cancel()
        tasks.start_soon(call)
        held.release.set()
    assert sorted(outcome for report in reports for outcome in outcomes(report)) == ["accepted", "already_sent"]
    assert posted_ids(api) == [job]


async def test_a_dry_run_does_not_wait_for_a_retry_in_progress(
    client: Client, store: SandboxStore, faults: FaultScript
) -> None:
    faults.push(held := HeldRequest(), on=POSTS)
    (job,) = failed_ids(store)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(retry_jobs, client, [job])
        await held.arrived.wait()
        report = await retry_jobs(client, [job], dry_run=True)
        assert outcomes(report) == ["already_sent"]
        assert report["jobs"][0]["detail"].startswith(f"{ATTEMPTED}: {UNCLEAR}.")
        held.release.set()
