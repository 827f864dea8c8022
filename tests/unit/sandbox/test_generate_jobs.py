"""The sandbox's jobs resemble a week of real use."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from statistics import mean

import pytest

from tests.conftest import Clock
from tests.helpers.sandbox import FIRST, JOBS, NOW, SECOND, UNKNOWN_ID, all_jobs, http_client
from tests.helpers.sandbox_documents import Output
from writer_jobs_mcp.sandbox import APPLICATIONS, SandboxJob, SandboxStore, build_app
from writer_jobs_mcp.sandbox.sample_errors import ERROR_WITHOUT_TEXT, NEW_ERROR, RISING_ERROR, SAMPLE_ERRORS


def outputs(store: SandboxStore) -> list[str]:
    shown = [job.as_json(NOW)["data"] for job in all_jobs(store, "completed")]
    return [Output.model_validate(data).suggestion for data in shown]


def hours_old(jobs: Sequence[SandboxJob]) -> list[float]:
    return [(NOW - job.created_at) / timedelta(hours=1) for job in jobs]


async def test_the_same_seed_and_time_give_the_same_bytes() -> None:
    async def answer(seed: int) -> bytes:
        async with http_client(build_app(SandboxStore(now=NOW, clock=lambda: NOW, seed=seed))) as client:
            return (await client.get(f"{JOBS}?limit=100")).content

    assert await answer(1) == await answer(1)
    assert await answer(1) != await answer(2)


def test_the_last_week_has_640_jobs_more_by_day_than_by_night(store: SandboxStore) -> None:
    jobs = all_jobs(store)
    day, night = (sum(job.created_at.hour in hours for job in jobs) for hours in (range(9, 17), range(8)))

    assert [len(store.jobs(application.id)) for application in APPLICATIONS] == [400, 150, 90]
    assert all(0 <= hours <= 168 for hours in hours_old(jobs))
    assert day > 2 * night


@pytest.mark.parametrize("jobs", [0, 1, 99, 10_000])
def test_the_number_of_jobs_of_the_first_application_can_be_set(clock: Clock, jobs: int) -> None:
    store = SandboxStore(now=NOW, clock=clock, jobs=jobs)

    assert len(store.jobs(FIRST.alias)) == jobs
    assert len(store.jobs(SECOND.id)) == 150


@pytest.mark.parametrize("jobs", [400, 10_000])
def test_a_fifth_to_a_quarter_of_the_jobs_fail(clock: Clock, jobs: int) -> None:
    store = SandboxStore(now=NOW, clock=clock, jobs=jobs)

    assert 0.20 <= len(all_jobs(store, "failed")) / len(all_jobs(store)) <= 0.25


def test_the_first_application_has_every_sample_error_in_varying_words(store: SandboxStore) -> None:
    failed = store.jobs(FIRST.id, "failed")
    errors = [job.as_json(NOW).get("error") for job in failed]

    assert {job.sample_error for job in failed} == set(SAMPLE_ERRORS)
    assert len(SAMPLE_ERRORS) >= 12
    assert len(set(errors)) > 0.7 * len(errors)


def test_errors_are_text_html_json_tracebacks_german_or_missing(store: SandboxStore) -> None:
    errors = [job.as_json(NOW).get("error") for job in all_jobs(store, "failed")]
    texts = [error for error in errors if isinstance(error, str)]

    assert len(texts) == len(errors) - sum(job.sample_error is ERROR_WITHOUT_TEXT for job in all_jobs(store, "failed"))
    assert any(text.startswith("<html>") for text in texts)
    assert any(text.startswith("Traceback") and text.count("\n") >= 11 for text in texts)
    assert any("ß" in text or "Ungültige" in text for text in texts)
    assert any(
        json.loads(text)["errors"][0]["key"] == "fail.guardrail.blocked" for text in texts if text.startswith("{")
    )
    assert not any("$" in text for text in texts)


@pytest.mark.parametrize("hour", [3, 13])
def test_one_error_is_new_in_the_last_six_hours(hour: int) -> None:
    now = NOW.replace(hour=hour)
    store = SandboxStore(now=now, clock=lambda: now)
    ages = [now - job.created_at for job in all_jobs(store, "failed") if job.sample_error is NEW_ERROR]

    assert len(ages) >= 3
    assert max(ages) < timedelta(hours=6)


def test_one_error_becomes_more_frequent(store: SandboxStore) -> None:
    ages = hours_old([job for job in store.jobs(FIRST.id, "failed") if job.sample_error is RISING_ERROR])
    today, yesterday, before = (
        sum(low <= age < high for age in ages) / ((high - low) / 24) for low, high in ((0, 24), (24, 48), (48, 168))
    )

    assert today > yesterday > before > 0


def test_outputs_keep_their_length_limits_and_contain_line_breaks(store: SandboxStore) -> None:
    texts = outputs(store)
    lengths = [len(text) for text in texts]

    assert 200 <= min(lengths) < 400
    assert 3_000 < max(lengths) <= 6_000
    assert 500 < mean(lengths) < 2_500
    assert all("\n" in text and "$" not in text for text in texts)


@pytest.mark.parametrize(
    "word", [" the ", " und | für | nicht ", " est | les | dès ", " para | del ", "[ぁ-ん]{2}", "[؀-ۿ]{3}"]
)
def test_outputs_come_in_six_languages(store: SandboxStore, word: str) -> None:
    assert sum(bool(re.search(word, text)) for text in outputs(store)) >= 5


def test_jobs_in_progress_finish_as_time_passes_and_a_few_never_do(store: SandboxStore, clock: Clock) -> None:
    running = list(store.jobs(FIRST.id, "in_progress"))
    clock.advance(minutes=30)
    stuck = list(store.jobs(FIRST.id, "in_progress"))
    clock.advance(days=30)

    assert 0 < len(stuck) <= 5 < len(running)
    assert list(store.jobs(FIRST.id, "in_progress")) == stuck
    assert min(hours_old(stuck)) > 2
    assert {job.status(clock()) for job in running if job not in stuck} <= {"completed", "failed"}


def test_an_added_job_is_sorted_in_and_fails_with_the_given_error(store: SandboxStore, clock: Clock) -> None:
    newest = store.add(FIRST.alias, duration=timedelta(0), error="costs $5 and {more}")
    older = store.add(FIRST.id, created_at=NOW - timedelta(days=1), duration=None)
    jobs = store.jobs(FIRST.id)

    assert (jobs[0], newest.as_json(clock())["error"]) == (newest, "costs $5 and {more}")
    assert jobs[jobs.index(older) - 1].created_at >= older.created_at >= jobs[jobs.index(older) + 1].created_at
    assert newest in store.jobs(FIRST.id, "failed")
    store.remove(newest.id)
    assert store.job(newest.id) is None
    assert newest not in store.jobs(FIRST.id, "failed")
    assert len(store.jobs(FIRST.id)) == 401


def test_an_unknown_application_or_job_is_a_lookup_error(store: SandboxStore) -> None:
    for ask in (store.jobs, store.add, store.remove, store.retry):
        with pytest.raises(LookupError):
            ask(UNKNOWN_ID)
