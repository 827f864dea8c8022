"""Resources, read by a client."""

import json
from typing import Any

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, ErrorData, TextResourceContents

from tests.conftest import ALIAS, NOW, config_for
from writer_jobs_mcp.sandbox import (
    APPLICATIONS,
    SANDBOX_KEY,
    CannedResponse,
    Delay,
    FaultScript,
    SandboxApp,
    SandboxStore,
)
from writer_jobs_mcp.server.build import build_server
from writer_jobs_mcp.server.resources import JOB_URI

TEMPLATE = "writer://applications/{application_id}/jobs/{job_id}"


def job_uri(job_id: str) -> str:
    return f"writer://applications/{ALIAS}/jobs/{job_id}"


async def read_json(client: Client, uri: str) -> dict[str, Any]:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "application/json"
    return json.loads(content.text)


async def read_error(client: Client, uri: str) -> ErrorData:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    return caught.value.error


async def test_each_resource_has_a_title_a_description_and_a_mime_type(client: Client) -> None:
    listed = {str(each.uri): each for each in (await client.list_resources()).resources}
    (template,) = (await client.list_resource_templates()).resource_templates
    assert template.uri_template == TEMPLATE
    for each in (listed["writer://applications"], template):
        assert each.title
        assert each.description
        assert each.mime_type == "application/json"


async def test_the_applications_resource_returns_the_json_of_writer(client: Client, api: SandboxApp) -> None:
    applications = await read_json(client, "writer://applications")
    assert {each["id"] for each in applications["data"]} == {each.id for each in APPLICATIONS}
    assert {"has_more", "first_id", "last_id"} < set(applications)
    assert {"inputs", "created_at"} < set(applications["data"][0])
    assert [request.request_line for request in api.received] == ["GET /v1/applications?limit=100"]


async def test_a_job_resource_returns_the_json_of_writer(client: Client, store: SandboxStore) -> None:
    for status in ("failed", "completed", "in_progress"):
        job = store.jobs(ALIAS, status)[0]
        assert await read_json(client, job_uri(job.id)) == job.as_json(NOW)


async def test_a_resource_keeps_unknown_fields_and_sanitizes_every_text(client: Client, faults: FaultScript) -> None:
    job = {
        "id": "a",
        "error": "token sk-live-1234567890abcdef was\u202e refused\x1b[31m",
        "later": {"depth": [1, 2.5, True, None, "zero\u200bwidth"], "na\u200bme": "\U000e0041"},
        "echo": f"Bearer {SANDBOX_KEY}",
    }
    faults.push(CannedResponse(200, json.dumps(job).encode()))
    assert await read_json(client, job_uri("a")) == {
        "id": "a",
        "error": "token [masked] was refused",
        "later": {"depth": [1, 2.5, True, None, "zerowidth"], "name": ""},
        "echo": "Bearer [masked]",
    }


async def test_an_unknown_job_is_a_protocol_error(client: Client) -> None:
    error = await read_error(client, job_uri("no-such-job"))
    assert error.code == INVALID_PARAMS
    assert error.message.startswith('Writer does not know job "no-such-job"')


NO_ID = "An id in the address must be "
UNSAFE_URIS = [
    (job_uri("a%2Fb"), NO_ID),
    (job_uri("a%0Ab"), NO_ID),
    (job_uri("a" * 201), NO_ID),
    (job_uri(""), "An id in the address must not be empty."),
    ("writer://applications//jobs/a", "An id in the address must not be empty."),
    # The SDK itself rejects these.
    (job_uri(".."), "Unknown resource"),
    (job_uri("%2e%2e"), "Unknown resource"),
    (job_uri("..%2F..%2Fv1%2Fmodels"), "Unknown resource"),
    (job_uri("%5C"), "Unknown resource"),
    (job_uri("%00"), "Unknown resource"),
    (job_uri("a/b"), "Unknown resource"),
    ("writer://applications/%2e%2e/jobs/a", "Unknown resource"),
]


async def test_an_id_that_is_unsafe_in_a_path_is_rejected_before_anything_is_sent(
    client: Client, api: SandboxApp
) -> None:
    for uri, start in UNSAFE_URIS:
        error = await read_error(client, uri)
        assert (error.code, error.message[: len(start)]) == (INVALID_PARAMS, start), uri
    assert list(api.received) == []


async def test_an_unknown_resource_is_an_error_that_lists_the_available_ones(client: Client) -> None:
    available = f"available are ui://writer-jobs/triage, writer://applications, {JOB_URI}."
    assert (await read_error(client, "writer://\x1b[31mjobs")).message == (
        f'Unknown resource "writer://jobs": {available}'
    )


async def test_a_resource_without_a_key_says_how_to_set_one(keyless_client: Client) -> None:
    for uri in ("writer://applications", job_uri("a")):
        error = await read_error(keyless_client, uri)
        assert error.code == INTERNAL_ERROR
        assert "Set WRITER_API_KEY" in error.message


async def test_a_slow_resource_fails_within_the_call_budget(url: str, faults: FaultScript) -> None:
    faults.push(Delay(30), times=None)
    async with Client(build_server(config_for(url, WRITER_JOBS_CALL_BUDGET="1"))) as client:
        error = await read_error(client, job_uri("a"))
    assert "Writer did not answer about job" in error.message
