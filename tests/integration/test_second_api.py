"""The three first tools through a real client over stdio, against a Writer API that is not our sandbox."""

import hashlib
import json
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.fakes.second_api import APPLICATION, EMPTY_APPLICATION, SecondApi
from tests.helpers.mcp import call_tool, call_tool_error, text_of
from tests.helpers.stdio_server import SERVER, TIMEOUT, environment_without_settings

KEY = "Wr1ter_4f9c-TQz8.Lm2bXyV07"
CORE_TOOLS = ("list_applications", "list_application_jobs", "get_job_error")


@dataclass
class ServerSession:
    """A client and what its server was told and told back."""

    client: Client
    results: list[str]

    async def structure(self, tool: str, **arguments: Any) -> dict[str, Any]:
        structure = await call_tool(self.client, tool, arguments)
        self.results.append(json.dumps(structure))
        return structure

    async def error(self, tool: str, **arguments: Any) -> str:
        sentence = await call_tool_error(self.client, tool, arguments)
        self.results.append(sentence)
        return sentence


@asynccontextmanager
async def server_session(api: SecondApi, **environ: str) -> AsyncGenerator[ServerSession]:
    """A real client and the server as its subprocess; at the end, nothing of the key may have been told anywhere."""
    with api.serve() as url, tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        given = {"WRITER_API_KEY": KEY, "WRITER_BASE_URL": url, "WRITER_JOBS_LOG_LEVEL": "DEBUG", **environ}
        environment = {**environment_without_settings(), **{name: value for name, value in given.items() if value}}
        server = StdioServerParameters(command=SERVER[0], args=SERVER[1:], env=environment)
        with anyio.fail_after(TIMEOUT):
            async with Client(stdio_client(server, errlog=log)) as client:
                talk = ServerSession(client, [])
                yield talk
        log.seek(0)
        told = log.read() + "\n".join(talk.results)
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    parts = [KEY[at : at + 4] for at in range(len(KEY) - 3)] + [digest[:8], digest[-8:]]
    assert [part for part in parts if part in told] == []
    assert "Traceback" not in told


VARIANTS: dict[str, dict[str, Any]] = {
    "total of the matches": {"total_count": "matches"},
    "total of the application": {"total_count": "all"},
    "no total": {"total_count": "missing"},
    "limit capped": {"max_limit": 7},
    "limit capped, no total": {"max_limit": 7, "total_count": "missing"},
    "limit capped, total of the application": {"max_limit": 7, "total_count": "all"},
    "absent in place of null": {"null_fields": False},
    "no single jobs": {"single_job_endpoint": False},
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
async def test_all_three_tools_are_right(variant: dict[str, Any]) -> None:
    api = SecondApi(KEY, **variant)
    async with server_session(api) as talk:
        applications = await talk.structure("list_applications")
        assert [each["id"] for each in applications["applications"]] == [EMPTY_APPLICATION, APPLICATION]
        assert applications["page"] == {"returned": 2, "has_more": False}
        for status in ("failed", "completed", "in_progress", None):
            filtered = {} if status is None else {"status": status}
            assert await list_all_job_ids(talk, **filtered) == [job["id"] for job in api.jobs_with_status(status)]
        assert (await talk.structure("list_application_jobs", application_id=EMPTY_APPLICATION))["jobs"] == []
        failed = await talk.structure("get_job_error", job_id="run_0008", application_id=APPLICATION)
        assert (failed["status"], failed["application_id"], failed["seconds"]) == ("failed", APPLICATION, 90.2)
        assert failed["error"].startswith("Request 8 timed out after 30 seconds waiting for the model. Trace")
        assert (failed["error_chars"], len(failed["error"])) == (len(api.jobs[8]["error"]), 6_000)
        assert failed["cause"]["category"] == "timeout"
        done = await talk.structure("get_job_error", job_id="run_0001", application_id=APPLICATION)
        assert done["message"] == "This job is completed. Whether it failed before is not known."


async def list_all_job_ids(talk: ServerSession, **filtered: str) -> list[str]:
    ids: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = await talk.structure(
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


async def test_each_mistake_is_answered_with_a_helpful_sentence_and_what_is_right_all_the_same_with_the_answer() -> (
    None
):
    async with server_session(SecondApi(KEY)) as talk:
        for tool, arguments, start in MISTAKES:
            sentence = await talk.error(tool, **arguments)
            assert sentence.startswith(start)
            assert sentence.endswith(".")
            assert len(sentence) < 300
        for arguments in ({"limit": "20"}, {"limit": 20, "status": None}):
            page = await talk.structure("list_application_jobs", application_id=APPLICATION, **arguments)
            assert (len(page["jobs"]), page["page"]["limit"], "status" in page) == (20, 20, False)


@pytest.mark.parametrize(
    ("key", "start"),
    [
        ("", "No Writer API key is set. Set WRITER_API_KEY,"),
        (KEY[:-1] + "8", "Writer refused the API key (401). Check that WRITER_API_KEY holds a current key"),
    ],
    ids=["none", "bad"],
)
async def test_without_a_good_key_each_tool_says_what_to_do(key: str, start: str) -> None:
    async with server_session(SecondApi(KEY), WRITER_API_KEY=key) as talk:
        for tool, arguments in (
            ("list_applications", {}),
            ("list_application_jobs", {"application_id": APPLICATION}),
            ("get_job_error", {"job_id": "run_0001"}),
        ):
            assert (await talk.error(tool, **arguments)).startswith(start)


async def test_too_many_requests_and_then_an_answer_are_one_call() -> None:
    api = SecondApi(KEY, error_statuses=[(429, {"Retry-After": "1"})])
    async with server_session(api) as talk:
        started = time.monotonic()
        page = await talk.structure("list_application_jobs", application_id=APPLICATION, limit=3)
        spent = time.monotonic() - started
    assert [job["id"] for job in page["jobs"]] == ["run_0000", "run_0001", "run_0002"]
    assert len(api.requests) == 2
    assert spent >= 1


async def test_an_api_that_stays_away_is_told_within_the_call_budget() -> None:
    api = SecondApi(KEY, error_statuses=[(503, {})], repeat_last_error=True)
    async with server_session(api, WRITER_JOBS_CALL_BUDGET="2") as talk:
        sentence = await talk.error("get_job_error", job_id="run_0001")
    assert sentence.startswith("Writer is unavailable: ")
    assert "503 Service Unavailable" in sentence
    assert 1 < len(api.requests) < 5  # the fifth is due after three seconds at the earliest


async def test_what_the_agent_reads_is_small() -> None:
    async with server_session(SecondApi(KEY)) as talk:
        tools = [tool for tool in (await talk.client.list_tools()).tools if tool.name in CORE_TOOLS]
        latest = await talk.client.call_tool("list_application_jobs", {"application_id": APPLICATION, "offset": 20})
    assert len(tools) == len(CORE_TOOLS)
    listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    assert len(json.dumps(listed, separators=(",", ":"), ensure_ascii=False)) / 3.6 < 1_300
    assert latest.structured_content is not None
    assert len(latest.structured_content["jobs"]) == 20
    assert len(json.dumps(latest.structured_content, separators=(",", ":"), ensure_ascii=False)) < 4_600
    assert len(text_of(latest)) < 4_600
