"""One triage by our server, on a list whose share of failed jobs is given: what it cost, and whether it is exact."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from statistics import median
from typing import Any

import httpx

from benchmarks.expected_counts import wrong_counts
from benchmarks.jobs import APPLICATION_ID, Jobs
from benchmarks.measured_servers import OURS
from benchmarks.stdio_client import JsonObject, start_server

PAGE_DELAY_MS = 50
PAGE_SIZE = 100
MAX_JOBS = 1_000_000

_LONG_BUDGET = {"WRITER_JOBS_CALL_BUDGET": "600"}
_MAX_REPEATED_SECONDS = 60  # a call that takes longer is measured once


@dataclass(frozen=True)
class Scenario:
    """An application to triage."""

    url: str
    jobs: int
    failed_percent: int


@dataclass(frozen=True)
class Cost:
    """The time and the requests of one triage, or the medians of several."""

    seconds: float
    requests: float
    rejected: float = 0
    """Further requests, beyond the limit per minute."""
    is_calculated: bool = False


@dataclass(frozen=True)
class TriageRun:
    """One triage by our server."""

    cost: Cost
    peak_megabytes: float
    answer: JsonObject
    wrong: Sequence[str]
    """A sentence for each count that is not exact."""


@dataclass(frozen=True)
class TriageRuns:
    """The same triage, several times."""

    runs: Sequence[TriageRun] = field(default_factory=list[TriageRun])

    @property
    def cost(self) -> Cost:
        """The medians; the requests are the most of all runs."""
        costs = [run.cost for run in self.runs]
        most = max(costs, key=lambda cost: cost.requests)
        return Cost(median(cost.seconds for cost in costs), most.requests, most.rejected)

    @property
    def is_exact(self) -> bool:
        """Whether every run was complete, and each of its counts exact."""
        return not any(run.wrong for run in self.runs)


def run_triages(scenario: Scenario, window: Mapping[str, str], times: int, label: str) -> TriageRuns:
    """Triage as often as ``times`` says, each time with a new server; once if that takes longer than a minute.

    Prints each count that is not exact.
    """
    runs: list[TriageRun] = []
    while len(runs) < times:
        runs.append(_run_triage(scenario, window))
        if runs[-1].wrong:
            sys.stderr.write(f"{label}: {'; '.join(runs[-1].wrong)}.\n")
        if runs[-1].cost.seconds > _MAX_REPEATED_SECONDS:
            break
    return TriageRuns(runs)


def measure(url: str, read: Callable[[], object]) -> Cost:
    """Measure what ``read`` takes, and the requests that it sends."""
    httpx.get(f"{url}/requests")
    started = time.perf_counter()
    read()
    seconds = time.perf_counter() - started
    counts = httpx.get(f"{url}/requests").json()
    return Cost(seconds, counts["requests"] - counts["rejected"], counts["rejected"])


def restart_jobs(scenario: Scenario) -> Jobs:
    """Move the jobs to the present; return the same jobs in this process, to count them."""
    now = httpx.get(f"{scenario.url}/ready", timeout=600).json()["now"]
    jobs = _jobs(scenario.jobs, scenario.failed_percent)
    jobs.restart(datetime.fromisoformat(now))
    return jobs


@cache
def _jobs(count: int, failed_percent: int) -> Jobs:
    return Jobs(count, 0, datetime.min, failed_percent)


def _run_triage(scenario: Scenario, window: Mapping[str, str]) -> TriageRun:
    answer: Any = {}

    def triage() -> None:
        arguments = {"application_id": APPLICATION_ID, "max_jobs": MAX_JOBS, **window}
        answer.update(ours.call("triage_application_jobs", arguments)["structuredContent"])

    with start_server(OURS.command, OURS.environ(scenario.url, **_LONG_BUDGET)) as ours:
        # Warm up: open a connection and import what the first call needs, as the SDK's client has done.
        ours.call("list_application_jobs", {"application_id": APPLICATION_ID, "limit": 1})
        jobs = restart_jobs(scenario)
        cost = measure(scenario.url, triage)
        return TriageRun(cost, ours.peak_megabytes, answer, wrong_counts(jobs, answer))
