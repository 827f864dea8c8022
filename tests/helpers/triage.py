"""Asking for the triage of a list of jobs, through a real client."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from mcp.client import Client
from mcp.server import MCPServer

from tests.conftest import NOW
from tests.fakes.unstable_list import UnstableListApi, newest_first
from tests.helpers.mcp import call_tool, text_of
from writer_jobs_mcp.client import asgi_transport
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.context import App
from writer_jobs_mcp.server.build import build_server

JsonObject = dict[str, Any]
TRIAGE = "triage_application_jobs"


def make_job(
    minutes_ago: float, status: str = "completed", error: str | None = None, seconds: float | None = 20
) -> JsonObject:
    """What there is to say of a job that was created so long before now."""
    created = NOW - timedelta(minutes=minutes_ago)
    said: JsonObject = {"created_at": created.isoformat(), "status": status, "error": error}
    if status != "in_progress" and seconds is not None:
        said["completed_at"] = (created + timedelta(seconds=seconds)).isoformat()
    return said


def make_failed_jobs(text: str, count: int, minutes_ago: float) -> list[JsonObject]:
    """As many jobs that failed with the same text within a minute or so."""
    return [make_job(minutes_ago + n / 100, "failed", text) for n in range(count)]


def api_with(jobs: list[JsonObject], **options: Any) -> UnstableListApi:
    """An API with these jobs, newest first; the first has the greatest number."""
    jobs = sorted(jobs, key=lambda said: said["created_at"])
    return UnstableListApi(
        newest_first(len(jobs)), job_fields=lambda number: jobs[number - 1] if number <= len(jobs) else {}, **options
    )


def server_for(api: UnstableListApi, **environ: str) -> MCPServer[App]:
    config = Config.from_env(
        {"WRITER_API_KEY": "a-key-of-some-length", "WRITER_BASE_URL": "http://localhost", **environ}
    )
    return build_server(config, transport=asgi_transport(api), clock=lambda: NOW)


async def triage(api: UnstableListApi, environ: dict[str, str] | None = None, **arguments: Any) -> JsonObject:
    """The structure of the answer."""
    async with Client(server_for(api, **environ or {})) as client:
        return await call_tool(client, TRIAGE, {"application_id": "a", **arguments})


async def triage_text(api: UnstableListApi, **arguments: Any) -> str:
    """Its text."""
    async with Client(server_for(api)) as client:
        return text_of(await client.call_tool(TRIAGE, {"application_id": "a", **arguments}))


NINE: list[Callable[[int], str]] = [
    lambda n: f"Rate limit exceeded: 400 requests per minute. Retry after {n % 60} seconds (request req_{n:09x})",
    lambda n: f"Request to model palmyra-x{n % 3 + 3} timed out after {30_000 + n}ms",
    lambda n: f"This model's maximum context length is 128000 tokens, however you requested {128_001 + n} tokens.",
    lambda n: f"Knowledge Graph {n:08x}-0000-4000-8000-0123456789ab was not found",
    lambda n: f"Validation failed: field 'input_{n}' is required",
    lambda n: f'{{"tpe":"Guardrail","errors":[{{"description":"Content blocked by guardrail {n}","extras":{{}}}}]}}',
    lambda n: f"502 Bad Gateway from upstream https://gw-{n % 7}.example.com/v1/chat/{n}",
    lambda n: f"Traceback (most recent call last):\n  File \"/srv/run.py\", line {n}, in run\nKeyError: 'field_{n}'",
    lambda n: f"403 Forbidden: user {n} has no permission to read sheet_{n}.pdf",
]


def nine_causes() -> list[JsonObject]:
    """Return 1,200 jobs, one per ten minutes; every fourth failed, and the ninth cause is only in the last day."""
    jobs: list[JsonObject] = []
    for n in range(1_200):
        failed = n % 4 == 0
        cause = 8 if n < 100 and n % 20 == 0 else n // 4 % 8
        jobs.append(
            make_job(10 * n + 1, "failed" if failed else "completed", NINE[cause](n) if failed else None, 5 + n % 50)
        )
    return jobs
