"""``python -m evaluation.dialogue`` writes ``docs/questions.md``: what one can ask, and what is answered."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

from evaluation.agent import NOW, Agent, Heard, agent
from evaluation.answers import ARTICLES, PRODUCTS, SUPPORT

PAGE = Path(__file__).parents[1] / "docs" / "questions.md"
_MOST_LINES = 14  # of one answer

_HEAD = f"""\
# Ten questions, and what they lead to

Ask them in your own words. Below each stand the calls that answer it and what the agent reads: the text of the tools'
results, on the embedded Writer API as it is at {NOW:%H:%M} UTC on {NOW:%d %B %Y}. What stands in quotation marks there
was written by the jobs. Long answers are cut here, and only here.

`make docs` writes this page anew, and a test holds it to what the server says.
"""


async def overnight(agent: Agent) -> None:
    await agent.call("triage_application_jobs", application_id=PRODUCTS, since="24h")


async def behind_the_new_ones(agent: Agent) -> None:
    report = await agent.call("triage_application_jobs", application_id=PRODUCTS, since="24h")
    new = next(group for group in report["failures"] if group.get("trend") == "new")
    agent.heard.clear()  # it was shown under the question before
    await agent.call("get_job_error", job_id=new["job_ids"][0])


async def what_to_retry(agent: Agent) -> None:
    report = await agent.call("triage_application_jobs", application_id=PRODUCTS, since="24h")
    passing = [group["job_ids"][0] for group in report["failures"] if group["retry"] == "worth_it"]
    agent.heard.clear()
    await agent.call("retry_jobs", job_ids=passing)


async def outage(agent: Agent) -> None:
    hour = {"since": "2026-11-20T08:00:00Z", "until": "2026-11-20T09:00:00Z"}
    await agent.call("triage_application_jobs", application_id=PRODUCTS, **hour)


async def stuck(agent: Agent) -> None:
    await agent.call("list_application_jobs", application_id=SUPPORT, status="in_progress")


async def latest_failures(agent: Agent) -> None:
    await agent.call("list_application_jobs", application_id=ARTICLES, status="failed", limit=5)


async def latest_output(agent: Agent) -> None:
    page = await agent.call("list_application_jobs", application_id=SUPPORT, status="completed", limit=1)
    await agent.call("get_job_output", job_id=page["jobs"][0]["id"])


async def who_may_not(agent: Agent) -> None:
    await agent.call("get_job_error", job_id="ce8b063c-d33c-43fd-8dbf-08eac2983903")


async def tell_me(agent: Agent) -> None:
    page = await agent.call("list_application_jobs", application_id=PRODUCTS, status="in_progress", limit=1)
    await agent.call("wait_for_job", job_id=page["jobs"][0]["id"], timeout_seconds=1)


async def applications(agent: Agent) -> None:
    await agent.call("list_applications")


DIALOGUE: tuple[tuple[str, Callable[[Agent], Awaitable[None]]], ...] = (
    ("Which Writer applications do I have?", applications),
    ("What failed in the product description writer since yesterday, and what of it is new?", overnight),
    ("What is behind the new failures?", behind_the_new_ones),
    ("Could I simply retry those that were rate-limited or timed out? Don't do it yet.", what_to_retry),
    ("Was there an outage on the morning of 20 November?", outage),
    ("Is anything of the support reply drafter still running, or stuck?", stuck),
    ("Show me the latest five failures of the blog article drafter.", latest_failures),
    ("Why did job ce8b063c-d33c-43fd-8dbf-08eac2983903 fail, and who can mend it?", who_may_not),
    ("What did the support reply drafter write last?", latest_output),
    ("Tell me when the latest product description is done.", tell_me),
)
"""Each question, with what an agent does about it."""


async def page() -> str:
    """The whole page."""
    sections = [_HEAD]
    for number, (question, act) in enumerate(DIALOGUE, 1):
        async with agent(allow_retry=True) as fresh:
            await act(fresh)
            sections.append("\n".join([f"## {number}. {question}", "", "```", *map(_shown, fresh.heard), "```", ""]))
    return "\n".join(sections)


def _shown(heard: Heard) -> str:
    said = ", ".join(f"{name}={json.dumps(value)}" for name, value in heard.arguments.items())
    lines = heard.text.splitlines()
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"… {len(lines) - _MOST_LINES} more lines"]
    return "\n".join([f"→ {heard.tool}({said})", *lines])


def main() -> None:
    PAGE.write_text(anyio.run(page), encoding="utf-8")


if __name__ == "__main__":
    main()
