"""How each of the questions is answered: by which calls, and from what in their answers."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from evaluation.agent import Agent

Answer = Callable[[Agent], Awaitable[str]]

PRODUCTS, SUPPORT, ARTICLES = "product-description-writer", "support-reply-drafter", "blog-article-drafter"


async def how_many_applications(agent: Agent) -> str:
    return str((await agent.call("list_applications"))["page"]["returned"])


async def last_changed_application(agent: Agent) -> str:
    applications: list[dict[str, str]] = (await agent.call("list_applications"))["applications"]
    return max(applications, key=lambda application: application["updated_at"])["name"]


async def failed_in_a_day(agent: Agent) -> str:
    return str((await _triage(agent, PRODUCTS, since="24h"))["counts"]["failed"])


async def failure_rate(agent: Agent) -> str:
    return f"{(await _triage(agent, SUPPORT))['failure_rate'] * 100:.1f}"


async def failed_in_an_hour(agent: Agent) -> str:
    hour = {"since": "2026-11-20T08:00:00Z", "until": "2026-11-20T09:00:00Z"}
    return str((await _triage(agent, PRODUCTS, **hour))["counts"]["failed"])


async def still_in_progress(agent: Agent) -> str:
    return str((await _triage(agent, PRODUCTS))["counts"]["in_progress"])


async def how_many_are_stuck(agent: Agent) -> str:
    return str((await _triage(agent, PRODUCTS))["stuck_count"])


async def stuck_the_longest(agent: Agent) -> str:
    return (await _triage(agent, SUPPORT))["stuck"][0]["id"]


async def median_seconds(agent: Agent) -> str:
    return str((await _triage(agent, ARTICLES))["seconds"]["median"])


async def commonest_category(agent: Agent) -> str:
    categories: Counter[str] = Counter()
    for group in (await _triage(agent, PRODUCTS, since="24h"))["failures"]:
        categories[group["category"]] += group["count"]
    return categories.most_common(1)[0][0]


async def worth_a_retry(agent: Agent) -> str:
    groups = (await _triage(agent, PRODUCTS, since="24h"))["failures"]
    return str(sum(group["count"] for group in groups if group["retry"] == "worth_it"))


async def missing_graph(agent: Agent) -> str:
    (example,) = _groups_that_say("Knowledge Graph", await _triage(agent, PRODUCTS, since="24h"))
    error: str = (await agent.call("get_job_error", job_id=example["job_ids"][0]))["error"]
    return error.removeprefix("Knowledge Graph ").partition(" ")[0]


async def graph_missing_since(agent: Agent) -> str:
    (group,) = _groups_that_say("Knowledge Graph", await _triage(agent, PRODUCTS, since="24h"))
    return group["first_seen"]


async def latest_failure_in_articles(agent: Agent) -> str:
    latest = (await agent.call("list_application_jobs", application_id=ARTICLES, status="failed", limit=1))["jobs"][0]
    return (await agent.call("get_job_error", job_id=latest["id"]))["cause"]["category"]


async def whether_to_retry(agent: Agent) -> str:
    answer = await agent.call("get_job_error", job_id="ce8b063c-d33c-43fd-8dbf-08eac2983903")
    return answer["cause"]["retry"]


async def whether_it_still_runs(agent: Agent) -> str:
    answer = await agent.call("get_job_error", job_id="ac629386-e177-423a-a7b8-091015e55093")
    return "yes" if answer["status"] == "in_progress" else "no"


async def whether_it_exists(agent: Agent) -> str:
    job = "00000000-0000-4000-8000-000000000000"
    answer = await agent.call("get_job_error", job_id=job, application_id=SUPPORT)
    return "no" if "error" in answer and "status" not in answer else "yes"


async def failed_of_the_latest_hundred(agent: Agent) -> str:
    jobs: list[dict[str, Any]] = (await agent.call("list_application_jobs", application_id=PRODUCTS, limit=100))["jobs"]
    return str(sum(job["status"] == "failed" for job in jobs))


async def length_of_the_latest_output(agent: Agent) -> str:
    page = await agent.call("list_application_jobs", application_id=ARTICLES, status="completed", limit=1)
    return str(page["jobs"][0]["output_chars"])


async def last_words_of_an_output(agent: Agent) -> str:
    page = await agent.call("list_application_jobs", application_id=SUPPORT, status="completed", limit=1)
    job = page["jobs"][0]
    tail = await agent.call("get_job_output", job_id=job["id"], offset=max(0, job["output_chars"] - 80))
    return " ".join(tail["output"].split()[-3:])


async def _triage(agent: Agent, application: str, **arguments: Any) -> dict[str, Any]:
    return await agent.call("triage_application_jobs", application_id=application, **arguments)


def _groups_that_say(words: str, report: dict[str, Any]) -> list[dict[str, Any]]:
    return [group for group in report["failures"] if words in group["signature"]]


ANSWERS: dict[str, Answer] = {
    answer.__name__: answer
    for answer in (
        how_many_applications,
        last_changed_application,
        failed_in_a_day,
        failure_rate,
        failed_in_an_hour,
        still_in_progress,
        how_many_are_stuck,
        stuck_the_longest,
        median_seconds,
        commonest_category,
        worth_a_retry,
        missing_graph,
        graph_missing_since,
        latest_failure_in_articles,
        whether_to_retry,
        whether_it_still_runs,
        whether_it_exists,
        failed_of_the_latest_hundred,
        length_of_the_latest_output,
        last_words_of_an_output,
    )
}
"""Each answer by the name that its question has in ``questions.json``."""
