"""The embedded Writer API is held to the vendor's documents and to the vendor's own client."""

import asyncio
import errno
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean
from uuid import UUID

import httpx
import pytest
import writerai
from starlette.types import ASGIApp

from tests.conftest import Clock
from tests.helpers.sandbox_documents import (
    Accepted,
    ApplicationList,
    DocumentedApplication,
    DocumentedJob,
    Envelope,
    JobList,
    Output,
    Pagination,
)
from writer_jobs_mcp.sandbox import (
    APPLICATIONS,
    DEFAULT_LIMIT,
    ERROR_WITHOUT_TEXT,
    NEW_ERROR,
    RISING_ERROR,
    SAMPLE_ERRORS,
    SANDBOX_KEY,
    CannedResponse,
    Delay,
    DroppedConnection,
    FaultScript,
    InjectedFault,
    NotHttp,
    ReceivedRequest,
    SandboxApplication,
    SandboxJob,
    SandboxJobStatus,
    SandboxStore,
    StalledBody,
    TotalCount,
    TruncatedBody,
    WrongContentType,
    build_app,
    serve,
    serve_forever,
)

NOW = datetime(2026, 11, 23, 10, 38, 17, 501223, tzinfo=UTC)
FIRST, SECOND, THIRD = APPLICATIONS
JOBS = f"/v1/applications/{FIRST.id}/jobs"
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def world(clock: Clock) -> SandboxStore:
    return SandboxStore(now=NOW, clock=clock)


@pytest.fixture
def faults() -> FaultScript:
    return FaultScript()


@pytest.fixture
async def vendor(world: SandboxStore) -> AsyncGenerator[writerai.AsyncWriter]:
    """The official SDK, talking to the sandbox over real HTTP."""
    async with (
        serve(build_app(world)) as url,
        writerai.AsyncWriter(api_key=SANDBOX_KEY, base_url=url, max_retries=0) as client,
    ):
        yield client


@pytest.fixture
async def client(world: SandboxStore, faults: FaultScript) -> AsyncGenerator[httpx.AsyncClient]:
    """A plain HTTP client, for what the SDK hides."""
    async with reach(build_app(world, faults=faults)) as http:
        yield http


@asynccontextmanager
async def reach(app: ASGIApp, key: str = SANDBOX_KEY) -> AsyncGenerator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        serve(app) as url,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=5, trust_env=False) as client,
    ):
        yield client


def parsed(response: httpx.Response) -> JobList:
    assert response.status_code == 200
    return JobList.model_validate_json(response.content)


def every_job(world: SandboxStore, status: SandboxJobStatus | None = None) -> list[SandboxJob]:
    return [job for application in APPLICATIONS for job in world.jobs(application.id, status)]


def outputs(world: SandboxStore) -> list[str]:
    shown = [job.as_json(NOW)["data"] for job in every_job(world, "completed")]
    return [Output.model_validate(data).suggestion for data in shown]


def hours_old(jobs: Sequence[SandboxJob]) -> list[float]:
    return [(NOW - job.created_at) / timedelta(hours=1) for job in jobs]


# The vendor's client


async def test_the_sdk_walks_every_application_one_to_a_page(vendor: writerai.AsyncWriter) -> None:
    listed = [application async for application in vendor.applications.list(limit=1)]

    assert [application.name for application in listed] == [
        "Blog article drafter",
        "Support reply drafter",
        "Product description writer",
    ]


@pytest.mark.parametrize("reference", [FIRST.id, FIRST.alias])
async def test_the_sdk_retrieves_an_application_by_id_or_alias(vendor: writerai.AsyncWriter, reference: str) -> None:
    application = await vendor.applications.retrieve(reference)

    assert (application.id, application.status) == (FIRST.id, "deployed")
    assert [field.name for field in application.inputs if field.required] == ["Product name", "Key features"]


async def test_the_sdk_walks_every_job_once_newest_first(vendor: writerai.AsyncWriter, world: SandboxStore) -> None:
    jobs = [job async for job in vendor.applications.jobs.list(FIRST.id)]

    assert [job.id for job in jobs] == [job.id for job in world.jobs(FIRST.id)]
    assert len({job.id for job in jobs}) == 400
    assert all(newer.created_at >= older.created_at for newer, older in pairwise(jobs))


@pytest.mark.parametrize("status", ["in_progress", "failed", "completed"])
async def test_the_sdk_filters_by_status(
    vendor: writerai.AsyncWriter, world: SandboxStore, status: SandboxJobStatus
) -> None:
    jobs = [job async for job in vendor.applications.jobs.list(SECOND.id, status=status, limit=7)]

    assert {job.status for job in jobs} == {status}
    assert [job.id for job in jobs] == [job.id for job in world.jobs(SECOND.id) if job.status(world.clock()) == status]


async def test_the_alias_lists_the_same_jobs_which_name_the_id(vendor: writerai.AsyncWriter) -> None:
    by_alias = await vendor.applications.jobs.list(FIRST.alias)
    by_id = await vendor.applications.jobs.list(FIRST.id)

    assert by_alias.result == by_id.result
    assert {job.application_id for job in by_alias.result} == {FIRST.id}


async def test_the_sdk_retrieves_a_job_as_the_list_shows_it(vendor: writerai.AsyncWriter) -> None:
    page = await vendor.applications.jobs.list(THIRD.id)

    assert [await vendor.applications.jobs.retrieve(job.id) for job in page.result] == page.result


async def test_a_created_job_heads_the_list_and_completes_in_time(vendor: writerai.AsyncWriter, clock: Clock) -> None:
    created = await vendor.applications.jobs.create(
        THIRD.alias,
        inputs=[{"id": "Topic", "value": ["Tea"]}, {"id": "Audience", "value": ["General"]}],
    )
    page = await vendor.applications.jobs.list(THIRD.id, limit=1)
    assert (created.id, created.status) == (page.result[0].id, "in_progress")

    clock.advance(seconds=31)

    assert (await vendor.applications.jobs.retrieve(created.id)).status == "completed"


async def test_a_retried_job_runs_again_under_its_id_and_completes(
    vendor: writerai.AsyncWriter, world: SandboxStore, clock: Clock
) -> None:
    failed = world.jobs(FIRST.id, "failed")[3]
    order = [job.id for job in world.jobs(FIRST.id)]

    accepted = await vendor.applications.jobs.retry(failed.id)
    running = await vendor.applications.jobs.retrieve(failed.id)
    clock.advance(minutes=10)
    done = await vendor.applications.jobs.retrieve(failed.id)

    assert (accepted.id, accepted.status, accepted.created_at) == (failed.id, "in_progress", done.created_at)
    assert (running.status, running.error) == ("in_progress", None)
    assert (done.status, done.error) == ("completed", None)
    assert [job.id for job in world.jobs(FIRST.id)] == order
    assert failed not in world.jobs(FIRST.id, "failed")


async def test_the_sdk_raises_its_own_errors(vendor: writerai.AsyncWriter, world: SandboxStore) -> None:
    with pytest.raises(writerai.AuthenticationError):
        await vendor.with_options(api_key="another").applications.list()
    with pytest.raises(writerai.NotFoundError):
        await vendor.applications.jobs.retrieve(NOWHERE)
    with pytest.raises(writerai.BadRequestError):
        await vendor.applications.jobs.list(FIRST.id, offset=-1)
    with pytest.raises(writerai.ConflictError):
        await vendor.applications.jobs.retry(world.jobs(FIRST.id, "completed")[0].id)


# The vendor's documents


@pytest.mark.parametrize("application", APPLICATIONS, ids=[each.alias for each in APPLICATIONS])
async def test_every_job_and_page_has_the_documented_fields_and_no_other(
    client: httpx.AsyncClient, application: SandboxApplication
) -> None:
    jobs: list[DocumentedJob] = []
    while page := parsed(
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


async def test_optional_fields_are_absent_from_some_jobs_and_null_in_others(world: SandboxStore) -> None:
    shown = [job.as_json(NOW) for job in every_job(world, "completed")]

    assert any("error" in job and job["error"] is None for job in shown)
    assert any("error" not in job for job in shown)
    assert any("updated_at" not in job for job in shown)
    assert any("title" not in Output.model_validate(job["data"]).model_fields_set for job in shown)


async def test_applications_have_the_documented_fields_and_no_other(client: httpx.AsyncClient) -> None:
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


async def test_retry_and_create_are_accepted_with_three_fields(client: httpx.AsyncClient, world: SandboxStore) -> None:
    inputs = [{"id": "Product name", "value": ["Cup"]}, {"id": "Key features", "value": ["Round", "Blue"]}]
    created = await client.post(JOBS, json={"inputs": inputs})
    retried = await client.post(f"/v1/applications/jobs/{world.jobs(FIRST.id, 'failed')[0].id}/retry")

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
        ("GET", f"/v1/applications?after={NOWHERE}", 400, "fail.badRequest.invalidParameters"),
        ("POST", JOBS, 400, "fail.badRequest.invalidParameters"),
        ("GET", f"/v1/applications/{NOWHERE}", 404, "fail.notFound.resource"),
        ("GET", f"/v1/applications/{NOWHERE}/jobs", 404, "fail.notFound.resource"),
        ("GET", f"/v1/applications/jobs/{NOWHERE}", 404, "fail.notFound.resource"),
        ("POST", f"/v1/applications/jobs/{NOWHERE}/retry", 404, "fail.notFound.resource"),
        ("GET", "/v1/applications/jobs", 404, "fail.notFound.resource"),
        ("GET", "/v1/applications/", 404, "fail.notFound.resource"),
        ("GET", "/v2/applications", 404, "fail.notFound.resource"),
        ("DELETE", JOBS, 405, "fail.methodNotAllowed.generic"),
        ("GET", f"/v1/applications/jobs/{NOWHERE}/retry", 405, "fail.methodNotAllowed.generic"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_the_documented_envelope(
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
async def test_a_job_is_not_created_from_inputs_the_form_does_not_have(
    client: httpx.AsyncClient, world: SandboxStore, body: dict[str, object]
) -> None:
    response = await client.post(JOBS, json=body)

    assert response.status_code == 400
    assert Envelope.model_validate_json(response.content)
    assert len(world.jobs(FIRST.id)) == 400


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic c2Fu"}, {"Authorization": "Bearer wrong"}])
async def test_without_the_key_nothing_is_told(world: SandboxStore, header: dict[str, str]) -> None:
    async with serve(build_app(world)) as url, httpx.AsyncClient(base_url=url, headers=header) as client:
        for path in ("/v1/applications", JOBS, "/nowhere"):
            response = await client.get(path)
            assert response.status_code == 401
            assert Envelope.model_validate_json(response.content).errors[0].key == "fail.unauthorized.badToken"


async def test_the_refusal_seen_in_the_wild_echoes_the_key(world: SandboxStore) -> None:
    async with reach(build_app(world, echo_key=True), key="a-wrong-key-9f3c") as client:
        response = await client.get(JOBS)

    assert response.status_code == 401
    assert (response.json()["tpe"], response.json()["extras"]) == ("fail.auth", None)
    assert "sk-...9f3c, Key Hash (Token) =" in response.json()["errors"][0]["description"]


# Where the documents are silent


@pytest.mark.parametrize(
    ("query", "limit"), [("", DEFAULT_LIMIT), ("limit=7", 7), ("limit=100", 100), ("limit=5000", 100)]
)
async def test_a_page_tells_the_limit_really_used(client: httpx.AsyncClient, query: str, limit: int) -> None:
    page = parsed(await client.get(f"{JOBS}?offset=3&{query}"))

    assert page.pagination == Pagination(offset=3, limit=limit)
    assert len(page.result) == limit


async def test_the_greatest_page_can_be_smaller(world: SandboxStore) -> None:
    async with reach(build_app(world, max_limit=13)) as client:
        page = parsed(await client.get(f"{JOBS}?limit=100"))

    assert (len(page.result), page.pagination) == (13, Pagination(offset=0, limit=13))


async def test_past_the_end_a_page_is_empty(client: httpx.AsyncClient) -> None:
    page = parsed(await client.get(f"{JOBS}?offset=400"))

    assert (page.result, page.totalCount) == ([], 400)


@pytest.mark.parametrize("total", ["matches", "all", "missing"])
async def test_the_total_counts_what_it_is_told_to(world: SandboxStore, total: TotalCount) -> None:
    failed = len(world.jobs(FIRST.id, "failed"))
    async with reach(build_app(world, total_count=total)) as client:
        response = await client.get(f"{JOBS}?status=failed")

    assert parsed(response).totalCount == {"matches": failed, "all": 400, "missing": None}[total]
    assert ("totalCount" in response.text) == (total != "missing")


async def test_the_single_job_endpoint_can_be_missing_while_retry_is_there(world: SandboxStore) -> None:
    job = world.jobs(FIRST.id, "failed")[0]
    async with reach(build_app(world, single_job_endpoint=False)) as client:
        assert (await client.get(f"/v1/applications/jobs/{job.id}")).status_code == 404
        assert (await client.post(f"/v1/applications/jobs/{job.id}/retry")).status_code == 202


# A lifelike world


async def test_the_same_seed_and_moment_answer_the_same_bytes() -> None:
    async def answer(seed: int) -> bytes:
        async with reach(build_app(SandboxStore(now=NOW, clock=lambda: NOW, seed=seed))) as client:
            return (await client.get(f"{JOBS}?limit=100")).content

    assert await answer(1) == await answer(1)
    assert await answer(1) != await answer(2)


def test_640_jobs_lie_in_the_last_week_more_by_day_than_by_night(world: SandboxStore) -> None:
    jobs = every_job(world)
    day, night = (sum(job.created_at.hour in hours for job in jobs) for hours in (range(9, 17), range(8)))

    assert [len(world.jobs(application.id)) for application in APPLICATIONS] == [400, 150, 90]
    assert all(0 <= hours <= 168 for hours in hours_old(jobs))
    assert day > 2 * night


@pytest.mark.parametrize("jobs", [0, 1, 99, 10_000])
def test_the_first_application_has_as_many_jobs_as_told(clock: Clock, jobs: int) -> None:
    world = SandboxStore(now=NOW, clock=clock, jobs=jobs)

    assert len(world.jobs(FIRST.alias)) == jobs
    assert len(world.jobs(SECOND.id)) == 150


@pytest.mark.parametrize("jobs", [400, 10_000])
def test_a_fifth_to_a_quarter_of_the_jobs_fail(clock: Clock, jobs: int) -> None:
    world = SandboxStore(now=NOW, clock=clock, jobs=jobs)

    assert 0.20 <= len(every_job(world, "failed")) / len(every_job(world)) <= 0.25


def test_the_first_application_fails_of_every_cause_in_varying_words(world: SandboxStore) -> None:
    failed = world.jobs(FIRST.id, "failed")
    errors = [job.as_json(NOW).get("error") for job in failed]

    assert {job.sample_error for job in failed} == set(SAMPLE_ERRORS)
    assert len(SAMPLE_ERRORS) >= 12
    assert len(set(errors)) > 0.7 * len(errors)


def test_failures_come_as_text_html_json_tracebacks_german_and_nothing(world: SandboxStore) -> None:
    errors = [job.as_json(NOW).get("error") for job in every_job(world, "failed")]
    texts = [error for error in errors if isinstance(error, str)]

    assert len(texts) == len(errors) - sum(job.sample_error is ERROR_WITHOUT_TEXT for job in every_job(world, "failed"))
    assert any(text.startswith("<html>") for text in texts)
    assert any(text.startswith("Traceback") and text.count("\n") >= 11 for text in texts)
    assert any("ß" in text or "Ungültige" in text for text in texts)
    assert any(
        json.loads(text)["errors"][0]["key"] == "fail.guardrail.blocked" for text in texts if text.startswith("{")
    )
    assert not any("$" in text for text in texts)


@pytest.mark.parametrize("hour", [3, 13])
def test_one_cause_is_new_in_the_last_six_hours(hour: int) -> None:
    now = NOW.replace(hour=hour)
    world = SandboxStore(now=now, clock=lambda: now)
    ages = [now - job.created_at for job in every_job(world, "failed") if job.sample_error is NEW_ERROR]

    assert len(ages) >= 3
    assert max(ages) < timedelta(hours=6)


def test_one_cause_is_ever_more_frequent(world: SandboxStore) -> None:
    ages = hours_old([job for job in world.jobs(FIRST.id, "failed") if job.sample_error is RISING_ERROR])
    today, yesterday, before = (
        sum(low <= age < high for age in ages) / ((high - low) / 24) for low, high in ((0, 24), (24, 48), (48, 168))
    )

    assert today > yesterday > before > 0


def test_outputs_keep_their_bounds_and_hold_line_breaks(world: SandboxStore) -> None:
    texts = outputs(world)
    lengths = [len(text) for text in texts]

    assert 200 <= min(lengths) < 400
    assert 3_000 < max(lengths) <= 6_000
    assert 500 < mean(lengths) < 2_500
    assert all("\n" in text and "$" not in text for text in texts)


@pytest.mark.parametrize(
    "word", [" the ", " und | für | nicht ", " est | les | dès ", " para | del ", "[ぁ-ん]{2}", "[؀-ۿ]{3}"]
)
def test_outputs_come_in_six_languages(world: SandboxStore, word: str) -> None:
    assert sum(bool(re.search(word, text)) for text in outputs(world)) >= 5


def test_jobs_in_progress_finish_as_time_passes_and_a_few_never_do(world: SandboxStore, clock: Clock) -> None:
    running = list(world.jobs(FIRST.id, "in_progress"))
    clock.advance(minutes=30)
    stuck = list(world.jobs(FIRST.id, "in_progress"))
    clock.advance(days=30)

    assert 0 < len(stuck) <= 5 < len(running)
    assert list(world.jobs(FIRST.id, "in_progress")) == stuck
    assert min(hours_old(stuck)) > 2
    assert {job.status(clock()) for job in running if job not in stuck} <= {"completed", "failed"}


def test_a_job_added_takes_its_place_and_fails_with_the_words_given(world: SandboxStore, clock: Clock) -> None:
    newest = world.add(FIRST.alias, duration=timedelta(0), error="costs $5 and {more}")
    older = world.add(FIRST.id, created_at=NOW - timedelta(days=1), duration=None)
    jobs = world.jobs(FIRST.id)

    assert (jobs[0], newest.as_json(clock())["error"]) == (newest, "costs $5 and {more}")
    assert jobs[jobs.index(older) - 1].created_at >= older.created_at >= jobs[jobs.index(older) + 1].created_at
    assert newest in world.jobs(FIRST.id, "failed")
    world.remove(newest.id)
    assert world.job(newest.id) is None
    assert newest not in world.jobs(FIRST.id, "failed")
    assert len(world.jobs(FIRST.id)) == 401


def test_an_unknown_application_or_job_is_a_lookup_error(world: SandboxStore) -> None:
    for ask in (world.jobs, world.add, world.remove, world.retry):
        with pytest.raises(LookupError):
            ask(NOWHERE)


# Trouble on demand


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (DroppedConnection(), httpx.RemoteProtocolError),
        (DroppedConnection(reset=True), httpx.ReadError),
        (DroppedConnection(handled=True), httpx.RemoteProtocolError),
        (NotHttp(), httpx.RemoteProtocolError),
        (TruncatedBody(bytes_sent=100), httpx.RemoteProtocolError),
        (TruncatedBody(bytes_sent=0), httpx.RemoteProtocolError),
        (StalledBody(bytes_before=100, seconds=30), httpx.ReadTimeout),
        (Delay(seconds=30), httpx.ReadTimeout),
        (Delay(seconds=0.01, then=DroppedConnection()), httpx.RemoteProtocolError),
    ],
    ids=str,
)
async def test_a_broken_answer_is_a_transport_error_and_the_next_is_well(
    client: httpx.AsyncClient, faults: FaultScript, fault: InjectedFault, error: type[httpx.TransportError]
) -> None:
    faults.push(fault)

    with pytest.raises(error) as caught:
        await client.get(JOBS, timeout=httpx.Timeout(20, read=0.3 if error is httpx.ReadTimeout else 20))

    assert caught.type is error
    assert parsed(await client.get(JOBS)).totalCount == 400


async def test_a_scripted_answer_has_its_status_headers_and_body(
    client: httpx.AsyncClient, faults: FaultScript
) -> None:
    faults.push(CannedResponse(429, b"<p>Slow down", {"Retry-After": "2", "Content-Type": "text/html"}))

    response = await client.get(JOBS)

    assert (response.status_code, response.text) == (429, "<p>Slow down")
    assert (response.headers["retry-after"], response.headers["content-type"]) == ("2", "text/html")


async def test_a_retyped_answer_is_the_real_body_under_another_type(
    client: httpx.AsyncClient, faults: FaultScript
) -> None:
    faults.push(WrongContentType("text/html"))

    response = await client.get(JOBS)

    assert response.headers["content-type"] == "text/html"
    assert parsed(response).totalCount == 400


@pytest.mark.parametrize("fault", [StalledBody(bytes_before=100, seconds=0.01), Delay(seconds=0.01)], ids=str)
async def test_a_short_wait_loses_nothing(client: httpx.AsyncClient, faults: FaultScript, fault: InjectedFault) -> None:
    faults.push(fault)

    assert (await client.get(JOBS)).content == (await client.get(JOBS)).content


async def test_faults_strike_only_the_next_matching_requests(client: httpx.AsyncClient, faults: FaultScript) -> None:
    faults.push(CannedResponse(503), on=r"^GET .*/jobs\?.*offset=20", times=2)
    paths = [f"{JOBS}?offset=20", JOBS, f"{JOBS}?offset=20", f"{JOBS}?offset=20"]

    assert [(await client.get(path)).status_code for path in paths] == [503, 200, 503, 200]
    assert faults.pending == 0


async def test_faults_without_end_strike_until_they_are_cleared(client: httpx.AsyncClient, faults: FaultScript) -> None:
    faults.push(CannedResponse(500), times=None)
    assert [(await client.get(JOBS)).status_code for _ in range(3)] == [500, 500, 500]

    faults.clear()

    assert (await client.get(JOBS)).status_code == 200


@pytest.mark.parametrize(("handled", "status"), [(True, "in_progress"), (False, "failed")])
async def test_a_retry_whose_answer_is_lost_may_or_may_not_have_happened(
    client: httpx.AsyncClient, faults: FaultScript, world: SandboxStore, handled: bool, status: str
) -> None:
    job = world.jobs(FIRST.id, "failed")[0]
    faults.push(DroppedConnection(handled=handled), on="^POST")

    with pytest.raises(httpx.RemoteProtocolError):
        await client.post(f"/v1/applications/jobs/{job.id}/retry")

    assert job.status(world.clock()) == status


# Watching it


async def test_requests_are_recorded_in_order_without_the_key(world: SandboxStore) -> None:
    app = build_app(world)
    async with reach(app) as client:
        answers = [await client.get("/v1/applications?limit=1"), await client.get("/v1/applications/a%2Fb")]
        await client.post(f"/v1/applications/jobs/{NOWHERE}/retry")

    assert [(request.request_line, request.status) for request in app.received] == [
        ("GET /v1/applications?limit=1", 200),
        ("GET /v1/applications/a%2Fb", 404),
        (f"POST /v1/applications/jobs/{NOWHERE}/retry", 404),
    ]
    assert [request.bytes_sent for request in app.received][:2] == [len(answer.content) for answer in answers]
    assert SANDBOX_KEY not in repr(app.received)


async def test_the_world_can_move_between_two_pages(world: SandboxStore) -> None:
    def arrive(request: ReceivedRequest) -> None:
        if "offset=20" in request.query:
            world.add(FIRST.id)

    async with reach(build_app(world, on_request=arrive)) as client:
        first = parsed(await client.get(JOBS))
        second = parsed(await client.get(f"{JOBS}?offset=20"))

    assert second.result[0] == first.result[-1]
    assert second.totalCount == 401


async def test_it_answers_in_process_too_but_breaks_no_connection_there(
    world: SandboxStore, faults: FaultScript
) -> None:
    transport = httpx.ASGITransport(build_app(world, faults=faults))
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client:
        assert parsed(await client.get(JOBS)).totalCount == 400
        faults.push(DroppedConnection())
        with pytest.raises(RuntimeError, match="has to be run by `serve`"):
            await client.get(JOBS)


# Serving it


async def test_it_stops_at_once_though_a_request_hangs_and_a_connection_is_open(
    world: SandboxStore, faults: FaultScript, capfd: pytest.CaptureFixture[str]
) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    arrived = asyncio.Event()
    faults.push(Delay(seconds=60), on="hang")
    app = build_app(world, faults=faults, on_request=lambda request: arrived.set() if "hang" in request.path else None)
    async with httpx.AsyncClient(timeout=5) as client:
        async with serve(app) as url:
            await client.get(url)
            hanging = asyncio.create_task(client.get(f"{url}/hang"))
            await asyncio.wait_for(arrived.wait(), 5)
            assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
            left = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - left < 30  # half as long as the request would hang
        with pytest.raises(httpx.TransportError):
            await hanging
        with pytest.raises(httpx.ConnectError):
            await client.get(url)

    assert capfd.readouterr() == ("", "")


async def test_a_taken_port_is_an_error(world: SandboxStore) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError) as caught:  # noqa: PT011 - its number tells
        async with serve(build_app(world), port=taken.getsockname()[1]):
            pass
    assert caught.value.errno == errno.EADDRINUSE


async def test_serving_forever_announces_its_url_and_ends_when_cancelled(world: SandboxStore) -> None:
    announced = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve_forever(build_app(world), announced.set_result))
    url = await asyncio.wait_for(announced, 5)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {SANDBOX_KEY}"}) as client:
        assert (await client.get(f"{url}{JOBS}")).status_code == 200

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


def test_importing_it_brings_neither_mcp_nor_httpx() -> None:
    program = "import sys, writer_jobs_mcp.sandbox; print(*sorted({'mcp', 'httpx'} & sys.modules.keys()))"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own words

    assert run.stdout == "\n"
