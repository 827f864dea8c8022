"""A computed job's age, outcome and id follow from its position."""

from datetime import timedelta
from itertools import pairwise
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writer_jobs_mcp.sandbox.positions import Ages, Outcomes, PositionIds

KEY = b"a key"
counts = st.integers(0, 300)


@given(counts, st.data(), st.binary(max_size=8))
def test_each_position_is_that_of_one_failed_or_one_completed_job(count: int, data: st.DataObject, key: bytes) -> None:
    outcomes = Outcomes(key, count, data.draw(st.integers(0, count)))
    failed = [outcomes.failed_at(rank) for rank in range(outcomes.failed)]
    completed = [outcomes.completed_at(rank) for rank in range(outcomes.completed)]

    assert sorted([*failed, *completed]) == list(range(count))
    assert (failed, completed) == (sorted(failed), sorted(completed))
    assert [outcomes.is_failed(position) for position in range(count)] == [each in failed for each in range(count)]
    assert [outcomes.failed_before(position) for position in range(count + 1)] == [
        sum(each < position for each in failed) for position in range(count + 1)
    ]


def test_failures_are_spread_evenly_but_not_regularly() -> None:
    outcomes = Outcomes(KEY, 1_000_000, 10_000)
    gaps = {after - before for before, after in pairwise(map(outcomes.failed_at, range(1000)))}

    assert [outcomes.failed_before(100_000 * tenth) for tenth in range(11)] == [1000 * tenth for tenth in range(11)]
    assert len(gaps) > 100


@given(counts, st.lists(st.integers(0, 20), min_size=1, max_size=30).filter(any), st.floats(-1, 31))
def test_ages_rise_with_the_position_and_are_counted(count: int, loads: list[int], hours: float) -> None:
    ages = Ages(KEY, count, loads)
    listed = [ages.age(position) for position in range(count)]
    age = timedelta(hours=hours)

    assert listed == sorted(listed)
    assert all(timedelta(0) <= each <= timedelta(hours=len(loads)) for each in listed)
    assert ages.count_up_to(age) == sum(each <= age for each in listed)


def test_an_hour_has_jobs_as_its_load_says() -> None:
    ages = Ages(KEY, 600, [1, 0, 3, 2])

    assert [ages.count_up_to(timedelta(hours=hours)) for hours in range(5)] == [0, 100, 100, 400, 600]


@given(st.integers(0, 2**48 - 1))
def test_an_id_is_a_uuid_that_contains_its_position(position: int) -> None:
    job_id = PositionIds(KEY).id(position)

    assert (UUID(job_id).version, UUID(job_id).variant, str(UUID(job_id))) == (4, RFC_4122, job_id)
    assert PositionIds(KEY).position(job_id) == position
    assert PositionIds(b"another").position(job_id) is None


@pytest.mark.parametrize("bit", range(0, 128, 7))
def test_an_id_with_another_bit_has_no_position(bit: int) -> None:
    changed = str(UUID(int=UUID(PositionIds(KEY).id(12)).int ^ 1 << bit))

    assert PositionIds(KEY).position(changed) is None


@pytest.mark.parametrize("job_id", ["", "12", "no-such-job", PositionIds(KEY).id(1).upper()])
def test_text_that_is_no_id_has_no_position(job_id: str) -> None:
    assert PositionIds(KEY).position(job_id) is None


def test_ids_look_random() -> None:
    ids = [PositionIds(KEY).id(position) for position in range(1000)]

    assert len({job_id[:6] for job_id in ids}) > 990
    assert len({job_id[-6:] for job_id in ids}) > 990
