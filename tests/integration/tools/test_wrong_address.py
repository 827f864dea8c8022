"""WRITER_BASE_URL is not the address of Writer's API: every tool says so, and does not blame an id."""

import json
from typing import Any

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from tests.conftest import ALIAS, config_for
from tests.helpers.mcp import call_tool_error, structure_of
from writer_jobs_mcp.sandbox import APPLICATIONS, CannedResponse, FaultScript, SandboxApp, SandboxStore
from writer_jobs_mcp.server.build import build_server
from writer_jobs_mcp.server.resources import APPLICATIONS_URI, JOB_URI

UUID = "0f0f7a2e-54a1-4a53-9d0f-0e5d6a1a6f11"
APPLICATION, JOB = {"application_id": ALIAS}, {"job_id": UUID}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_applications", {}),
    ("triage_all_applications", {}),
    ("triage_application_jobs", APPLICATION),
    ("triage_application_jobs", {"application_id": UUID}),
    ("list_application_jobs", APPLICATION),
    ("list_failed_jobs", APPLICATION),
    ("get_job_error", JOB),
    ("get_job_error", {**JOB, **APPLICATION}),
    ("get_job_output", JOB),
    ("wait_for_job", JOB),
    ("wait_for_jobs", APPLICATION),
    ("retry_jobs", APPLICATION | {"since": "12h"}),
]
V1 = "Check WRITER_BASE_URL: it must end before /v1, which this server adds."
HTML = b"<html><title>404 Not Found</title><h1>Not Found</h1></html>"
OTHER_API = b'{"detail": "Not Found"}'


def client_at(address: str) -> Client:
    return Client(build_server(config_for(address, WRITER_JOBS_ALLOW_RETRY="true")))


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/applications"])
@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_an_address_with_v1_is_named(url: str, path: str, tool: str, arguments: dict[str, Any]) -> None:
    async with client_at(url + path) as client:
        message = await call_tool_error(client, tool, arguments)
    assert message.endswith(f" {V1}")
    assert "Check the id" not in message
    assert "the list of applications" in message


@pytest.mark.parametrize("body", [HTML, OTHER_API], ids=["HTML", "JSON"])
@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_a_host_that_knows_nothing_is_not_writers(
    url: str, faults: FaultScript, body: bytes, tool: str, arguments: dict[str, Any]
) -> None:
    faults.push(CannedResponse(404, body), times=None)
    async with client_at(url) as client:
        message = await call_tool_error(client, tool, arguments)
    assert message.endswith(" Check WRITER_BASE_URL.")
    assert "Check the id" not in message


@pytest.mark.parametrize("uri", [APPLICATIONS_URI, JOB_URI.format(application_id=UUID, job_id=UUID)])
async def test_a_resource_says_so_too(url: str, uri: str) -> None:
    async with client_at(f"{url}/v1") as client:
        with pytest.raises(MCPError) as raised:
            await client.read_resource(uri)
    assert raised.value.error.message.endswith(V1)


async def test_each_job_of_a_retry_says_so(url: str) -> None:
    async with client_at(f"{url}/v1") as client:
        report = structure_of(await client.call_tool("retry_jobs", {"job_ids": [UUID], "dry_run": False}))
    (row,) = report["jobs"]
    assert row["outcome"] == "error"
    assert row["detail"].endswith(V1)


@pytest.mark.parametrize("slashes", ["/", "//"])
async def test_a_slash_at_the_end_does_not_matter(url: str, slashes: str) -> None:
    async with client_at(url + slashes) as client:
        assert structure_of(await client.call_tool("list_applications", {}))["applications"]


@pytest.mark.parametrize("body", [HTML, OTHER_API, b"", json.dumps({"tpe": "NotFound", "errors": []}).encode()])
async def test_an_unknown_id_is_to_blame_where_the_applications_are_found(
    url: str, api: SandboxApp, faults: FaultScript, body: bytes
) -> None:
    faults.push(CannedResponse(404, body), on="/jobs/", times=None)
    async with client_at(url) as client:
        for _ in range(2):
            message = await call_tool_error(client, "get_job_error", JOB)
            assert message.startswith(
                f'Writer does not know job "{UUID}", or this key cannot see it (404). Check the id.'
            )
            assert "WRITER_BASE_URL" not in message
    # What is known is not asked for again.
    assert [request.path for request in api.received].count("/v1/applications") <= 1


async def test_an_address_where_something_was_found_is_right(
    url: str, api: SandboxApp, faults: FaultScript, store: SandboxStore
) -> None:
    async with client_at(url) as client:
        failed = store.jobs(ALIAS, "failed")[0].id
        assert structure_of(await client.call_tool("get_job_error", {"job_id": failed}))
        faults.push(CannedResponse(404, HTML), on="/jobs/", times=None)
        assert "Check the id." in await call_tool_error(client, "get_job_error", JOB)
    assert "/v1/applications" not in [request.path for request in api.received]


@pytest.mark.parametrize("status", [401, 500])
async def test_an_id_is_to_blame_where_it_is_not_known_whether_the_address_is_right(
    url: str, faults: FaultScript, status: int
) -> None:
    faults.push(CannedResponse(404, HTML), on="/jobs/", times=None)
    faults.push(CannedResponse(status), on=r"/applications\?", times=None)
    async with client_at(url) as client:
        message = await call_tool_error(client, "get_job_error", JOB)
    assert "Check the id." in message


def test_the_calls_name_an_application_of_the_sandbox() -> None:
    assert any(ALIAS in (each.id, each.alias) for each in APPLICATIONS)
