"""Forty-two triage questions are answered by tool calls alone, at a bounded cost."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import cast

import pytest

from evaluation.__main__ import Answered, evaluate, read_questions
from evaluation.agent import NOW, world
from evaluation.answers import ANSWERS, ARTICLES, PRODUCTS, SUPPORT
from writer_jobs_mcp.sandbox import SandboxJob, SandboxStore

MAX_CALLS = 3
# Characters of compact JSON in all answers: 79,000 for the first twenty; 48,000 for the next ten, a third of these for
# the week that is read in three parts; 31,000 for the last twelve. If you raise it, say why here.
MAX_CHARACTERS = 162_000
TEMPORARY = {"rate_limit", "model_timeout", "bad_gateway", "connection_reset", "dns"}
"""The temporary causes in the sandbox."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def given() -> list[Answered]:
    return await evaluate()


async def test_every_answer_is_correct(given: list[Answered]) -> None:
    assert [each.question.name for each in given if not each.is_right] == []
    assert len(given) == 42


async def test_no_answer_takes_more_than_three_calls(given: list[Answered]) -> None:
    assert [each.question.name for each in given if each.call_count > MAX_CALLS] == []


async def test_the_text_of_the_results_contains_the_answers_too(given: list[Answered]) -> None:
    """Some clients show the model the text of a result instead of its structure."""
    texts = {each.question.name: each.text for each in given}
    expected = {
        "stuck_for_days": ["- 94aafaa0-6f4e-49d1-8990-e53a8a112f23 for 54 h, created 11-21"],
        "failed_the_day_before": ["In the 24 h before (from 11-21 12:00:00), 6 of 24 jobs failed"],
        "gone_after_the_outage": ["Not seen any more: 4 upstream_failure "],
        "seen_before": ["previously 11-19 16:26:52 \"This model's maximum context length"],
        "missing_graphs": [
            '"3f6c1b7e-52d4-4a0e-9c8a-6d0f4e2b7a91" 3',
            '"c4d7f902-7b1a-4e85-a2c6-18e90b3f5d4c" 3',
            '"a81e5d20-0c3b-4d6f-8f17-b94c2d5e6073" 2',
        ],
        "timeouts_in_all": ["timeout 8,"],
        "failed_when_read_in_parts": [
            "Of the 150 newest jobs, back to 11-21 07:00:22 UTC, 45 failed",
            "Of the 150 newest jobs before 11-21 07:00",
            ", 32 failed (",
            "16 of 100 jobs created from 11-16 12:00",
        ],
        "failed_since_a_time_in_berlin": ["16 of 30 jobs created since 07:30 UTC (4.5 h) failed"],
        "application_of_a_job": [
            'is the id of a job, not of an application (no-code agent); its application is "b2c4a9e1-83d7-',
            'b2c4a9e1-83d7-4f60-8e2b-51d09c7e4a33 "Support reply drafter"',
        ],
        "likely_to_fail_again": [
            "- 5d23b2ef-ba84-404c-af01-4a0178d6962d (was failed) would_retry. Cause: missing_resource. Retrying will "
            "likely fail again",
            "- 8e7ea0b5-5b41-433d-b941-52fe50cce147 (was failed) would_retry.\n",
        ],
    }
    missing = [(name, fact) for name, facts in expected.items() for fact in facts if fact not in texts[name]]
    assert missing == []
    assert [*expected] == [*texts][20:30]


async def test_all_answers_together_stay_within_the_size_limit(given: list[Answered]) -> None:
    assert sum(each.characters for each in given) <= MAX_CHARACTERS


def test_each_question_has_a_way_to_answer_it() -> None:
    assert [question.name for question in read_questions()] == [*ANSWERS]


def test_the_expected_answers_are_computed_from_the_sandbox() -> None:
    it = world()
    expected = answers_of_the_first_twenty(it) | answers_of_the_next_ten(it) | answers_of_the_last_twelve(it)
    assert {question.name: question.answer for question in read_questions()} == expected


def answers_of_the_first_twenty(it: SandboxStore) -> dict[str, str]:
    day = [job for job in failed(it, PRODUCTS) if job.created_at >= NOW - timedelta(days=1)]
    hour = datetime(2026, 11, 20, 8, tzinfo=UTC)
    outage = [job for job in failed(it, PRODUCTS) if hour <= job.created_at < hour + timedelta(hours=1)]
    graph = [job for job in failed(it, PRODUCTS) if job.sample_error and job.sample_error.name == "missing_graph"]
    latest = {name: it.jobs(name, "completed")[0].as_json(NOW)["data"] for name in (ARTICLES, SUPPORT)}
    stuck = {name: [job for job in it.jobs(name) if job.ends_at is None] for name in (PRODUCTS, SUPPORT)}
    return {
        "how_many_applications": str(len(it.applications)),
        "last_changed_application": min(it.applications, key=lambda application: application.updated_ago).name,
        "failed_in_a_day": str(len(day)),
        "failure_rate": f"{len(failed(it, SUPPORT)) / len(it.jobs(SUPPORT)):.1%}".removesuffix("%"),
        "failed_in_an_hour": str(len(outage)),
        "still_in_progress": str(len(it.jobs(PRODUCTS, "in_progress"))),
        "how_many_are_stuck": str(len(stuck[PRODUCTS])),
        "stuck_the_longest": min(stuck[SUPPORT], key=lambda job: job.created_at).id,
        "median_seconds": f"{median(seconds(job) for job in finished(it, ARTICLES)):.1f}",
        "commonest_category": Counter(cause(job) for job in day).most_common(1)[0][0],
        "worth_a_retry": str(sum(cause(job) in TEMPORARY for job in day)),
        "missing_graph": graph_of(graph[0]),
        "graph_missing_since": f"{min(job.created_at for job in graph):%Y-%m-%dT%H:%M:%SZ}",
        "latest_failure_in_articles": cause(failed(it, ARTICLES)[0]).removeprefix("model_"),
        "whether_to_retry": "after_a_fix" if error_text(it, "ce8b063c").startswith("403 Forbidden") else "",
        "whether_it_still_runs": "yes" if it.jobs(ARTICLES, "in_progress")[-1].id.startswith("ac629386") else "no",
        "whether_it_exists": "no" if it.job("00000000-0000-4000-8000-000000000000") is None else "yes",
        "failed_of_the_latest_hundred": str(sum(job.status(NOW) == "failed" for job in it.jobs(PRODUCTS)[:100])),
        "length_of_the_latest_output": str(len(suggestion(latest[ARTICLES]))),
        "last_words_of_an_output": " ".join(suggestion(latest[SUPPORT]).split()[-3:]),
    }


def answers_of_the_next_ten(it: SandboxStore) -> dict[str, str]:
    day = [job for job in failed(it, PRODUCTS) if job.created_at >= NOW - timedelta(days=1)]
    graph = [job for job in failed(it, PRODUCTS) if job.sample_error and job.sample_error.name == "missing_graph"]
    early, late = (datetime(2026, 11, 20, at, tzinfo=UTC) for at in (8, 10))
    outage_kinds = Counter(kind(job) for job in failed(it, PRODUCTS) if early <= job.created_at < late)
    later_kinds = {kind(job) for job in failed(it, PRODUCTS) if late <= job.created_at < late + timedelta(hours=2)}
    too_long = [job for job in failed(it, PRODUCTS) if cause(job) == "context_length" and job not in day]
    graphs = Counter(graph_of(job) for job in graph if job.created_at >= NOW - timedelta(hours=6))
    half_past_eight_in_berlin = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    to_retry = [job for job in failed(it, PRODUCTS) if job.id.startswith(("5d23b2ef-", "8e7ea0b5-"))]
    stuck = {name: [job for job in it.jobs(name) if job.ends_at is None] for name in (PRODUCTS, SUPPORT)}
    return {
        "stuck_for_days": min(stuck[PRODUCTS], key=lambda job: job.created_at).id,
        "failed_the_day_before": str(
            sum(NOW - timedelta(days=2) <= job.created_at < NOW - timedelta(days=1) for job in failed(it, SUPPORT))
        ),
        "gone_after_the_outage": str(max(outage_kinds[each] for each in outage_kinds if each not in later_kinds)),
        "seen_before": f"{max(job.created_at for job in too_long):%Y-%m-%dT%H:%M:%SZ}",
        "missing_graphs": ", ".join(
            f"{each} {jobs}" for each, jobs in sorted(graphs.items(), key=lambda item: (-item[1], item[0]))
        ),
        "timeouts_in_all": str(sum(cause(job) == "model_timeout" for job in failed(it, PRODUCTS))),
        "failed_when_read_in_parts": str(
            sum(job.created_at >= NOW - timedelta(days=7) for job in failed(it, PRODUCTS))
        ),
        "failed_since_a_time_in_berlin": str(
            sum(job.created_at >= half_past_eight_in_berlin for job in failed(it, PRODUCTS))
        ),
        "application_of_a_job": next(
            job.application.name for job in failed(it, SUPPORT) if job.id.startswith("ce8b063c-")
        ),
        "likely_to_fail_again": ", ".join(job.id for job in to_retry if cause(job) not in TEMPORARY),
    }


def answers_of_the_last_twelve(it: SandboxStore) -> dict[str, str]:
    failed_in = {name: since(failed(it, name), days=1) for name in (PRODUCTS, SUPPORT, ARTICLES)}
    day, week = failed_in[PRODUCTS], since(failed(it, PRODUCTS), days=7)
    limited = [job for job in day if cause(job) == "rate_limit"]
    example = kind(next(job for job in failed(it, SUPPORT) if job.id.startswith("ce8b063c-")))
    quotas = [sum("Request quota exceeded" in error_of(job) for job in jobs) for jobs in failed_in.values()]
    running = it.jobs(SUPPORT, "in_progress")
    stuck = sum(job.ends_at is None for job in running)
    most = max(failed_in, key=lambda name: len(failed_in[name]))
    return {
        "ids_of_the_timeouts": ", ".join(
            job.id for job in since(failed(it, PRODUCTS), days=3) if cause(job) == "model_timeout"
        ),
        "jobs_without_a_graph": str(sum("c4d7f902-" in error_of(job) for job in week)),
        "failed_like_another": ", ".join(job.id for job in week if kind(job) == example),
        "model_that_timed_out": next(error_of(job).split()[3] for job in week if "timed out after" in error_of(job)),
        "would_be_retried": str(len(limited)),
        "retry_all_of_the_night": f"{len(limited)}, 1 question",
        "left_after_a_few": str(len(limited) - 3),
        "need_a_fix_first": str(sum(cause(job) not in TEMPORARY for job in day)),
        "most_failures_in_a_day": next(each.name for each in it.applications if most in {each.id, each.alias}),
        "failed_in_the_account": str(sum(map(len, failed_in.values()))),
        "in_several_applications": ", ".join(map(str, sorted(filter(None, quotas), reverse=True))),
        "worth_waiting_for": f"{len(running) - stuck} running, {stuck} stuck",
    }


def error_of(job: SandboxJob) -> str:
    return str(job.as_json(NOW).get("error", ""))


def since(jobs: list[SandboxJob], days: int) -> list[SandboxJob]:
    return [job for job in jobs if job.created_at >= NOW - timedelta(days=days)]


def failed(it: SandboxStore, application: str) -> list[SandboxJob]:
    return [*it.jobs(application, "failed")]


def finished(it: SandboxStore, application: str) -> list[SandboxJob]:
    return [job for job in it.jobs(application) if job.status(NOW) != "in_progress"]


def seconds(job: SandboxJob) -> float:
    assert job.ends_at is not None
    return (job.ends_at - job.created_at).total_seconds()


def cause(job: SandboxJob) -> str:
    return job.sample_error.name if job.sample_error else ""


def kind(job: SandboxJob) -> tuple[str, int]:
    """Return the cause of a failure, and which of its wordings the error has."""
    error = job.as_json(NOW).get("error")
    if job.sample_error is None or error is None:
        return cause(job), 0
    patterns = (".+".join(map(re.escape, re.split(r"\$\{?[a-z]+\}?", each))) for each in job.sample_error.templates)
    (which,) = (number for number, pattern in enumerate(patterns) if re.fullmatch(pattern, str(error), re.DOTALL))
    return job.sample_error.name, which


def graph_of(job: SandboxJob) -> str:
    return str(job.as_json(NOW)["error"]).split()[2]


def error_text(it: SandboxStore, start: str) -> str:
    (job,) = (job for job in failed(it, SUPPORT) if job.id.startswith(start))
    return str(job.as_json(NOW)["error"])


def suggestion(data: object) -> str:
    return cast("dict[str, str]", data)["suggestion"]
