"""The sandbox's responses match the vendor's documentation, and its own choices where that is silent."""

import re
from uuid import UUID

import httpx
import pytest

from tests.helpers.sandbox import FIRST, JOBS, NOW, SECOND, THIRD, UNKNOWN_ID, all_jobs, http_client, parse_job_list
from tests.helpers.sandbox_documents import (
    Accepted,
    ApplicationList,
    DocumentedApplication,
    DocumentedJob,
    Envelope,
    Output,
    Pagination,
)
from writer_jobs_mcp.sandbox import APPLICATIONS, SandboxStore, build_app, serve
from writer_jobs_mcp.sandbox.applications import SandboxApplication
from writer_jobs_mcp.sandbox.routes import DEFAULT_LIMIT, TotalCount


@pytest.mark.parametrize("application", APPLICATIONS, ids=[each.alias for each in APPLICATIONS])
async def test_every_job_and_page_has_only_the_documented_fields(
    client: httpx.AsyncClient, application: SandboxApplication
) -> None:
    jobs: list[DocumentedJob] = []
    while page := parse_job_list(
        await client.get(f"/v1/applications/{application.id}/jobs?offset={len(jobs)}&limit=100")
    ).result:
        jobs += page

    assert len({job.id for job in jobs}) == len(jobs) >= 90
    for job in jobs:
        assert (job.data is not None) == (job.status == "completed")
        assert job.error is None or job.status == "failed"
        assert (job.completed_at is None) == (job.status == "in_progress")


async def test_times_are_utc_to_the_microsecond(client: httpx.AsyncClient) -> None:
    text = (await client.get(JOBS)).text + (await client.get("/v1/applications")).text

    times = re.findall(r'"(?:\w+_at)":"([^"]+)"', text)
    assert len(times) > 40
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", moment) for moment in times)


async def test_optional_fields_are_absent_from_some_jobs_and_null_in_others(store: SandboxStore) -> None:
    shown = [job.as_json(NOW) for job in all_jobs(store, "completed")]

    assert any("error" in job and job["error"] is None for job in shown)
    assert any("error" not in job for job in shown)
    assert any("updated_at" not in job for job in shown)
    assert any("title" not in Output.model_validate(job["data"]).model_fields_set for job in shown)


async def test_applications_have_only_the_documented_fields(client: httpx.AsyncClient) -> None:
    listed = ApplicationList.model_validate_json((await client.get("/v1/applications")).content)

    assert len(listed.data) == 3
    assert {field.input_type for app in listed.data for field in app.inputs} == {
        "text",
        "dropdown",
        "file",
        "media",
    }
    for application in listed.data:
        single = await client.get(f"/v1/applications/{application.id}")
        assert DocumentedApplication.model_validate_json(single.content) == application


@pytest.mark.parametrize(
    ("query", "page", "has_more"),
    [
        ("", [THIRD, SECOND, FIRST], False),
        ("order=asc", [FIRST, SECOND, THIRD], False),
        ("limit=2", [THIRD, SECOND], True),
        (f"after={THIRD.id}", [SECOND, FIRST], False),
        (f"after={THIRD.id}&limit=1", [SECOND], True),
        (f"before={FIRST.id}", [THIRD, SECOND], False),
        (f"before={FIRST.id}&limit=1", [SECOND], True),
        (f"after={FIRST.id}", [], False),
        ("type=generation&order=asc&limit=1", [FIRST], True),
    ],
)
async def test_applications_are_paged_by_id(
    client: httpx.AsyncClient, query: str, page: list[SandboxApplication], has_more: bool
) -> None:
    listed = ApplicationList.model_validate_json((await client.get(f"/v1/applications?{query}")).content)

    ids = [UUID(application.id) for application in page]
    assert ([application.id for application in listed.data], listed.has_more) == (ids, has_more)
    assert (listed.first_id, listed.last_id) == ((ids[0], ids[-1]) if ids else (None, None))


async def test_retry_and_create_are_accepted_with_three_fields(client: httpx.AsyncClient, store: SandboxStore) -> None:
    inputs = [{"id": "Product name", "value": ["Cup"]}, {"id": "Key features", "value": ["Round", "Blue"]}]
    created = await client.post(JOBS, json={"inputs": inputs})
    retried = await client.post(f"/v1/applications/jobs/{store.jobs(FIRST.id, 'failed')[0].id}/retry")

    for answer in (created, retried):
        assert answer.status_code == 202
        assert Accepted.model_validate_json(answer.content).status == "in_progress"


@pytest.mark.parametrize(
    ("method", "path", "status", "key"),
    [
        ("GET", f"{JOBS}?status=queued", 400, "fail.badRequest.invalidParameters"),
        ("GET", f"{JOBS}?limit=0", 400, "fail.badRequest.invalidParameters"),
        ("GET", f"{JOBS}?limit=many", 400, "fail.badRequest.invalidParameters"),
        ("GET", f"{JOBS}?limit={2**31}", 400, "fail.badRequest.invalidParameters"),
        ("GET", f"{JOBS}?offset=-1", 400, "fail.badRequest.invalidParameters"),
        ("GET", "/v1/applications?order=up", 400, "fail.badRequest.invalidParameters"),
        ("GET", "/v1/applications?type=chat", 400, "fail.badRequest.invalidParameters"),
        ("GET", f"/v1/applications?after={UNKNOWN_ID}", 400, "fail.badRequest.invalidParameters"),
        ("POST", JOBS, 400, "fail.badRequest.invalidParameters"),
        ("GET", f"/v1/applications/{UNKNOWN_ID}", 404, "fail.notFound.resource"),
        ("GET", f"/v1/applications/{UNKNOWN_ID}/jobs", 404, "fail.notFound.resource"),
        ("GET", f"/v1/applications/jobs/{UNKNOWN_ID}", 404, "fail.notFound.resource"),
        ("POST", f"/v1/applications/jobs/{UNKNOWN_ID}/retry", 404, "fail.notFound.resource"),
        ("GET", "/v1/applications/jobs", 404, "fail.notFound.resource"),
        ("GET", "/v1/applications/", 404, "fail.notFound.resource"),
        ("GET", "/v2/applications", 404, "fail.notFound.resource"),
        ("DELETE", JOBS, 405, "fail.methodNotAllowed.generic"),
        ("GET", f"/v1/applications/jobs/{UNKNOWN_ID}/retry", 405, "fail.methodNotAllowed.generic"),
    ],
)
async def test_invalid_requests_get_the_documented_error_response(
    client: httpx.AsyncClient, method: str, path: str, status: int, key: str
) -> None:
    response = await client.request(method, path)

    assert response.status_code == status
    assert [error.key for error in Envelope.model_validate_json(response.content).errors] == [key]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputs": "Cup"},
        {"inputs": [{"id": "Product name", "value": "Cup"}]},
        {"inputs": [{"id": "Product name", "value": ["Cup"]}]},
        {"inputs": [{"id": name, "value": ["Cup"]} for name in ("Product name", "Key features", "Shoe size")]},
    ],
)
async def test_a_job_with_invalid_inputs_is_not_created(
    client: httpx.AsyncClient, store: SandboxStore, body: dict[str, object]
) -> None:
    response = await client.post(JOBS, json=body)

    assert response.status_code == 400
    assert Envelope.model_validate_json(response.content)
    assert len(store.jobs(FIRST.id)) == 400


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic c2Fu"}, {"Authorization": "Bearer wrong"}])
async def test_every_path_requires_the_key(store: SandboxStore, header: dict[str, str]) -> None:
    async with serve(build_app(store)) as url, httpx.AsyncClient(base_url=url, headers=header) as client:
        for path in ("/v1/applications", JOBS, "/nowhere"):
            response = await client.get(path)
            assert response.status_code == 401
            assert Envelope.model_validate_json(response.content).errors[0].key == "fail.unauthorized.badToken"


async def test_the_401_of_the_real_api_repeats_the_end_of_the_key(store: SandboxStore) -> None:
    async with http_client(build_app(store, echo_key=True), key="a-wrong-key-9f3c") as client:
        response = await client.get(JOBS)

    assert response.status_code == 401
    assert (response.json()["tpe"], response.json()["extras"]) == ("fail.auth", None)
    assert "sk-...9f3c, Key Hash (Token) =" in response.json()["errors"][0]["description"]


@pytest.mark.parametrize(
    ("query", "limit"), [("", DEFAULT_LIMIT), ("limit=7", 7), ("limit=100", 100), ("limit=5000", 100)]
)
async def test_a_page_reports_the_limit_that_was_applied(client: httpx.AsyncClient, query: str, limit: int) -> None:
    page = parse_job_list(await client.get(f"{JOBS}?offset=3&{query}"))

    assert page.pagination == Pagination(offset=3, limit=limit)
    assert len(page.result) == limit


async def test_the_maximum_page_size_can_be_lowered(store: SandboxStore) -> None:
    async with http_client(build_app(store, max_limit=13)) as client:
        page = parse_job_list(await client.get(f"{JOBS}?limit=100"))

    assert (len(page.result), page.pagination) == (13, Pagination(offset=0, limit=13))


async def test_a_page_past_the_end_is_empty(client: httpx.AsyncClient) -> None:
    page = parse_job_list(await client.get(f"{JOBS}?offset=400"))

    assert (page.result, page.totalCount) == ([], 400)


@pytest.mark.parametrize("total", ["matches", "all", "missing"])
async def test_what_the_total_counts_can_be_configured(store: SandboxStore, total: TotalCount) -> None:
    failed = len(store.jobs(FIRST.id, "failed"))
    async with http_client(build_app(store, total_count=total)) as client:
        response = await client.get(f"{JOBS}?status=failed")

    assert parse_job_list(response).totalCount == {"matches": failed, "all": 400, "missing": None}[total]
    assert ("totalCount" in response.text) == (total != "missing")


async def test_the_single_job_endpoint_can_be_disabled_without_the_retry_endpoint(store: SandboxStore) -> None:
    job = store.jobs(FIRST.id, "failed")[0]
    async with http_client(build_app(store, single_job_endpoint=False)) as client:
        assert (await client.get(f"/v1/applications/jobs/{job.id}")).status_code == 404
        assert (await client.post(f"/v1/applications/jobs/{job.id}/retry")).status_code == 202
