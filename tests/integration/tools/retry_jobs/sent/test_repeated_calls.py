"""One failure of a job is posted once, by concurrent and by later calls."""

import json
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import anyio
import pytest
from mcp.client import Client

from tests.conftest import NOW, Clock
from tests.helpers.retries import (
    ATTEMPTED,
    FAILED_JOB,
    FAILED_JOB_WITH_END,
    HELD,
    POSTS,
    AliasedIds,
    failed_ids,
    outcomes,
    posted_ids,
    retried,
    retry_client,
    retry_concurrently,
    retry_jobs,
)
from writer_jobs_mcp.client.models import Job
from writer_jobs_mcp.client.sent_retries import MAX_REMEMBERED, REMEMBERED_TIME, RETRY_COOLDOWN, SentRetries
from writer_jobs_mcp.sandbox import CannedResponse, Delay, FaultScript, SandboxApp, SandboxStore, serve


@pytest.mark.usefixtures("slow_writer")
async def test_three_concurrent_calls_post_a_job_once(client: Client, store: SandboxStore, api: SandboxApp) -> None:
    (job,) = failed_ids(store)
    reports = await retry_concurrently(3, client, [job])
    assert posted_ids(api) == [job]
    assert sorted(outcome for report in reports for outcome in outcomes(report)) == [
        "accepted",
        "already_sent",
        "already_sent",
    ]
    assert sorted(retried(report) for report in reports) == [0, 0, 1]
    (detail,) = {report["jobs"][0].get("detail") for report in reports} - {None}
    assert detail == f"{ATTEMPTED}: Writer accepted it. {HELD}"


async def test_a_concurrent_call_reports_that_the_job_is_running(
    client: Client, store: SandboxStore, api: SandboxApp
) -> None:
    (job,) = failed_ids(store)
    reports = await retry_concurrently(3, client, [job])
    assert posted_ids(api) == [job]
    rows = [row for report in reports for row in report["jobs"] if row["outcome"] != "accepted"]
    assert len(rows) == 2
    for row in rows:
        assert row == {
            "job_id": job,
            "before": "in_progress",
            "outcome": "already_sent",
            "detail": f"{ATTEMPTED}: Writer accepted it. The job is running: use wait_for_job.",
        }


@pytest.mark.parametrize("starts", [True, False])
@pytest.mark.parametrize("seed", range(3))
async def test_twenty_concurrent_calls_with_overlapping_ids_post_each_job_once(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock, seed: int, starts: bool
) -> None:
    if not starts:
        faults.push(CannedResponse(202, b"{}"), on=POSTS, times=None)
    rng, ids = random.Random(seed), failed_ids(store, 8)  # noqa: S311 - picks cases
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
    requested = {each.strip().lower().removeprefix("copy-of-") for chosen in calls for each in chosen}
    assert Counter(posted_ids(api)) == dict.fromkeys(requested, 1)
    assert sum(retried(report) for report in reports) == len(requested)
    assert {outcome for report in reports for outcome in outcomes(report)} == {"accepted", "already_sent"}


async def test_a_call_that_times_out_while_it_waits_for_another_call_sends_nothing(
    store: SandboxStore, url: str, api: SandboxApp, faults: FaultScript, clock: Clock
) -> None:
    faults.push(Delay(30), on=POSTS)
    (job,) = failed_ids(store)
    async with retry_client(url, clock, WRITER_JOBS_CALL_BUDGET="1") as client:
        results = sorted(
            outcome for report in await retry_concurrently(2, client, [job]) for outcome in outcomes(report)
        )
        assert posted_ids(api) == [job]
        # Both have the same budget, so the second may still learn the result of the first.
        assert results in (["error", "unknown"], ["already_sent", "unknown"])
        assert outcomes(await retry_jobs(client, [job])) == ["already_sent"]
    assert posted_ids(api) == [job]


@pytest.mark.usefixtures("slow_writer")
async def test_the_same_failure_is_not_retried_again_within_ten_minutes(
    client: Client, store: SandboxStore, api: SandboxApp, clock: Clock
) -> None:
    (job,) = failed_ids(store)
    assert outcomes(await retry_jobs(client, [job])) == ["accepted"]
    clock.now += RETRY_COOLDOWN - timedelta(seconds=1)
    for dry_run in (False, True):
        report = await retry_jobs(client, [job], dry_run=dry_run)
        assert retried(report) == 0
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
    client: Client, store: SandboxStore, api: SandboxApp, clock: Clock
) -> None:
    (job,) = failed_ids(store)
    await retry_jobs(client, [job])
    clock.now += RETRY_COOLDOWN
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
    assert (await retry_jobs(client, [job]))["jobs"] == [{"job_id": job, "before": "failed", "outcome": "accepted"}]


@pytest.mark.usefixtures("slow_writer")
async def test_a_job_that_failed_again_can_be_retried_again(
    client: Client, store: SandboxStore, api: SandboxApp
) -> None:
    (job,) = failed_ids(store)
    assert outcomes(await retry_jobs(client, [job])) == ["accepted"]
    failed_job = store.job(job)
    assert failed_job is not None
    failed_job.ends_at = NOW - timedelta(seconds=1)
    assert (await retry_jobs(client, [job]))["jobs"] == [{"job_id": job, "before": "failed", "outcome": "accepted"}]
    assert outcomes(await retry_jobs(client, [job])) == ["already_sent"]
    assert posted_ids(api) == [job, job]


async def test_a_retried_job_that_completed_is_reported_as_not_failed(client: Client, store: SandboxStore) -> None:
    (job,) = failed_ids(store)
    await retry_jobs(client, [job])
    store.clock = lambda: NOW + timedelta(minutes=1)
    assert (await retry_jobs(client, [job]))["jobs"] == [
        {"job_id": job, "before": "completed", "outcome": "not_failed"}
    ]


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
@pytest.mark.parametrize("case", NEXT_READS)
async def test_only_a_new_end_or_creation_time_makes_a_new_failure(
    url: str, faults: FaultScript, clock: Clock, case: str
) -> None:
    first, changes, outcome = NEXT_READS[case]
    faults.push(CannedResponse(200, json.dumps(first).encode()), on="^GET")
    faults.push(CannedResponse(200, json.dumps(first | changes).encode()), on="^GET")
    async with retry_client(url, clock) as client:
        assert outcomes(await retry_jobs(client, ["j"])) == ["accepted"]
        assert outcomes(await retry_jobs(client, ["j"])) == [outcome]


@pytest.mark.usefixtures("slow_writer")
async def test_a_stale_response_does_not_lead_to_a_second_retry(
    url: str, faults: FaultScript, clock: Clock, api: SandboxApp
) -> None:
    for job in (
        FAILED_JOB_WITH_END,
        FAILED_JOB_WITH_END | ANOTHER_END,
        FAILED_JOB_WITH_END,
        FAILED_JOB_WITH_END | ANOTHER_END,
    ):
        faults.push(CannedResponse(200, json.dumps(job).encode()), on="^GET")
    async with retry_client(url, clock) as client:
        report = [outcomes(await retry_jobs(client, ["j"]))[0] for _ in range(4)]
    assert report == ["accepted", "accepted", "already_sent", "already_sent"]
    assert posted_ids(api) == ["j", "j"]


async def test_a_later_call_names_the_job_that_the_retry_runs_as(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(CannedResponse(202, b'{"id": "a-new-one"}'), on=POSTS)
    (job,) = failed_ids(store)
    await retry_jobs(client, [job])
    report = await retry_jobs(client, [job])
    assert report["jobs"][0]["detail"] == f'{ATTEMPTED}: Writer accepted it, and it runs as job "a-new-one". {HELD}'
    assert posted_ids(api) == [job]


def test_beyond_the_limit_the_oldest_retry_is_forgotten_once_it_may_be_sent_again() -> None:
    clock = Clock()
    memory = SentRetries(clock)
    jobs = [Job.model_validate(FAILED_JOB_WITH_END | {"id": f"job-{number}"}) for number in range(MAX_REMEMBERED + 1)]
    for job in jobs:
        memory.record(job)
    assert all(memory.find_earlier(job) for job in jobs)
    clock.now += RETRY_COOLDOWN
    assert [job.id for job in jobs if memory.find_earlier(job) is None] == ["job-0"]
