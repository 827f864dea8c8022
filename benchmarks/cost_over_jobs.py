"""How requests, time and memory grow with the jobs, from a thousand to a million, beside ``writer-sdk``'s iteration."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.sdk_iteration import calculate_cost, count_with_sdk
from benchmarks.table import Row
from benchmarks.triage_run import PAGE_DELAY_MS, Cost, Scenario, TriageRuns, measure, restart_jobs, run_triages

SDK = "writer-sdk"

_JOB_COUNTS = (1_000, 10_000, 20_000, 100_000, 1_000_000)
_FAILED_PERCENTS = (1, 20)
_MIN_RATIOS_TO_SDK = {(20_000, 1): 12, (100_000, 1): 40}  # (jobs, % failed): times as fast
_SDK_RUNS = {1_000: 5, 10_000: 5, 20_000: 5, 100_000: 1}  # more jobs are calculated
_LIMITED_JOB_COUNTS = (1_000, 100_000)
_REQUESTS_PER_MINUTE = 400


@dataclass(frozen=True)
class Figure:
    """A point of the plot, as in the table: a triage of all jobs, or an iteration over them."""

    series: str
    jobs: int
    requests: float
    seconds: float


def rows(address: Any, *, max_jobs: int, times: int, figures: list[Figure]) -> Iterator[Row]:
    """Yield the rows; append the points of the plot to ``figures``."""
    counts = [count for count in _JOB_COUNTS if count <= max_jobs]
    sdk = _sdk_costs(address, counts, times)
    figures.extend(Figure(SDK, count, cost.requests, cost.seconds) for count, cost in sdk.items())
    for percent in _FAILED_PERCENTS:
        peaks: dict[int, float] = {}
        for count in counts:
            scenario = Scenario(address(count, delay=PAGE_DELAY_MS, failed_percent=percent), count, percent)
            label = f"all of {count:,} jobs, {percent} % failed"
            ours = run_triages(scenario, {}, times, label)
            peaks[count] = max(run.peak_megabytes for run in ours.runs)
            figures.append(Figure(f"{percent} % failed", count, ours.cost.requests, ours.cost.seconds))
            yield from _cost_rows(label, ours, sdk[count], _MIN_RATIOS_TO_SDK.get((count, percent)))
        yield _memory_row(peaks, percent)
    yield from _limited_rows(address, [count for count in counts if count in _LIMITED_JOB_COUNTS], sdk, times)


def _cost_rows(label: str, ours: TriageRuns, sdk: Cost, least: int | None = None) -> Iterator[Row]:
    calculated = " (writer-sdk calculated)" if sdk.is_calculated else ""
    yield Row(f"{label}: requests", ours.cost.requests, "", {SDK: sdk.requests}, "exact", ours.is_exact)
    limit, is_fast = "exact", True
    if least:
        limit, is_fast = f"≥ {least} × faster, exact", sdk.seconds >= least * ours.cost.seconds
    reached = ours.is_exact and is_fast
    yield Row(f"{label}: seconds{calculated}", ours.cost.seconds, "s", {SDK: sdk.seconds}, limit, reached)


def _memory_row(peaks: Mapping[int, float], percent: int) -> Row:
    fewest, most = min(peaks), max(peaks)
    grown = peaks[most] - peaks[fewest]
    label = f"memory of the server: {most:,} jobs over {fewest:,}, {percent} % failed"
    is_bounded = percent == 1
    return Row(label, grown, "MB", {}, "≤ 40 MB" if is_bounded else "", grown <= 40 if is_bounded else None)


def _limited_rows(address: Any, counts: Sequence[int], sdk: Mapping[int, Cost], times: int) -> Iterator[Row]:
    """Yield the rows under a rate limit, where the SDK's iteration is calculated."""
    for percent in _FAILED_PERCENTS:
        for count in counts:
            url = address(count, delay=PAGE_DELAY_MS, failed_percent=percent, per_minute=_REQUESTS_PER_MINUTE)
            label = f"all of {count:,} jobs, {percent} % failed, {_REQUESTS_PER_MINUTE} a minute"
            per_page = sdk[count].seconds / sdk[count].requests
            limited = calculate_cost(count, per_page, _REQUESTS_PER_MINUTE)
            ours = run_triages(Scenario(url, count, percent), {}, times, label)
            yield from _cost_rows(label, ours, limited)


def _sdk_costs(address: Any, counts: Sequence[int], times: int) -> dict[int, Cost]:
    """Measure the SDK's iteration; calculate it for a million jobs from its pages of the largest list measured."""
    costs: dict[int, Cost] = {}
    for count in counts:
        if count not in _SDK_RUNS:
            measured = costs[max(costs)]
            costs[count] = calculate_cost(count, measured.seconds / measured.requests)
            continue
        url = address(count, delay=PAGE_DELAY_MS, failed_percent=1)
        restart_jobs(Scenario(url, count, 1))
        runs = [measure(url, lambda: count_with_sdk(url)) for _ in range(min(times, _SDK_RUNS[count]))]  # noqa: B023 - called at once
        costs[count] = Cost(median(run.seconds for run in runs), runs[0].requests)
    return costs
