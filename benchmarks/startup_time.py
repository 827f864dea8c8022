"""The startup time: from the start of the process to its first responses."""

import time
from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.jobs import APPLICATION_ID
from benchmarks.measured_servers import BARE, OURS, MeasuredServer, list_tool
from benchmarks.stdio_client import RunningServer, start_server
from benchmarks.table import Row

_ROUNDS = 15
_MAX_RATIO_TO_BARE = 1.05


def rows(url: str, peers: Sequence[MeasuredServer]) -> Iterator[Row]:
    """Yield the rows, in milliseconds. The bare server's tool sends no request."""
    servers = [OURS, BARE, *peers]
    initialized: dict[str, list[float]] = {each.name: [] for each in servers}
    listed: dict[str, list[float]] = {each.name: [] for each in servers}
    results: dict[str, list[float]] = {each.name: [] for each in servers}
    for round_ in range(_ROUNDS + 1):
        for each in servers:
            with start_server(each.command, each.environ(url)) as peer:
                first_result = _time_first_result(peer)
                if round_:  # the first round warms the disk cache
                    initialized[each.name].append(peer.initialized_after * 1000)
                    listed[each.name].append(peer.listed_after * 1000)
                    results[each.name].append(first_result * 1000)
    for what, times in (("the initialize response", initialized), ("the first tools/list", listed)):
        medians = {name: median(of) for name, of in times.items()}
        ours = medians.pop("ours")
        reached = ours <= _MAX_RATIO_TO_BARE * medians["base"] and ours < medians["fastmcp"]
        yield Row(f"start to {what}", ours, "ms", medians, "≤ 1.05 × bare server, < fastmcp", reached)
    medians = {name: median(of) for name, of in results.items()}
    yield Row("start to the first result of a tool", medians.pop("ours"), "ms", medians)


def _time_first_result(peer: RunningServer) -> float:
    if peer.tools[0]["name"] == "hello":
        peer.call("hello", {"name": "you"})
    else:
        peer.call(list_tool(peer), {"application_id": APPLICATION_ID, "limit": 20})
    return time.perf_counter() - peer.started
