"""Random arguments of tools, prompts, resources and completions give a result or an error message."""

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from mcp.client import Client
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, PromptReference, ResourceTemplateReference, TextContent, TextResourceContents

from tests.conftest import config_for
from tests.fakes.canned_responses import CannedResponses
from tests.helpers.chaos_calls import run_tool_with
from tests.helpers.key import KEY
from tests.helpers.mcp import call_tool_error
from tests.helpers.result_checks import (
    TOOLS,
    allow_protocol_errors,
    check_error_message,
    check_result_or_error,
    check_valid_result,
    check_visible,
    parse_strict_json,
)
from tests.helpers.run_async import run_async
from tests.helpers.stdio_server import server_parameters
from tests.helpers.strategies import (
    Schema,
    encodable,
    example_settings,
    from_schema,
    objects,
    odd_arguments,
    odd_values,
    texts,
)
from tests.helpers.tally import Tally, gate_or_full
from tests.robustness.conftest import RunWithoutErrors
from writer_jobs_mcp.server.build import build_server
from writer_jobs_mcp.server.prompts import PROMPTS
from writer_jobs_mcp.server.resources import JOB_URI

Call = tuple[str, dict[str, Any]]
Talk = Callable[[Client], Awaitable[None]]
Converse = Callable[[str, Talk], None]


@pytest.fixture
def converse(tally: Tally, run_without_errors: RunWithoutErrors) -> Converse:
    """Run a conversation with an in-process server and a correct Writer API; the next call must succeed too."""

    def converse(era: str, talk: Talk) -> None:
        async def conversation() -> None:
            async with CannedResponses(is_filtering=True).serve() as url:
                config = config_for(url, WRITER_API_KEY=KEY, WRITER_JOBS_ALLOW_RETRY="true")
                async with Client(build_server(config), mode=era) as client:
                    await talk(client)
                    check_valid_result(await run_tool_with(client, tally, "list_applications", {}), "list_applications")

        run_without_errors(conversation)

    return converse


eras = st.sampled_from(["auto", "legacy"])
_letters = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\")
ids = st.text(_letters, min_size=1, max_size=200).filter(lambda text: text.strip().strip(".") != "")
USUAL_VALUES: dict[str, SearchStrategy[Any]] = {
    **dict.fromkeys(("application_id", "job_id", "after", "before", "like"), ids),
    "contains": st.text("aZ0 é鍵%{}", max_size=499).map(lambda text: f"{text}x"),
    "job_ids": st.lists(ids, min_size=1, max_size=20),
    "since": st.sampled_from(["24h", "7d", " 90 H", "999999w", "60000w", "0001-01-01", "1970-01-01T00:00:00+14:00"]),
    "until": st.sampled_from(["0s", "90m", "23h", "9999-12-31T23:59:59.999999Z", "3000-01-01T00:00:00-12:00"]),
}
"""Constraints that the schema omits, because some clients reject patterns and formats."""


def usual_arguments(schema: Schema) -> SearchStrategy[dict[str, Any]]:
    """Return valid arguments."""
    fields = {
        name: USUAL_VALUES[name] if name in USUAL_VALUES and "enum" not in field else from_schema(field)
        for name, field in schema["properties"].items()
    }
    if "job_ids" in fields:  # retry_jobs takes jobs, or a selection of them
        by_id = {name: fields.pop(name) for name in ("job_ids", "dry_run")}
        return objects(by_id, ["job_ids"]) | objects(fields, ["application_id", "contains"])
    return objects(fields, schema.get("required", []))


def any_arguments(schema: Schema) -> SearchStrategy[dict[str, Any]]:
    return from_schema(schema) | odd_arguments(schema)


def calls(arguments: Callable[[Schema], SearchStrategy[dict[str, Any]]]) -> SearchStrategy[list[Call]]:
    """Return calls of each tool, in any order."""
    each = [st.tuples(st.just(name), arguments(tool["inputSchema"])) for name, tool in TOOLS.items()]
    return st.tuples(*each).flatmap(st.permutations)


@example_settings(8, 150)
@given(eras, calls(usual_arguments))
def test_valid_arguments_give_a_result_that_matches_the_published_schema(
    tally: Tally, converse: Converse, era: str, requests: list[Call]
) -> None:
    async def talk(client: Client) -> None:
        for tool, arguments in requests:
            tally.tried["inputs to tools"] += 1
            check_valid_result(await run_tool_with(client, tally, tool, arguments), tool)

    converse(era, talk)


@example_settings(15, 300)
@given(eras, calls(any_arguments))
@example("auto", [("triage_application_jobs", {"application_id": "a", "until": "0001-01-01"})])
@example("auto", [("triage_application_jobs", {"application_id": "a", "since": "0001-01-01T00:00:00+14:00"})])
@example("auto", [("list_application_jobs", {"application_id": "a", "limit": 10**4_000})])
@example("auto", [("get_job_output", {"job_id": "a", "offset": 10**4_000})])
def test_invalid_arguments_give_a_result_or_an_error_message(
    tally: Tally, converse: Converse, era: str, requests: list[Call]
) -> None:
    async def talk(client: Client) -> None:
        for tool, arguments in requests:
            tally.tried["inputs to tools"] += 1
            with suppress(UnicodeEncodeError):  # the client cannot send a lone surrogate in a name
                check_result_or_error(await run_tool_with(client, tally, tool, arguments), tool)

    converse(era, talk)


@asynccontextmanager
async def over_stdio() -> AsyncGenerator[Client]:
    """Connect a client to a server process, which must log nothing."""
    async with CannedResponses().serve() as url:
        environ = {"WRITER_API_KEY": KEY, "WRITER_BASE_URL": url, "WRITER_JOBS_ALLOW_RETRY": "true"}
        server = server_parameters(**environ)
        with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
            async with Client(stdio_client(server, errlog=log)) as client:
                yield client
            log.seek(0)
            assert log.read() == ""


@example_settings(1, 2)
@given(st.lists(calls(any_arguments), min_size=gate_or_full(3, 40), max_size=40))
def test_invalid_arguments_over_stdio_give_a_result_or_an_error_message(
    tally: Tally, conversations: list[list[Call]]
) -> None:
    async def talk() -> None:
        async with over_stdio() as client:
            for tool, arguments in (each for calls_ in conversations for each in calls_):
                tally.tried["inputs to tools over stdio"] += 1
                check_result_or_error(await run_tool_with(client, tally, tool, encodable(arguments)), tool)

    run_async(talk)


names = texts.map(encodable)


@example_settings(3, 30)
@given(eras, st.lists(st.tuples(names, st.dictionaries(texts, odd_values, max_size=2)), min_size=1, max_size=10))
def test_the_error_for_an_unknown_tool_lists_the_known_ones(
    tally: Tally, converse: Converse, era: str, requests: list[Call]
) -> None:
    async def talk(client: Client) -> None:
        for tool, arguments in requests:
            tally.tried["inputs to tools"] += 1
            sentence = await call_tool_error(client, tool, arguments)
            check_error_message(sentence)
            assert all(name in sentence for name in TOOLS)

    converse(era, talk)


prompts = st.sampled_from([fn.__name__ for _, fn in PROMPTS])
given_to_prompts = st.dictionaries(st.sampled_from(["application_id", "job_id", "since"]) | texts, texts, max_size=3)


@example_settings(6, 60)
@given(eras, st.lists(st.tuples(prompts | names, given_to_prompts), min_size=5, max_size=20))
def test_any_prompt_request_gives_a_prompt_or_an_error_message(
    tally: Tally, converse: Converse, era: str, requests: list[tuple[str, dict[str, str]]]
) -> None:
    async def talk(client: Client) -> None:
        for name, arguments in requests:
            tally.tried["inputs to prompts"] += 1
            with allow_protocol_errors(INVALID_PARAMS):
                (message,) = (await client.get_prompt(name, arguments)).messages
                assert isinstance(message.content, TextContent)
                check_visible(*message.content.text.splitlines())

    converse(era, talk)


parts = ids | names | names.map(lambda text: quote(text, safe=""))
uris_ = (
    st.tuples(parts, parts).map(lambda ids: f"writer://applications/{ids[0]}/jobs/{ids[1]}")
    | parts.map("writer://{}".format)
    | parts.map("writer://applications{}".format)
    | names
)


@example_settings(6, 60)
@given(eras, st.lists(uris_, min_size=5, max_size=20))
def test_any_resource_uri_gives_a_resource_or_an_error_message(
    tally: Tally, converse: Converse, era: str, uris: list[str]
) -> None:
    async def talk(client: Client) -> None:
        for uri in uris:
            tally.tried["resource URIs"] += 1
            with allow_protocol_errors(INVALID_PARAMS):
                (content,) = (await client.read_resource(uri)).contents
                assert isinstance(content, TextResourceContents)
                assert parse_strict_json(content.text)

    converse(era, talk)


templates = st.builds(ResourceTemplateReference, type=st.just("ref/resource"), uri=st.just(JOB_URI) | texts)
references = templates | st.builds(PromptReference, type=st.just("ref/prompt"), name=prompts | texts)
completed = st.tuples(references, st.just("application_id") | texts, st.just("") | texts)


def check_unknown_name(error: MCPError) -> None:
    assert (error.error.code, "nknown" in error.error.message) == (INVALID_PARAMS, True)


@example_settings(3, 30)
@given(eras, st.lists(completed, min_size=5, max_size=20))
def test_any_completion_request_gives_known_values_or_an_error_that_names_what_is_unknown(
    tally: Tally,
    converse: Converse,
    era: str,
    requests: list[tuple[ResourceTemplateReference | PromptReference, str, str]],
) -> None:
    async def talk(client: Client) -> None:
        for reference, name, value in requests:
            tally.tried["inputs to completions"] += 1
            try:
                completion = (await client.complete(reference, {"name": name, "value": value})).completion
            except MCPError as exc:
                check_unknown_name(exc)
            else:
                assert completion.values in ([], ["a"])

    converse(era, talk)
