"""Scan a list of jobs that gives wrong totals, repeats pages and changes while it is read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from tests.fakes.unstable_list import MOVES, NOON, TOTALS, Move, UnstableListApi, arrivals, departures, newest_first
from tests.helpers.run_async import run_async
from tests.helpers.tally import gate_or_full
from writer_jobs_mcp.client import asgi_transport, open_client
from writer_jobs_mcp.client.models import Job
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import Forbidden
from writer_jobs_mcp.triage.coverage import Coverage
from writer_jobs_mcp.triage.scan import scan_jobs

pytestmark = pytest.mark.slow  # it reads many pages

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

    return taken, run_async(run)


SIZES = [0, 1, 2, 50, 99, 100, 101, 198, 199, 200, 201, 650, 1200]


@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("cap", [100, 30, 1])
@pytest.mark.parametrize("count", SIZES[:10])
def test_an_unchanging_list_is_read_whole_whatever_its_total(count: int, cap: int, total: str) -> None:
    if cap == 1 and count > 100:
        count = 20
    api = UnstableListApi(newest_first(count), cap=cap, total=TOTALS[total])
    taken, coverage = scan(api)
    assert taken == newest_first(count)
    assert (coverage.jobs_read, coverage.stopped_by, coverage.complete) == (count, "end", True)


@pytest.mark.parametrize(("count", "fewest"), [(0, 1), (1, 1), (99, 1), (500, 5), (1_200, 12), (10_000, 100)])
def test_an_unchanging_list_takes_at_most_two_requests_more_than_necessary(count: int, fewest: int) -> None:
    api = UnstableListApi(newest_first(count))
    taken, coverage = scan(api)
    assert (len(taken), coverage.moved) == (count, False)
    assert api.request_count <= fewest + 2


@settings(max_examples=gate_or_full(30, 300))
@given(
    count=st.integers(0, 900),
    cap=st.sampled_from([100, 100, 60, 25]),
    total=st.sampled_from(["right", "missing", "too small", "counts the page"]),
    moves=st.lists(MOVES, max_size=40),
)
def test_no_job_present_throughout_is_missed_and_none_is_read_twice(
    count: int, cap: int, total: str, moves: list[Move | None]
) -> None:
    api = UnstableListApi(newest_first(count), cap=cap, total=TOTALS[total], moves=moves)
    taken, coverage = scan(api)
    assert coverage.stopped_by == "end"
    assert len(taken) == len(set(taken)) == coverage.jobs_read
    assert api.present_throughout - set(taken) == set()


# Stopping early


def test_reading_stops_at_since_if_the_list_is_newest_first() -> None:
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
def test_the_newest_jobs_are_read_up_to_max_jobs(most: int) -> None:
    taken, coverage = scan(UnstableListApi(newest_first(2_000)), max_jobs=most)
    assert taken == newest_first(2_000)[:most]
    assert (coverage.stopped_by, coverage.complete, coverage.jobs_read) == ("max_jobs", False, most)


def test_max_jobs_equal_to_the_length_of_the_list_leaves_it_complete() -> None:
    _, coverage = scan(UnstableListApi(newest_first(300)), max_jobs=300)
    assert coverage.jobs_read == 300
    assert coverage.complete


def test_jobs_read_before_an_error_are_kept_and_the_error_is_reported() -> None:
    api = UnstableListApi(newest_first(900), fail_request=lambda earlier: (403, {}) if earlier >= 4 else None)
    taken, coverage = scan(api)
    assert taken == newest_first(900)[: len(taken)]
    assert len(taken) >= 99  # the last one is held back: the next may have been created at the same time
    assert (coverage.stopped_by, coverage.complete) == ("upstream_error", False)
    assert coverage.error.startswith("The API key may not see application")


# Stopping between two times


def in_groups(size: int) -> Callable[[int], dict[str, Any]]:
    """Give so many jobs the same time, one after another."""
    return lambda number: {"created_at": (NOON + timedelta(seconds=number // size)).isoformat()}


@settings(max_examples=gate_or_full(12, 100))
@given(
    count=st.integers(1, 300),
    size=st.integers(1, 40),
    cap=st.sampled_from([100, 30, 7]),
    max_jobs=st.integers(1, 60),
    failing=st.integers(2, 9) | st.none(),
)
def test_a_chain_of_scans_reads_each_job_once(
    count: int, size: int, cap: int, max_jobs: int, failing: int | None
) -> None:
    read: list[int] = []
    until, calls = None, 0
    while True:
        api = UnstableListApi(newest_first(count), job_fields=in_groups(size), cap=cap)
        if failing is not None and calls < 3:
            api.fail_request = lambda earlier: (403, {}) if earlier >= failing else None
        taken, coverage = scan(api, until=until, max_jobs=max_jobs)
        read += taken
        calls += 1
        if coverage.complete:
            break
        if coverage.continue_until is None:
            assert coverage.stopped_by == "upstream_error"  # with jobs of one time only
            return
        assert taken or failing
        until = coverage.continue_until
    assert read == newest_first(count)


def test_jobs_created_at_the_same_time_are_all_read_or_none() -> None:
    api = UnstableListApi(newest_first(300), job_fields=in_groups(10))
    taken, coverage = scan(api, max_jobs=25)
    assert (len(taken), coverage.jobs_read) == (21, 21)  # the newest is alone: 300 // 10
    assert coverage.continue_until == NOON + timedelta(seconds=28)
    everything, coverage = scan(UnstableListApi(newest_first(300), job_fields=in_groups(1_000)), max_jobs=25)
    assert (len(everything), coverage.stopped_by) == (300, "end")


def test_older_jobs_are_read_beyond_since() -> None:
    api = UnstableListApi(newest_first(3_000))
    taken, coverage = scan(api, since=NOON + timedelta(seconds=2_900), min_older=500, max_jobs=150)
    assert coverage.stopped_by == "since"
    assert 601 <= len(taken) <= 800
    taken, coverage = scan(api, since=NOON + timedelta(seconds=2_900), min_older=500, max_jobs=50)
    assert (len(taken), coverage.stopped_by) == (50, "max_jobs")


def test_jobs_after_until_are_skipped_and_not_counted() -> None:
    taken, coverage = scan(UnstableListApi(newest_first(500)), until=NOON + timedelta(seconds=400), max_jobs=20)
    assert taken == newest_first(399)[:20]
    assert (coverage.jobs_read, coverage.continue_until) == (20, NOON + timedelta(seconds=380))


class FirstThousandOnly(UnstableListApi):
    """A list that returns no job beyond the thousandth."""

    def page(self, offset: int, limit: int, status: str | None = None) -> dict[str, Any]:
        return super().page(offset, limit, status) if offset < 1_000 else {"result": [], "totalCount": len(self.ids)}


class TwoPagesOnly(UnstableListApi):
    """A list that returns only its first two pages, in turn, whatever the offset."""

    def page(self, offset: int, limit: int, status: str | None = None) -> dict[str, Any]:
        return super().page(min(offset, self.request_count % 2 * 100), limit, status)


@pytest.mark.parametrize("kind", [FirstThousandOnly, TwoPagesOnly])
def test_a_list_that_returns_no_further_jobs_ends_the_scan_with_an_error(kind: type[UnstableListApi]) -> None:
    api = kind(newest_first(5_000))
    _, coverage = scan(api)
    assert (coverage.stopped_by, coverage.complete) == ("upstream_error", False)
    assert coverage.error.endswith("the rest cannot be read.")
    assert api.request_count < 200


def test_no_job_is_missed_among_identical_unreadable_rows() -> None:
    api = UnstableListApi(newest_first(1_000), moves=[None, departures(5, 0)])
    api.job_fields = lambda number: {"created_at": None, "id": ""} if number % 90 == 0 else {}
    taken, coverage = scan(api)
    readable = {number for number in api.present_throughout if number % 90}
    assert readable <= set(taken)
    assert (coverage.reached_end, coverage.complete) == (True, False)


def test_an_error_before_the_first_page_is_raised() -> None:
    with pytest.raises(Forbidden):
        scan(UnstableListApi(newest_first(900), fail_request=lambda _: (403, {})))


def test_rate_limits_slow_the_scan_but_do_not_fail_it() -> None:
    def fail_request(earlier: int) -> tuple[int, dict[str, str]] | None:
        return (429, {"retry-after-ms": "20"}) if earlier % 4 == 3 else None

    taken, coverage = scan(UnstableListApi(newest_first(1_500), fail_request=fail_request))
    assert taken == newest_first(1_500)
    assert coverage.complete


def test_a_rate_limit_beyond_the_deadline_is_reported_with_the_time_to_wait() -> None:
    def fail_request(earlier: int) -> tuple[int, dict[str, str]] | None:
        return (429, {"retry-after": "90"}) if earlier >= 3 else None

    taken, coverage = scan(UnstableListApi(newest_first(900), fail_request=fail_request), seconds=5)
    assert taken == newest_first(900)[: len(taken)]
    assert (coverage.stopped_by, coverage.complete) == ("upstream_error", False)
    assert "Wait 90 seconds" in coverage.error


class StopsAnswering(UnstableListApi):
    """A list that answers three requests, and then none."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.request_count >= 3:
            await anyio.sleep_forever()
        await super().__call__(scope, receive, send)


def test_jobs_read_before_the_deadline_are_reported() -> None:
    taken, coverage = scan(StopsAnswering(newest_first(900)), seconds=0.5)
    assert taken == newest_first(900)[: len(taken)]
    assert len(taken) >= 99  # the last one is held back: the next may have been created at the same time
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
def test_jobs_that_arrive_or_leave_during_the_scan_are_noticed(move: Move, total: str) -> None:
    _, coverage = scan(UnstableListApi(newest_first(900), total=TOTALS[total], moves=[None, None, move]))
    assert coverage.moved


async def test_a_cancelled_scan_sends_no_more_requests() -> None:
    gate = anyio.Event()

    async def progress(_read: int, _total: int | None) -> None:
        gate.set()

    api = UnstableListApi(newest_first(100_000))
    async with open_client(CONFIG, asgi_transport(api)) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: scan_jobs(client, "a", lambda _: None, progress=progress))
        await gate.wait()
        tasks.cancel_scope.cancel()
    request_count = api.request_count
    for _ in range(50):
        await anyio.lowlevel.checkpoint()
    assert api.request_count == request_count < 1_000
