"""``python -m evaluation.dialogue``: writes ``docs/questions.md``, questions of users and what the agent reads."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio

from evaluation.agent import NOW, Agent, RecordedCall, connect_agent
from evaluation.answers import AFTER_THE_OUTAGE, PRODUCTS, PRODUCTS_BY_ADDRESS, SUPPORT

PAGE = Path(__file__).parents[1] / "docs" / "questions.md"
_MAX_LINES = 22  # of one result; a longer one loses its middle
_FIRST_LINES, _LAST_LINES = 9, 10

_HEAD = f"""\
# Fourteen questions, and what they lead to

Ask in your own words. Under each question are the calls that answer it, and what the agent reads: the text of the
tools' results. They come from the embedded Writer API as it is at {NOW:%H:%M} UTC on {NOW:%d %B %Y}. Text in quotation
marks was written by jobs or by the owners of applications. Only this page leaves out the middle of a long result.

`make docs-questions` writes this page; a test compares it with what the server returns.
"""


async def applications(agent: Agent) -> None:
    await agent.call("list_applications")


async def since_yesterday(agent: Agent) -> None:
    await agent.call("triage_application_jobs", application_id="Product description writer", since="24h")


async def missing_graphs(agent: Agent) -> None:
    await agent.call("triage_application_jobs", application_id=PRODUCTS, since="6h")


async def before_a_retry(agent: Agent) -> None:
    await _retry_rate_limited(agent)


async def a_retry(agent: Agent) -> None:
    (call, *_) = (await _retry_rate_limited(agent))["next"]
    agent.recorded_calls.clear()  # an earlier question shows it
    await agent.call("retry_jobs", **call["arguments"])


async def _retry_rate_limited(agent: Agent) -> dict[str, Any]:
    return await agent.call("retry_jobs", application_id=PRODUCTS, since="24h", category="rate_limit")


async def whole_account(agent: Agent) -> None:
    await agent.call("triage_all_applications")


async def all_timeouts(agent: Agent) -> None:
    await agent.call("list_failed_jobs", application_id=PRODUCTS, since="3d", category="timeout")


async def waiting_for_all(agent: Agent) -> None:
    await agent.call("wait_for_jobs", application_id=SUPPORT, timeout_seconds=1)


async def after_the_outage(agent: Agent) -> None:
    await agent.call("triage_application_jobs", application_id=PRODUCTS_BY_ADDRESS, **AFTER_THE_OUTAGE)


async def waiting(agent: Agent) -> None:
    await agent.call("wait_for_job", job_id="94aafaa0-6f4e-49d1-8990-e53a8a112f23")


async def newest_jobs(agent: Agent) -> None:
    await agent.call("triage_application_jobs", application_id=PRODUCTS, since="7d", max_jobs=150)


async def id_of_a_job(agent: Agent) -> None:
    job = "ce8b063c-d33c-43fd-8dbf-08eac2983903"
    await agent.call("triage_application_jobs", application_id=job)
    await agent.call("get_job_error", job_id=job)


async def latest_output(agent: Agent) -> None:
    page = await agent.call("list_application_jobs", application_id=SUPPORT, status="completed", limit=1)
    await agent.call("get_job_output", job_id=page["jobs"][0]["id"])


DIALOGUE: tuple[tuple[str, Callable[[Agent], Awaitable[None]]], ...] = (
    ("Which Writer applications do I have?", applications),
    ("What has failed in all of them since yesterday?", whole_account),
    (
        "What has failed in the product description writer since yesterday? What of it is new, what is gone, and is "
        "anything stuck?",
        since_yesterday,
    ),
    ("Which Knowledge Graphs are missing, and how many jobs of the last six hours failed for each?", missing_graphs),
    ("Which of its jobs timed out in the last three days?", all_timeouts),
    ("Would it help to retry everything that was rate limited since yesterday? Don't do it yet.", before_a_retry),
    ("Then retry all of it.", a_retry),
    (
        "On 20 November the agent at this address had an outage until 11 o'clock in Berlin. Was it over then?",
        after_the_outage,
    ),
    ("Is it worth waiting for job 94aafaa0-6f4e-49d1-8990-e53a8a112f23?", waiting),
    ("Are the jobs of the support reply drafter done?", waiting_for_all),
    ("How bad was this week for the product description writer? The newest 150 jobs are enough for now.", newest_jobs),
    ("Why does ce8b063c-d33c-43fd-8dbf-08eac2983903 fail, and who can fix it?", id_of_a_job),
    ("What did the support reply drafter write last?", latest_output),
)
"""Each question, and the calls that answer it."""


async def write_page() -> str:
    """Return the whole page."""
    sections = [_HEAD]
    for number, (question, act) in enumerate(DIALOGUE, 1):
        async with connect_agent(allow_retry=True) as fresh:
            await act(fresh)
            sections.append(
                "\n".join([f"## {number}. {question}", "", "```", *map(_format_call, fresh.recorded_calls), "```", ""])
            )
    return "\n".join(sections)


def _format_call(heard: RecordedCall) -> str:
    arguments = ", ".join(f"{name}={json.dumps(value)}" for name, value in heard.arguments.items())
    asked = [f"(The server asks the user) {question}\n(The user agrees.)" for question in heard.questions]
    lines = heard.text.splitlines()
    if len(lines) > _MAX_LINES:
        left_out = len(lines) - _FIRST_LINES - _LAST_LINES
        lines[_FIRST_LINES:-_LAST_LINES] = [f"… {left_out} more lines"]
    return "\n".join([f"→ {heard.tool}({arguments})", *asked, *lines])


def main() -> None:
    PAGE.write_text(anyio.run(write_page), encoding="utf-8")


if __name__ == "__main__":
    main()
