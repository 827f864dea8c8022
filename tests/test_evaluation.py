"""Twenty triage questions are answered by tool calls alone, at a cost that does not grow."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import cast

import pytest

from evaluation.__main__ import Given, evaluation, questions
from evaluation.agent import NOW, world
from evaluation.answers import ANSWERS, ARTICLES, PRODUCTS, SUPPORT
from writer_jobs_mcp.sandbox import Job, World

MOST_CALLS = 3
# Characters of compact JSON that an agent reads for all twenty answers; what grows them has to say why here.
MOST_CHARACTERS = 84_000
PASSING = {"rate_limit", "model_timeout", "bad_gateway", "connection_reset", "dns"}
"""The sandbox's causes that go away by themselves."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def given() -> list[Given]:
    return await evaluation()


async def test_every_question_is_answered_right(given: list[Given]) -> None:
    assert [each.question.name for each in given if not each.right] == []
    assert len(given) == 20


async def test_no_answer_takes_more_than_three_calls(given: list[Given]) -> None:
    assert [each.question.name for each in given if each.calls > MOST_CALLS] == []


async def test_the_answers_do_not_grow(given: list[Given]) -> None:
    assert sum(each.characters for each in given) <= MOST_CHARACTERS


def test_each_question_has_its_way_of_being_answered() -> None:
    assert [question.name for question in questions()] == [*ANSWERS]


def test_the_answers_are_what_the_world_is_and_not_what_the_server_says() -> None:
    """Those that can be told from the world itself, without a tool."""
    it = world()
    day = [job for job in failed(it, PRODUCTS) if job.created_at >= NOW - timedelta(days=1)]
    hour = datetime(2026, 11, 20, 8, tzinfo=UTC)
    outage = [job for job in failed(it, PRODUCTS) if hour <= job.created_at < hour + timedelta(hours=1)]
    graph = [job for job in failed(it, PRODUCTS) if job.cause and job.cause.name == "missing_graph"]
    latest = {name: it.jobs(name, "completed")[0].as_json(NOW)["data"] for name in (ARTICLES, SUPPORT)}
    stuck = {name: [job for job in it.jobs(name) if job.ends_at is None] for name in (PRODUCTS, SUPPORT)}
    assert {question.name: question.answer for question in questions()} == {
        "how_many_applications": str(len(it.applications)),
        "last_changed_application": min(it.applications, key=lambda application: application.edited).name,
        "failed_in_a_day": str(len(day)),
        "failure_rate": f"{len(failed(it, SUPPORT)) / len(it.jobs(SUPPORT)):.1%}".removesuffix("%"),
        "failed_in_an_hour": str(len(outage)),
        "still_in_progress": str(len(it.jobs(PRODUCTS, "in_progress"))),
        "how_many_are_stuck": str(len(stuck[PRODUCTS])),
        "stuck_the_longest": min(stuck[SUPPORT], key=lambda job: job.created_at).id,
        "median_seconds": f"{median(seconds(job) for job in finished(it, ARTICLES)):.1f}",
        "commonest_category": Counter(cause(job) for job in day).most_common(1)[0][0],
        "worth_a_retry": str(sum(cause(job) in PASSING for job in day)),
        "missing_graph": str(graph[0].as_json(NOW)["error"]).split()[2],
        "graph_missing_since": f"{min(job.created_at for job in graph):%Y-%m-%dT%H:%M:%SZ}",
        "latest_failure_in_articles": cause(failed(it, ARTICLES)[0]).removeprefix("model_"),
        "whether_to_retry": "after_a_fix" if told(it, "ce8b063c").startswith("403 Forbidden") else "",
        "whether_it_still_runs": "yes" if it.jobs(ARTICLES, "in_progress")[-1].id.startswith("ac629386") else "no",
        "whether_it_exists": "no" if it.job("00000000-0000-4000-8000-000000000000") is None else "yes",
        "failed_of_the_latest_hundred": str(sum(job.status(NOW) == "failed" for job in it.jobs(PRODUCTS)[:100])),
        "length_of_the_latest_output": str(len(suggestion(latest[ARTICLES]))),
        "last_words_of_an_output": " ".join(suggestion(latest[SUPPORT]).split()[-3:]),
    }


def failed(it: World, application: str) -> list[Job]:
    return [*it.jobs(application, "failed")]


def finished(it: World, application: str) -> list[Job]:
    return [job for job in it.jobs(application) if job.status(NOW) != "in_progress"]


def seconds(job: Job) -> float:
    assert job.ends_at is not None
    return (job.ends_at - job.created_at).total_seconds()


def cause(job: Job) -> str:
    return job.cause.name if job.cause else ""


def told(it: World, start: str) -> str:
    (job,) = (job for job in failed(it, SUPPORT) if job.id.startswith(start))
    return str(job.as_json(NOW)["error"])


def suggestion(data: object) -> str:
    return cast("dict[str, str]", data)["suggestion"]
