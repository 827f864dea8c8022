"""The time of one call: a page of jobs from our tool, from other servers, and from httpx alone."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

import httpx

from benchmarks.jobs import APPLICATION_ID
from benchmarks.measured_servers import BARE, MINIMAL, OURS, MeasuredServer, list_tool
from benchmarks.stdio_client import JsonObject, RunningServer, start_server
from benchmarks.table import Row, percentile

_CALLS = 200
_MAX_RATIO_TO_RAW = 2
_MINIMAL, _BARE, _RAW = "least", "nothing", "base"


def rows(url: str, peers: Sequence[MeasuredServer]) -> Iterator[Row]:
    """Yield the rows, in milliseconds; the base is httpx and json in this process."""
    with ExitStack() as stack:
        started = {
            each.name: stack.enter_context(start_server(each.command, each.environ(url))) for each in (OURS, *peers)
        }
        least, bare = (stack.enter_context(start_server(each.command, each.environ(url))) for each in (MINIMAL, BARE))
        http = stack.enter_context(httpx.Client())
        for limit in (20, 100):
            arguments: JsonObject = {"application_id": APPLICATION_ID, "limit": limit}
            pages = {name: _tool_call(peer, list_tool(peer), arguments) for name, peer in started.items()}
            sizes = _text_sizes(started[OURS.name].call("list_application_jobs", arguments))
            calls: dict[str, Callable[[], object]] = {
                _RAW: _http_call(http, f"{url}/v1/applications/{APPLICATION_ID}/jobs", limit),
                **pages,
                _MINIMAL: _tool_call(least, "list_jobs", {**arguments, **sizes}),
                _BARE: _tool_call(bare, "hello", {"name": "you"}),
            }
            times = _interleaved(calls)
            yield from _page_rows(limit, times, [_RAW, *(peer.name for peer in peers)])
        yield Row("an empty tool, p50 (SDK and pipe)", percentile(times[_BARE], 0.5), "ms")


def _page_rows(limit: int, times: Mapping[str, Sequence[float]], others: Sequence[str]) -> Iterator[Row]:
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        most, beside = percentile(times[OURS.name], share), {each: percentile(times[each], share) for each in others}
        bar = f"≤ {_MAX_RATIO_TO_RAW} × raw" if (limit, name) == (100, "p50") else ""
        reached = most <= _MAX_RATIO_TO_RAW * beside[_RAW] if bar else None
        yield Row(f"a page of {limit} jobs, {name} (base: httpx + json)", most, "ms", beside, bar, reached)
    least = percentile(times[_MINIMAL], 0.5)
    beside = {_RAW: percentile(times[_RAW], 0.5)}
    yield Row(f"the minimum for {limit} jobs: fetch, parse, return as many characters, p50", least, "ms", beside)


def _interleaved(calls: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in calls}
    for round_ in range(_CALLS + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if round_:  # the first round opens connections
                times[name].append((time.perf_counter() - started) * 1000)
    return times


def _tool_call(peer: RunningServer, tool: str, arguments: JsonObject) -> Callable[[], object]:
    return lambda: peer.call(tool, arguments)


def _http_call(http: httpx.Client, path: str, limit: int) -> Callable[[], object]:
    return lambda: http.get(path, params={"limit": limit}).json()


def _text_sizes(result: JsonObject) -> dict[str, int]:
    structure = json.dumps(result["structuredContent"], ensure_ascii=False, separators=(",", ":"))
    return {"text": len(result["content"][0]["text"]), "structure": len(structure)}
