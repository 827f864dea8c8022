"""The vendor's own SDK works against the sandbox, with held jobs and with computed ones."""

from itertools import pairwise

import pytest
import writerai

from tests.conftest import Clock
from tests.helpers.sandbox import FIRST, NOW, THIRD, UNKNOWN_ID
from writer_jobs_mcp.sandbox import SandboxJobStatus, SandboxStore


@pytest.fixture(params=[None, 0.2], ids=["held", "computed"])
def store(request: pytest.FixtureRequest, clock: Clock) -> SandboxStore:
    return SandboxStore(now=NOW, clock=clock, failed_share=request.param)


async def test_the_sdk_lists_every_application_one_per_page(sdk: writerai.AsyncWriter) -> None:
    listed = [application async for application in sdk.applications.list(limit=1)]

    assert [application.name for application in listed] == [
        "Blog article drafter",
        "Support reply drafter",
        "Product description writer",
    ]


@pytest.mark.parametrize("reference", [FIRST.id, FIRST.alias])
async def test_the_sdk_retrieves_an_application_by_id_or_alias(sdk: writerai.AsyncWriter, reference: str) -> None:
    application = await sdk.applications.retrieve(reference)

    assert (application.id, application.status) == (FIRST.id, "deployed")
    assert [field.name for field in application.inputs if field.required] == ["Product name", "Key features"]


async def test_the_sdk_lists_every_job_once_newest_first(sdk: writerai.AsyncWriter, store: SandboxStore) -> None:
    jobs = [job async for job in sdk.applications.jobs.list(FIRST.id)]

    assert [job.id for job in jobs] == [job.id for job in store.jobs(FIRST.id)]
    assert len({job.id for job in jobs}) == 400
    assert all(newer.created_at >= older.created_at for newer, older in pairwise(jobs))


@pytest.mark.parametrize("status", ["in_progress", "failed", "completed"])
async def test_the_sdk_filters_by_status(
    sdk: writerai.AsyncWriter, store: SandboxStore, status: SandboxJobStatus
) -> None:
    jobs = [job async for job in sdk.applications.jobs.list(FIRST.id, status=status, limit=7)]

    assert {job.status for job in jobs} == {status}
    assert [job.id for job in jobs] == [job.id for job in store.jobs(FIRST.id) if job.status(store.clock()) == status]


async def test_the_alias_lists_the_same_jobs_as_the_id(sdk: writerai.AsyncWriter) -> None:
    by_alias = await sdk.applications.jobs.list(FIRST.alias)
    by_id = await sdk.applications.jobs.list(FIRST.id)

    assert by_alias.result == by_id.result
    assert {job.application_id for job in by_alias.result} == {FIRST.id}


async def test_the_sdk_retrieves_a_job_as_the_list_shows_it(sdk: writerai.AsyncWriter) -> None:
    page = await sdk.applications.jobs.list(THIRD.id)

    assert [await sdk.applications.jobs.retrieve(job.id) for job in page.result] == page.result


async def test_a_created_job_is_first_in_the_list_and_completes(sdk: writerai.AsyncWriter, clock: Clock) -> None:
    created = await sdk.applications.jobs.create(
        THIRD.alias,
        inputs=[{"id": "Topic", "value": ["Tea"]}, {"id": "Audience", "value": ["General"]}],
    )
    page = await sdk.applications.jobs.list(THIRD.id, limit=1)
    assert (created.id, created.status) == (page.result[0].id, "in_progress")

    clock.advance(seconds=31)

    assert (await sdk.applications.jobs.retrieve(created.id)).status == "completed"


async def test_a_retried_job_runs_again_under_its_id_and_completes(
    sdk: writerai.AsyncWriter, store: SandboxStore, clock: Clock
) -> None:
    failed = store.jobs(FIRST.id, "failed")[3]
    order = [job.id for job in store.jobs(FIRST.id)]

    accepted = await sdk.applications.jobs.retry(failed.id)
    running = await sdk.applications.jobs.retrieve(failed.id)
    clock.advance(minutes=10)
    done = await sdk.applications.jobs.retrieve(failed.id)

    assert (accepted.id, accepted.status, accepted.created_at) == (failed.id, "in_progress", done.created_at)
    assert (running.status, running.error) == ("in_progress", None)
    assert (done.status, done.error) == ("completed", None)
    assert [job.id for job in store.jobs(FIRST.id)] == order
    assert failed.id not in [job.id for job in store.jobs(FIRST.id, "failed")]


async def test_the_sdk_raises_its_own_errors(sdk: writerai.AsyncWriter, store: SandboxStore) -> None:
    with pytest.raises(writerai.AuthenticationError):
        await sdk.with_options(api_key="another").applications.list()
    with pytest.raises(writerai.NotFoundError):
        await sdk.applications.jobs.retrieve(UNKNOWN_ID)
    with pytest.raises(writerai.BadRequestError):
        await sdk.applications.jobs.list(FIRST.id, offset=-1)
    with pytest.raises(writerai.ConflictError):
        await sdk.applications.jobs.retry(store.jobs(FIRST.id, "completed")[0].id)
