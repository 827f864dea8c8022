"""The sandbox serves a million jobs over HTTP without holding them."""

import tracemalloc
from collections.abc import AsyncGenerator
from datetime import timedelta

import httpx
import pytest

from tests.conftest import Clock
from tests.helpers.sandbox import FIRST, JOBS, NOW, UNKNOWN_ID, http_client, parse_job_list
from tests.helpers.sandbox_documents import DocumentedJob, JobList
from writer_jobs_mcp.sandbox import SandboxStore, build_app

MILLION = 1_000_000
STATUSES = ("in_progress", "failed", "completed")


def million_jobs(clock: Clock) -> SandboxStore:
    return SandboxStore(now=NOW, clock=clock, jobs=MILLION, failed_share=0.01)


@pytest.fixture
async def client(clock: Clock) -> AsyncGenerator[httpx.AsyncClient]:
    async with http_client(build_app(million_jobs(clock))) as http:
        yield http


async def read_page(client: httpx.AsyncClient, offset: int, status: str | None = None, limit: int = 100) -> JobList:
    query = {"offset": offset, "limit": limit} | ({"status": status} if status else {})
    return parse_job_list(await client.get(JOBS, params=query))


async def count_jobs(client: httpx.AsyncClient, status: str | None = None) -> int:
    return (await read_page(client, 0, status, limit=1)).totalCount or 0


async def read_job(client: httpx.AsyncClient, job_id: object) -> DocumentedJob:
    return DocumentedJob.model_validate_json((await client.get(f"/v1/applications/jobs/{job_id}")).content)


async def test_pages_at_any_offset_are_full_and_from_new_to_old(client: httpx.AsyncClient) -> None:
    offsets = [0, 100, 1234, 499_950, 500_050, 999_900, MILLION]
    pages = [await read_page(client, offset) for offset in offsets]
    jobs = [job for page in pages for job in page.result]

    assert [len(page.result) for page in pages] == [100] * 6 + [0]
    assert {page.totalCount for page in pages} == {MILLION}
    assert len({job.id for job in jobs}) == 600
    assert [job.created_at for job in jobs] == sorted((job.created_at for job in jobs), reverse=True)
    assert jobs[0].created_at <= NOW
    assert jobs[-1].created_at >= NOW - timedelta(days=7)


@pytest.mark.parametrize("status", STATUSES)
async def test_pages_of_a_status_hold_only_its_jobs_up_to_the_last(client: httpx.AsyncClient, status: str) -> None:
    total = await count_jobs(client, status)
    pages = [await read_page(client, offset, status, limit=7) for offset in (0, total // 2, total - 7, total)]
    jobs = [job for page in pages for job in page.result]

    assert [len(page.result) for page in pages] == [7, 7, 7, 0]
    assert {job.status for job in jobs} == {status}
    assert [job.created_at for job in jobs] == sorted((job.created_at for job in jobs), reverse=True)


async def test_the_statuses_add_up_and_the_share_that_fails_is_exact_once_all_have_ended(
    client: httpx.AsyncClient, clock: Clock
) -> None:
    assert sum([await count_jobs(client, status) for status in STATUSES]) == MILLION
    assert await count_jobs(client, "in_progress") > 5

    clock.advance(minutes=10)

    assert [await count_jobs(client, status) for status in STATUSES] == [5, 10_000, MILLION - 10_005]


async def test_a_job_is_found_by_its_id_as_the_list_shows_it(client: httpx.AsyncClient) -> None:
    for offset in (0, 400_000, 999_990):
        for job in (await read_page(client, offset, limit=10)).result:
            assert await read_job(client, job.id) == job

    assert (await client.get(f"/v1/applications/jobs/{UNKNOWN_ID}")).status_code == 404


async def test_a_retried_job_runs_completes_and_keeps_its_place(client: httpx.AsyncClient, clock: Clock) -> None:
    before = await read_page(client, 5000, "failed", limit=3)
    numbers = {status: await count_jobs(client, status) for status in STATUSES}
    retried = before.result[1].id

    accepted = await client.post(f"/v1/applications/jobs/{retried}/retry")
    running = await read_job(client, retried)
    after = await read_page(client, 5000, "failed", limit=2)

    assert (accepted.status_code, running.status) == (202, "in_progress")
    assert after.result == [before.result[0], before.result[2]]
    assert after.totalCount == numbers["failed"] - 1
    assert await count_jobs(client, "in_progress") == numbers["in_progress"] + 1
    clock.advance(minutes=10)
    assert (await read_job(client, retried)).status == "completed"
    assert await count_jobs(client) == MILLION


async def test_an_added_job_is_first_and_a_removed_one_gone(clock: Clock) -> None:
    store = million_jobs(clock)
    async with http_client(build_app(store)) as client:
        first, removed = (await read_page(client, 0)).result[0], (await read_page(client, 700_000)).result[0]
        added = store.add(FIRST.id)
        store.remove(str(removed.id))

        assert [str(job.id) for job in (await read_page(client, 0, limit=2)).result] == [added.id, str(first.id)]
        assert await count_jobs(client) == MILLION
        assert (await client.get(f"/v1/applications/jobs/{removed.id}")).status_code == 404


async def test_the_same_arguments_give_the_same_bytes(client: httpx.AsyncClient, clock: Clock) -> None:
    query = f"{JOBS}?offset=600000&limit=50"
    async with http_client(build_app(million_jobs(clock))) as other:
        assert (await other.get(query)).content == (await client.get(query)).content


async def test_a_million_jobs_take_less_than_ten_megabytes(clock: Clock) -> None:
    tracemalloc.start()
    try:
        async with http_client(build_app(million_jobs(clock))) as client:
            for status in (None, *STATUSES):
                for offset in range(0, MILLION, 250_000):
                    await read_page(client, offset, status)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 10e6
