"""A running job in get_job_error and list_application_jobs."""

from typing import Any

import pytest
from mcp.client import Client

from tests.conftest import ALIAS, NOW
from tests.helpers.jobs import job_response, time_before_now
from tests.helpers.mcp import structure_of, text_of
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript
from writer_jobs_mcp.server.build import build_server

RUNNING: list[tuple[bytes, dict[str, Any], str, str]] = [
    (
        job_response(54 * 60),
        {"seconds": 194_400.0},
        "It has not failed so far; it has run for 54 h.",
        "Created 2026-11-21T06:00:00Z, in_progress for 54 h.",
    ),
    (
        job_response(54 * 60, updated_at=time_before_now(1)),
        {"seconds": 194_400.0, "updated_at": "2026-11-23T11:59:00Z"},
        "It has not failed so far; it was created 54 h ago and last updated 1 min ago (a retried job keeps its first "
        "created_at).",
        "Created 2026-11-21T06:00:00Z, last updated 2026-11-23T11:59:00Z, in_progress for 54 h.",
    ),
    (
        job_response(5, updated_at=time_before_now(4)),  # too soon after its creation to matter
        {"seconds": 300.0},
        "It has not failed so far; it has run for 5 min.",
        "Created 2026-11-23T11:55:00Z, in_progress for 5 min.",
    ),
    (
        job_response(5, "queued"),
        {"seconds": 300.0},
        "It has not failed so far; it has been queued for 5 min.",
        "Created 2026-11-23T11:55:00Z, queued for 5 min.",
    ),
    (
        job_response(-5),  # created in the future: two clocks disagree
        {},
        "It has not failed so far.",
        "Created 2026-11-23T12:05:00Z.",
    ),
    (
        job_response(5, completed_at="2026-11-23T11:56:00Z", error="Timed out"),  # of the run before
        {"seconds": 300.0, "completed_at": "2026-11-23T11:56:00Z"},
        "This run has not failed so far; it has run for 5 min. An earlier run ended 2026-11-23T11:56:00Z, and the "
        "error text is probably from that run.",
        "Created 2026-11-23T11:55:00Z, an earlier run ended 2026-11-23T11:56:00Z, in_progress for 5 min.",
    ),
]


@pytest.mark.parametrize(("response", "fields", "message", "times"), RUNNING)
async def test_get_job_error_says_that_a_running_job_has_not_failed_so_far(
    config: Config, faults: FaultScript, response: bytes, fields: dict[str, Any], message: str, times: str
) -> None:
    faults.push(CannedResponse(200, response))
    async with Client(build_server(config, clock=lambda: NOW)) as client:
        result = await client.call_tool("get_job_error", {"job_id": "a"})
    structure = structure_of(result)
    assert {name: structure[name] for name in ("seconds", "updated_at", "completed_at") if name in structure} == fields
    assert structure["message"] == message
    assert text_of(result).splitlines()[1:3] == [times, message]


async def test_a_job_list_says_when_a_running_job_was_last_updated(config: Config, faults: FaultScript) -> None:
    rows = [
        job_response(54 * 60, id="1"),
        job_response(54 * 60, updated_at=time_before_now(1), id="2"),
        job_response(5, updated_at=time_before_now(4), id="3"),
    ]
    faults.push(CannedResponse(200, b'{"result": [' + b",".join(rows) + b"]}"))
    async with Client(build_server(config, clock=lambda: NOW)) as client:
        result = await client.call_tool("list_application_jobs", {"application_id": ALIAS})
    assert [row.get("updated_at") for row in structure_of(result)["jobs"]] == [None, "2026-11-23T11:59:00Z", None]
    assert text_of(result).splitlines()[1:] == [
        "Created (UTC), id, status, duration:",
        "2026-11-21",
        "06:00:00 1 in_progress 54 h",
        "06:00:00 2 in_progress 54 h, last updated 1 min ago",
        "2026-11-23",
        "11:55:00 3 in_progress 5 min",
    ]
