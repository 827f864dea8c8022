"""The time of each stage of a page of jobs, in one process and without the stdio pipe."""

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from statistics import median

import anyio
import httpx

from benchmarks.jobs import APPLICATION_ID
from benchmarks.measured_servers import KEY
from benchmarks.table import Row
from writer_jobs_mcp.client import open_client
from writer_jobs_mcp.client.auth import BearerAuth
from writer_jobs_mcp.client.models import JobPage
from writer_jobs_mcp.client.responses import parse_body
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.results.job_list import JobList, job_list
from writer_jobs_mcp.tools.result import tool_result

_ROUNDS = 200
_LIMIT = 100
_PREFIX = f"of a page of {_LIMIT} jobs:"


def rows(url: str) -> Iterator[Row]:
    """Yield the rows, in milliseconds; the base is the same stage without our code."""
    config = Config.from_env({"WRITER_API_KEY": KEY, "WRITER_BASE_URL": url})
    key = BearerAuth(config)
    key.is_key_in("")  # the first use reads the key
    body, fetched, base_time = anyio.run(_time_fetch, config, key)
    page = parse_body(body, JobPage, "", key)
    now = datetime.now(UTC)

    def view() -> JobList:
        return job_list(page, application_id=APPLICATION_ID, status=None, offset=0, limit=_LIMIT, now=now)

    listed = view()
    result = tool_result(listed)
    yield Row(f"{_PREFIX} fetched (base: httpx.AsyncClient)", fetched, "ms", {"base": base_time})
    yield Row(
        f"{_PREFIX} parsed and searched for the key (base: json.loads)",
        _milliseconds(lambda: parse_body(body, JobPage, "", key)),
        "ms",
        {"base": _milliseconds(lambda: json.loads(body))},
    )
    yield Row(f"{_PREFIX} sanitized and turned into rows", _milliseconds(view), "ms")
    yield Row(f"{_PREFIX} written as text and as structure", _milliseconds(lambda: tool_result(listed)), "ms")
    dumped = _milliseconds(lambda: result.model_dump_json(by_alias=True, exclude_none=True))
    yield Row(f"{_PREFIX} serialized by the SDK", dumped, "ms")


async def _time_fetch(config: Config, key: BearerAuth) -> tuple[bytes, float, float]:
    """Return a page's body, its time with our client without parsing, and its time with httpx alone."""
    path = f"/v1/applications/{APPLICATION_ID}/jobs"
    async with open_client(config) as client, httpx.AsyncClient(base_url=config.base_url) as http:
        body = (await http.get(path, params={"limit": _LIMIT})).content
        ours, base = await _interleaved(
            lambda: client.list_jobs(APPLICATION_ID, limit=_LIMIT),
            lambda: http.get(path, params={"limit": _LIMIT}),
        )
    return body, ours - _milliseconds(lambda: parse_body(body, JobPage, "", key)), base


async def _interleaved(*calls: Callable[[], Awaitable[object]]) -> list[float]:
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(_ROUNDS):
        for of_call, call in zip(times, calls, strict=True):
            started = time.perf_counter()
            await call()
            of_call.append((time.perf_counter() - started) * 1000)
    return [median(of_call) for of_call in times]


def _milliseconds(stage: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        stage()
        times.append((time.perf_counter() - started) * 1000)
    return median(times)
