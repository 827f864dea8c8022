"""Random responses of Writer, documented or mutated: every tool gives a result or an error message."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
from hypothesis import example, given
from hypothesis import strategies as st
from mcp.client import Client
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, CallToolResult, ResourceTemplateReference, TextResourceContents

from tests.fakes.canned_responses import JOB, VALID_RESPONSES, CannedResponses, Document
from tests.helpers.chaos_calls import connect_client, run_tool_with
from tests.helpers.mcp import structure_of
from tests.helpers.result_checks import (
    allow_protocol_errors,
    check_result_or_error,
    check_triage_sums,
    parse_strict_json,
)
from tests.helpers.sandbox_documents import Accepted, ApplicationList, DocumentedJob, Envelope, JobList
from tests.helpers.strategies import example_settings, from_schema, mutated
from tests.helpers.tally import Tally
from tests.robustness.conftest import RunWithoutErrors
from writer_jobs_mcp.server.resources import APPLICATIONS_URI, JOB_URI

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_applications", {}),
    ("list_application_jobs", {"application_id": "a", "limit": 100}),
    ("get_job_error", {"job_id": "job-0", "application_id": "a"}),
    ("get_job_output", {"job_id": "job-0", "max_chars": 20_000}),
    ("triage_application_jobs", {"application_id": "a", "since": "9000d"}),
    ("triage_application_jobs", {"application_id": "a"}),
    ("retry_jobs", {"job_ids": ["job-0"], "dry_run": False}),
]
"""A call of each tool that does not wait."""

DOCUMENTED = {
    "applications": from_schema(ApplicationList.model_json_schema()),
    "jobs": from_schema(JobList.model_json_schema()),
    "job": from_schema(DocumentedJob.model_json_schema()),
    "started": from_schema(Accepted.model_json_schema()),
}
"""The documented responses of each endpoint."""


MUTATED = {endpoint: mutated(documents) for endpoint, documents in DOCUMENTED.items()}


@asynccontextmanager
async def connected_client() -> AsyncGenerator[tuple[Client, CannedResponses]]:
    """Connect a client, and yield it with its fake Writer API."""
    peer = CannedResponses()
    async with peer.serve() as url, connect_client(url, WRITER_JOBS_ALLOW_RETRY="true") as client:
        yield client, peer


async def call_every_tool(client: Client, tally: Tally) -> list[CallToolResult]:
    """Return the result of each tool; also check resources and completions."""
    results: list[CallToolResult] = []
    for tool, arguments in CALLS:
        tally.tried["responses of Writer"] += 1
        results.append(await run_tool_with(client, tally, tool, arguments))
        check_result_or_error(results[-1], tool)
        if tool == "triage_application_jobs" and not results[-1].is_error:
            check_triage_sums(structure_of(results[-1]))
    for address in (APPLICATIONS_URI, JOB_URI.format(application_id="a", job_id="job-0")):
        tally.tried["responses of Writer"] += 1
        with allow_protocol_errors(INVALID_PARAMS, INTERNAL_ERROR):
            (content,) = (await client.read_resource(address)).contents
            assert isinstance(content, TextResourceContents)
            parse_strict_json(content.text)
    template = ResourceTemplateReference(type="ref/resource", uri=JOB_URI)
    await client.complete(template, {"name": "application_id", "value": ""})
    return results


@example_settings(2, 30)
@given(st.lists(st.fixed_dictionaries(DOCUMENTED), min_size=3, max_size=5))
def test_documented_responses_give_a_result(
    tally: Tally, run_without_errors: RunWithoutErrors, documents: list[dict[str, Document]]
) -> None:
    async def conversation() -> None:
        async with connected_client() as (client, peer):
            for peer.responses in documents:
                results = await call_every_tool(client, tally)
                assert [result.is_error for result in results] == [False] * len(CALLS)

    run_without_errors(conversation)


@example_settings(6, 80)
@given(st.lists(st.fixed_dictionaries(MUTATED), min_size=3, max_size=5))
@example([VALID_RESPONSES | {"jobs": {"result": [{**JOB, "id": f"job-{number}"} for number in range(1_200)]}}])
@example([VALID_RESPONSES | {"jobs": {"result": [None] * 1_200, "totalCount": 1}}])
def test_mutated_responses_give_a_result_or_an_error_message(
    tally: Tally, run_without_errors: RunWithoutErrors, documents: list[dict[str, Document]]
) -> None:
    async def conversation() -> None:
        async with connected_client() as (client, peer):
            for peer.responses in documents:
                await call_every_tool(client, tally)
            peer.responses = VALID_RESPONSES
            assert not any(result.is_error for result in await call_every_tool(client, tally))

    run_without_errors(conversation)


READABLE = [{**JOB, "id": f"readable-{number}"} for number in range(3)]


@example_settings(4, 60)
@given(st.lists(st.lists(MUTATED["job"], max_size=4), min_size=4, max_size=4))
def test_readable_jobs_are_shown_beside_mutated_ones(
    tally: Tally, run_without_errors: RunWithoutErrors, mutated_rows: list[list[Document]]
) -> None:
    first, *others = mutated_rows
    rows = [*first, *(row for job, beside in zip(READABLE, others, strict=True) for row in (job, *beside))]

    async def conversation() -> None:
        async with connected_client() as (client, peer):
            peer.responses = VALID_RESPONSES | {"jobs": {"result": rows}}
            listed, report = [
                structure_of(await run_tool_with(client, tally, tool, {"application_id": "a", **more}))
                for tool, more in (("list_application_jobs", {"limit": 100}), ("triage_application_jobs", {}))
            ]
        tally.tried["responses of Writer"] += 2
        ids = [job["id"] for job in listed["jobs"] if job["id"].startswith("readable")]
        lost = [job["id"] for job in READABLE if job["id"] not in ids]
        tally.lost += len(lost)
        assert lost == []
        unreadable = listed["page"].get("unreadable", {"count": 0})["count"]
        assert listed["page"]["returned"] + unreadable == len(rows)
        assert report["coverage"]["jobs_read"] >= len(READABLE)
        check_triage_sums(report)

    run_without_errors(conversation)


STATUSES = """\
200 202 204 302 400 401 403 404 405 408 409 410 413 418 422 429 500 501 502 503 504 507 599""".split()
error_bodies = from_schema(Envelope.model_json_schema())


@example_settings(3, 30)
@given(st.lists(st.tuples(st.sampled_from(STATUSES), error_bodies | mutated(error_bodies)), min_size=3, max_size=5))
def test_error_responses_of_any_form_give_an_error_message(
    tally: Tally, run_without_errors: RunWithoutErrors, errors: list[tuple[str, Document]]
) -> None:
    async def conversation() -> None:
        async with connected_client() as (client, peer):
            for status, body in errors:
                peer.responses, peer.status = dict.fromkeys(VALID_RESPONSES, body), f"{status} As It Is"
                *others, retried = await call_every_tool(client, tally)
                assert all(result.is_error for result in others)
                assert structure_of(retried)["jobs"][0]["outcome"] in {"error", "not_found"}

    run_without_errors(conversation)


@example_settings(2, 30)
@given(st.lists(DOCUMENTED["job"] | MUTATED["job"], min_size=8, max_size=16))
def test_waiting_for_a_mutated_job_gives_a_result_or_an_error_message(
    tally: Tally, run_without_errors: RunWithoutErrors, documents: list[Document]
) -> None:
    async def conversation() -> None:
        jobs = {f"job-{number}": document for number, document in enumerate(documents)}
        async with connected_client() as (client, peer), anyio.create_task_group() as tasks:
            peer.responses = VALID_RESPONSES | jobs
            for job_id in jobs:
                tasks.start_soon(wait_for, job_id, client, tally)

    run_without_errors(conversation)


async def wait_for(job_id: str, client: Client, tally: Tally) -> None:
    tally.tried["responses of Writer"] += 1
    result = await run_tool_with(client, tally, "wait_for_job", {"job_id": job_id, "timeout_seconds": 1})
    check_result_or_error(result, "wait_for_job")


@example_settings(2, 30)
@given(st.lists(DOCUMENTED["jobs"] | MUTATED["jobs"], min_size=2, max_size=4), MUTATED["job"])
def test_waiting_for_a_mutated_list_gives_a_result_or_an_error_message(
    tally: Tally, run_without_errors: RunWithoutErrors, lists: list[Document], job: Document
) -> None:
    async def conversation() -> None:
        async with connected_client() as (client, peer):
            for jobs in lists:
                tally.tried["responses of Writer"] += 1
                peer.responses = VALID_RESPONSES | {"jobs": with_running_jobs(jobs), "job": job}
                arguments = {"application_id": "a", "timeout_seconds": 1}
                check_result_or_error(await run_tool_with(client, tally, "wait_for_jobs", arguments), "wait_for_jobs")

    run_without_errors(conversation)


def with_running_jobs(page: Document) -> Document:
    """Return a page whose jobs all run, since others are no answer to a request for the running ones."""
    fields = fields_of(page)
    rows = fields.get("result")
    if not isinstance(rows, list):
        return page
    running = [
        {**cast("dict[str, Any]", row), "status": "in_progress"} if isinstance(row, dict) else row
        for row in cast("list[Any]", rows)
    ]
    return {**fields, "result": running}


def fields_of(document: Document) -> dict[str, Any]:
    """Return the fields of a JSON object; none of any other document."""
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}
