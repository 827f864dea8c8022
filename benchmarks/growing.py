"""How a triage grows: time, computing, memory and requests, over a thousand jobs and a hundred times as many."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any

import httpx
from writerai import Writer

from benchmarks.api import BURST
from benchmarks.jobs import APPLICATION_ID
from benchmarks.peers import KEY, OURS
from benchmarks.table import Row
from benchmarks.wire import running

_DELAY = 50  # ms a page
_PAGE = 100
_SIZES = {1_000: 5, 10_000: 5, 100_000: 1}  # jobs, and how often
_LIMIT = 400  # requests a minute
_ROOM = {"WRITER_JOBS_CALL_BUDGET": "600"}


@dataclass(frozen=True)
class _Triage:
    """One of ours."""

    seconds: float
    cpu: float
    megabytes: float
    asked: int
    complete: bool


def rows(address: Any) -> Iterator[Row]:
    """The figures."""
    peaks: dict[int, float] = {}
    for jobs, times in _SIZES.items():
        url = address(jobs, delay=_DELAY)
        httpx.get(f"{url}/ready", timeout=600)
        ours: list[_Triage] = []
        sdk: list[float] = []
        for _ in range(times):
            ours.append(_triage(url, jobs))
            sdk.append(_seconds(lambda: _iterate(url)))  # noqa: B023 - called here
        took, theirs = median(run.seconds for run in ours), median(sdk)
        bar, least = ("≥ 5 × faster", 5) if jobs == 10_000 else ("", 0)
        what = f"triage of {jobs:,} jobs at {_DELAY} ms a page"
        complete = all(run.complete for run in ours)
        reached = complete and theirs >= least * took if bar or not complete else None
        yield Row(what, took, "s", {"writer-sdk": theirs}, bar, reached)
        yield Row(f"{what}: CPU a job", median(run.cpu for run in ours) / jobs * 1e6, "µs")
        # Pages that overlap by a job, without which one could be lost between them while others arrive.
        fewest = ceil((jobs - 1) / (_PAGE - 1))
        asked = max(run.asked for run in ours)
        others = {"writer-sdk": ceil(jobs / _PAGE)}
        yield Row(f"{what}: requests", asked, "", others, f"≤ {fewest} + 2", asked <= fewest + 2)
        peaks[jobs] = max(run.megabytes for run in ours)
    grown = peaks[100_000] - peaks[1_000]
    yield Row("memory of the server: 100,000 jobs over 1,000", grown, "MB", bar="≤ 40 MB", reached=grown <= 40)
    yield Row("memory of the server: peak", peaks[100_000], "MB")
    yield _limited(address(10_000, per_minute=_LIMIT))


def _limited(url: str) -> Row:
    """A triage where only so many requests a minute are answered, with ``Retry-After``."""
    run = _triage(url, 10_000)
    least = (run.asked - BURST) / (_LIMIT / 60)  # as the limit lets so many through, after the first at once
    what = f"triage of 10,000 jobs, {_LIMIT} requests a minute (base: the limit's own pace)"
    return Row(what, run.seconds, "s", {"base": least}, "complete", run.complete)


def _triage(url: str, jobs: int) -> _Triage:
    with running(OURS.command, OURS.environ(url, **_ROOM)) as ours:
        # Opens a connection and imports what a first call needs; the SDK's client is made and has asked before, too.
        ours.call("list_application_jobs", {"application_id": APPLICATION_ID, "limit": 1})
        httpx.get(f"{url}/asked")
        before, arguments = ours.cpu_seconds, {"application_id": APPLICATION_ID, "since": "7d", "max_jobs": jobs}
        started = time.perf_counter()
        answer = ours.call("triage_application_jobs", arguments)["structuredContent"]
        seconds = time.perf_counter() - started
        told = httpx.get(f"{url}/asked").json()
        complete = answer["coverage"]["complete"] and answer["coverage"]["jobs_read"] == jobs
        return _Triage(
            seconds, ours.cpu_seconds - before, ours.peak_megabytes, told["asked"] - told["refused"], complete
        )


def _iterate(url: str) -> None:
    for _ in Writer(api_key=KEY, base_url=url).applications.jobs.list(APPLICATION_ID, limit=_PAGE):
        pass


def _seconds(what: Callable[[], None]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started
