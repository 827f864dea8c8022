"""What a call costs: a page of jobs as our tool gives it, against fetching and parsing it by hand, and peers' tools."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

import httpx

from benchmarks.jobs import APPLICATION_ID
from benchmarks.peers import BARE, FETCHING, OURS, Contestant, list_tool
from benchmarks.table import Row, percentile
from benchmarks.wire import Peer, Told, running

_CALLS = 200
_MOST_OF_RAW = 2
_LEAST, _NOTHING, _RAW = "least", "nothing", "base"


def rows(url: str, peers: Sequence[Contestant]) -> Iterator[Row]:
    """The figures, in milliseconds; the base is httpx and its JSON, in this process."""
    with ExitStack() as stack:
        started = {each.name: stack.enter_context(running(each.command, each.environ(url))) for each in (OURS, *peers)}
        least, bare = (stack.enter_context(running(each.command, each.environ(url))) for each in (FETCHING, BARE))
        http = stack.enter_context(httpx.Client())
        for limit in (20, 100):
            asked: Told = {"application_id": APPLICATION_ID, "limit": limit}
            pages = {name: _asking(peer, list_tool(peer), asked) for name, peer in started.items()}
            sizes = _sizes(started[OURS.name].call("list_application_jobs", asked))
            calls: dict[str, Callable[[], object]] = {
                _RAW: _fetching(http, f"{url}/v1/applications/{APPLICATION_ID}/jobs", limit),
                **pages,
                _LEAST: _asking(least, "list_jobs", {**asked, **sizes}),
                _NOTHING: _asking(bare, "hello", {"name": "you"}),
            }
            times = _interleaved(calls)
            yield from _page_rows(limit, times, [_RAW, *(peer.name for peer in peers)])
        yield Row("a tool that does nothing, p50 (the SDK, the pipe)", percentile(times[_NOTHING], 0.5), "ms")


def _page_rows(limit: int, times: Mapping[str, Sequence[float]], others: Sequence[str]) -> Iterator[Row]:
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        most, beside = percentile(times[OURS.name], share), {each: percentile(times[each], share) for each in others}
        bar = f"≤ {_MOST_OF_RAW} × raw" if (limit, name) == (100, "p50") else ""
        reached = most <= _MOST_OF_RAW * beside[_RAW] if bar else None
        yield Row(f"a page of {limit} jobs, {name} (base: httpx + json)", most, "ms", beside, bar, reached)
    least = percentile(times[_LEAST], 0.5)
    beside = {_RAW: percentile(times[_RAW], 0.5)}
    yield Row(f"the least for {limit}: fetched, parsed, as many characters handed on, p50", least, "ms", beside)


def _interleaved(calls: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in calls}
    for round_ in range(_CALLS + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if round_:  # the first opens connections
                times[name].append((time.perf_counter() - started) * 1000)
    return times


def _asking(peer: Peer, tool: str, arguments: Told) -> Callable[[], object]:
    return lambda: peer.call(tool, arguments)


def _fetching(http: httpx.Client, path: str, limit: int) -> Callable[[], object]:
    return lambda: http.get(path, params={"limit": limit}).json()


def _sizes(result: Told) -> dict[str, int]:
    structure = json.dumps(result["structuredContent"], ensure_ascii=False, separators=(",", ":"))
    return {"text": len(result["content"][0]["text"]), "structure": len(structure)}
