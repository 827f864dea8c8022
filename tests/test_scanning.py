"""Reading every job of a list that lies, repeats itself and moves while it is read."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from writer_jobs_mcp.client import connect, in_process
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.models import Job
from writer_jobs_mcp.scan import Coverage, scan_jobs

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Move = Callable[["MovingApi"], None]


@dataclass
class MovingApi:
    """A job list, newest first, that changes between any two of the requests it is asked."""

    ids: list[int]
    moves: Sequence[Move | None] = ()
    cap: int = 100
    total: Callable[["MovingApi", int], int | None] = lambda api, _: len(api.ids)
    echoes_limit: bool = True
    asked: int = 0
    present_throughout: set[int] = field(default_factory=set[int])

    def __post_init__(self) -> None:
        self.present_throughout = set(self.ids)
        self._next_id = max(self.ids, default=0) + 1

    def arrive(self) -> None:
        self.ids.insert(0, self._next_id)
        self._next_id += 1

    def leave(self, share: float) -> None:
        if self.ids:
            gone = self.ids.pop(int(share * (len(self.ids) - 1)))
            self.present_throughout.discard(gone)

    def page(self, offset: int, limit: int) -> dict[str, Any]:
        limit = min(limit, self.cap)
        rows = self.ids[offset : offset + limit]
        page: dict[str, Any] = {"result": [self.job(each) for each in rows]}
        total = self.total(self, len(rows))
        if total is not None:
            page["totalCount"] = total
        if self.echoes_limit:
            page["pagination"] = {"offset": offset, "limit": limit}
        return page

    def job(self, number: int) -> dict[str, Any]:
        created_at = (NOON + timedelta(seconds=number)).isoformat()
        return {"id": f"job-{number}", "status": "completed", "application_id": "a", "created_at": created_at}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        query = dict(part.split("=") for part in scope["query_string"].decode().split("&"))
        move = self.moves[self.asked] if self.asked < len(self.moves) else None
        self.asked += 1
        # Where requests overlap in time, which of them sees the list first is anybody's guess.
        for _ in range(self.asked * 7 % 5):
            await anyio.lowlevel.checkpoint()
        if move is not None:
            move(self)
        body = json.dumps(self.page(int(query["offset"]), int(query["limit"]))).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def scan(api: MovingApi, **options: Any) -> tuple[list[int], Coverage]:
    """The numbers of the jobs read, in the order they were given, and the coverage."""
    config = Config.from_env({"WRITER_API_KEY": "k", "WRITER_BASE_URL": "http://localhost"})
    taken: list[int] = []

    def take(job: Job) -> None:
        taken.append(int(job.id.removeprefix("job-")))

    async def run() -> Coverage:
        async with connect(config, in_process(api)) as client:
            with anyio.fail_after(30):
                return await scan_jobs(client, "a", take, **options)

    return taken, anyio.run(run)


def newest_first(count: int) -> list[int]:
    return list(range(count, 0, -1))


SIZES = [0, 1, 2, 50, 99, 100, 101, 198, 199, 200, 201, 650, 1200]
TOTALS: dict[str, Callable[[MovingApi, int], int | None]] = {
    "right": lambda api, _: len(api.ids),
    "missing": lambda _api, _rows: None,
    "too small": lambda _api, _rows: 7,
    "too large": lambda api, _: len(api.ids) + 500,
    "counts the page": lambda _api, rows: rows,
    "zero": lambda _api, _rows: 0,
}


@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("cap", [100, 30, 1])
@pytest.mark.parametrize("count", SIZES[:10])
def test_a_list_that_stands_still_is_read_whole_whatever_its_total_says(count: int, cap: int, total: str) -> None:
    if cap == 1 and count > 100:
        count = 20
    api = MovingApi(newest_first(count), cap=cap, total=TOTALS[total])
    taken, coverage = scan(api)
    assert taken == newest_first(count)
    assert (coverage.jobs_read, coverage.stopped_by, coverage.complete) == (count, "end", True)


@pytest.mark.parametrize(("count", "fewest"), [(0, 1), (1, 1), (99, 1), (500, 5), (1_200, 12), (10_000, 100)])
def test_a_list_that_stands_still_takes_at_most_two_requests_more_than_the_fewest(count: int, fewest: int) -> None:
    api = MovingApi(newest_first(count))
    taken, coverage = scan(api)
    assert (len(taken), coverage.moved) == (count, False)
    assert api.asked <= fewest + 2


def arrivals(times: int) -> Move:
    def move(api: MovingApi) -> None:
        for _ in range(times):
            api.arrive()

    return move


def departures(times: int, share: float) -> Move:
    def move(api: MovingApi) -> None:
        for _ in range(times):
            api.leave(share)

    return move


def exchange(share: float) -> Move:
    def move(api: MovingApi) -> None:
        api.leave(share)
        api.arrive()

    return move


MOVES = st.one_of(
    st.none(),
    st.none(),
    st.builds(arrivals, st.integers(1, 3) | st.integers(90, 130)),
    st.builds(departures, st.integers(1, 3) | st.integers(20, 130), st.floats(0, 1)),
    st.builds(exchange, st.floats(0, 1)),
)


@settings(max_examples=300, deadline=None)
@given(
    count=st.integers(0, 900),
    cap=st.sampled_from([100, 100, 60, 25]),
    total=st.sampled_from(["right", "missing", "too small", "counts the page"]),
    moves=st.lists(MOVES, max_size=40),
)
def test_no_job_that_was_there_all_along_is_missed_and_none_is_read_twice(
    count: int, cap: int, total: str, moves: list[Move | None]
) -> None:
    api = MovingApi(newest_first(count), cap=cap, total=TOTALS[total], moves=moves)
    taken, coverage = scan(api)
    assert coverage.stopped_by == "end"
    assert len(taken) == len(set(taken)) == coverage.jobs_read
    assert api.present_throughout - set(taken) == set()
