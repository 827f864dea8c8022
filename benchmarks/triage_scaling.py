"""How a triage scales from a thousand to a hundred thousand jobs: time, CPU, memory and requests."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any

import httpx

from benchmarks.api import BURST
from benchmarks.jobs import APPLICATION_ID
from benchmarks.measured_servers import OURS
from benchmarks.sdk_iteration import count_with_sdk
from benchmarks.stdio_client import start_server
from benchmarks.table import Row

_PAGE_DELAY_MS = 50
_PAGE_SIZE = 100
_RUNS_BY_JOB_COUNT = {1_000: 5, 10_000: 5, 100_000: 1}  # jobs: runs
_REQUESTS_PER_MINUTE = 400
_LONG_BUDGET = {"WRITER_JOBS_CALL_BUDGET": "600"}


@dataclass(frozen=True)
class _TriageRun:
    """The measurements of one triage by our server."""

    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    request_count: int
    complete: bool


def rows(address: Any) -> Iterator[Row]:
    """Yield the rows."""
    peaks: dict[int, float] = {}
    for jobs, times in _RUNS_BY_JOB_COUNT.items():
        url = address(jobs, delay=_PAGE_DELAY_MS)
        httpx.get(f"{url}/ready", timeout=600)
        ours: list[_TriageRun] = []
        sdk: list[float] = []
        for _ in range(times):
            ours.append(_run_triage(url, jobs))
            sdk.append(_time(lambda: count_with_sdk(url)))  # noqa: B023 - called here
        took, theirs = median(run.seconds for run in ours), median(sdk)
        bar, least = ("≥ 5 × faster", 5) if jobs == 10_000 else ("", 0)
        what = f"triage of {jobs:,} jobs at {_PAGE_DELAY_MS} ms per page"
        complete = all(run.complete for run in ours)
        reached = complete and theirs >= least * took if bar or not complete else None
        yield Row(what, took, "s", {"writer-sdk": theirs}, bar, reached)
        yield Row(f"{what}: CPU per job", median(run.cpu_seconds for run in ours) / jobs * 1e6, "µs")
        # Pages overlap by one job, so that none is missed between two pages when jobs arrive.
        fewest = ceil((jobs - 1) / (_PAGE_SIZE - 1))
        requests = max(run.request_count for run in ours)
        others = {"writer-sdk": ceil(jobs / _PAGE_SIZE)}
        yield Row(f"{what}: requests", requests, "", others, f"≤ {fewest} + 2", requests <= fewest + 2)
        peaks[jobs] = max(run.peak_megabytes for run in ours)
    grown = peaks[100_000] - peaks[1_000]
    yield Row("memory of the server: 100,000 jobs over 1,000", grown, "MB", limit="≤ 40 MB", within_limit=grown <= 40)
    yield Row("memory of the server: peak", peaks[100_000], "MB")
    yield _rate_limited_row(address(10_000, per_minute=_REQUESTS_PER_MINUTE))


def _rate_limited_row(url: str) -> Row:
    """Measure a triage under a rate limit with ``Retry-After``."""
    run = _run_triage(url, 10_000)
    least = (run.request_count - BURST) / (_REQUESTS_PER_MINUTE / 60)  # what the limit itself takes after the burst
    what = f"triage of 10,000 jobs, {_REQUESTS_PER_MINUTE} requests per minute (base: the rate limit itself)"
    return Row(what, run.seconds, "s", {"base": least}, "complete", run.complete)


def _run_triage(url: str, jobs: int) -> _TriageRun:
    with start_server(OURS.command, OURS.environ(url, **_LONG_BUDGET)) as ours:
        # Warm up: open a connection and import what the first call needs, as the SDK's client has done.
        ours.call("list_application_jobs", {"application_id": APPLICATION_ID, "limit": 1})
        httpx.get(f"{url}/requests")
        before, arguments = ours.cpu_seconds, {"application_id": APPLICATION_ID, "since": "7d", "max_jobs": jobs}
        started = time.perf_counter()
        answer = ours.call("triage_application_jobs", arguments)["structuredContent"]
        seconds = time.perf_counter() - started
        counts = httpx.get(f"{url}/requests").json()
        complete = answer["coverage"]["complete"] and answer["coverage"]["jobs_read"] == jobs
        return _TriageRun(
            seconds, ours.cpu_seconds - before, ours.peak_megabytes, counts["requests"] - counts["rejected"], complete
        )


def _time(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started
