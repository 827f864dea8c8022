"""Triage a list of jobs through a real client."""

from collections.abc import Callable
from typing import Any

from mcp.client import Client

from tests.fakes.unstable_list import UnstableListApi, newest_first
from tests.helpers.jobs import JsonObject, make_job
from tests.helpers.mcp import call_tool, server_for, text_of
from tests.helpers.run_async import run_async

TRIAGE = "triage_application_jobs"
RATE_LIMIT, TIMEOUT, NOT_FOUND = "Rate limit reached", "Timed out after 30 s", "Knowledge Graph was not found"
UNREADABLE_ID: JsonObject = {"id": None}
UNREADABLE_STATUS: JsonObject = {"status": None}
DIFFERENT_ERRORS = [
    f"The {noun} {verb} badly"
    for noun in ("disk", "socket", "parser", "kernel", "mutex")
    for verb in ("overflowed", "collapsed", "vanished", "melted", "froze")
]


def api_with(jobs: list[JsonObject], **options: Any) -> UnstableListApi:
    """Return an API with these jobs, newest first; the newest has the greatest number."""
    jobs = sorted(jobs, key=lambda job: job["created_at"])
    return UnstableListApi(
        newest_first(len(jobs)), job_fields=lambda number: jobs[number - 1] if number <= len(jobs) else {}, **options
    )


async def triage(api: UnstableListApi, environ: dict[str, str] | None = None, **arguments: Any) -> JsonObject:
    """Return the structured content of a triage."""
    async with Client(server_for(api, **environ or {})) as client:
        return await call_tool(client, TRIAGE, {"application_id": "a", **arguments})


def run_triage(api: UnstableListApi, **arguments: Any) -> JsonObject:
    """Return the structured content of a triage, to a test that is not async."""
    return run_async(lambda: triage(api, **arguments))


async def triage_text(api: UnstableListApi, **arguments: Any) -> str:
    """Return the text of a triage."""
    async with Client(server_for(api)) as client:
        return text_of(await client.call_tool(TRIAGE, {"application_id": "a", **arguments}))


def trends(report: JsonObject) -> dict[str, str | None]:
    """Return the trend of each group by its signature."""
    return {group["signature"]: group.get("trend") for group in report["failures"]}


NINE_ERRORS: list[Callable[[int], str]] = [
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
        error = NINE_ERRORS[cause](n) if failed else None
        jobs.append(make_job(10 * n + 1, "failed" if failed else "completed", error, 5 + n % 50))
    return jobs
