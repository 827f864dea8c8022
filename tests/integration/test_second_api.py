"""The three core tools over stdio, in front of a Writer API that is not the sandbox."""

import json
import time
from typing import Any

import pytest

from tests.fakes.second_api import APPLICATION, EMPTY_APPLICATION, SecondApi
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.server_session import KEY, ServerSession, server_session

CORE_TOOLS = ("list_applications", "list_application_jobs", "get_job_error")


VARIANTS: dict[str, dict[str, Any]] = {
    "total of the matches": {"total_count": "matches"},
    "total of the application": {"total_count": "all"},
    "no total": {"total_count": "missing"},
    "limit capped": {"max_limit": 7},
    "limit capped, no total": {"max_limit": 7, "total_count": "missing"},
    "limit capped, total of the application": {"max_limit": 7, "total_count": "all"},
    "absent fields instead of null": {"null_fields": False},
    "no endpoint for one job": {"single_job_endpoint": False},
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
async def test_the_core_tools_return_the_right_jobs(variant: dict[str, Any]) -> None:
    api = SecondApi(KEY, **variant)
    async with server_session(api) as session:
        applications = await session.structure("list_applications")
        assert [each["id"] for each in applications["applications"]] == [EMPTY_APPLICATION, APPLICATION]
        assert applications["page"] == {"returned": 2, "has_more": False}
        for status in ("failed", "completed", "in_progress", None):
            filtered = {} if status is None else {"status": status}
            assert await list_all_job_ids(session, **filtered) == [job["id"] for job in api.jobs_with_status(status)]
        assert (await session.structure("list_application_jobs", application_id=EMPTY_APPLICATION))["jobs"] == []
        failed = await session.structure("get_job_error", job_id="run_0008", application_id=APPLICATION)
        assert (failed["status"], failed["application_id"], failed["seconds"]) == ("failed", APPLICATION, 90.2)
        assert failed["error"].startswith("Request 8 timed out after 30 seconds waiting for the model. Trace")
        assert (failed["error_chars"], len(failed["error"])) == (len(api.jobs[8]["error"]), 6_000)
        assert failed["cause"]["category"] == "timeout"
        done = await session.structure("get_job_error", job_id="run_0001", application_id=APPLICATION)
        assert done["message"] == "This job is completed. Whether it failed before is not known."


async def list_all_job_ids(session: ServerSession, **filtered: str) -> list[str]:
    """Return the ids of all pages."""
    ids: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = await session.structure(
            "list_application_jobs", application_id=APPLICATION, limit=100, offset=offset, **filtered
        )
        assert "null" not in json.dumps(page)
        ids += [job["id"] for job in page["jobs"]]
        offset = page["page"].get("next_offset")
    return ids


MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("list_application_jobs", {"application_id": "nowhere"}, 'Writer does not know application "nowhere"'),
    ("get_job_error", {"job_id": "run_9999"}, 'Writer does not know job "run_9999"'),
    (
        "get_job_error",
        {"job_id": "run_9999", "application_id": APPLICATION},
        'Writer does not know job "run_9999", and it is not among the 60 jobs of application',
    ),
    (
        "list_application_jobs",
        {"application_id": APPLICATION, "status": "done"},
        'status must be one of in_progress, failed, completed; got "done".',
    ),
    (
        "list_application_jobs",
        {"application_id": APPLICATION, "limit": 0},
        "limit must be a whole number from 1 to 100; got 0.",
    ),
    (
        "list_application_jobs",
        {"application_id": APPLICATION, "page": 2},
        'Unknown argument "page": list_application_jobs takes application_id, status, offset, limit.',
    ),
    *(
        (tool, {name: "../../v1/models"}, f"{name} must be an id as Writer gives it: no slash")
        for tool, name in (
            ("list_application_jobs", "application_id"),
            ("get_job_error", "job_id"),
            ("list_applications", "after"),
        )
    ),
]


async def test_invalid_calls_get_a_helpful_error_and_lenient_ones_a_result() -> None:
    async with server_session(SecondApi(KEY)) as session:
        for tool, arguments, start in MISTAKES:
            message = await session.error(tool, **arguments)
            assert message.startswith(start)
            assert message.endswith(".")
            assert len(message) < 300
        for arguments in ({"limit": "20"}, {"limit": 20, "status": None}):
            page = await session.structure("list_application_jobs", application_id=APPLICATION, **arguments)
            assert (len(page["jobs"]), page["page"]["limit"], "status" in page) == (20, 20, False)


@pytest.mark.parametrize(
    ("key", "start"),
    [
        ("", "No Writer API key is set. Set WRITER_API_KEY,"),
        (KEY[:-1] + "8", "Writer refused the API key (401). Check that WRITER_API_KEY holds a current key"),
    ],
    ids=["no key", "wrong key"],
)
async def test_without_a_valid_key_each_tool_says_what_to_do(key: str, start: str) -> None:
    async with server_session(SecondApi(KEY), WRITER_API_KEY=key) as session:
        for tool, arguments in (
            ("list_applications", {}),
            ("list_application_jobs", {"application_id": APPLICATION}),
            ("get_job_error", {"job_id": "run_0001"}),
        ):
            assert (await session.error(tool, **arguments)).startswith(start)


async def test_a_429_is_retried_after_the_wait_that_it_asks_for() -> None:
    api = SecondApi(KEY, error_statuses=[(429, {"Retry-After": "1"})])
    async with server_session(api) as session:
        started = time.monotonic()
        page = await session.structure("list_application_jobs", application_id=APPLICATION, limit=3)
        spent = time.monotonic() - started
    assert [job["id"] for job in page["jobs"]] == ["run_0000", "run_0001", "run_0002"]
    assert len(api.requests) == 2
    assert spent >= 1


async def test_an_api_that_stays_unavailable_is_an_error_within_the_call_budget() -> None:
    api = SecondApi(KEY, error_statuses=[(503, {})], repeat_last_error=True)
    async with server_session(api, WRITER_JOBS_CALL_BUDGET="2") as session:
        message = await session.error("get_job_error", job_id="run_0001")
    assert message.startswith("Writer is unavailable: ")
    assert "503 Service Unavailable" in message
    assert 1 < len(api.requests) < 5  # a fifth attempt would start after three seconds at the earliest


async def test_definitions_and_job_lists_are_small() -> None:
    async with server_session(SecondApi(KEY)) as session:
        tools = [tool for tool in (await session.client.list_tools()).tools if tool.name in CORE_TOOLS]
        latest = await session.client.call_tool("list_application_jobs", {"application_id": APPLICATION, "offset": 20})
    assert len(tools) == len(CORE_TOOLS)
    listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    assert len(json.dumps(listed, separators=(",", ":"), ensure_ascii=False)) / 3.6 < 1_300
    structure = structure_of(latest)
    assert len(structure["jobs"]) == 20
    assert len(json.dumps(structure, separators=(",", ":"), ensure_ascii=False)) < 4_600
    assert len(text_of(latest)) < 4_600
