"""The cost of a triage of a million jobs for three windows, beside ``writer-sdk`` and the vendor's code mode."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from benchmarks import api
from benchmarks.code_mode import ScriptOutput, run_script
from benchmarks.expected_counts import count_jobs
from benchmarks.jobs import APPLICATION_ID, Jobs
from benchmarks.sdk_iteration import calculate_cost, count_with_sdk
from benchmarks.table import Row
from benchmarks.triage_run import (
    PAGE_DELAY_MS,
    PAGE_SIZE,
    Cost,
    Scenario,
    TriageRuns,
    measure,
    restart_jobs,
    run_triages,
)

_REQUESTS_PER_MINUTE = 400
_TOTALS = ("matches", "application", "none")
_MEASURED_SDK_JOBS = 20_000


@dataclass(frozen=True)
class _Window:
    """A window to triage, in hours before now, and the most that it may cost under the rate limit at 1 % failed."""

    since_hours: int | None = None
    until_hours: int | None = None
    max_requests: int | None = None
    max_seconds: float | None = None

    @property
    def arguments(self) -> Mapping[str, str]:
        """The arguments of the tool."""
        hours = {"since": self.since_hours, "until": self.until_hours}
        return {name: f"{value}h" for name, value in hours.items() if value is not None}

    @property
    def label(self) -> str:
        """The arguments as text."""
        return ", ".join(f"{name}={age}" for name, age in self.arguments.items()) or "all time"

    def since(self, now: datetime) -> datetime | None:
        """Return where the window begins."""
        return None if self.since_hours is None else now - timedelta(hours=self.since_hours)

    def until(self, now: datetime) -> datetime:
        """Return where the window ends."""
        return now - timedelta(hours=self.until_hours or 0)

    def before(self, now: datetime) -> datetime | None:
        """Return where the window before begins."""
        since = self.since(now)
        return None if since is None else since - (self.until(now) - since)


_WINDOWS = (
    _Window(24, max_requests=80, max_seconds=6),
    _Window(50, 48, max_requests=60),
    _Window(max_requests=220, max_seconds=25),
)


def rows(address: Any, *, jobs: int, failed_percent: int, times: int) -> Iterator[Row]:
    """Yield the rows: with the rate limit for each meaning of the total, and without the limit."""
    seconds_per_page = _sdk_seconds_per_page(address, min(jobs, _MEASURED_SDK_JOBS))
    yield _render_row(jobs, failed_percent)
    yield Row("writer-sdk: a page; its figures below are calculated from this", seconds_per_page * 1000, "ms")
    is_bounded = failed_percent == 1
    totals = _TOTALS if is_bounded else _TOTALS[:1]
    for per_minute, total in [*((_REQUESTS_PER_MINUTE, total) for total in totals), (0, "matches")]:
        url = address(jobs, delay=PAGE_DELAY_MS, per_minute=per_minute, failed_percent=failed_percent, total=total)
        pace = f"{per_minute} a minute" if per_minute else "no rate limit"
        for window in _WINDOWS:
            prefix = f"{jobs:,} jobs, {failed_percent} % failed, {pace}, total={total}, {window.label}"
            measured = _Comparison(Scenario(url, jobs, failed_percent), window, prefix)
            yield from measured.rows(seconds_per_page, per_minute, times, is_bounded=is_bounded and per_minute > 0)


@dataclass(frozen=True)
class _Comparison:
    """One window of one scenario: our triage, the SDK's iteration and the vendor's code mode."""

    scenario: Scenario
    window: _Window
    prefix: str

    def rows(self, seconds_per_page: float, per_minute: int, times: int, *, is_bounded: bool) -> Iterator[Row]:
        """Yield the rows; a limit holds only if every count is exact and the coverage complete."""
        ours = run_triages(self.scenario, self.window.arguments, times, self.prefix)
        script, printed = self._run_code_mode()
        requests: dict[str, float | str] = {"code mode": script.requests}
        seconds: dict[str, float | str] = {"code mode": script.seconds}
        if "total=none" in self.prefix:
            ends = f"ends after {count_with_sdk(self.scenario.url):,} jobs"
            requests["writer-sdk"] = seconds["writer-sdk"] = ends
        else:
            sdk = calculate_cost(self._jobs_to_iterate(), seconds_per_page, per_minute)
            requests["writer-sdk"], seconds["writer-sdk"] = sdk.requests, sdk.seconds
        rejected = f" (and {ours.cost.rejected:,.0f} rejected)" if ours.cost.rejected else ""
        for name, unit, figure, most, others in (
            (f"requests{rejected}", "", ours.cost.requests, self.window.max_requests, requests),
            ("seconds", "s", ours.cost.seconds, self.window.max_seconds, seconds),
        ):
            limit = f"≤ {most} {unit}, exact".replace(" ,", ",") if is_bounded and most else "exact"
            reached = ours.is_exact and (not is_bounded or most is None or figure <= most)
            yield Row(f"{self.prefix}: {name}", figure, unit, others, limit, reached)
        if per_minute:
            yield from self._count_rows(ours, printed)

    def _count_rows(self, ours: TriageRuns, printed: ScriptOutput) -> Iterator[Row]:
        counts = ours.runs[-1].answer["counts"]
        for name, figure, known in (
            ("jobs counted", sum(counts.values()), printed.total),
            ("failed jobs counted", counts.get("failed", 0), len(printed.failed)),
        ):
            others = {"code mode": "not known" if known is None else known}
            yield Row(f"{self.prefix}: {name}", figure, "", others, "exact", ours.is_exact)

    def _run_code_mode(self) -> tuple[Cost, ScriptOutput]:
        jobs, outputs = restart_jobs(self.scenario), list[ScriptOutput]()
        since, until = self.window.since(jobs.now), self.window.until(jobs.now) + timedelta(seconds=1)
        cost = measure(self.scenario.url, lambda: outputs.append(run_script(self.scenario.url, since, until)))
        assert len(outputs[0].failed) == count_jobs(jobs, since, until).failed
        return cost, outputs[0]

    def _jobs_to_iterate(self) -> int:
        """Return how many jobs were created since the window before began: the SDK's iteration may stop there."""
        jobs = restart_jobs(self.scenario)
        return count_jobs(jobs, self.window.before(jobs.now), jobs.now + timedelta(seconds=1)).jobs


def _sdk_seconds_per_page(address: Any, jobs: int) -> float:
    """Measure the SDK's iteration without a rate limit."""
    url = address(jobs, delay=PAGE_DELAY_MS, failed_percent=1)
    restart_jobs(Scenario(url, jobs, 1))
    cost = measure(url, lambda: count_with_sdk(url))
    return cost.seconds / cost.requests


def _render_row(count: int, failed_percent: int) -> Row:
    """Measure how long the API takes to render a page that it has not rendered before."""
    jobs = Jobs(count, 2_048, datetime.now(UTC).replace(microsecond=0), failed_percent)
    scenario = api.Scenario(jobs, delay=0, per_minute=0)
    times: Sequence[float] = [
        _time_response(scenario, offset) for offset in range(0, count - PAGE_SIZE, max(count // 50, PAGE_SIZE))
    ]
    label = f"the benchmark's API: a page of {PAGE_SIZE} jobs, rendered within its {PAGE_DELAY_MS} ms"
    return Row(label, median(times) * 1000, "ms")


def _time_response(scenario: api.Scenario, offset: int) -> float:
    started = time.perf_counter()
    scenario.respond(f"/v1/applications/{APPLICATION_ID}/jobs?limit={PAGE_SIZE}&offset={offset}", 0)
    return time.perf_counter() - started
