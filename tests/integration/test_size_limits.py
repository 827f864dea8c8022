"""Limits: the size of what the agent reads, imports of the handshake, requests and memory of a triage.

The limits are in characters: about 3.4 make one token of such text in o200k. `make bench` counts tokens.
"""

import gc
import json
import subprocess
import tracemalloc
from collections.abc import Mapping
from math import ceil
from typing import Any

import pytest
from mcp.client import Client

from scripts.snapshots import tool_schemas
from tests.conftest import NOW
from tests.fakes.unstable_list import UnstableListApi, newest_first
from tests.helpers.jobs import JsonObject, make_job
from tests.helpers.mcp import call_tool, server_for, text_of
from tests.helpers.stdio_server import SERVER, TIMEOUT, environment_without_settings, initialize
from tests.helpers.triage import TRIAGE, api_with, nine_causes
from writer_jobs_mcp.client import asgi_transport, open_client
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.triage.report import ReportBuilder, Window
from writer_jobs_mcp.triage.scan import scan_jobs

DEFINITION_LIMITS = {
    "list_applications": 670,
    "triage_application_jobs": 960,
    "triage_all_applications": 480,
    "list_application_jobs": 780,
    "list_failed_jobs": 1_340,
    "get_job_error": 480,
    "get_job_output": 600,
    "wait_for_job": 520,
    "wait_for_jobs": 710,
    "retry_jobs": 1_440,
}
"""The maximum number of characters of a tool's name, description and arguments, which every conversation pays for."""


async def test_each_tool_definition_is_within_its_size_limit() -> None:
    sizes = {name: len(compact_json(definition(tool))) for name, tool in (await tool_schemas()).items()}
    assert {name: size for name, size in sizes.items() if size > DEFINITION_LIMITS[name]} == {}
    assert sum(sizes.values()) < 8_000  # 2,000 tokens (o200k) have more characters


def definition(tool: Mapping[str, Any]) -> JsonObject:
    return {name: tool[name] for name in ("name", "description", "inputSchema")}


PROSE = "Built for long days outdoors, it keeps its shape in rain and sun, and it weighs less than a book. " * 21


def long_jobs(count: int) -> list[JsonObject]:
    """Return jobs of which every fourth failed and the others have an output of 2,000 characters."""
    jobs = nine_causes()[:count]
    return [job if job["error"] else job | {"data": {"suggestion": PROSE[n % 90 :]}} for n, job in enumerate(jobs)]


async def call_for_json_and_text(api: UnstableListApi, tool: str, **arguments: Any) -> tuple[str, str]:
    """Return the result of a call as compact JSON, and as text."""
    async with Client(server_for(api)) as client:
        result = await client.call_tool(tool, {"application_id": "a" * 36, **arguments})
    assert not result.is_error, text_of(result)
    return compact_json(result.structured_content), text_of(result)


@pytest.mark.parametrize(("limit", "structure", "text"), [(20, 3_800, 2_500), (100, 18_500, 11_500)])
async def test_a_job_list_is_within_its_size_limit(limit: int, structure: int, text: int) -> None:
    as_structure, as_text = await call_for_json_and_text(api_with(long_jobs(200)), "list_application_jobs", limit=limit)
    assert (len(as_structure) < structure, len(as_text) < text) == (True, True), (len(as_structure), len(as_text))


@pytest.mark.parametrize("id_", ["{:0200}", "{:0>200}", '{:"<200}'], ids=["numbers", "letters", "quotation marks"])
async def test_a_job_list_with_long_ids_is_cut_at_the_size_limit_and_continues_at_next_offset(id_: str) -> None:
    jobs = [job | {"id": id_.format(n)} for n, job in enumerate(long_jobs(200), 1000)]
    async with Client(server_for(api_with(jobs))) as client:
        arguments = {"application_id": '"' * 200, "limit": 100}
        first = await call_tool(client, "list_application_jobs", arguments)
        arguments["offset"] = first["page"]["next_offset"]
        second = await call_tool(client, "list_application_jobs", arguments)
    assert len(compact_json(first)) < 30_000
    assert first["page"]["returned"] == len(first["jobs"]) == first["page"]["next_offset"]
    ids = [each["id"] for each in (*first["jobs"], *second["jobs"])]
    assert len(set(ids)) == len(ids)


async def test_a_triage_with_nine_groups_is_within_its_size_limit() -> None:
    as_structure, as_text = await call_for_json_and_text(api_with(nine_causes()), TRIAGE, since="4d")
    assert len(json.loads(as_structure)["failures"]) == 9
    assert (len(as_structure) < 4_000, len(as_text) < 3_100) == (True, True), (len(as_structure), len(as_text))


LAZY_MODULES = [
    "argparse",
    "httpx",
    "opentelemetry.sdk",
    "statistics",
    "tenacity",
    "tqdm",
    "writer_jobs_mcp.commands.check",
    "writer_jobs_mcp.client.client",
    "writer_jobs_mcp.commands.demo",
    "writer_jobs_mcp.failures.classify.classifier",
    "writer_jobs_mcp.failures.grouping.groups",
    "writer_jobs_mcp.client.models",
    "writer_jobs_mcp.sandbox",
]


def test_the_handshake_imports_no_module_that_only_a_call_needs() -> None:
    messages: list[JsonObject] = [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}},
    ]
    with (
        subprocess.Popen(  # noqa: S603 - our own program
            [SERVER[0], "-X", "importtime", *SERVER[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment_without_settings(),
        ) as server
    ):
        initialize(server)
        assert server.stdin is not None
        assert server.stdout is not None
        for message in messages:
            server.stdin.write(json.dumps(message) + "\n")
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["id"] == 2  # before stdin may be closed
        _, stderr = server.communicate(timeout=TIMEOUT)
    imported = {line.rpartition("|")[2].strip() for line in stderr.splitlines()}
    assert "writer_jobs_mcp.server.build" in imported
    assert imported & set(LAZY_MODULES) == set()


@pytest.mark.parametrize("count", [1_000, 2_500, 3_000])
async def test_a_stable_list_is_read_in_the_fewest_requests(count: int) -> None:
    api = UnstableListApi(newest_first(count))
    await call_for_json_and_text(api, TRIAGE, max_jobs=count)
    fewest = ceil((count - 1) / 99)  # pages of 100 jobs that overlap by one
    assert fewest <= api.request_count <= fewest + 2


async def test_memory_grows_with_the_number_of_jobs_and_not_with_their_texts() -> None:
    await triage_peak_memory(200)  # a first run, for imports and caches
    few = min([await triage_peak_memory(1_000) for _ in range(3)])
    # The number of pages in memory varies, by megabytes on a busy machine, so one of three attempts is enough.
    many: list[int] = []
    while len(many) < 3 and not (many and bytes_per_job(few, min(many)) < 300):
        many.append(await triage_peak_memory(11_000))
    assert bytes_per_job(few, min(many)) < 300  # for its id and its duration; its output has 2,000


def bytes_per_job(few: int, many: int) -> float:
    return (many - few) / 10_000


async def triage_peak_memory(count: int) -> int:
    """Return the peak memory of a triage in bytes."""
    job = make_job(5, data={"suggestion": PROSE})
    api = UnstableListApi(newest_first(count), job_fields=lambda _: job)
    builder = ReportBuilder(Window(None, None), NOW)
    environ = {"WRITER_API_KEY": "a-key-of-some-length", "WRITER_JOBS_CONCURRENCY": "1"}
    config = Config.from_env({**environ, "WRITER_BASE_URL": "http://localhost"})
    async with open_client(config, asgi_transport(api)) as client:
        thresholds = gc.get_threshold()
        gc.set_threshold(200)  # collect often: each Python keeps a different amount of garbage
        gc.collect()
        gc.freeze()  # the more other objects a process has, the more garbage it keeps
        tracemalloc.start()
        try:
            coverage = await scan_jobs(client, "a", builder.add)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.unfreeze()
            gc.set_threshold(*thresholds)
    assert coverage.jobs_read == count
    return peak


def compact_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
