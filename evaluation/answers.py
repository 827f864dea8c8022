"""How each question is answered: with which calls, and from which fields of their results."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from evaluation.agent import Agent

Answer = Callable[[Agent], Awaitable[str]]

PRODUCTS, SUPPORT, ARTICLES = "product-description-writer", "support-reply-drafter", "blog-article-drafter"
SUPPORT_BY_NAME = "Support reply drafter"
PRODUCTS_BY_ADDRESS = "https://app.writer.com/aistudio/organization/1/agent/7d1f0c52-6b1e-4c0b-9a57-2f3f5e8a9c10/build"
AFTER_THE_OUTAGE = {"since": "2026-11-20 11:00 Europe/Berlin", "until": "2026-11-20 13:00 Europe/Berlin"}


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
    return f"{(await _triage(agent, ARTICLES))['seconds']['median']:.1f}"


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


async def stuck_for_days(agent: Agent) -> str:
    return (await _triage(agent, PRODUCTS, since="12h"))["stuck"][0]["id"]


async def failed_the_day_before(agent: Agent) -> str:
    return str((await _triage(agent, SUPPORT_BY_NAME, since="24h"))["before"]["failed"])


async def gone_after_the_outage(agent: Agent) -> str:
    return str((await _triage(agent, PRODUCTS, **AFTER_THE_OUTAGE))["gone"][0]["before"])


async def seen_before(agent: Agent) -> str:
    (group,) = _groups_that_say("maximum context length", await _triage(agent, PRODUCTS, since="24h"))
    return group.get("seen_before", "never")


async def missing_graphs(agent: Agent) -> str:
    (group,) = _groups_that_say("Knowledge Graph", await _triage(agent, PRODUCTS, since="6h"))
    (values,) = group["values"]
    return ", ".join(f"{graph} {jobs}" for graph, jobs in sorted(values["top"], key=lambda row: (-row[1], row[0])))


async def timeouts_in_all(agent: Agent) -> str:
    return str((await _triage(agent, PRODUCTS))["by_category"]["timeout"])


async def failed_when_read_in_parts(agent: Agent) -> str:
    failed = 0
    arguments: dict[str, Any] | None = {"application_id": PRODUCTS, "since": "7d", "max_jobs": 150}
    while arguments:
        report = await agent.call("triage_application_jobs", **arguments)
        failed += report["counts"]["failed"]
        calls = report.get("next", [])
        arguments = next((call["arguments"] for call in calls if call["tool"] == "triage_application_jobs"), None)
    return str(failed)


async def failed_since_a_time_in_berlin(agent: Agent) -> str:
    report = await _triage(agent, PRODUCTS_BY_ADDRESS, since="2026-11-23 08:30 Europe/Berlin")
    return str(report["counts"]["failed"])


async def application_of_a_job(agent: Agent) -> str:
    error: str = (await _triage(agent, "ce8b063c-d33c-43fd-8dbf-08eac2983903"))["error"]
    applications: list[dict[str, str]] = (await agent.call("list_applications"))["applications"]
    (name,) = (application["name"] for application in applications if application["id"] in error)
    return name


async def likely_to_fail_again(agent: Agent) -> str:
    jobs = ["5d23b2ef-ba84-404c-af01-4a0178d6962d", "8e7ea0b5-5b41-433d-b941-52fe50cce147"]
    rows: list[dict[str, str]] = (await agent.call("retry_jobs", job_ids=jobs, dry_run=True))["jobs"]
    return ", ".join(row["job_id"] for row in rows if "likely fail again" in row.get("detail", ""))


async def ids_of_the_timeouts(agent: Agent) -> str:
    answer = await agent.call("list_failed_jobs", application_id=PRODUCTS, since="3d", category="timeout")
    return ", ".join(job["id"] for job in answer["jobs"])


async def jobs_without_a_graph(agent: Agent) -> str:
    graph = "c4d7f902-7b1a-4e85-a2c6-18e90b3f5d4c"
    return str((await agent.call("list_failed_jobs", application_id=PRODUCTS, since="7d", contains=graph))["matched"])


async def failed_like_another(agent: Agent) -> str:
    example = "ce8b063c-d33c-43fd-8dbf-08eac2983903"
    answer = await agent.call("list_failed_jobs", application_id=PRODUCTS, since="7d", like=example)
    return ", ".join(job["id"] for job in answer["jobs"])


async def model_that_timed_out(agent: Agent) -> str:
    wanted = {"since": "7d", "contains": "timed out after", "limit": 1, "error_chars": 200}
    answer = await agent.call("list_failed_jobs", application_id=PRODUCTS, **wanted)
    return answer["jobs"][0]["error"].split()[3]


async def would_be_retried(agent: Agent) -> str:
    return str((await _retry_rate_limited(agent))["would_retry"])


async def retry_all_of_the_night(agent: Agent) -> str:
    (call, *_) = (await _retry_rate_limited(agent))["next"]
    outcomes: dict[str, int] = (await agent.call("retry_jobs", **call["arguments"]))["outcomes"]
    return f"{outcomes['accepted']}, {len(agent.questions)} question"


async def left_after_a_few(agent: Agent) -> str:
    (call, *_) = (await _retry_rate_limited(agent, max_jobs=3))["next"]
    return str((await agent.call("retry_jobs", **call["arguments"]))["left"])


async def need_a_fix_first(agent: Agent) -> str:
    answer = await agent.call("retry_jobs", application_id=PRODUCTS, since="24h")
    return str(sum(group["count"] for group in answer["groups"] if group["retry"] == "after_a_fix"))


async def most_failures_in_a_day(agent: Agent) -> str:
    return (await agent.call("triage_all_applications"))["applications"][0]["name"]


async def failed_in_the_account(agent: Agent) -> str:
    applications: list[dict[str, int]] = (await agent.call("triage_all_applications"))["applications"]
    return str(sum(application["failed"] for application in applications))


async def in_several_applications(agent: Agent) -> str:
    (group,) = _groups_that_say("Request quota exceeded", await agent.call("triage_all_applications"))
    return ", ".join(str(row["count"]) for row in group["applications"])


async def worth_waiting_for(agent: Agent) -> str:
    answer = await agent.call("wait_for_jobs", application_id=SUPPORT, timeout_seconds=1)
    return f"{answer['running']} running, {answer['stuck_count']} stuck"


async def _retry_rate_limited(agent: Agent, **more: Any) -> dict[str, Any]:
    return await agent.call("retry_jobs", application_id=PRODUCTS, since="24h", category="rate_limit", **more)


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
        stuck_for_days,
        failed_the_day_before,
        gone_after_the_outage,
        seen_before,
        missing_graphs,
        timeouts_in_all,
        failed_when_read_in_parts,
        failed_since_a_time_in_berlin,
        application_of_a_job,
        likely_to_fail_again,
        ids_of_the_timeouts,
        jobs_without_a_graph,
        failed_like_another,
        model_that_timed_out,
        would_be_retried,
        retry_all_of_the_night,
        left_after_a_few,
        need_a_fix_first,
        most_failures_in_a_day,
        failed_in_the_account,
        in_several_applications,
        worth_waiting_for,
    )
}
"""Each answer by the name that its question has in ``questions.json``."""
