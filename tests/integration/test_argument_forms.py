"""Arguments in the forms in which agent frameworks and models write them: what they mean, and what is refused."""

from collections.abc import AsyncGenerator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from mcp.client import Client

from scripts.snapshots import tool_schemas
from tests.conftest import ALIAS, NOW
from tests.helpers.mcp import call_tool, call_tool_error, call_tool_untimed, server_for
from writer_jobs_mcp.sandbox import APPLICATIONS, SANDBOX_KEY, SandboxApp, SandboxStore

Schema = dict[str, Any]


NEWEST = 12  # jobs of each application: enough that some failed


@pytest.fixture
async def retrying(api: SandboxApp, store: SandboxStore) -> AsyncGenerator[Client]:
    """Connect a client to a server with all tools, and an account of few jobs, of which none is running."""
    for application in APPLICATIONS:
        jobs = store.jobs(application.id)
        finished = [job for job in jobs if job not in store.jobs(application.id, "in_progress")]
        for job in {job.id for job in jobs} - {job.id for job in finished[:NEWEST]}:
            store.remove(job)
    store.add(ALIAS, created_at=NOW - timedelta(hours=1), error="The value is null. It was undefined: None.")
    server = server_for(api, WRITER_API_KEY=SANDBOX_KEY, WRITER_JOBS_ALLOW_RETRY="true")
    async with Client(server) as client:
        yield client


def forms_of(schema: Schema) -> Iterator[tuple[Any, list[Any]]]:
    """Yield a value of an argument, and other forms of the same value."""
    match schema:
        case {"enum": [*choices]}:
            first = choices[0]
            spaced = first.replace("_", " ").title()
            yield first, [f" {first}\n", first.upper(), spaced, first.replace("_", "-"), f'"{first}"', f"{first}\u200b"]
        case {"type": "integer", "minimum": least}:
            number = least + 1
            yield number, [f"{number}", float(number), f"{number}.0", f" {number} ", f'"{number}"', f"\ufeff{number}"]
        case {"type": "boolean"}:
            yield True, ["true", "True", "TRUE", " true ", '"true"', True]
        case _:
            pass


PLACEHOLDERS = ["null", "None", "undefined", "NULL", " none ", '"null"']
TIMES = {
    "since": ["1d", "24h", "24 H", " 24 hours ", "24h ago", '"24h"', "1440 min", "86400 seconds", "1 day ago"],
    "until": [None, "now", "NOW", " now ", '"now"', "0s", "null", ""],
}
LITERAL = {"contains"}
"""Words of the error, which may be ``null`` itself."""


async def given_for(name: str, schema: Schema, job_id: str) -> dict[str, Any]:
    """Return arguments with which a call of the tool succeeds."""
    required: dict[str, Any] = {"application_id": ALIAS, "job_id": job_id, "job_ids": [job_id]}
    return {each: required[each] for each in (["job_ids"] if name == "retry_jobs" else schema.get("required", ()))}


async def test_numbers_choices_and_booleans_are_read_in_every_form(retrying: Client, store: SandboxStore) -> None:
    job_id, tried = store.jobs(ALIAS, "failed")[0].id, set[str]()
    for name, tool in (await tool_schemas()).items():
        schema = tool["inputSchema"]
        given = await given_for(name, schema, job_id)
        values = {each: forms for each, field in schema["properties"].items() for forms in forms_of(field)}
        if name == "retry_jobs":
            given = {"application_id": ALIAS, "since": "9d"}
        expected = await call_tool_untimed(
            retrying, name, {**given, **{each: value for each, (value, _) in values.items()}}
        )
        for at in range(6):
            odd = {each: forms[at] for each, (_, forms) in values.items()}
            assert await call_tool_untimed(retrying, name, {**given, **odd}) == expected, odd
        tried |= {f"{name}.{each}" for each in values}
    assert {
        "list_applications.order",
        "list_failed_jobs.category",
        "retry_jobs.dry_run",
        "wait_for_jobs.until",
    } <= tried
    assert len(tried) > 15


async def test_a_word_for_null_in_an_optional_argument_means_omitted(retrying: Client, store: SandboxStore) -> None:
    job_id = store.jobs(ALIAS, "failed")[0].id
    for name, tool in (await tool_schemas()).items():
        schema = tool["inputSchema"]
        given = await given_for(name, schema, job_id)
        expected = await call_tool_untimed(retrying, name, given)
        for word in PLACEHOLDERS:
            words = dict.fromkeys(schema["properties"].keys() - given.keys() - LITERAL, word)
            assert await call_tool_untimed(retrying, name, {**given, **words}) == expected, (name, word)


async def test_every_way_to_leave_an_argument_out_means_the_same(retrying: Client, store: SandboxStore) -> None:
    """Clients omit an optional argument, or send null for it, or its default, or a blank where it has none."""
    job_id = store.jobs(ALIAS, "failed")[0].id
    for name, tool in (await tool_schemas()).items():
        schema = tool["inputSchema"]
        given = await given_for(name, schema, job_id)
        expected = await call_tool_untimed(retrying, name, given)
        optional = {each: field for each, field in schema["properties"].items() if each not in given}
        defaults = {each: field["default"] for each, field in optional.items() if "default" in field}
        for sent in (dict.fromkeys(optional), defaults, {**dict.fromkeys(optional, ""), **defaults}):
            assert await call_tool_untimed(retrying, name, {**sent, **given}) == expected, sent


@pytest.mark.parametrize("argument", TIMES)
@pytest.mark.parametrize(
    "tool", ["triage_application_jobs", "triage_all_applications", "list_failed_jobs", "retry_jobs"]
)
async def test_ages_and_now_are_read_in_every_form(retrying: Client, tool: str, argument: str) -> None:
    given: dict[str, Any] = {} if tool == "triage_all_applications" else {"application_id": ALIAS}
    results = [await call_tool(retrying, tool, {**given, "since": "24h", argument: form}) for form in TIMES[argument]]
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("word", ["any", "all", " Any ", "ALL", '"any"'])
async def test_any_status_and_any_category_mean_no_filter(retrying: Client, word: str) -> None:
    for tool, argument in (("list_application_jobs", "status"), ("list_failed_jobs", "category")):
        given = {"application_id": ALIAS}
        assert await call_tool(retrying, tool, {**given, argument: word}) == await call_tool(retrying, tool, given)


async def test_the_enum_of_status_is_that_of_the_endpoint() -> None:
    status = (await tool_schemas())["list_application_jobs"]["inputSchema"]["properties"]["status"]
    assert status["enum"] == ["in_progress", "failed", "completed"]


@pytest.mark.parametrize("words", ["null", "None", "undefined"])
async def test_the_words_of_an_error_may_be_a_word_for_null(retrying: Client, words: str) -> None:
    for tool in ("list_failed_jobs", "retry_jobs"):
        result = await call_tool(retrying, tool, {"application_id": ALIAS, "contains": words})
        assert result.get("matched", result.get("selected")) == 1


async def test_words_of_an_error_may_be_a_number(retrying: Client) -> None:
    texts, numbers = [
        await call_tool(retrying, "list_failed_jobs", {"application_id": ALIAS, "contains": form}) for form in ("5", 5)
    ]
    assert texts["matched"] > 0
    assert numbers == texts


LISTS = ['["{0}", "{1}"]', "['{0}', '{1}']", "[{0}, {1}]", "{0},{1}", " {0} ,\n{1} ", '"{0}", "{1}"']


@pytest.mark.parametrize("form", LISTS)
async def test_a_list_of_ids_may_be_one_text(retrying: Client, store: SandboxStore, form: str) -> None:
    ids = [job.id for job in store.jobs(ALIAS, "failed")[:2]]
    expected = await call_tool(retrying, "retry_jobs", {"job_ids": ids})
    assert await call_tool(retrying, "retry_jobs", {"job_ids": form.format(*ids)}) == expected
    one = await call_tool(retrying, "retry_jobs", {"job_ids": ids[:1]})
    assert await call_tool(retrying, "retry_jobs", {"job_ids": ids[0]}) == one


async def test_a_text_that_is_no_plain_list_of_ids_is_one_id(retrying: Client) -> None:
    for text in ("first job, second job", "[a", "a; b", "a b"):
        jobs = (await call_tool(retrying, "retry_jobs", {"job_ids": text}))["jobs"]
        assert [job["job_id"] for job in jobs] == [text]


# What would send more than was meant


@pytest.mark.parametrize(
    "odd", ["no", "0", 0, 0.0, "off", "f", "n", "fals", "false.", 1, "yes", ["false"], {}], ids=repr
)
async def test_dry_run_is_false_only_if_it_says_so(
    retrying: Client, api: SandboxApp, store: SandboxStore, odd: object
) -> None:
    given = {"job_ids": [store.jobs(ALIAS, "failed")[0].id], "dry_run": odd}
    assert (await call_tool_error(retrying, "retry_jobs", given)).startswith("dry_run must be true or false; got ")
    assert list(api.received) == []


@pytest.mark.parametrize("word", ["null", "None", "undefined", "any", "all"])
@pytest.mark.parametrize("argument", ["since", "until", "like", "category", "max_jobs"])
async def test_a_word_for_null_does_not_widen_what_is_sent(
    retrying: Client, api: SandboxApp, argument: str, word: str
) -> None:
    given = {"application_id": ALIAS, "since": "9d", "dry_run": "false", argument: word}
    assert word in await call_tool_error(retrying, "retry_jobs", given)
    assert [request.method for request in api.received if request.method == "POST"] == []


@pytest.mark.parametrize("word", ["null", "None", "undefined"])
async def test_a_word_for_null_instead_of_ids_does_not_become_a_selection(
    retrying: Client, api: SandboxApp, word: str
) -> None:
    given = {"job_ids": word, "application_id": ALIAS, "since": "9d", "dry_run": False}
    assert (await call_tool_error(retrying, "retry_jobs", given)).startswith("job_ids says which jobs are meant; ")
    assert list(api.received) == []


@pytest.mark.parametrize("dry_run", [True, False])
async def test_an_empty_list_of_ids_does_not_become_a_selection(
    retrying: Client, api: SandboxApp, dry_run: bool
) -> None:
    given: dict[str, Any] = {"job_ids": [], "application_id": ALIAS, "since": "9d", "dry_run": dry_run}
    message = await call_tool_error(retrying, "retry_jobs", given)
    assert message == "job_ids must be a list of 1 to 20 strings; got []."
    assert list(api.received) == []


async def test_beside_ids_words_for_null_are_omitted_also_when_retries_are_sent(
    retrying: Client, store: SandboxStore
) -> None:
    job_id = store.jobs(ALIAS, "failed")[0].id
    words = dict.fromkeys(["application_id", "since", "until", "like", "category", "max_jobs"], "null")
    result = await call_tool(retrying, "retry_jobs", {**words, "job_ids": [job_id], "dry_run": "False"})
    assert [(job["job_id"], job["outcome"]) for job in result["jobs"]] == [(job_id, "accepted")]


async def test_a_category_that_is_any_selects_nothing_for_a_retry(retrying: Client) -> None:
    given = {"application_id": ALIAS, "category": "any"}
    assert (await call_tool_error(retrying, "retry_jobs", given)).endswith('unknown; got "any".')


# Refusals


@pytest.mark.parametrize(
    ("tool", "argument", "value", "end"),
    [
        ("list_application_jobs", "limit", "true", 'to 100; got "true".'),
        ("list_application_jobs", "limit", " 2.5 ", 'to 100; got "2.5".'),
        ("list_application_jobs", "limit", '"many"', 'to 100; got "\\"many\\"".'),
        ("list_application_jobs", "limit", "[5]", 'to 100; got "[5]".'),
        ("list_application_jobs", "limit", [5], "to 100; got [5]."),
        ("list_application_jobs", "limit", "9" * 5_000, f'to 100; got "{"9" * 39}…".'),
        ("list_application_jobs", "offset", "9" * 5_000, "offset must have at most 4000 digits."),
        ("list_application_jobs", "status", "Done", 'completed; got "Done".'),
        ("list_application_jobs", "status", ["failed"], 'completed; got ["failed"].'),
        ("list_applications", "type", "any", 'generation; got "any".'),
        ("list_failed_jobs", "since", "1 month", '24h or 7d; got "1 month".'),
        ("list_failed_jobs", "since", "yesterday", '24h or 7d; got "yesterday".'),
        ("list_failed_jobs", "since", 24, "24h or 7d; got 24."),
        ("list_failed_jobs", "contains", True, "must be a string; got true."),
        ("wait_for_jobs", "until", "now", 'first_failure; got "now".'),
        ("retry_jobs", "job_ids", "x," * 20 + "x", "1 to 20 strings; got 21 of them."),
        ("retry_jobs", "job_ids", "[1]", "job_ids[0] must be a string; got 1."),
        ("retry_jobs", "job_ids", 5, "1 to 20 strings; got 5."),
    ],
)
async def test_a_refusal_quotes_the_value_as_it_came(
    retrying: Client, tool: str, argument: str, value: object, end: str
) -> None:
    given = {} if tool in ("list_applications", "retry_jobs") else {"application_id": ALIAS}
    assert (await call_tool_error(retrying, tool, {**given, argument: value})).endswith(end)
