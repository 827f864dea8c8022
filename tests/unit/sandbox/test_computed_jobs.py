"""Jobs that are computed at each read behave as held ones do."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Clock
from tests.helpers.sandbox import FIRST, NOW, SECOND
from writer_jobs_mcp.sandbox import SandboxJobStatus, SandboxStore
from writer_jobs_mcp.sandbox.jobs import LONGEST_DURATION
from writer_jobs_mcp.sandbox.sample_errors import NEW_ERROR, OUTAGE_ERROR, RISING_ERROR, SAMPLE_ERRORS, SampleError

STATUSES: tuple[SandboxJobStatus, ...] = ("in_progress", "failed", "completed")


def computed_store(clock: Clock, jobs: int = 400, failed_share: float = 0.2, seed: int = 20) -> SandboxStore:
    return SandboxStore(now=NOW, clock=clock, jobs=jobs, failed_share=failed_share, seed=seed)


def ids(store: SandboxStore, status: SandboxJobStatus | None = None) -> list[str]:
    return [job.id for job in store.jobs(FIRST.id, status)]


def check_views(store: SandboxStore, expected: list[str]) -> None:
    """Check that the lists hold these jobs, newest first, and each in the list of its status."""
    jobs = list(store.jobs(FIRST.id))

    assert sorted(job.id for job in jobs) == sorted(expected)
    assert [job.created_at for job in jobs] == sorted((job.created_at for job in jobs), reverse=True)
    for status in STATUSES:
        assert ids(store, status) == [job.id for job in jobs if job.status(store.clock()) == status]


@pytest.mark.parametrize("failed_share", [0, 0.01, 0.2, 1])
@pytest.mark.parametrize("jobs", [0, 1, 2, 99, 5000])
def test_the_number_of_jobs_and_the_share_that_fails_are_exact(clock: Clock, jobs: int, failed_share: float) -> None:
    store = computed_store(clock, jobs, failed_share)
    clock.advance(seconds=LONGEST_DURATION.total_seconds())
    numbers = {status: len(store.jobs(FIRST.id, status)) for status in STATUSES}

    assert len(store.jobs(FIRST.id)) == sum(numbers.values()) == jobs
    assert numbers["failed"] == round(jobs * failed_share)
    assert numbers["in_progress"] <= 5


def test_the_other_applications_keep_their_jobs(clock: Clock) -> None:
    held = SandboxStore(now=NOW, clock=clock).jobs(SECOND.id)

    assert [job.id for job in computed_store(clock).jobs(SECOND.id)] == [job.id for job in held]


@pytest.mark.parametrize("jobs", [0, 1, 400])
@pytest.mark.parametrize("minutes", [-20_000, -90, -1, 0, 1, 3, 600])
def test_lists_agree_at_any_time_even_before_the_jobs_were_created(clock: Clock, jobs: int, minutes: float) -> None:
    store = computed_store(clock, jobs)
    expected = ids(store)
    clock.advance(minutes=minutes)

    check_views(store, expected)


@given(st.lists(st.tuples(st.sampled_from(["add", "retry", "remove", "wait"]), st.integers(0, 10**6)), max_size=8))
def test_lists_agree_after_any_changes(changes: list[tuple[str, int]]) -> None:
    clock = Clock(NOW)
    store = computed_store(clock, jobs=20, failed_share=0.4)
    expected = ids(store)
    for change, number in changes:
        failed = ids(store, "failed")
        if change == "add":
            at = NOW - timedelta(hours=number % 200 - 10)
            expected.append(store.add(FIRST.id, created_at=at, error="No." if number % 2 else None).id)
        elif change == "retry" and failed:
            store.retry(failed[number % len(failed)])
        elif change == "remove" and expected:
            store.remove(expected.pop(number % len(expected)))
        elif change == "wait":
            clock.advance(seconds=number % 1000)
        check_views(store, expected)
    for job in store.jobs(FIRST.id):
        found = store.job(job.id)
        assert found
        assert found.as_json(clock()) == job.as_json(clock())


def test_a_job_created_at_the_time_of_another_comes_after_it(clock: Clock) -> None:
    store = computed_store(clock)
    other = store.jobs(FIRST.id)[200]
    added = [store.add(FIRST.id, created_at=other.created_at).id for _ in range(3)]

    assert ids(store)[200:204] == [other.id, *added]


def test_a_retried_job_completes_at_its_place(clock: Clock) -> None:
    store = computed_store(clock)
    before, failed = ids(store), ids(store, "failed")

    retried = store.retry(failed[30])
    running = ids(store, "in_progress")
    clock.advance(minutes=1)

    assert retried.id == failed[30]
    assert failed[30] in running
    assert failed[30] in ids(store, "completed")
    assert ids(store) == before
    assert ids(store, "failed") == [job_id for job_id in failed if job_id != failed[30]]


def test_a_removed_job_is_in_no_list_and_not_found(clock: Clock) -> None:
    store = computed_store(clock)
    removed, *rest = ids(store, "failed")

    store.remove(removed)

    assert ids(store, "failed") == rest
    assert store.job(removed) is None
    for change in (store.remove, store.retry):
        with pytest.raises(LookupError):
            change(removed)


def test_an_id_of_a_larger_list_is_not_found(clock: Clock) -> None:
    oldest = computed_store(clock, jobs=500).jobs(FIRST.id)[-1]

    assert computed_store(clock, jobs=400).job(oldest.id) is None


def test_indexes_and_slices_are_those_of_a_list(clock: Clock) -> None:
    jobs = computed_store(clock).jobs(FIRST.id, "failed")
    listed = [job.id for job in jobs]

    assert [jobs[index].id for index in (0, 3, -1, -len(jobs))] == [listed[index] for index in (0, 3, -1, -len(jobs))]
    for part in (slice(3, 9), slice(-4, None), slice(70, 10**18), slice(10**18, None), slice(None, None, -7)):
        assert [job.id for job in jobs[part]] == listed[part]
    for index in (len(jobs), -len(jobs) - 1):
        with pytest.raises(IndexError):
            jobs[index]


def test_the_same_seed_gives_the_same_jobs_and_another_one_others(clock: Clock) -> None:
    def rendered(seed: int) -> list[dict[str, object]]:
        return [job.as_json(NOW) for job in computed_store(clock, seed=seed).jobs(FIRST.id)]

    assert rendered(1) == rendered(1)
    assert not {str(job["id"]) for job in rendered(1)} & {str(job["id"]) for job in rendered(2)}


def test_errors_have_their_times_of_prevalence(clock: Clock) -> None:
    jobs = computed_store(clock, jobs=20_000).jobs(FIRST.id, "failed")
    ages = [((NOW - job.created_at) / timedelta(hours=1), job.sample_error) for job in jobs]

    def share(error: SampleError, newest: float, oldest: float) -> float:
        within = [each for age, each in ages if newest <= age < oldest]
        return within.count(error) / len(within)

    assert {error for _, error in ages} == set(SAMPLE_ERRORS)
    assert share(NEW_ERROR, 0, 6) > 0.2
    assert share(NEW_ERROR, 6, 200) == 0
    assert share(RISING_ERROR, 0, 12) > share(RISING_ERROR, 12, 48) > share(RISING_ERROR, 48, 200) > 0
    assert share(OUTAGE_ERROR, 74, 76) > 0.5 > share(OUTAGE_ERROR, 76, 200)


def test_no_job_that_ends_runs_longer_than_the_longest_duration(clock: Clock) -> None:
    assert max(most for error in SAMPLE_ERRORS for most in error.duration_range) <= LONGEST_DURATION.total_seconds()
    for job in computed_store(clock, jobs=5000).jobs(FIRST.id):
        assert job.ends_at is None or job.ends_at - job.created_at <= LONGEST_DURATION


@pytest.mark.parametrize("more", [0, 1])
def test_jobs_are_held_up_to_the_limit_and_computed_beyond_it(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    monkeypatch.setattr("writer_jobs_mcp.sandbox.store.MAX_HELD_JOBS", 200)
    jobs = SandboxStore(now=NOW, clock=clock, jobs=200 + more).jobs(FIRST.id)

    assert len(jobs) == 200 + more
    assert (jobs[-1] is jobs[-1]) == (more == 0)
