"""What retry_jobs does with each job, and what it reports."""

import json
from typing import Any

import pytest
from mcp.client import Client

from tests.conftest import ALIAS, NOW, config_for
from tests.helpers.consent import add_failed_jobs
from tests.helpers.mcp import call_tool, call_tool_error, text_of
from tests.helpers.retries import POSTS, failed_ids, outcomes, posted_ids, retried, retry_jobs
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript, SandboxApp, SandboxStore
from writer_jobs_mcp.server.build import build_server


async def test_retry_jobs_is_not_listed_unless_it_is_allowed(url: str) -> None:
    async with Client(build_server(config_for(url))) as client:
        assert "retry_jobs" not in [tool.name for tool in (await client.list_tools()).tools]
        result = await client.call_tool("retry_jobs", {"job_ids": ["a"], "dry_run": False})
    assert result.is_error


async def test_retry_jobs_is_annotated_as_a_tool_that_changes_data(client: Client) -> None:
    (tool,) = [tool for tool in (await client.list_tools()).tools if tool.name == "retry_jobs"]
    assert tool.annotations is not None
    assert (tool.annotations.read_only_hint, tool.annotations.idempotent_hint) == (False, False)


async def test_a_dry_run_is_the_default_and_sends_nothing(client: Client, store: SandboxStore, api: SandboxApp) -> None:
    ids = failed_ids(store, 3)
    for arguments in ({}, {"dry_run": True}, {"dry_run": None}):
        report = await call_tool(client, "retry_jobs", {"job_ids": ids, **arguments})
        assert (report["dry_run"], report["selected"], report["would_retry"]) == (True, 3, 3)
        assert report["jobs"] == [{"job_id": each, "before": "failed", "outcome": "would_retry"} for each in ids]
        assert sum(group["count"] for group in report["groups"]) == 3
        assert report["next"] == [
            {
                "tool": "retry_jobs",
                "arguments": {"job_ids": ids, "dry_run": False},
                "why": "retry 3 jobs, once the user agrees",
            }
        ]
    assert posted_ids(api) == []


ADVICE = "Correct what the evidence names in the job's inputs or settings, then run it again."


async def test_a_dry_run_warns_about_jobs_that_will_likely_fail_again(client: Client, store: SandboxStore) -> None:
    errors = ["Input missing: 'Brand' is required", "Rate limit exceeded", "Input missing: 'Tone' is required"]
    ids = [job for error in errors for job in add_failed_jobs(store, error)]
    report = await call_tool(client, "retry_jobs", {"job_ids": ids})
    assert outcomes(report) == ["would_retry"] * 3
    warning = "Cause: invalid_input. Retrying will likely fail again until it is fixed."
    assert [row.get("detail") for row in report["jobs"]] == [warning, None, warning]
    assert {group["advice"] for group in report["groups"] if group["category"] == "invalid_input"} == {ADVICE}
    assert [call["why"] for call in report["next"]] == [
        "retry 3 jobs, once the user agrees; 2 will likely fail again until the cause is fixed"
    ]


async def test_the_call_that_a_dry_run_suggests_retries_exactly_the_reported_jobs(
    client: Client, store: SandboxStore, api: SandboxApp
) -> None:
    ids = failed_ids(store, 2)
    dry_run = await call_tool(
        client, "retry_jobs", {"job_ids": [*ids, store.jobs(ALIAS, "completed")[0].id, "no-such-job"]}
    )
    (call,) = dry_run["next"]
    assert call["arguments"] == {"job_ids": ids, "dry_run": False}
    report = await call_tool(client, call["tool"], call["arguments"])
    assert (outcomes(report), "next" in report) == (["accepted"] * 2, False)
    assert sorted(posted_ids(api)) == sorted(ids)


async def test_a_dry_run_suggests_no_call_when_nothing_would_be_retried(client: Client, store: SandboxStore) -> None:
    report = await call_tool(client, "retry_jobs", {"job_ids": [store.jobs(ALIAS, "completed")[0].id, "no-such-job"]})
    assert "next" not in report


async def test_each_failed_job_is_retried_once(client: Client, store: SandboxStore, api: SandboxApp) -> None:
    ids = failed_ids(store, 3)
    report = await retry_jobs(client, ids)
    assert (report["dry_run"], retried(report), outcomes(report)) == (False, 3, ["accepted"] * 3)
    assert sorted(posted_ids(api)) == sorted(ids)
    assert {job.status(NOW) for job in map(store.job, ids) if job} == {"in_progress"}


@pytest.mark.parametrize("dry_run", [True, False])
async def test_jobs_that_did_not_fail_or_do_not_exist_are_not_retried(
    client: Client, store: SandboxStore, api: SandboxApp, dry_run: bool
) -> None:
    done, running = store.jobs(ALIAS, "completed")[0].id, store.add(ALIAS, created_at=NOW).id
    report = await retry_jobs(client, [done, "no-such-job", running], dry_run=dry_run)
    assert [(row["job_id"], row.get("before"), row["outcome"]) for row in report["jobs"]] == [
        (done, "completed", "not_failed"),
        ("no-such-job", None, "not_found"),
        (running, "in_progress", "not_failed"),
    ]
    assert report["jobs"][1]["detail"].startswith('Writer does not know job "no-such-job"')
    assert posted_ids(api) == []


async def test_a_repeated_id_is_retried_once(client: Client, store: SandboxStore, api: SandboxApp) -> None:
    (job,) = failed_ids(store)
    report = await retry_jobs(client, [job, f" {job} ", job])
    assert (outcomes(report), retried(report)) == (["accepted"], 1)
    assert posted_ids(api) == [job]


async def test_the_report_names_the_job_that_the_retry_runs_as(
    client: Client, store: SandboxStore, faults: FaultScript
) -> None:
    faults.push(CannedResponse(202, json.dumps({"id": "a-new-one", "status": "in_progress"}).encode()), on=POSTS)
    report = await retry_jobs(client, failed_ids(store))
    assert (outcomes(report), report["jobs"][0]["detail"]) == (["accepted"], 'This retry runs as job "a-new-one".')


BODIES_OF_202 = [b"", b"Accepted.", b"[]", b'{"id": null}', b'{"id": 5}']


async def test_a_202_is_accepted_with_any_body(client: Client, store: SandboxStore, faults: FaultScript) -> None:
    ids = failed_ids(store, len(BODIES_OF_202))
    for job, body in zip(ids, BODIES_OF_202, strict=True):
        faults.push(CannedResponse(202, body), on=f"POST .*{job}")
    assert (await retry_jobs(client, ids))["jobs"] == [
        {"job_id": job, "before": "failed", "outcome": "accepted"} for job in ids
    ]


async def test_text_and_structure_report_the_same_outcomes(client: Client, store: SandboxStore) -> None:
    ids = [*failed_ids(store, 2), "no-such-job"]
    text = text_of(await client.call_tool("retry_jobs", {"job_ids": ids, "dry_run": False}))
    head, figures, *_, first, second, third = text.splitlines()
    assert head == "2 of 3 jobs retried."
    assert figures.endswith("Others: not_found 1.")
    assert [first, second] == [f"- {each} (was failed) accepted." for each in ids[:2]]
    assert third.startswith('- "no-such-job" not_found. Writer does not know')


INVALID_ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({}, "retry_jobs takes either job_ids, or application_id with since, like, category or contains. Pass one."),
    ({"job_ids": []}, "job_ids must be a list of 1 to 20 strings; got []."),
    ({"job_ids": ["a"] * 21}, "job_ids must be a list of 1 to 20 strings; got 21 of them."),
    ({"job_ids": {"id": "a"}}, 'job_ids must be a list of 1 to 20 strings; got {"id": "a"}.'),
    ({"job_ids": ["a", 5]}, "job_ids[1] must be a string; got 5."),
    ({"job_ids": ["a", " "]}, 'job_ids[1] must not be empty; got "".'),
    ({"job_ids": ["a"], "dry_run": "maybe"}, 'dry_run must be true or false; got "maybe".'),
    (
        {"job_ids": ["a"], "dryrun": False},
        'Unknown argument "dryrun": retry_jobs takes job_ids, application_id, since, until, like, category, '
        "contains, max_jobs, dry_run.",
    ),
]


async def test_an_invalid_argument_is_a_one_sentence_error(client: Client, api: SandboxApp) -> None:
    for arguments, message in INVALID_ARGUMENTS:
        assert await call_tool_error(client, "retry_jobs", arguments) == message
    assert list(api.received) == []


async def test_one_call_retries_twenty_jobs(client: Client, store: SandboxStore, api: SandboxApp) -> None:
    ids = failed_ids(store, 20)
    assert len(ids) == 20
    assert retried(await retry_jobs(client, ids)) == 20
    assert sorted(posted_ids(api)) == sorted(ids)
