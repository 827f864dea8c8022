"""What a call costs: a page of jobs as our tool gives it, against fetching and parsing it by hand."""

import time
from collections.abc import Callable, Iterator

import httpx

from benchmarks.jobs import APPLICATION_ID
from benchmarks.peers import BARE, OURS
from benchmarks.table import Row, percentile
from benchmarks.wire import running

_CALLS = 200
_MOST_OF_RAW = 2


def rows(url: str) -> Iterator[Row]:
    """The figures, in milliseconds; the base is httpx and its JSON, in this process, or a tool that does nothing."""
    with (
        running(OURS.command, OURS.environ(url)) as ours,
        running(BARE.command, BARE.environ(url)) as bare,
        httpx.Client() as http,
    ):
        hello: list[float] = []
        for limit in (20, 100):
            arguments = {"application_id": APPLICATION_ID, "limit": limit}
            path = f"{url}/v1/applications/{APPLICATION_ID}/jobs"
            tool: list[float] = []
            raw: list[float] = []
            for call in range(_CALLS + 1):
                taken = (
                    _milliseconds(lambda: http.get(path, params={"limit": limit}).json()),  # noqa: B023 - called here
                    _milliseconds(lambda: ours.call("list_application_jobs", arguments)),  # noqa: B023 - likewise
                    _milliseconds(lambda: bare.call("hello", {"name": "you"})),
                )
                if call:  # the first opens connections
                    for times, time_ in zip((raw, tool, hello), taken, strict=True):
                        times.append(time_)
            for name, share in (("p50", 0.5), ("p95", 0.95)):
                most, base = percentile(tool, share), percentile(raw, share)
                bar = f"≤ {_MOST_OF_RAW} × raw" if (limit, name) == (100, "p50") else ""
                reached = most <= _MOST_OF_RAW * base if bar else None
                what = f"a page of {limit} jobs, {name} (base: httpx + json)"
                yield Row(what, most, "ms", {"base": base}, bar, reached)
        yield Row("a tool that does nothing, p50 (the SDK, the pipe)", percentile(hello, 0.5), "ms")


def _milliseconds(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return (time.perf_counter() - started) * 1000
