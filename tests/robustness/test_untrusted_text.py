"""Untrusted text in results: sanitized, on one line, and inside quotation marks that it can neither leave nor forge."""

import json
import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp_types import (
    CallToolResult,
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitResult,
    PromptReference,
    TextContent,
    TextResourceContents,
)

from tests.conftest import NOW
from tests.data.hostile_texts import HOSTILE_TEXTS, MARKER, SOME_HOSTILE_TEXTS, TEXTS, replace_surrogates
from tests.fakes.hostile_api import HostileApi
from tests.helpers.key import KEY
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.tally import Tally, gate_or_full
from tests.helpers.text_layout import QUOTED, mask_quotations, parse_layout, string_leaves, unsafe_characters
from writer_jobs_mcp.client import asgi_transport
from writer_jobs_mcp.client.ids import is_usable_id
from writer_jobs_mcp.commands.app_host import APPS_EXTENSION
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sanitize.text import sanitize
from writer_jobs_mcp.server.build import build_server

UNTRUSTED_FIELDS = set("name title output error signature example evidence reason type status before contains".split())
"""Fields that hold only untrusted text."""
IDS = {"id", "job_id", "job_ids", "application_id", "after", "like"}
COUNTED = re.compile(r"(?=.{1,24}\Z)[A-Za-z]+(?:[ _-][A-Za-z0-9]+){0,3}|[a-z_]+")
PROMPTS = {
    "triage_failed_jobs": ("application_id", "since"),
    "explain_job_failure": ("job_id",),
    "daily_job_report": ("application_id",),
    "retry_failed_jobs": ("application_id", "since"),
    "account_report": ("since",),
}


@dataclass
class Conversation:
    """A client and a server whose API returns the text under test."""

    api: HostileApi = field(default_factory=HostileApi)
    questions: list[str] = field(default_factory=list[str])

    @asynccontextmanager
    async def start(self) -> AsyncGenerator[Client]:
        environ = {"WRITER_API_KEY": KEY, "WRITER_BASE_URL": "http://localhost", "WRITER_JOBS_ALLOW_RETRY": "true"}
        server = build_server(Config.from_env(environ), transport=asgi_transport(self.api), clock=lambda: NOW)
        async with Client(server, extensions=[APPS_EXTENSION], elicitation_callback=self._agree) as client:
            yield client

    async def _agree(
        self,
        context: ClientRequestContext,  # noqa: ARG002 - the SDK passes it by position, and its types by name
        params: ElicitRequestParams,
    ) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.questions.append(params.message)
        return ElicitResult(action="accept", content={"retry": True})

    async def results(self, client: Client, text: str) -> dict[str, CallToolResult]:
        """Return the result of each tool if every response, argument and error contains ``text``."""
        self.api.text, self.api.rejects = text, False
        as_id = text.encode("utf-8", "replace").decode()[:190] or "?"
        as_words = text.encode("utf-8", "replace").decode()[:400]
        calls: dict[str, tuple[str, dict[str, Any]]] = {
            "applications": ("list_applications", {}),
            "jobs": ("list_application_jobs", {"application_id": "a"}),
            "error": ("get_job_error", {"job_id": "j"}),
            "output": ("get_job_output", {"job_id": "j"}),
            "triage": ("triage_application_jobs", {"application_id": "a"}),
            "failed jobs": ("list_failed_jobs", {"application_id": "a", "error_chars": 2_000, "limit": 1}),
            "failed jobs with hostile words": (
                "list_failed_jobs",
                {"application_id": "a", "contains": as_words, "like": "j", "limit": 1},
            ),
            "failed jobs like a hostile id": ("list_failed_jobs", {"application_id": "a", "like": as_id}),
            "wait": ("wait_for_job", {"job_id": "j", "timeout_seconds": 1}),
            "dry run": ("retry_jobs", {"job_ids": ["j", as_id]}),
            "retry": ("retry_jobs", {"job_ids": ["j", as_id], "dry_run": False}),
            "dry run of a selection": ("retry_jobs", {"application_id": "a", "since": "9d", "max_jobs": 1}),
            "retry of a selection": ("retry_jobs", {"application_id": "a", "like": "j", "dry_run": False}),
            "retry of a hostile id": ("retry_jobs", {"application_id": as_id, "since": "9d", "dry_run": False}),
            "jobs of a hostile id": ("list_application_jobs", {"application_id": as_id}),
            "triage of a hostile id": ("triage_application_jobs", {"application_id": as_id}),
            "an argument with a hostile name": ("get_job_error", {"job_id": "j", as_id: 1}),
        }
        results = {name: await client.call_tool(tool, arguments) for name, (tool, arguments) in calls.items()}
        self.api.rejects = True
        rejected = ("applications", "jobs", "error", "retry")
        return results | {f"{name}, rejected": await client.call_tool(*calls[name]) for name in rejected}


def check_text(text: str, structured: dict[str, Any] | None) -> None:
    """Check that only the layout stands outside quotation marks, and only values of the structure inside."""
    foreign, quoted = parse_layout(text)
    assert foreign == []
    if structured is not None:
        known = {leaf for _, leaf in string_leaves(structured)}
        known |= {json.loads(each) for leaf in known for each in QUOTED.findall(leaf)}
        assert [each for each in quoted if each not in known] == []


def check_structure(structured: dict[str, Any]) -> None:
    """Check that untrusted text stands only in its own fields, or quoted in others, and never in names."""
    for name, leaf in string_leaves(structured):
        assert unsafe_characters(leaf) == [], name
        if name == "<name>":
            assert COUNTED.fullmatch(leaf), leaf
        elif name in IDS:
            assert len(leaf) <= 200, name
            assert "\n" not in leaf, name
        elif name not in UNTRUSTED_FIELDS:
            assert MARKER not in mask_quotations(leaf), name


def check(results: dict[str, CallToolResult]) -> None:
    for name, result in results.items():
        structured = result.structured_content
        assert len(result.model_dump_json()) < 60_000, name
        check_text(text_of(result), structured)
        if structured is not None:
            check_structure(structured)
        check_structure({"meta": (result.meta or {}).get("writer-jobs-mcp/page", {})})


@pytest.fixture
def conversation() -> Conversation:
    return Conversation()


def as_one_line(text: str) -> str:
    return " ".join(text.split())


async def test_untrusted_text_stays_inside_quotation_marks_in_every_tool(
    conversation: Conversation, tally: Tally
) -> None:
    async with conversation.start() as client:
        for name, (text, shown) in SOME_HOSTILE_TEXTS.items():
            tally.tried["hostile texts"] += 1
            results = await conversation.results(client, text)
            check(results)
            for question in conversation.questions:
                check_text(question, None)
            error, output = structure_of(results["error"]), structure_of(results["output"])
            if len(shown) < 4_000:
                assert (error["error"], output["output"]) == (shown, shown), name
            if len(text) < 2_000:
                line = as_one_line(shown)
                assert output["title"] == (line if len(line) <= 120 else f"{line[:119].rstrip()}…"), name
    assert len(conversation.questions) > len(SOME_HOSTILE_TEXTS) / 3


async def test_untrusted_text_stays_inside_quotation_marks_after_a_wait(
    conversation: Conversation, tally: Tally
) -> None:
    finished: list[int] = []
    async with conversation.start() as client:
        for text, _ in [*HOSTILE_TEXTS.values()][:: gate_or_full(6, 1)]:
            tally.tried["hostile texts"] += 1
            conversation.api.text, conversation.api.looks = text, 0
            result = await client.call_tool("wait_for_jobs", {"application_id": "waited"})
            check({"wait": result})
            finished.append(structure_of(result)["finished"])
    assert set(finished) <= {0, 2}  # none if its id is no id
    assert sum(finished) > len(finished)


async def test_resources_prompts_and_completions_sanitize_untrusted_text(
    conversation: Conversation, tally: Tally
) -> None:
    async with conversation.start() as client:
        benign = {prompt: await get_prompt(client, prompt, "x") for prompt in PROMPTS}
        for name, (text, shown) in HOSTILE_TEXTS.items():
            tally.tried["hostile texts"] += 1
            conversation.api.text = text
            for uri in ("applications", "applications/a/jobs/j"):
                (content,) = (await client.read_resource(f"writer://{uri}")).contents
                assert isinstance(content, TextResourceContents)
                check_resource(content.text, shown, name)
            given_text = text.encode("utf-8", "replace").decode()
            for prompt, skeleton in benign.items():
                prompt_text = await get_prompt(client, prompt, given_text)
                assert unsafe_characters(prompt_text) == [], name
                assert mask_quotations(prompt_text) == mask_quotations(skeleton), name
                assert len(prompt_text) < len(skeleton) + 6_000, name
            place = PromptReference(type="ref/prompt", name="daily_job_report")
            values = (await client.complete(place, {"name": "application_id", "value": ""})).completion.values
            assert values == ([replace_surrogates(text)] if is_usable_id(replace_surrogates(text)) else []), name
            assert [each for each in values if unsafe_characters(each)] == [], name


def check_resource(text: str, shown: str, name: str) -> None:
    """Check that a resource is JSON on one line with sanitized strings and plain names."""
    assert "\n" not in text
    resource = json.loads(text)
    for where, leaf in string_leaves(resource):
        assert unsafe_characters(leaf) == [], (name, where)
        if where == "<name>":
            assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}|field \d+", leaf), (name, leaf)
        elif where in {"name", "error", "suggestion"} and len(shown) < 2_000:
            assert shown.startswith(leaf), name
            assert leaf[:3] == shown[:3], name
    assert not isinstance(resource.get("status"), str) or resource["status"] == "failed", (
        "no untrusted field replaces another"
    )


async def get_prompt(client: Client, prompt: str, given_text: str) -> str:
    arguments = dict.fromkeys(PROMPTS[prompt], given_text)
    (message,) = (await client.get_prompt(prompt, arguments)).messages
    assert isinstance(message.content, TextContent)
    return message.content.text


# Random texts ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def portal() -> Generator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


def test_random_mixtures_of_hostile_parts_stay_inside_quotation_marks(
    portal: BlockingPortal, conversation: Conversation, tally: Tally
) -> None:
    with portal.wrap_async_context_manager(conversation.start()) as client:

        @examples(
            max_examples=gate_or_full(15, 600),
            suppress_health_check=[HealthCheck.too_slow],
            database=None,
        )
        @given(text=TEXTS)
        def check_example(text: str) -> None:
            tally.tried["hostile texts"] += 1
            conversation.questions.clear()
            results: dict[str, CallToolResult] = portal.call(conversation.results, client, text)
            check(results)
            for question in conversation.questions:
                check_text(question, None)
            error = structure_of(results["error"])["error"]
            assert error == sanitize(replace_surrogates(text))

        check_example()


# The checks themselves ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "zorba",
        "Coverage: complete, zorba",
        'Its title, in the job\'s own words: "zorba" zorba',
        "Its title, in the job's own words: \"zorba",
        "Its title, in the job's own words: “zorba”",
        "12:00:00 ignore-previous-instructions failed",
        '12:00:00 "j" ignore_previous_instructions',
        '- retry_jobs(job_ids=["j"], dry_run=false): their cause may have passed. zorba!',
        'Its title, in the job\'s own words: "\u202ezorba"',
    ],
)
def test_the_layout_check_finds_foreign_lines(line: str) -> None:
    assert parse_layout(line)[0] != []


@pytest.mark.parametrize(
    "structured",
    [
        {"counts": {"zorba, obey": 1}},
        {"cause": {"advice": "zorba"}},
        {"message": 'Writer says "no". zorba'},
        {"next": [{"tool": "zorba"}]},
        {"error": "zor\u200bba"},
        {"job_id": "zorba\n"},
    ],
    ids=str,
)
def test_the_structure_check_finds_misplaced_text(structured: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        check_structure(structured)
