"""Arguments of the tools: what reaches Writer, and the errors for invalid ones."""

from typing import Any
from urllib.parse import parse_qsl

import pytest
from mcp.client import Client

from scripts.snapshots import tool_schemas
from tests.conftest import ALIAS, NOW
from tests.helpers.mcp import call_tool, call_tool_error, call_tool_untimed
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import SandboxApp, SandboxStore
from writer_jobs_mcp.server.build import build_server

APPLICATION = "b2c4a9e1-83d7-4f60-8e2b-51d09c7e4a33"


SENT_UPSTREAM = [
    ("list_applications", {"limit": 7}, ("limit", "7")),
    ("list_applications", {"order": "asc"}, ("order", "asc")),
    ("list_applications", {"after": APPLICATION}, ("after", APPLICATION)),
    ("list_applications", {"before": APPLICATION}, ("before", APPLICATION)),
    ("list_applications", {"type": "generation"}, ("type", "generation")),
    ("list_application_jobs", {"application_id": ALIAS, "status": "failed"}, ("status", "failed")),
    ("list_application_jobs", {"application_id": ALIAS, "offset": 3}, ("offset", "3")),
    ("list_application_jobs", {"application_id": ALIAS, "limit": 9}, ("limit", "9")),
    ("list_application_jobs", {"application_id": ALIAS}, ("path", f"/v1/applications/{ALIAS}/jobs")),
    ("get_job_error", {"job_id": "some-job"}, ("path", "/v1/applications/jobs/some-job")),
    ("get_job_error", {"job_id": "some-job", "application_id": ALIAS}, ("path", f"/v1/applications/{ALIAS}/jobs")),
    ("get_job_output", {"job_id": "some-job"}, ("path", "/v1/applications/jobs/some-job")),
    ("get_job_output", {"job_id": "some-job", "application_id": ALIAS}, ("path", f"/v1/applications/{ALIAS}/jobs")),
    ("triage_application_jobs", {"application_id": ALIAS}, ("path", f"/v1/applications/{ALIAS}/jobs")),
    ("list_failed_jobs", {"application_id": ALIAS}, ("path", f"/v1/applications/{ALIAS}/jobs")),
    ("list_failed_jobs", {"application_id": ALIAS, "like": "some-job"}, ("path", "/v1/applications/jobs/some-job")),
    ("wait_for_job", {"job_id": "some-job"}, ("path", "/v1/applications/jobs/some-job")),
    ("wait_for_job", {"job_id": "some-job", "application_id": ALIAS}, ("path", f"/v1/applications/{ALIAS}/jobs")),
    ("wait_for_jobs", {"application_id": ALIAS, "timeout_seconds": 1}, ("path", f"/v1/applications/{ALIAS}/jobs")),
    ("retry_jobs", {"job_ids": ["some-job"]}, ("path", "/v1/applications/jobs/some-job")),
    ("retry_jobs", {"application_id": ALIAS, "since": "9d"}, ("path", f"/v1/applications/{ALIAS}/jobs")),
    ("retry_jobs", {"application_id": ALIAS, "like": "some-job"}, ("path", "/v1/applications/jobs/some-job")),
]  # fmt: skip
NOT_SENT_UPSTREAM = {
    ("get_job_output", "offset"),
    ("get_job_output", "max_chars"),
    ("triage_application_jobs", "since"),
    ("triage_application_jobs", "until"),
    ("triage_application_jobs", "max_jobs"),
    ("triage_all_applications", "since"),
    ("triage_all_applications", "until"),
    *(("list_failed_jobs", name) for name in ("since", "until", "category", "contains", "offset", "limit")),
    ("list_failed_jobs", "error_chars"),
    ("wait_for_job", "timeout_seconds"),
    ("wait_for_jobs", "until"),
    *(("retry_jobs", name) for name in ("until", "category", "contains", "max_jobs", "dry_run")),
}
"""Arguments that Writer has no parameter for: what they do is shown by tests of their own."""


@pytest.mark.parametrize(("tool", "arguments", "expected"), SENT_UPSTREAM)
async def test_every_argument_reaches_the_request(
    config: Config, api: SandboxApp, tool: str, arguments: dict[str, Any], expected: tuple[str, str]
) -> None:
    async with Client(build_server(config.model_copy(update={"allow_retry": True}))) as client:
        await client.call_tool(tool, arguments)
    assert any(expected in [*parse_qsl(request.query), ("path", request.path)] for request in api.received)


async def test_the_table_of_arguments_is_complete() -> None:
    declared = {
        (name, each) for name, tool in (await tool_schemas()).items() for each in tool["inputSchema"]["properties"]
    }
    assert declared == {(tool, name) for tool, arguments, _ in SENT_UPSTREAM for name in arguments} | NOT_SENT_UPSTREAM


LIMIT = "limit must be a whole number from 1 to 100; got "


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("list_application_jobs", {"limit": 5}, "application_id is required."),
        ("list_application_jobs", {"limit": 0, "application_id": "a"}, f"{LIMIT}0."),
        ("list_application_jobs", {"limit": 101, "application_id": "a"}, f"{LIMIT}101."),
        ("list_application_jobs", {"limit": "many", "application_id": "a"}, f'{LIMIT}"many".'),
        ("list_application_jobs", {"limit": True, "application_id": "a"}, f"{LIMIT}true."),
        ("list_application_jobs", {"limit": 2.5, "application_id": "a"}, f"{LIMIT}2.5."),
        (
            "list_application_jobs",
            {"offset": -1, "application_id": "a"},
            "offset must be a whole number of at least 0; got -1.",
        ),
        (
            "list_application_jobs",
            {"application_id": "a", "offset": 10**4_000},
            "offset must have at most 4000 digits.",
        ),
        (
            "list_application_jobs",
            {"status": "done", "application_id": "a"},
            'status must be one of in_progress, failed, completed; got "done".',
        ),
        (
            "list_application_jobs",
            {"page": 2, "application_id": "a"},
            'Unknown argument "page": list_application_jobs takes application_id, status, offset, limit.',
        ),
        (
            "get_job_error",
            {"job_id": "../../v1/models"},
            "job_id must be an id as Writer gives it: no slash, backslash or control character, and not only dots; "
            'got "../../v1/models".',
        ),
        ("get_job_error", {"job_id": "  "}, 'job_id must not be empty; got "".'),
        ("get_job_error", {"job_id": 5}, "job_id must be a string; got 5."),
        (
            "get_job_output",
            {"job_id": 5, "offset": "x" * 41},
            f'job_id must be a string; got 5. offset must be a whole number of at least 0; got "{"x" * 39}…".',
        ),
        (
            "triage_all_applications",
            {"since": 1.5, "until": "soon"},
            "since and until must be a time such as 2026-11-23T08:00:00Z or 2026-11-23 09:00 Europe/Berlin, or an age "
            'such as 90m, 24h or 7d; got 1.5 and "soon".',
        ),
        (
            "list_applications",
            {"a": 1, "b": 2},
            'Unknown arguments "a" and "b": list_applications takes limit, order, after, before, type.',
        ),
        (
            "list_applications",
            dict.fromkeys("vwxyz", 1),
            'Unknown arguments "v" and "w" and "x" and 2 more: list_applications takes limit, order, after, before, '
            "type.",
        ),
    ],
)
async def test_an_invalid_argument_is_a_one_sentence_error(
    client: Client, tool: str, arguments: dict[str, Any], message: str
) -> None:
    assert await call_tool_error(client, tool, arguments) == message


async def test_a_call_with_every_argument_wrong_still_gets_a_short_error(client: Client) -> None:
    for name, tool in (await tool_schemas()).items():
        wrong = dict.fromkeys(
            [*tool["inputSchema"]["properties"], *("x" * 99 + letter for letter in "abcdef")], ["\U000e0001"] * 2
        )
        assert len(await call_tool_error(client, name, wrong)) < 1_000


async def test_an_unknown_tool_is_an_error_that_lists_the_available_ones(client: Client) -> None:
    names = ", ".join(tool.name for tool in (await client.list_tools()).tools)
    assert await call_tool_error(client, "list_jobs\u200b", {}) == f'Unknown tool "list_jobs": available are {names}.'


@pytest.mark.parametrize("bad", [".", "..", "a/b", "a\\b", "a\nb", "a\x00b", "x" * 201, "", " ", "a\x7fb", "a\x9fb"])
async def test_an_id_that_is_unsafe_in_a_path_is_rejected_before_anything_is_sent(
    client: Client, api: SandboxApp, bad: str
) -> None:
    required = [("list_application_jobs", "application_id"), ("get_job_error", "job_id")]
    optional = [("list_applications", "after")] if bad.strip() else []  # a blank one is not given
    for tool, name in [*required, *optional]:
        assert (await call_tool_error(client, tool, {name: bad})).startswith(f"{name} must ")
    assert list(api.received) == []


async def test_several_invalid_arguments_are_reported_together(client: Client) -> None:
    sentences = await call_tool_error(
        client, "list_application_jobs", {"limit": 0, "status": "done", "application_id": "a"}
    )
    assert sentences.count(" must be ") == 2


async def test_a_long_invalid_argument_is_truncated_in_the_error(client: Client) -> None:
    assert (
        len(await call_tool_error(client, "list_application_jobs", {"application_id": "a", "status": "x" * 5000})) < 200
    )


@pytest.mark.parametrize(
    "arguments",
    [{"limit": "5"}, {"limit": 5, "status": None}, {"limit": 5, "offset": None}, {"limit": 5.0}, {"limit": " 5 "}],
)
async def test_numeric_strings_are_numbers_and_null_means_omitted(client: Client, arguments: dict[str, Any]) -> None:
    result = await call_tool(client, "list_application_jobs", {"application_id": ALIAS, **arguments})
    assert (result["page"]["limit"], result["page"]["offset"], len(result["jobs"])) == (5, 0, 5)
    assert "status" not in result


BLANKS = ["", " ", "\n\t", "\u00a0\u3000"]


async def test_a_blank_optional_argument_means_omitted(config: Config, store: SandboxStore) -> None:
    server = build_server(config.model_copy(update={"allow_retry": True}), clock=lambda: NOW)
    job = store.jobs(ALIAS, "failed")[0].id
    for running in store.jobs(ALIAS, "in_progress"):
        store.remove(running.id)  # otherwise wait_for_jobs would wait for them
    required: dict[str, Any] = {"application_id": ALIAS, "job_id": job, "job_ids": [job]}
    tried: set[tuple[str, str]] = set()
    async with Client(server) as client:
        for name, tool in (await tool_schemas()).items():
            schema = tool["inputSchema"]
            needed = ["job_ids"] if name == "retry_jobs" else schema.get("required", ())
            given = {each: required[each] for each in needed}
            optional = [each for each in schema["properties"] if each not in given]
            expected = await call_tool_untimed(client, name, given)
            for blank in BLANKS[1:]:
                assert await call_tool_untimed(client, name, {**given, **dict.fromkeys(optional, blank)}) == expected
            for each in optional:
                assert await call_tool_untimed(client, name, {**given, each: ""}) == expected, each
                tried.add((name, each))
    assert len(tried) >= 15
    assert {("list_application_jobs", "status"), ("list_applications", "after"), ("retry_jobs", "dry_run")} <= tried


@pytest.mark.parametrize("blank", BLANKS)
async def test_a_blank_required_or_unknown_argument_is_an_error(client: Client, blank: str) -> None:
    assert (await call_tool_error(client, "get_job_error", {"job_id": blank})).startswith("job_id must not be empty")
    assert (await call_tool_error(client, "list_applications", {"page": blank})).startswith('Unknown argument "page"')


async def test_an_id_is_trimmed(client: Client) -> None:
    result = await call_tool(client, "list_application_jobs", {"application_id": f"  {ALIAS}\n"})
    assert result["application_id"] == ALIAS
