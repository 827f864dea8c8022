"""Reading every job of a list that lies, repeats itself and moves while it is read."""

from datetime import timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from tests.fakes.unstable_list import MOVES, NOON, TOTALS, Move, UnstableListApi, arrivals, departures, newest_first
from writer_jobs_mcp.client import asgi_transport, open_client
from writer_jobs_mcp.client.models import Job
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import Forbidden
from writer_jobs_mcp.triage.coverage import Coverage
from writer_jobs_mcp.triage.scan import scan_jobs

CONFIG = Config.from_env({"WRITER_API_KEY": "k" * 20, "WRITER_BASE_URL": "http://localhost"})


def scan(api: UnstableListApi, *, seconds: float = 30, **options: Any) -> tuple[list[int], Coverage]:
    """The numbers of the jobs read within ``seconds``, in the order they were given, and the coverage."""
    taken: list[int] = []

    def take(job: Job) -> None:
        taken.append(int(job.id.removeprefix("job-")))

    async def run() -> Coverage:
        async with open_client(CONFIG, asgi_transport(api)) as client:
            with anyio.fail_after(seconds):
                return await scan_jobs(client, "a", take, **options)

    return taken, anyio.run(run)


SIZES = [0, 1, 2, 50, 99, 100, 101, 198, 199, 200, 201, 650, 1200]


@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("cap", [100, 30, 1])
@pytest.mark.parametrize("count", SIZES[:10])
def test_a_list_that_stands_still_is_read_whole_whatever_its_total_says(count: int, cap: int, total: str) -> None:
    if cap == 1 and count > 100:
        count = 20
    api = UnstableListApi(newest_first(count), cap=cap, total=TOTALS[total])
    taken, coverage = scan(api)
    assert taken == newest_first(count)
    assert (coverage.jobs_read, coverage.stopped_by, coverage.complete) == (count, "end", True)


@pytest.mark.parametrize(("count", "fewest"), [(0, 1), (1, 1), (99, 1), (500, 5), (1_200, 12), (10_000, 100)])
def test_a_list_that_stands_still_takes_at_most_two_requests_more_than_the_fewest(count: int, fewest: int) -> None:
    api = UnstableListApi(newest_first(count))
    taken, coverage = scan(api)
    assert (len(taken), coverage.moved) == (count, False)
    assert api.request_count <= fewest + 2


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
    api = UnstableListApi(newest_first(count), cap=cap, total=TOTALS[total], moves=moves)
    taken, coverage = scan(api)
    assert coverage.stopped_by == "end"
    assert len(taken) == len(set(taken)) == coverage.jobs_read
    assert api.present_throughout - set(taken) == set()


# Stopping early


def test_reading_stops_at_since_while_the_list_runs_from_new_to_old() -> None:
    api = UnstableListApi(newest_first(2_000))
    taken, coverage = scan(api, since=NOON + timedelta(seconds=1_750))
    assert set(range(1_750, 2_001)) <= set(taken)
    assert (coverage.stopped_by, coverage.complete) == ("since", True)
    assert api.request_count < 20


@pytest.mark.parametrize("ids", [list(range(1, 501)), [each + step for each in range(499, 0, -2) for step in (0, 1)]])
def test_a_list_in_another_order_is_read_to_its_end(ids: list[int]) -> None:
    taken, coverage = scan(UnstableListApi(ids), since=NOON + timedelta(seconds=490))
    assert sorted(taken) == list(range(1, 501))
    assert (coverage.stopped_by, coverage.read_back_to) == ("end", None)


@pytest.mark.parametrize("most", [1, 99, 100, 101, 450])
def test_no_more_jobs_are_read_than_asked_for_and_the_newest_of_them(most: int) -> None:
    taken, coverage = scan(UnstableListApi(newest_first(2_000)), max_jobs=most)
    assert taken == newest_first(2_000)[:most]
    assert (coverage.stopped_by, coverage.complete, coverage.jobs_read) == ("max_jobs", False, most)


def test_as_many_jobs_as_there_are_is_no_limit() -> None:
    _, coverage = scan(UnstableListApi(newest_first(300)), max_jobs=300)
    assert coverage.jobs_read == 300
    assert coverage.complete


def test_what_was_read_before_an_error_is_kept_and_the_error_told() -> None:
    api = UnstableListApi(newest_first(900), fail_request=lambda asked: (403, {}) if asked >= 4 else None)
    taken, coverage = scan(api)
    assert taken == newest_first(900)[: len(taken)]
    assert len(taken) >= 100
    assert (coverage.stopped_by, coverage.complete) == ("upstream_error", False)
    assert coverage.error.startswith("The API key may not see application")


class Shallow(UnstableListApi):
    """One that gives no job beyond the thousandth."""

    def page(self, offset: int, limit: int, status: str | None = None) -> dict[str, Any]:
        return super().page(offset, limit, status) if offset < 1_000 else {"result": [], "totalCount": len(self.ids)}


class Forgetful(UnstableListApi):
    """One that knows no offset beyond its second page, and is two that do not agree."""

    def page(self, offset: int, limit: int, status: str | None = None) -> dict[str, Any]:
        return super().page(min(offset, self.request_count % 2 * 100), limit, status)


@pytest.mark.parametrize("kind", [Shallow, Forgetful])
def test_a_list_that_gives_no_more_is_left_and_that_is_told(kind: type[UnstableListApi]) -> None:
    api = kind(newest_first(5_000))
    _, coverage = scan(api)
    assert (coverage.stopped_by, coverage.complete) == ("upstream_error", False)
    assert coverage.error.endswith("the rest cannot be read.")
    assert api.request_count < 200


def test_rows_that_cannot_be_told_apart_hide_no_job() -> None:
    api = UnstableListApi(newest_first(1_000), moves=[None, departures(5, 0)])
    api.job_fields = lambda number: {"created_at": None, "id": ""} if number % 90 == 0 else {}
    taken, coverage = scan(api)
    readable = {number for number in api.present_throughout if number % 90}
    assert readable <= set(taken)
    assert (coverage.reached_end, coverage.complete) == (True, False)


def test_an_error_before_anything_was_read_is_an_error() -> None:
    with pytest.raises(Forbidden):
        scan(UnstableListApi(newest_first(900), fail_request=lambda _: (403, {})))


def test_being_rate_limited_slows_the_scan_and_does_not_fail_it() -> None:
    def refuse(asked: int) -> tuple[int, dict[str, str]] | None:
        return (429, {"retry-after-ms": "20"}) if asked % 4 == 3 else None

    taken, coverage = scan(UnstableListApi(newest_first(1_500), fail_request=refuse))
    assert taken == newest_first(1_500)
    assert coverage.complete


def test_a_rate_limit_that_outlasts_the_time_is_told_with_how_long_to_wait() -> None:
    def refuse(asked: int) -> tuple[int, dict[str, str]] | None:
        return (429, {"retry-after": "90"}) if asked >= 3 else None

    taken, coverage = scan(UnstableListApi(newest_first(900), fail_request=refuse), seconds=5)
    assert taken == newest_first(900)[: len(taken)]
    assert (coverage.stopped_by, coverage.complete) == ("upstream_error", False)
    assert "Wait 90 seconds" in coverage.error


class Stalling(UnstableListApi):
    """Answers three requests, and no more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.request_count >= 3:
            await anyio.sleep_forever()
        await super().__call__(scope, receive, send)


def test_when_time_is_over_what_was_read_is_reported() -> None:
    taken, coverage = scan(Stalling(newest_first(900)), seconds=0.5)
    assert taken == newest_first(900)[: len(taken)]
    assert len(taken) >= 100
    assert (coverage.stopped_by, coverage.complete) == ("time_budget", False)


@pytest.mark.parametrize(
    ("move", "total"),
    [
        (arrivals(1), "right"),
        (arrivals(1), "missing"),
        (arrivals(150), "missing"),
        (departures(1, 0), "right"),
        (departures(1, 0), "missing"),
        (departures(1, 0.9), "right"),
    ],
    ids=["arrival", "unseen arrival", "arrivals", "departure", "unseen departure", "late departure"],
)
def test_jobs_that_arrive_or_leave_meanwhile_are_told_of(move: Move, total: str) -> None:
    _, coverage = scan(UnstableListApi(newest_first(900), total=TOTALS[total], moves=[None, None, move]))
    assert coverage.moved


async def test_a_scan_that_is_cancelled_asks_no_more() -> None:
    gate = anyio.Event()

    async def tell(_read: int, _total: int | None) -> None:
        gate.set()

    api = UnstableListApi(newest_first(100_000))
    async with open_client(CONFIG, asgi_transport(api)) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: scan_jobs(client, "a", lambda _: None, progress=tell))
        await gate.wait()
        tasks.cancel_scope.cancel()
    asked = api.request_count
    for _ in range(50):
        await anyio.lowlevel.checkpoint()
    assert api.request_count == asked < 1_000
