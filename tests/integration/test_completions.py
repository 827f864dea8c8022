"""Completions of prompt and resource arguments."""

import json

from mcp.client import Client
from mcp_types import Completion, PromptReference, ResourceTemplateReference

from writer_jobs_mcp.sandbox import APPLICATIONS, CannedResponse, FaultScript, SandboxApp
from writer_jobs_mcp.server.resources import JOB_URI

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
