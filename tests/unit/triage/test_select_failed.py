"""What is selected of failed jobs that were read, also where time ends first."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.jobs import JsonObject, make_job
from tests.helpers.run_async import run_async
from tests.helpers.triage import DIFFERENT_ERRORS, RATE_LIMIT, TIMEOUT
from writer_jobs_mcp import failures
from writer_jobs_mcp.client.models import Job
from writer_jobs_mcp.failures.grouping import groups
from writer_jobs_mcp.triage.earlier_failures import MIN_EARLIER_FAILURES, EarlierErrors
from writer_jobs_mcp.triage.error_text import error_text
from writer_jobs_mcp.triage.error_words import ErrorWords
from writer_jobs_mcp.triage.report import Window
from writer_jobs_mcp.triage.select_failed import FailedJob, FailedJobSelector, SelectedGroup, Selection
from writer_jobs_mcp.worker_threads import run_in_worker


def failed_job(number: int, error: str | None, **fields: Any) -> Job:
    return Job.model_validate(make_job(number, "failed", error, id=f"job-{number}", application_id="a") | fields)


def select(
    errors: Sequence[str | None], is_time_over: Callable[[], bool] = lambda: False, **selection: Any
) -> tuple[tuple[SelectedGroup, ...], str]:
    """Select of jobs with these errors, the newest first. Return the groups, and the doubt."""
    selector = FailedJobSelector(Window(None, None), None, Selection(**selection))

    def add_and_select() -> tuple[SelectedGroup, ...]:
        for number, error in enumerate(errors):
            selector.add(failed_job(number, error))
        return selector.select(is_time_over)

    return run_async(lambda: run_in_worker(add_and_select)), selector.doubt


def ids(selected: Sequence[SelectedGroup]) -> list[str]:
    return [job.id for group in selected for job in group.jobs]


# Time


@pytest.mark.parametrize("category", [None, "unknown", "rate_limit"])
def test_each_cause_is_known_even_if_time_runs_out_before_errors_are_compared(category: str | None) -> None:
    errors = [*DIFFERENT_ERRORS, *[RATE_LIMIT] * 2]
    selected, doubt = select(errors, lambda: True, category=category)
    whole, _ = select(errors, category=category)
    assert (sorted(ids(selected)), doubt) == (sorted(ids(whole)), "")
    assert {group.cause.category for group in selected} == {group.cause.category for group in whole}


def test_jobs_like_an_example_may_be_missing_if_errors_were_not_compared() -> None:
    errors = ["Worker alpha was lost", "Worker bravo was lost", RATE_LIMIT]
    whole, no_doubt = select(errors, like="job-0", example=errors[0])
    assert (ids(whole), no_doubt) == (["job-0", "job-1"], "")
    selected, doubt = select(errors, lambda: True, like="job-0", example=errors[0])
    assert "job-0" in ids(selected)
    assert doubt == "Time ran out before all errors were compared: jobs like this one may be missing."
    assert select(errors, lambda: True)[1] == ""


def test_too_many_wordings_are_a_doubt_of_whatever_is_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_TEMPLATES", 4)
    errors = [f"The {noun} {verb}" for noun, verb in product(["disk", "river", "lamp"], ["melted", "burst", "rusted"])]
    selections: list[JsonObject] = [
        {"like": "job-8", "example": errors[8]},
        {"category": "unknown"},
        {"contains": "lamp"},
    ]
    for selection in selections:
        assert select(errors, **selection)[1].startswith("Errors were worded in too many ways to compare them all: ")
    assert select(errors)[1] == ""


# The example


@pytest.mark.parametrize("example", [TIMEOUT, "Timed out after 99 s"])
def test_an_example_that_was_not_read_is_compared_by_its_text(example: str) -> None:
    assert ids(select([RATE_LIMIT, TIMEOUT], like="another", example=example)[0]) == ["job-1"]


def test_an_example_that_was_read_counts_as_it_was_read() -> None:
    assert ids(select([RATE_LIMIT, TIMEOUT], like="JOB-1", example=RATE_LIMIT)[0]) == ["job-1"]


def test_an_example_without_its_error_selects_nothing() -> None:
    assert select([RATE_LIMIT, None], like="another")[0] == ()


# What is kept


LENGTHS = st.integers(0, 4_100) | st.integers(0, 30_000)


@given(length=LENGTHS, limit=st.integers(0, 2_000), filler=st.sampled_from("x \u202e\u4e00"))
def test_a_shortened_error_keeps_to_its_limit(length: int, limit: int, filler: str) -> None:
    job = failed_job(1, f"begin {filler * length} end")
    text = error_text(job)
    kept = FailedJob.from_job(job, text)
    shown = kept.shortened_error(limit)
    assert len(shown) <= limit
    if len(text) <= limit:
        assert shown == text
    elif limit >= 200:
        assert (shown[:5], shown[-3:], "characters left out" in shown) == ("begin", "end", True)
        assert ("[about " in shown) == (len(job.error or "") > 4_000)


def test_a_remembered_error_finds_the_group_of_the_job() -> None:
    trace = "".join(f'  File "/srv/step_{n}.py", line {n}, in run\n    call_{n}()\n' for n in range(60))
    errors = [f"Traceback (most recent call last):\n{trace}ValueError: field {n} is bad" for n in range(3)]
    kept = select(errors)[0][0].jobs[0].error
    assert len(errors[0]) > 3_000
    selected, _ = select([*errors[1:], RATE_LIMIT], like="retried", example=kept)
    assert len(ids(selected)) == 2


@given(order=st.permutations(range(60)), repeated=st.sets(st.integers(0, 59)))
def test_the_same_earlier_errors_count_in_any_order(order: list[int], repeated: set[int]) -> None:
    ages = {number: number * 10 for number in range(60)}
    whole = EarlierErrors()
    for number in [*order, *repeated]:
        for more in range(10):
            age = ages[number] + more
            whole.add(failed_job(age, f"error {age}"), f"error {age}")
    taken = sorted(whole.take(), reverse=True)
    assert [text for _, _, text in taken] == [f"error {age}" for age in range(MIN_EARLIER_FAILURES)]
    assert [*whole.take()] == []


# Words


@given(text=st.text(max_size=40), words=st.text(min_size=1, max_size=5))
def test_words_of_a_text_are_found_in_any_case_and_layout(text: str, words: str) -> None:
    if not words.strip():
        return
    whole = f"{text} {words} {text}"
    assert ErrorWords(words).are_in_error(whole, whole)
    assert ErrorWords(words.upper()).are_in_error(whole, whole) or words.upper().casefold() != words.casefold()
    assert ErrorWords(words).are_in_error(whole.replace(" ", "\n \t"), whole.replace(" ", "\n \t"))


def test_a_signature_finds_all_of_its_group() -> None:
    errors = [f"Step {n} of {n + 5} of job {n:08x}-0000-4000-8000-0123456789ab failed" for n in range(9)]
    (group,) = failures.group_failures(errors)
    assert ids(select([RATE_LIMIT, *errors], contains=group.signature)[0]) == [f"job-{n}" for n in range(1, 10)]
