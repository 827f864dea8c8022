"""Completions of prompt and resource arguments."""

import json

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, Completion, PromptReference, ResourceTemplateReference

from writer_jobs_mcp.errors import KEY_IN_ARGUMENT
from writer_jobs_mcp.sandbox import APPLICATIONS, SANDBOX_KEY, CannedResponse, FaultScript, SandboxApp
from writer_jobs_mcp.server.resources import APPLICATIONS_URI, JOB_URI

COMPLETION_REFERENCES = [
    PromptReference(type="ref/prompt", name="triage_failed_jobs"),
    PromptReference(type="ref/prompt", name="daily_job_report"),
    ResourceTemplateReference(type="ref/resource", uri=JOB_URI),
]


async def complete(
    client: Client, reference: PromptReference | ResourceTemplateReference, value: str, name: str = "application_id"
) -> Completion:
    return (await client.complete(reference, {"name": name, "value": value})).completion


async def test_part_of_a_name_or_id_completes_to_the_application_id(client: Client) -> None:
    for reference in COMPLETION_REFERENCES:
        for application in APPLICATIONS:
            for typed in (application.name[3:9].upper(), f" {application.id[4:13]} ", application.id):
                assert application.id in (await complete(client, reference, typed)).values
        assert len((await complete(client, reference, "")).values) == len(APPLICATIONS)
        no_match = await complete(client, reference, "no application has this name")
        assert (no_match.values, no_match.total) == ([], 0)


async def test_other_arguments_get_no_completions_and_no_request_is_sent(client: Client, api: SandboxApp) -> None:
    explain = PromptReference(type="ref/prompt", name="explain_job_failure")
    assert (await complete(client, explain, "", "job_id")).values == []
    assert (await complete(client, COMPLETION_REFERENCES[0], "2", "since")).values == []
    assert (await complete(client, COMPLETION_REFERENCES[2], "", "job_id")).values == []
    assert list(api.received) == []


async def test_at_most_100_completions_are_returned_with_the_total(client: Client, faults: FaultScript) -> None:
    data = [{"id": f"app-{number}", "name": "Straße"} for number in range(150)]
    faults.push(CannedResponse(200, json.dumps({"data": data, "has_more": False}).encode()))
    completion = await complete(client, COMPLETION_REFERENCES[0], "STRASSE")
    assert (len(completion.values), completion.total, completion.has_more) == (100, 150, True)


async def test_without_a_key_or_after_an_error_there_are_no_completions(
    client: Client, keyless_client: Client, faults: FaultScript
) -> None:
    assert (await complete(keyless_client, COMPLETION_REFERENCES[0], "")).values == []
    faults.push(CannedResponse(403))
    assert (await complete(client, COMPLETION_REFERENCES[0], "")).values == []


def prompt(name: str) -> PromptReference:
    return PromptReference(type="ref/prompt", name=name)


def resource(uri: str) -> ResourceTemplateReference:
    return ResourceTemplateReference(type="ref/resource", uri=uri)


PROMPTS = "triage_failed_jobs, explain_job_failure, daily_job_report, account_report, retry_failed_jobs"


@pytest.mark.parametrize(
    ("reference", "name", "message"),
    [
        (prompt("no-such-prompt"), "application_id", f'Unknown prompt "no-such-prompt": available are {PROMPTS}.'),
        (prompt(""), "application_id", f'Unknown prompt "": available are {PROMPTS}.'),
        (prompt("triage_failed_jobs"), "application", 'Unknown argument "application": available are application_id, '),
        (prompt("explain_job_failure"), "x\n", 'Unknown argument "x": available are job_id.'),
        (resource("writer://nowhere"), "application_id", 'Unknown resource "writer://nowhere": available are '),
        (resource(f"{JOB_URI}/more"), "application_id", "Unknown resource "),
        (resource(JOB_URI), "status", 'Unknown argument "status": available are application_id, job_id.'),
        (resource(APPLICATIONS_URI), "application_id", 'Unknown argument "application_id": there are none.'),
        (prompt(f"a {SANDBOX_KEY}"), "application_id", KEY_IN_ARGUMENT),
        (prompt("triage_failed_jobs"), SANDBOX_KEY, KEY_IN_ARGUMENT),
    ],
    ids=lambda each: "" if isinstance(each, PromptReference | ResourceTemplateReference) else None,
)
async def test_a_completion_for_what_does_not_exist_is_an_invalid_request(
    client: Client,
    api: SandboxApp,
    reference: PromptReference | ResourceTemplateReference,
    name: str,
    message: str,
) -> None:
    with pytest.raises(MCPError) as raised:
        await complete(client, reference, "", name)
    assert raised.value.error.code == INVALID_PARAMS
    assert raised.value.error.message.startswith(message)
    assert SANDBOX_KEY not in raised.value.error.message
    assert list(api.received) == []


async def test_the_address_of_one_job_is_completed_as_its_template_is(client: Client) -> None:
    for uri in (JOB_URI.replace("{job_id}", "a-job"), JOB_URI.replace("{application_id}", "")):
        assert (await complete(client, resource(uri), "")).values
