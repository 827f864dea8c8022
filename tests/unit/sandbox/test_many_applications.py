"""An account of many applications: each has its own id, jobs and share of failures."""

import httpx

from tests.helpers.sandbox import NOW, http_client
from writer_jobs_mcp.sandbox import APPLICATIONS, SandboxStore, build_app

JOBS = 2_000


def account(applications: int) -> SandboxStore:
    return SandboxStore(now=NOW, clock=lambda: NOW, jobs=JOBS, applications=applications)


def test_each_application_has_the_given_number_of_jobs_under_an_id_of_its_own() -> None:
    store = account(20)
    ids = [application.id for application in store.applications]
    assert len(set(ids)) == len({application.name for application in store.applications}) == 20
    assert ids[:3] == [application.id for application in APPLICATIONS]
    jobs = [list(store.jobs(id_)) for id_ in ids]
    assert {len(each) for each in jobs} == {JOBS}
    assert {job.application.id for each in jobs for job in each} == set(ids)


def test_most_applications_of_many_have_no_failed_job() -> None:
    store = account(16)
    failed = [len(store.jobs(application.id, "failed")) for application in store.applications]
    assert failed[:8] == failed[8:] == [100, 0, 20, 0, 0, 6, 0, 0]


def test_an_account_may_be_empty() -> None:
    assert account(0).applications == ()


async def test_many_applications_are_listed_page_by_page_newest_first() -> None:
    store = account(150)
    listed: list[str] = []
    async with http_client(build_app(store)) as client:
        while True:
            after = {"after": listed[-1]} if listed else {}
            page = (await client.get("/v1/applications", params={"limit": 100, **after})).json()
            listed += [row["id"] for row in page["data"]]
            if not page["has_more"]:
                break
    newest_first = sorted(store.applications, key=lambda application: application.created_ago)
    assert listed == [application.id for application in newest_first]


async def test_a_copy_has_outputs_of_its_original() -> None:
    store = account(5)
    async with http_client(build_app(store)) as client:
        path = f"/v1/applications/{store.applications[4].id}/jobs"
        response: httpx.Response = await client.get(path, params={"status": "completed", "limit": 1})
    assert response.json()["result"][0]["data"]["suggestion"]
