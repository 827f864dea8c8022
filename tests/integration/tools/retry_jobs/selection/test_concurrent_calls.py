"""Calls at once, cancelled calls and two servers: a job is posted once by a server, and no job is lost."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from mcp.client import Client

from tests.conftest import ALIAS, Clock
from tests.helpers.consent import AGREE, User
from tests.helpers.mcp import call_tool
from tests.helpers.retries import HeldRequest, retry_client, retry_server
from tests.helpers.retry_selections import (
    RATE_LIMIT,
    TIMEOUT,
    add_failed,
    follow,
    posts_per_job,
    retry,
    started_per_job,
)
from writer_jobs_mcp.sandbox import DroppedConnection, FaultScript, SandboxApp, SandboxStore

Report = dict[str, Any]


async def make_at_once(*calls: Callable[[], Awaitable[Report]]) -> list[Report]:
    """Return the reports of calls that are made at the same time, in the order of the calls."""
    reports: dict[int, Report] = {}

    async def make(number: int) -> None:
        reports[number] = await calls[number]()

    async with anyio.create_task_group() as tasks:
        for number in range(len(calls)):
            tasks.start_soon(make, number)
    return [reports[number] for number in range(len(calls))]


def count(reports: list[Report], outcome: str) -> int:
    return sum(report.get("outcomes", {}).get(outcome, 0) for report in reports)


def posted_once(api: SandboxApp) -> set[str]:
    """Return the jobs whose retry the API received, after checking that it did so once for each."""
    posts = posts_per_job(api)
    assert set(posts.values()) == {1}
    return set(posts)


def already_sent(reports: list[Report]) -> set[str]:
    """Return the jobs of which reports say that their retry was sent before; it may have been cut on its way."""
    return {row["job_id"] for report in reports for row in report["jobs"] if row["outcome"] == "already_sent"}


@pytest.mark.parametrize("asks", [True, False])
async def test_the_same_selection_twice_at_once_posts_each_job_once(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, mode: str, asks: bool
) -> None:
    ids = add_failed(store, 30)
    user = User(AGREE, api) if asks else None
    async with Client(retry_server(url, clock), mode=mode, elicitation_callback=user) as client:
        reports = await make_at_once(*[lambda: retry(client, since="24h")] * 2)
    assert count(reports, "accepted") == 30
    assert all("left" not in report and "message" not in report for report in reports)
    assert posts_per_job(api) == dict.fromkeys(ids, 1)


async def test_overlapping_selections_and_ids_at_once_post_each_job_once(
    client: Client, store: SandboxStore, api: SandboxApp
) -> None:
    limits, timeouts = add_failed(store, 20), add_failed(store, 10, TIMEOUT)
    by_ids = {"job_ids": [*limits[5:15], *timeouts[:5]], "dry_run": False}
    reports = await make_at_once(
        lambda: retry(client, since="24h"),
        lambda: retry(client, category="rate_limit", max_jobs=12),
        lambda: call_tool(client, "retry_jobs", by_ids),
        lambda: retry(client, like=timeouts[3]),
    )
    assert count(reports, "accepted") == 30
    assert posts_per_job(api) == dict.fromkeys(limits + timeouts, 1)


@pytest.mark.parametrize("handled", [True, False])
async def test_after_a_cancelled_call_the_next_one_sends_the_others(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, faults: FaultScript, handled: bool
) -> None:
    ids, held = add_failed(store, 20), HeldRequest()
    faults.push(DroppedConnection(handled=handled), on=f"POST .*{ids[3]}")
    faults.push(held, on=f"POST .*({'|'.join(ids[6:])})", times=2)
    async with retry_client(url, clock, WRITER_JOBS_CONCURRENCY="2") as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: retry(client, since="24h"))
            await held.arrived.wait()
            tasks.cancel_scope.cancel()
        held.release.set()
        report = await retry(client, since="24h", max_jobs=5)
        reports = [report, *await follow(client, report)]
    assert 20 - count(reports, "accepted") in {7, 8}  # six, and one or two that were being sent
    assert set(ids) == posted_once(api) | already_sent(reports)


async def test_after_a_client_disconnects_the_server_sends_no_more(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids, held = add_failed(store, 20), HeldRequest()
    faults.push(held, on=f"POST .*({'|'.join(ids[6:])})", times=2)
    server = retry_server(url, clock, WRITER_JOBS_CONCURRENCY="2")

    async def call_and_leave() -> None:
        async with Client(server) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: retry(client, since="24h"))
            await held.arrived.wait()
            tasks.cancel_scope.cancel()

    await call_and_leave()
    held.release.set()
    assert len(posted_once(api)) in {7, 8}
    async with Client(server) as client:  # the server remembers what it has sent
        report = await retry(client, since="24h")
    assert report["outcomes"]["accepted"] in {12, 13}
    assert set(ids) == posted_once(api) | already_sent([report])


async def test_two_servers_with_one_key_lose_no_job_and_each_posts_it_once(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, mode: str
) -> None:
    ids = add_failed(store, 30)
    user = User(AGREE, api)
    async with (
        Client(retry_server(url, clock), mode=mode, elicitation_callback=user) as first,
        Client(retry_server(url, clock), mode=mode, elicitation_callback=user) as second,
    ):
        reports = await make_at_once(lambda: retry(first, since="24h"), lambda: retry(second, contains=RATE_LIMIT))
    assert started_per_job(api) == dict.fromkeys(ids, 1)
    assert max(posts_per_job(api).values()) <= 2
    assert count(reports, "accepted") == 30
    # Writer rejects the retry of a job that is running.
    assert count(reports, "error") + count(reports, "not_failed") == 30


async def test_jobs_that_another_server_is_retrying_are_not_lost_while_the_list_shrinks(
    url: str, clock: Clock, store: SandboxStore, api: SandboxApp, mode: str
) -> None:
    """Pages of the failed list move while they are read: no job may be taken for one that no longer fails."""
    ids = add_failed(store, 130)

    def retry_elsewhere() -> None:
        for job in ids[5:120:3]:
            store.retry(job)

    user = User(AGREE, api, retry_elsewhere)
    async with Client(retry_server(url, clock), mode=mode, elicitation_callback=user) as client:
        report = await retry(client, since="24h", max_jobs=120)
    gone = len(ids[5:120:3])
    assert report["outcomes"] == {"accepted": 120 - gone, "not_failed": gone}
    assert report["left"] == 10
    assert posts_per_job(api) == dict.fromkeys([job for job in ids[:120] if job not in ids[5:120:3]], 1)


async def test_progress_never_goes_back(client: Client, store: SandboxStore) -> None:
    add_failed(store, 30)
    seen: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001 - the SDK's
        seen.append((progress, total))

    await client.call_tool(
        "retry_jobs", {"application_id": ALIAS, "since": "24h", "dry_run": False}, progress_callback=note
    )
    numbers = [progress for progress, _ in seen]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 20
