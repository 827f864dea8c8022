"""What answers may weigh, what the handshake may import, and what a triage may ask and keep: no clock decides here.

Characters stand for tokens: about 3.4 make one, of such text, in o200k. `make bench` counts them.
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
from pydantic import BaseModel

from scripts.snapshots import tool_schemas
from tests.conftest import NOW
from tests.fakes.unstable_list import UnstableListApi, newest_first
from tests.helpers.mcp import call_tool, text_of
from tests.helpers.stdio_server import SERVER, TIMEOUT, environment_without_settings, initialize
from tests.helpers.triage import TRIAGE, JsonObject, api_with, make_job, nine_causes, server_for
from writer_jobs_mcp import results
from writer_jobs_mcp.client import asgi_transport, open_client
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.server.json_schema import simplify_schema
from writer_jobs_mcp.triage.report import ReportBuilder, Window
from writer_jobs_mcp.triage.scan import scan_jobs

# What the agent reads

DEFINITION_LIMITS = {
    "list_applications": 600,
    "triage_application_jobs": 950,
    "list_application_jobs": 740,
    "get_job_error": 480,
    "get_job_output": 530,
    "wait_for_job": 500,
    "retry_jobs": 540,
}
"""The most characters that each tool may take of every conversation: name, description and arguments."""


async def test_each_tool_keeps_to_its_budget() -> None:
    sizes = {name: len(compact_json(definition(tool))) for name, tool in (await tool_schemas()).items()}
    assert {name: size for name, size in sizes.items() if size > DEFINITION_LIMITS[name]} == {}
    assert sum(sizes.values()) < 4_400


def definition(tool: Mapping[str, Any]) -> JsonObject:
    return {name: tool[name] for name in ("name", "description", "inputSchema")}


PROSE = "Built for long days outdoors, it keeps its shape in rain and sun, and it weighs less than a book. " * 21


def long_jobs(count: int) -> list[JsonObject]:
    """Jobs of which every fourth failed and the others wrote 2,000 characters."""
    jobs = nine_causes()[:count]
    return [said if said["error"] else said | {"data": {"suggestion": PROSE[n % 90 :]}} for n, said in enumerate(jobs)]


async def call_for_json_and_text(api: UnstableListApi, tool: str, **arguments: Any) -> tuple[str, str]:
    """An answer as compact structure, and as text."""
    async with Client(server_for(api)) as client:
        result = await client.call_tool(tool, {"application_id": "a" * 36, **arguments})
    assert not result.is_error, text_of(result)
    return compact_json(result.structured_content), text_of(result)


@pytest.mark.parametrize(("limit", "structure", "text"), [(20, 3_800, 2_500), (100, 18_500, 11_500)])
async def test_a_list_keeps_to_its_budget(limit: int, structure: int, text: int) -> None:
    as_structure, as_text = await call_for_json_and_text(api_with(long_jobs(200)), "list_application_jobs", limit=limit)
    assert (len(as_structure) < structure, len(as_text) < text) == (True, True), (len(as_structure), len(as_text))


@pytest.mark.parametrize("id_", ["{:0200}", "{:0>200}", '{:"<200}'], ids=["numbers", "letters", "quotation marks"])
async def test_a_list_keeps_to_its_bound_whatever_its_ids_are_and_says_where_it_goes_on(id_: str) -> None:
    jobs = [said | {"id": id_.format(n)} for n, said in enumerate(long_jobs(200), 1000)]
    async with Client(server_for(api_with(jobs))) as client:
        asked = {"application_id": '"' * 200, "limit": 100}
        first = await call_tool(client, "list_application_jobs", asked)
        again = asked | {"offset": first["page"]["next_offset"]}
        second = await call_tool(client, "list_application_jobs", again)
    assert len(compact_json(first)) < 30_000
    assert first["page"]["returned"] == len(first["jobs"]) == first["page"]["next_offset"]
    ids = [each["id"] for each in (*first["jobs"], *second["jobs"])]
    assert len(set(ids)) == len(ids)


async def test_a_triage_with_nine_groups_keeps_to_its_budget() -> None:
    as_structure, as_text = await call_for_json_and_text(api_with(nine_causes()), TRIAGE, since="4d")
    assert len(json.loads(as_structure)["failures"]) == 9
    assert (len(as_structure) < 4_000, len(as_text) < 3_100) == (True, True), (len(as_structure), len(as_text))


# What the handshake imports

LAZY_MODULES = [
    "argparse",
    "httpx",
    "opentelemetry.sdk",
    "statistics",
    "tenacity",
    "writer_jobs_mcp.commands.check",
    "writer_jobs_mcp.client.client",
    "writer_jobs_mcp.commands.demo",
    "writer_jobs_mcp.telemetry.export",
    "writer_jobs_mcp.failures.classify.classifier",
    "writer_jobs_mcp.failures.grouping.groups",
    "writer_jobs_mcp.client.models",
    "writer_jobs_mcp.sandbox",
]


def test_the_handshake_imports_nothing_that_only_a_call_needs() -> None:
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
        assert json.loads(server.stdout.readline())["id"] == 2  # only then is the end of the input no interruption
        _, told = server.communicate(timeout=TIMEOUT)
    imported = {line.rpartition("|")[2].strip() for line in told.splitlines()}
    assert "writer_jobs_mcp.server.build" in imported
    assert imported & set(LAZY_MODULES) == set()


RESULT_MODELS = [
    each for each in vars(results).values() if isinstance(each, type) and issubclass(each, results.ResultModel)
]


@pytest.mark.parametrize(
    "view", [each for each in RESULT_MODELS if each is not results.ResultModel], ids=lambda view: view.__name__
)
def test_a_view_is_described_as_pydantic_would(view: type[BaseModel]) -> None:
    assert results.result_schema(view) == without_descriptions(simplify_schema(view.model_json_schema()))


def without_descriptions(schema: Any) -> Any:
    match schema:
        case {"properties": {} as properties}:
            said = {name: without_descriptions(field) for name, field in properties.items()}
            return {**{k: v for k, v in schema.items() if k != "description"}, "properties": said}
        case {}:
            return {name: without_descriptions(value) for name, value in schema.items() if name != "description"}
        case _:
            return schema


# What a triage asks and keeps


@pytest.mark.parametrize("count", [1_000, 2_500, 4_951])
async def test_a_list_that_stands_still_is_read_in_the_fewest_requests(count: int) -> None:
    api = UnstableListApi(newest_first(count))
    await call_for_json_and_text(api, TRIAGE, max_jobs=count)
    fewest = ceil((count - 1) / 99)  # pages of a hundred that overlap by a job
    assert fewest <= api.request_count <= fewest + 2


async def test_memory_grows_with_the_number_of_jobs_and_not_with_what_they_say() -> None:
    await triage_peak_memory(200)  # imports, and what is made once
    # How many pages wait to be worked on differs by chance, by a megabyte on a busy machine, which many jobs outweigh.
    few, many = await triage_peak_memory(1_000), await triage_peak_memory(11_000)
    assert (many - few) / 10_000 < 300  # bytes a job: its id, and its seconds; its output has 2,000


async def triage_peak_memory(count: int) -> int:
    said = make_job(5) | {"data": {"suggestion": PROSE}}
    api = UnstableListApi(newest_first(count), job_fields=lambda _: said)
    triage = ReportBuilder(Window(None, None), NOW)
    environ = {"WRITER_API_KEY": "a-key-of-some-length", "WRITER_JOBS_CONCURRENCY": "1"}
    config = Config.from_env({**environ, "WRITER_BASE_URL": "http://localhost"})
    async with open_client(config, asgi_transport(api)) as client:
        waits = gc.get_threshold()
        gc.set_threshold(200)  # garbage is no growth, and each Python lets another amount of it lie
        tracemalloc.start()
        try:
            coverage = await scan_jobs(client, "a", triage.add)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.set_threshold(*waits)
    assert coverage.jobs_read == count
    return peak


def compact_json(said: object) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
