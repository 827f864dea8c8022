"""One failure of a job is posted once, under every spelling of its id."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from mcp.client import Client
from starlette.types import Receive, Scope, Send

from tests.conftest import Clock
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.retries import (
    FAILED_JOB_WITH_END,
    MAY_HAVE_STARTED,
    POSTS,
    AliasedIds,
    client_of_aliased_api,
    failed_ids,
    outcomes,
    posted_ids,
    retried,
    retry_client,
    retry_concurrently,
    retry_jobs,
)
from writer_jobs_mcp.sandbox import CannedResponse, Delay, FaultScript, SandboxApp, SandboxStore, serve

UUID_ID = "69dedb5e-6a2c-4f0e-9a57-2f3f5e8a9c10"
SPELLINGS = {
    "capitals": UUID_ID.upper(),
    "no dashes": UUID_ID.replace("-", ""),
    "braces": f"{{{UUID_ID}}}",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
async def test_another_spelling_of_an_id_does_not_lead_to_a_second_retry(
    url: str, faults: FaultScript, clock: Clock, api: SandboxApp, spelling: str
) -> None:
    ids = [UUID_ID, spelling]
    for each in ids:
        faults.push(CannedResponse(200, json.dumps({**FAILED_JOB_WITH_END, "id": each}).encode()), on="^GET")
    faults.push(CannedResponse(202, b"{}"), on=POSTS)
    async with retry_client(url, clock) as client:
        assert outcomes(await retry_jobs(client, ids)) == ["accepted", "already_sent"]
    assert len(posted_ids(api)) == 1


async def first_line_and_rows(client: Client, ids: list[str], *, dry_run: bool) -> tuple[str, list[dict[str, Any]]]:
    """Return the first line of the text, and the rows."""
    result = await client.call_tool("retry_jobs", {"job_ids": ids, "dry_run": dry_run})
    return text_of(result).splitlines()[0], structure_of(result)["jobs"]


@pytest.mark.parametrize("starts", [True, False])
async def test_letter_case_and_surrounding_spaces_do_not_make_another_job(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock, mode: str, starts: bool
) -> None:
    if not starts:
        faults.push(CannedResponse(202, b"{}"), on=POSTS, times=None)
    (job,) = failed_ids(store)
    ids = [job, job.upper(), f" {job}"]
    async with client_of_aliased_api(api, str.lower, clock, mode) as client:
        first_line, rows = await first_line_and_rows(client, ids, dry_run=True)
        same = {"job_id": job.upper(), "before": "failed", "outcome": "already_sent"}
        detail = f'This is the same job as "{job}" in this call'
        assert first_line == "Dry run, nothing was sent: 1 of 2 jobs would be retried."
        assert rows == [
            {"job_id": job, "before": "failed", "outcome": "would_retry"},
            {**same, "detail": f"{detail}; it would be sent once."},
        ]
        first_line, rows = await first_line_and_rows(client, ids, dry_run=False)
        assert first_line == "1 of 2 jobs retried."
        assert rows == [
            {"job_id": job, "before": "failed", "outcome": "accepted"},
            {**same, "detail": f"{detail}; it was sent once."},
        ]
        again = await retry_jobs(client, [job.upper()])
        assert outcomes(again) == ["already_sent"]
    assert posted_ids(api) == [job]


@pytest.mark.parametrize("spell", [str.upper, "copy-of-{}".format])
async def test_a_spelling_not_handled_in_time_says_that_a_retry_may_have_started(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock, spell: Callable[[str], str]
) -> None:
    faults.push(Delay(30), on=POSTS)
    (job,) = failed_ids(store)
    async with (
        serve(AliasedIds(api, lambda job_id: job_id.lower().removeprefix("copy-of-"))) as url,
        retry_client(url, clock, WRITER_JOBS_CALL_BUDGET="2") as client,
    ):
        report = await retry_jobs(client, [job, spell(job)])
    assert posted_ids(api) == [job]
    assert outcomes(report) == ["unknown", "error"]
    detail = report["jobs"][1]["detail"]
    assert "Look at the job (get_job_error)" in detail
    assert "Call again" not in detail
    if spell is str.upper:
        assert detail == (
            f'Not handled: the time for this call ended, and a retry of "{job}" may have started. '
            "Look at the job (get_job_error) first."
        )


async def test_an_unclear_result_is_reported_for_each_spelling_of_the_id(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock
) -> None:
    faults.push(CannedResponse(502), on=POSTS)
    (job,) = failed_ids(store)
    async with client_of_aliased_api(api, str.lower, clock, "auto") as client:
        report = await retry_jobs(client, [job, job.upper()])
    first, second = (row["detail"] for row in report["jobs"])
    assert first.endswith(MAY_HAVE_STARTED)
    assert second == f'This is the same job as "{job}" in this call. {first}'


async def test_the_id_that_writer_returns_is_posted_and_the_job_is_read_once(
    store: SandboxStore, api: SandboxApp, clock: Clock
) -> None:
    (job,) = failed_ids(store)
    async with client_of_aliased_api(api, str.lower, clock, "auto") as client:
        await retry_jobs(client, [job.upper()])
    start = "/v1/applications/jobs"
    assert [each.request_line for each in api.received] == [f"GET {start}/{job.upper()}", f"POST {start}/{job}/retry"]


async def test_a_rejected_retry_is_not_posted_again_under_another_spelling_of_the_id(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock
) -> None:
    faults.push(CannedResponse(409), on=POSTS)
    (job,) = failed_ids(store)
    async with client_of_aliased_api(api, str.lower, clock, "auto") as client:
        report = await retry_jobs(client, [job, job.upper()])
    assert outcomes(report) == ["error", "error"]
    assert posted_ids(api) == [job]


async def test_an_alias_counts_as_the_job_that_writer_returns(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, clock: Clock, mode: str
) -> None:
    faults.push(CannedResponse(202, b"{}"), on=POSTS, times=None)
    (job,) = failed_ids(store)
    async with client_of_aliased_api(api, lambda each: job if each == "alias" else each, clock, mode) as client:
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


async def test_swapped_ids_do_not_deadlock(store: SandboxStore, api: SandboxApp, clock: Clock) -> None:
    one, other = failed_ids(store, 2)
    swapped = {one: other, other: one}

    class Swapping(AliasedIds):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await (super().__call__ if scope.get("method") == "GET" else api)(scope, receive, send)

    async with serve(Swapping(api, swapped.__getitem__)) as url, retry_client(url, clock) as client:
        reports = await retry_concurrently(4, client, [one, other])
    assert sorted(posted_ids(api)) == sorted([one, other])
    assert sum(retried(report) for report in reports) == 2


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
