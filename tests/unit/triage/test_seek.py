"""Search a list of jobs by time: the right place in few requests, whatever the total says, or a reason why not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.unstable_list import MOVES, NOON, TOTALS, Move, UnstableListApi, arrivals, newest_first
from tests.helpers.run_async import run_async
from tests.helpers.tally import gate_or_full
from writer_jobs_mcp.client import asgi_transport, open_client
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.triage.seek import JobSearch, NotSearchable, Place

CONFIG = Config.from_env({"WRITER_API_KEY": "k" * 20, "WRITER_BASE_URL": "http://localhost"})


def places(api: UnstableListApi, moments: list[datetime | None]) -> list[Place]:
    async def run() -> list[Place]:
        async with open_client(CONFIG, asgi_transport(api)) as client:
            search = JobSearch(client, "a")
            await search.read(0)
            return await search.places(moments)

    return run_async(run)


def at(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("cap", [100, 25])
def test_a_place_is_the_number_of_rows_since_its_time(total: str, cap: int) -> None:
    api = UnstableListApi(newest_first(20_000), cap=cap, total=TOTALS[total])
    found = places(api, [at(20_001), at(19_990), at(12_345), at(12_344.5), at(7), at(-5), None])
    assert [place.offset for place in found] == [0, 11, 7_656, 7_656, 19_994, 20_000, 20_000]
    assert [place.is_end for place in found] == [False] * 5 + [True] * 2


@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize(
    ("moments", "most"), [([at(60_000), at(10_000)], 16), ([at(99_999)], 6), ([None], 36)], ids=["two", "near", "end"]
)
def test_a_search_takes_few_requests(total: str, moments: list[datetime | None], most: int) -> None:
    api = UnstableListApi(newest_first(100_000), total=TOTALS[total])
    places(api, moments)
    assert api.request_count <= most


def test_jobs_that_come_in_bursts_are_found_as_well() -> None:
    def created(number: int) -> dict[str, Any]:
        return {"created_at": (NOON + timedelta(seconds=number**3 / 1e6)).isoformat()}

    api = UnstableListApi(newest_first(100_000), job_fields=created)
    found = places(api, [at(50_000**3 / 1e6), at(10**3 / 1e6)])
    assert [place.offset for place in found] == [50_001, 99_991]
    assert api.request_count <= 40


@settings(max_examples=gate_or_full(40, 100))
@given(
    count=st.integers(0, 900),
    cap=st.integers(4, 30),
    total=st.sampled_from(sorted(TOTALS)),
    moves=st.lists(MOVES, max_size=30),
    since=st.integers(0, 900),
    length=st.integers(0, 900),
)
def test_the_difference_of_two_places_counts_each_job_once(
    count: int, cap: int, total: str, moves: list[Move | None], since: int, length: int
) -> None:
    api = UnstableListApi(newest_first(count), cap=cap, total=TOTALS[total], moves=moves)
    try:
        newer, older = places(api, [at(since + length), at(since)])
    except NotSearchable:
        assert any(moves) or 0 < count < 4
        return
    throughout = sum(since <= number < since + length for number in api.present_throughout)
    ever = sum(since <= number < since + length for number in api.present_ever)
    assert throughout <= older.offset - newer.offset <= ever


def test_equal_times_are_on_one_side() -> None:
    api = UnstableListApi(newest_first(500), job_fields=lambda _: {"created_at": NOON.isoformat()})
    assert [place.offset for place in places(api, [at(1), at(0), at(-1)])] == [0, 500, 500]


class OffsetIgnored(UnstableListApi):
    """A list that returns its first page whatever the offset."""

    def page(self, offset: int, limit: int, status: str | None = None) -> dict[str, Any]:
        return super().page(min(offset, 0), limit, status)


@pytest.mark.parametrize(
    ("make_api", "reason"),
    [
        (lambda: UnstableListApi(list(range(1, 2_000))), "the list is not in order of time"),
        (lambda: UnstableListApi([*range(1_000, 1_100), *newest_first(999)]), "the list is not in order of time"),
        (lambda: OffsetIgnored(newest_first(2_000)), "Writer returns the same jobs for different offsets"),
        (lambda: UnstableListApi(newest_first(2_000), cap=2), "Writer returns too few jobs at a time"),
        (
            lambda: UnstableListApi(newest_first(2_000), job_fields=lambda _: {"status": None}),
            "not all rows of the list can be read",
        ),
        (
            lambda: UnstableListApi(newest_first(2_000), moves=[arrivals(3)] * 500),
            "jobs arrive or leave faster than they can be counted",
        ),
    ],
    ids=["oldest first", "no order", "offset ignored", "two rows a page", "unreadable", "too fast"],
)
def test_a_list_that_cannot_be_searched_is_not(make_api: Callable[[], UnstableListApi], reason: str) -> None:
    with pytest.raises(NotSearchable, match=reason):
        places(make_api(), [at(1_000), at(10)])
