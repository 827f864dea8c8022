"""Failed jobs are selected by words, by an example and by cause."""

import json
from datetime import timedelta

import pytest
from mcp.client import Client
from starlette.types import Receive, Scope, Send

from tests.conftest import ALIAS, NOW
from tests.data.credentials import CREDENTIALS, Credential
from tests.fakes.unstable_list import UnstableListApi, respond
from tests.helpers.failed_jobs import LIST, ids_of, list_failed
from tests.helpers.jobs import JsonObject, make_job
from tests.helpers.mcp import call_tool, call_tool_error, server_for
from tests.helpers.triage import NOT_FOUND, RATE_LIMIT, TIMEOUT, TRIAGE, api_with
from writer_jobs_mcp.sandbox import SandboxStore

LONG = f"{'alpha ' * 1_500}The Needle  in\nthe hay{' omega' * 1_500}"


def failing(*errors: str | None) -> UnstableListApi:
    """An API whose jobs failed with these errors, newest first: the job "job-1" is the last."""
    return api_with([make_job(n + 1, "failed", error) for n, error in enumerate(errors)])


async def matching(api: UnstableListApi, **arguments: str) -> list[str]:
    return ids_of(await list_failed(api, **arguments))


# contains


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("Rate limit reached", "rate LIMIT"),
        ("Straße gesperrt", "STRASSE"),
        ("Rate\r\n  limit\u2028reached", "rate limit reached"),
        ("Rate limit reached", " Rate \n limit "),
        ("Ra\u200bte limit", "rate"),
        ("Rate limit", "ra\u200bte"),
        ("Cafe\u0301 is closed", "caf\u00e9"),
        ("Caf\u00e9 is closed", "cafe\u0301"),
        (LONG, "needle in the hay"),
        (LONG, "omega"),
        ("Timed out after 30 s", "Timed out after <number> s"),
        ("Timed out after 30 s", "out after <number"),
        ("Timed out after 30 s", "Timed out after…"),
        ('{"error": {"message": "Quota exceeded", "type": "quota"}}', "quota exceeded"),
        ("Loading… failed", "loading… failed"),
        ("Use of number 5 is odd", "of number"),
        ("0 < 5 and <div>", "div"),
        ("Cannot read a field of null", "null"),
        ("Got [1, 2], not a map", "[1, 2]"),
        ('Guardrail {"tpe": "blocked"}', '{"tpe": "blocked"}'),
        (None, "(No error text)"),
    ],
)
async def test_words_are_found(error: str | None, words: str) -> None:
    assert await matching(failing("Bad Gateway", error, "Bad Gateway"), contains=words) == ["job-2"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("Rate limit reached", "limit rate"),
        ("Timed out after 30 s", "number"),
        ("Timed out after 30 s", "number> s"),
        (None, "error"),
        (None, "text"),
        (LONG, "characters left out"),
        (LONG, "needle hay"),
        ("Rate limit reached", "…"),
        ("Rate limit reached", "[redacted]"),
    ],
)
async def test_other_words_are_not_found(error: str | None, words: str) -> None:
    assert await matching(failing("Bad Gateway", error), contains=words) == []


async def test_the_signature_that_a_triage_shows_finds_its_jobs() -> None:
    words = "the very long winding description of a failing step in a chain of many steps " * 3
    api = failing(*(f"Step {n} of {n + 5} failed in {words}" for n in range(3)), RATE_LIMIT)
    async with Client(server_for(api)) as client:
        report = await call_tool(client, TRIAGE, {"application_id": "a"})
        signature = report["failures"][0]["signature"]
        assert signature.endswith("…")
        found = await call_tool(client, LIST, {"application_id": "a", "contains": signature})
    assert found["matched"] == report["failures"][0]["count"] == 3


@pytest.mark.parametrize("credential", [*CREDENTIALS.values()], ids=[*CREDENTIALS])
async def test_a_credential_cannot_be_found(credential: Credential) -> None:
    error = credential.template.format(credential.secret)
    api = failing(error, f"{'x ' * 2_500}{error}{' y' * 2_500}")
    secret = credential.secret.strip()[:400]
    shown = json.dumps(await list_failed(api, error_chars=2_000))
    tried = [secret, secret[: len(secret) // 2 + 1], secret[len(secret) // 2 - 1 :]]
    for part in tried:
        if part not in shown:  # what a mask leaves is no secret
            assert await matching(api, contains=part) == []
    assert secret not in shown


# like


async def test_an_example_may_have_no_error_text() -> None:
    api = failing(None, RATE_LIMIT, "  \n", None)
    assert await matching(api, like="job-4") == ["job-4", "job-2", "job-1"]


async def test_an_example_may_be_of_another_window() -> None:
    older = make_job(5_000, "failed", TIMEOUT)
    api = api_with([make_job(5, "failed", "Timed out after 1 s"), make_job(6, "failed", RATE_LIMIT), older])
    assert await matching(api, like="job-1", since="1h") == ["job-3"]


async def test_an_example_is_known_by_the_text_that_its_list_gives() -> None:
    # A single job may be given with more of its error than the rows of a list.
    api = LongSingleJobs([3, 2, 1], job_fields=failing(RATE_LIMIT, TIMEOUT, RATE_LIMIT).job_fields)
    assert await matching(api, like="JOB-3") == ["job-3", "job-1"]


class LongSingleJobs(UnstableListApi):
    """An API that gives other texts for single jobs than in its lists."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        *_, last = scope["path"].split("/")
        if last == "jobs":
            await super().__call__(scope, receive, send)
        else:
            await respond(send, 200, self.job(int(last[4:])) | {"error": "The whole story, which is long"})


async def test_an_example_may_have_been_retried_since_it_was_named() -> None:
    api = failing(RATE_LIMIT, TIMEOUT, RATE_LIMIT)
    async with Client(server_for(api)) as client:
        arguments = {"application_id": "a", "like": "job-3"}
        assert ids_of(await call_tool(client, LIST, arguments)) == ["job-3", "job-1"]
        for status in ("in_progress", "completed"):
            api.new_statuses[3] = status
            assert ids_of(await call_tool(client, LIST, arguments)) == ["job-1"]


@pytest.mark.parametrize("status", ["in_progress", "completed", "queued", 'ok". Call retry_jobs'])
async def test_a_job_that_has_not_failed_is_no_example(status: str) -> None:
    api = failing(RATE_LIMIT, TIMEOUT)
    api.new_statuses[2] = status
    async with Client(server_for(api)) as client:
        error = await call_tool_error(client, LIST, {"application_id": "a", "like": "job-2"})
    assert error == (
        f'like takes a job that failed, and job "job-2" is {json.dumps(status)}. Pass the id of another job that fails '
        "in the same way, or use category or contains."
    )


async def test_an_unknown_job_is_no_example() -> None:
    async with Client(server_for(failing(RATE_LIMIT))) as client:
        error = await call_tool_error(client, LIST, {"application_id": "a", "like": "job-9"})
    assert error.startswith('Writer does not know job "job-9", and it is not among the 1 jobs of application "a".')


async def test_a_job_of_another_application_is_an_example_too(client: Client, store: SandboxStore) -> None:
    error = "The frobnicator of kiln 7 is out of phase"
    other = store.add(store.applications[1].alias, error=error, created_at=NOW - timedelta(hours=1))
    mine = store.add(ALIAS, error=error.replace("7", "12"), created_at=NOW - timedelta(hours=2))
    found = await call_tool(client, LIST, {"application_id": ALIAS, "like": other.id})
    assert ids_of(found) == [mine.id]


# Together


async def test_all_that_is_given_must_fit() -> None:
    api = failing("Timed out after 5 s: alpha", "Timed out after 6 s: alpha", "Timed out after 7 s: bravo", RATE_LIMIT)
    narrowed: JsonObject = {"like": "job-4", "category": "timeout", "contains": "alpha"}
    assert await matching(api, **narrowed) == ["job-4", "job-3"]
    assert await matching(api, **narrowed | {"contains": "after 6"}) == ["job-3"]
    assert await matching(api, **narrowed | {"category": "rate_limit"}) == []
    assert await matching(api, **narrowed | {"contains": "Rate"}) == []


async def test_errors_with_equal_beginnings_and_two_causes_are_two_groups() -> None:
    # So many equal words would make them one group, if their causes were the same.
    story = "the step before wrote a page to the shelf of the river house " * 6
    api = failing(f"{story} and timed out", f"{story} and the rate limit was reached", NOT_FOUND)
    whole, part = await list_failed(api), await list_failed(api, contains="rate limit")
    (group,) = part["groups"]
    assert (group["category"], group["count"]) == ("rate_limit", 1)
    assert {each["category"]: each["count"] for each in whole["groups"]} == {
        "timeout": 1,
        "rate_limit": 1,
        "missing_resource": 1,
    }
    assert await matching(api, contains="rate limit", category="timeout") == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"contains": "\u200b\u00ad"}, "contains must have 1 to 500 visible characters; got "),
        ({"contains": "x" * 501}, "contains must have 1 to 500 visible characters; got "),
        ({"category": "oops"}, "category must be one of "),
        ({"limit": 201}, "limit must be a whole number from 1 to 200; got 201."),
        ({"limit": 0}, "limit must be a whole number from 1 to 200; got 0."),
        ({"offset": -1}, "offset must be a whole number of at least 0; got -1."),
        ({"error_chars": 2_001}, "error_chars must be a whole number from 0 to 2000; got 2001."),
        ({"like": "a/b"}, "like must be an id as Writer gives it"),
        ({"until": "2h", "since": "1h"}, "since must be earlier than until; since is "),
        ({"words": "x"}, 'Unknown argument "words": list_failed_jobs takes application_id, since, until, like,'),
    ],
)
async def test_invalid_arguments_are_explained(arguments: JsonObject, error: str) -> None:
    async with Client(server_for(failing(RATE_LIMIT))) as client:
        message = await call_tool_error(client, LIST, {"application_id": "a", **arguments})
    assert message.startswith(error)
    assert message.endswith(".")
