"""Jobs over time are all counted, in few steps, in any order and over any length of time."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writer_jobs_mcp.triage.timeline import MAX_STEPS, OTHER, Histogram, Timeline

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)

moments = st.datetimes(datetime(1970, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))
statuses = st.sampled_from(["completed", "failed", "in_progress", "queued"])
jobs = st.lists(st.tuples(moments, statuses), min_size=1, max_size=200)


def drawn(taken: list[tuple[datetime, str]], since: datetime | None = None, until: datetime | None = None) -> Histogram:
    timeline = Timeline(since, until, NOON)
    for created_at, status in taken:
        timeline.add(created_at, status)
    steps = timeline.histogram()
    assert steps is not None
    return steps


def length(steps: Histogram) -> int:
    (one,) = {len(counts) for counts in steps.counts.values()}
    return one


@given(jobs)
def test_every_job_is_counted_once_under_its_status(taken: list[tuple[datetime, str]]) -> None:
    counts = {status: sum(each) for status, each in drawn(taken).counts.items()}
    assert counts == Counter(status for _, status in taken)


@given(jobs)
def test_each_job_is_in_the_step_of_its_time(taken: list[tuple[datetime, str]]) -> None:
    steps = drawn(taken)
    for number in range(length(steps)):
        start = steps.start + timedelta(seconds=number * steps.seconds)
        inside = [status for at, status in taken if start <= at < start + timedelta(seconds=steps.seconds)]
        assert {status: each[number] for status, each in steps.counts.items() if each[number]} == Counter(inside)


@given(jobs)
def test_a_timeline_is_never_longer_than_can_be_drawn(taken: list[tuple[datetime, str]]) -> None:
    assert length(drawn(taken)) <= MAX_STEPS


@given(jobs, st.randoms(use_true_random=False))
def test_the_order_of_the_jobs_does_not_matter(taken: list[tuple[datetime, str]], rng: random.Random) -> None:
    shuffled = list(taken)
    rng.shuffle(shuffled)
    assert drawn(shuffled) == drawn(taken)


@pytest.mark.parametrize(
    ("since", "seconds", "steps"),
    [
        (NOON - timedelta(minutes=5), 60, 5),
        (NOON - timedelta(minutes=90), 300, 18),
        (NOON - timedelta(hours=24), 1_800, 48),
        (NOON - timedelta(hours=24, minutes=1), 1_800, 49),
        (NOON - timedelta(days=7), 10_800, 56),
        (NOON - timedelta(days=30), 43_200, 60),
    ],
)
def test_a_window_is_drawn_whole_even_if_its_jobs_fill_little_of_it(since: datetime, seconds: int, steps: int) -> None:
    at = NOON - timedelta(minutes=2)
    taken = drawn([(at, "failed")], since)
    assert (taken.seconds, length(taken)) == (seconds, steps)
    assert taken.start <= since < taken.start + timedelta(seconds=seconds)


def test_an_open_window_begins_with_its_first_job() -> None:
    steps = drawn([(NOON - 2 * DAY, "failed"), (NOON - timedelta(hours=1), "completed")])
    assert steps.start == NOON - 2 * DAY
    assert steps.counts["failed"][0] == 1


def test_the_timeline_ends_before_until() -> None:
    steps = drawn([(NOON - DAY, "failed")], since=NOON - DAY, until=NOON - timedelta(hours=12))
    assert steps.start + length(steps) * timedelta(seconds=steps.seconds) == NOON - timedelta(hours=12)


def test_a_job_created_in_the_future_is_drawn_in_the_last_step() -> None:
    steps = drawn([(NOON + timedelta(minutes=3), "completed")], since=NOON - timedelta(minutes=10))
    assert steps.counts["completed"][-1] == 1


def test_a_job_dated_before_1970_is_drawn_in_1970() -> None:
    steps = drawn([(datetime(1, 1, 1, tzinfo=UTC), "failed"), (NOON - DAY, "completed")])
    assert steps.start == datetime(1970, 1, 1, tzinfo=UTC)
    assert steps.counts["failed"][0] == 1


def test_a_window_that_ends_before_it_begins_is_empty() -> None:
    assert Timeline(NOON, NOON - DAY, NOON).histogram() is None


def test_rare_statuses_are_drawn_together() -> None:
    taken = [(NOON - timedelta(minutes=1), f"state-{number}") for number in range(20) for _ in range(20 - number)]
    counts = drawn(taken).counts
    assert list(counts) == [*(f"state-{number}" for number in range(6)), OTHER]
    assert sum(map(sum, counts.values())) == len(taken)
