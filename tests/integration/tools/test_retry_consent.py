"""The user is asked before a job is retried: once, only about jobs that failed, and before anything is sent."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ErrorData
from starlette.types import Receive, Scope, Send

from tests.conftest import NOW, config_for
from tests.helpers.mcp import call_tool, call_tool_error
from tests.helpers.text_layout import mask_quotations, unsafe_characters
from writer_jobs_mcp.sandbox import (
    APPLICATIONS,
    CannedResponse,
    Delay,
    FaultScript,
    InjectedFault,
    SandboxApp,
    SandboxStore,
    serve,
)
from writer_jobs_mcp.sandbox.jobs import SandboxJob, SandboxJobStatus
from writer_jobs_mcp.server.build import build_server

ALIAS = "product-description-writer"
FIRST, SECOND, _ = (application.id for application in APPLICATIONS)
AGREE = ElicitResult(action="accept", content={"retry": True})


class User:
    """Somebody who can be asked, and what was asked."""

    def __init__(
        self, answer: ElicitResult | ErrorData, api: SandboxApp, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        self._answer, self._api, self._while_asked = answer, api, meanwhile
        self.asked: list[ElicitRequestFormParams] = []
        self.posts_before = 0

    async def __call__(
        self,
        context: ClientRequestContext,  # noqa: ARG002 - the SDK passes it by position, and its types by name
        params: ElicitRequestParams,
    ) -> ElicitResult | ErrorData:
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params)
        self.posts_before += count_posts(self._api)
        self._while_asked()
        return self._answer


def count_posts(api: SandboxApp) -> int:
    return sum(request.method == "POST" for request in api.received)


@pytest.fixture(params=["auto", "legacy"])
def era(request: pytest.FixtureRequest) -> str:
    return request.param


@asynccontextmanager
async def client_with_user(user: User, url: str, era: str, **others: str) -> AsyncGenerator[Client]:
    server = build_server(config_for(url, WRITER_JOBS_ALLOW_RETRY="true", **others))
    async with Client(server, mode=era, elicitation_callback=user) as client:
        yield client


def failed_ids(world: SandboxStore, count: int) -> list[str]:
    return [job.id for job in world.jobs(ALIAS, "failed")[:count]]


RATE_LIMIT = "Rate limit exceeded for this key"


def add_failed_jobs(world: SandboxStore, error: str, times: int = 1, application: str = ALIAS) -> list[str]:
    return [world.add(application, created_at=NOW - timedelta(hours=1), error=error).id for _ in range(times)]


async def test_the_user_who_agrees_is_asked_once_and_before_anything_is_sent(
    world: SandboxStore, api: SandboxApp, url: str, era: str
) -> None:
    user, ids = User(AGREE, api), add_failed_jobs(world, RATE_LIMIT, 2)
    async with client_with_user(user, url, era) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert (report["retried"], len(user.asked), user.posts_before, count_posts(api)) == (2, 1, 0, 2)
    assert user.asked[0].message == (
        f'Retry 2 failed jobs of "Product description writer" (rate_limit)? Their errors say: "{RATE_LIMIT}" (2).'
    )


async def test_the_question_about_one_job_is_in_the_singular(
    world: SandboxStore, api: SandboxApp, url: str, era: str
) -> None:
    user = User(ElicitResult(action="decline"), api)
    async with client_with_user(user, url, era) as client:
        await call_tool(client, "retry_jobs", {"job_ids": add_failed_jobs(world, RATE_LIMIT), "dry_run": False})
    assert user.asked[0].message == (
        f'Retry 1 failed job of "Product description writer" (rate_limit)? Its error says: "{RATE_LIMIT}".'
    )


async def test_the_question_counts_applications_causes_and_errors(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, era: str
) -> None:
    other = "support-reply-drafter"
    ids = [
        *add_failed_jobs(world, RATE_LIMIT, 3),
        *add_failed_jobs(world, "Request timed out after 30 seconds", 2),
        *add_failed_jobs(world, "Prompt is too long", application=other),
        *add_failed_jobs(world, "", application=other),
    ]
    faults.push(
        CannedResponse(200, json.dumps({"id": "x", "name": 'My "own"\n\u202eagent'}).encode()), on=f"GET .*/{SECOND}"
    )
    user = User(ElicitResult(action="decline"), api)
    async with client_with_user(user, url, era) as client:
        await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert user.asked[0].message == (
        'Retry 7 failed jobs: 5 of "Product description writer" (3 rate_limit, 2 timeout), 2 of "My \\"own\\" agent" '
        f'(1 input_too_long, 1 unknown cause)? Their errors say: "{RATE_LIMIT}" (3), '
        '"Request timed out after 30 seconds" (2), "Prompt is too long" (1). 1 has no error text.'
    )


async def test_errors_that_differ_in_numbers_are_quoted_as_one(
    world: SandboxStore, api: SandboxApp, url: str, era: str
) -> None:
    ids = [
        *add_failed_jobs(world, "Limit of 400 requests reached"),
        *add_failed_jobs(world, "Limit of 25 requests reached"),
    ]
    user = User(ElicitResult(action="decline"), api)
    async with client_with_user(user, url, era) as client:
        await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert user.asked[0].message.endswith('Their errors say: "Limit of <number> requests reached" (2).')


DIFFERENT_ERRORS = [
    'Rows "a" of the sheet vanished overnight without leaving any hint of where they could have gone after all',
    "Nothing matched",
    "Please consult your favourite astronomer",
    "Lamps were green although everybody voted for purple ones, and the meeting ended before anything else was said",
    "Somebody unplugged it",
    "The parrot refuses to speak before breakfast",
    "Twelve penguins marched past",
    "Ink ran dry",
    "A bridge too far",
    "Weather too nice",
]


async def test_the_question_about_twenty_different_errors_stays_short(
    world: SandboxStore, api: SandboxApp, url: str, era: str
) -> None:
    ids = [each for saying in DIFFERENT_ERRORS for each in add_failed_jobs(world, saying, 2)]
    user = User(ElicitResult(action="decline"), api)
    async with client_with_user(user, url, era) as client:
        await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    message = user.asked[0].message
    assert message.startswith('Retry 20 failed jobs of "Product description writer" (unknown cause)? ')
    assert message.endswith(" (2). 14 others say something else.")
    assert len(message) <= 600


@pytest.mark.parametrize("status", ["completed", "in_progress"])
async def test_nobody_is_asked_where_no_job_failed(
    world: SandboxStore, api: SandboxApp, url: str, era: str, status: SandboxJobStatus
) -> None:
    user, ids = User(AGREE, api), [world.jobs(ALIAS, status)[0].id, "nobody"]
    async with client_with_user(user, url, era) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert [row["outcome"] for row in report["jobs"]] == ["not_failed", "not_found"]
    assert (user.asked, count_posts(api)) == ([], 0)


async def test_nobody_is_asked_about_a_failure_that_was_sent_already(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, era: str
) -> None:
    faults.push(CannedResponse(202, b"{}"), on="^POST", times=None)  # accepted, and not started yet
    user, ids = User(AGREE, api), add_failed_jobs(world, RATE_LIMIT, 2)
    async with client_with_user(user, url, era) as client:
        await call_tool(client, "retry_jobs", {"job_ids": ids[:1], "dry_run": False})
        again = await call_tool(client, "retry_jobs", {"job_ids": ids[:1], "dry_run": False})
        assert ([row["outcome"] for row in again["jobs"]], len(user.asked)) == (["already_sent"], 1)
        both = await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert [row["outcome"] for row in both["jobs"]] == ["already_sent", "accepted"]
    assert user.asked[1].message.startswith("Retry 1 failed job of ")
    assert count_posts(api) == 2


async def test_an_id_that_cannot_be_read_is_reported_and_not_asked_about(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, era: str
) -> None:
    user, ids = User(AGREE, api), add_failed_jobs(world, RATE_LIMIT, 2)
    faults.push(CannedResponse(403), on=f"GET .*{ids[1]}", times=None)
    async with client_with_user(user, url, era) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert [row["outcome"] for row in report["jobs"]] == ["accepted", "error"]
    assert "(403)" in report["jobs"][1]["detail"]
    assert user.asked[0].message.startswith("Retry 1 failed job of ")


async def test_reading_the_jobs_leaves_time_to_ask_and_to_send(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, era: str
) -> None:
    user, ids = User(AGREE, api), add_failed_jobs(world, RATE_LIMIT, 2)
    faults.push(Delay(30), on=f"GET .*{ids[1]}", times=None)
    async with client_with_user(user, url, era, WRITER_JOBS_CALL_BUDGET="8") as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert [row["outcome"] for row in report["jobs"]] == ["accepted", "error"]
    assert report["jobs"][1]["detail"] == (
        "The time for this call ended before this job was handled; nothing was sent for it. Call again."
    )
    assert user.asked[0].message.startswith("Retry 1 failed job of ")


@pytest.mark.parametrize(
    "fault", [CannedResponse(404), CannedResponse(403), Delay(30), CannedResponse(200, b'{"id": "x"}')]
)
async def test_an_application_whose_name_is_not_known_is_named_by_its_id(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, era: str, fault: InjectedFault
) -> None:
    user, ids = User(AGREE, api), add_failed_jobs(world, RATE_LIMIT)
    faults.push(fault, on=rf"GET /v1/applications/{FIRST}$", times=None)
    async with client_with_user(user, url, era, WRITER_JOBS_CALL_BUDGET="4") as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert (report["retried"], len(user.asked)) == (1, 1)
    assert user.asked[0].message.startswith(f'Retry 1 failed job of "{FIRST}" (rate_limit)? ')


async def test_two_ids_of_one_job_are_asked_about_as_one(world: SandboxStore, api: SandboxApp, era: str) -> None:
    user, (job,) = User(AGREE, api), add_failed_jobs(world, RATE_LIMIT)
    spelling = f"{{{job}}}"
    async with serve(AliasedIds(api, {spelling: job})) as renaming, client_with_user(user, renaming, era) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": [job, spelling], "dry_run": False})
    assert [row["outcome"] for row in report["jobs"]] == ["accepted", "already_sent"]
    assert user.asked[0].message.startswith("Retry 1 failed job of ")
    assert count_posts(api) == 1


class AliasedIds:
    """An API that knows some of its jobs under other ids too."""

    def __init__(self, api: SandboxApp, own: dict[str, str]) -> None:
        self._api, self._own = api, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            for other, own in self._own.items():
                path = path.replace(other, own)
            scope = {**scope, "path": path}
        await self._api(scope, receive, send)


# What changes while the user thinks


def complete_job(job: SandboxJob) -> None:
    job.sample_error = job.fixed_text = None


def fail_with_another_error(job: SandboxJob) -> None:
    job.fixed_text = "Permission denied"


def fail_again(job: SandboxJob) -> None:
    job.ends_at = NOW - timedelta(minutes=1)


def restart(job: SandboxJob) -> None:
    job.ends_at = None


CHANGED = (
    "This is not the failure that the user was asked about: the job changed meanwhile, so nothing was sent. Call again "
    "to ask about it."
)


@pytest.mark.parametrize(
    ("change", "outcome", "asks_again"),
    [
        (complete_job, "not_failed", False),
        (restart, "not_failed", False),
        (fail_with_another_error, "error", True),
        (fail_again, "error", False),
    ],
)
async def test_a_job_that_changes_while_the_user_is_asked_is_not_sent_for_that_answer(
    world: SandboxStore,
    api: SandboxApp,
    url: str,
    era: str,
    change: Callable[[SandboxJob], None],
    outcome: str,
    asks_again: bool,
) -> None:
    (job_id,) = add_failed_jobs(world, RATE_LIMIT)
    job = world.job(job_id)
    assert job is not None
    user = User(AGREE, api, meanwhile=lambda: change(job))
    async with client_with_user(user, url, era) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": [job_id], "dry_run": False})
    (row,) = report["jobs"]
    if asks_again and era == "auto":  # the client makes the call again, so the user can be asked again
        assert [asked.message.partition("? ")[2] for asked in user.asked] == [
            f'Its error says: "{RATE_LIMIT}".',
            'Its error says: "Permission denied".',
        ]
        assert (row["outcome"], count_posts(api)) == ("accepted", 1)
    else:
        assert (row["outcome"], len(user.asked), count_posts(api)) == (outcome, 1, 0)
        assert outcome != "error" or row["detail"] == CHANGED


async def test_an_answer_about_one_job_does_not_count_for_another_with_the_same_question(
    world: SandboxStore, api: SandboxApp, url: str, era: str
) -> None:
    ids = add_failed_jobs(world, RATE_LIMIT, 2)
    first, second = filter(None, map(world.job, ids))
    second.ends_at = None

    def swap() -> None:
        complete_job(first)
        second.ends_at = NOW - timedelta(minutes=1)

    user = User(AGREE, api, meanwhile=swap)
    async with client_with_user(user, url, era) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    expected = ["not_failed", "not_failed" if era == "legacy" else "error"]
    assert [row["outcome"] for row in report["jobs"]] == expected
    assert (len(user.asked), count_posts(api)) == (1, 0)


async def test_an_answer_does_not_count_for_a_later_question_about_another_job_that_was_declined(
    world: SandboxStore, api: SandboxApp, url: str, era: str
) -> None:
    ids = add_failed_jobs(world, RATE_LIMIT, 2)
    first, second = filter(None, map(world.job, ids))
    second.ends_at = None
    is_asked, is_declined, asked = anyio.Event(), anyio.Event(), list[str]()

    async def user(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001 - the SDK names both
        asked.append(params.message)
        if len(asked) > 1:
            return ElicitResult(action="decline")
        is_asked.set()
        await is_declined.wait()
        return AGREE

    async def call(client: Client) -> None:
        await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})

    server = build_server(config_for(url, WRITER_JOBS_ALLOW_RETRY="true"))
    async with Client(server, mode=era, elicitation_callback=user) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(call, client)
        await is_asked.wait()
        complete_job(first)
        second.ends_at = NOW - timedelta(minutes=1)
        await call(client)
        is_declined.set()
    assert asked[1] == f"{asked[0]} You were asked once before, about other failures."
    assert count_posts(api) == 0


@pytest.mark.parametrize("change", [complete_job, restart])
async def test_the_user_is_not_asked_again_about_the_jobs_that_still_fail(
    world: SandboxStore, api: SandboxApp, url: str, era: str, change: Callable[[SandboxJob], None]
) -> None:
    ids = add_failed_jobs(world, RATE_LIMIT, 3)
    first = world.job(ids[0])
    assert first is not None
    user = User(AGREE, api, meanwhile=lambda: change(first))
    async with client_with_user(user, url, era) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert [row["outcome"] for row in report["jobs"]] == ["not_failed", "accepted", "accepted"]
    assert (len(user.asked), count_posts(api)) == (1, 2)


async def test_the_user_is_told_of_an_earlier_question_only_where_it_was_about_other_failures(
    world: SandboxStore, api: SandboxApp, url: str, era: str
) -> None:
    (job_id,) = add_failed_jobs(world, RATE_LIMIT)
    job = world.job(job_id)
    assert job is not None
    user = User(ElicitResult(action="decline"), api)
    async with client_with_user(user, url, era) as client:
        for minutes in (9, 9, 5, 1):
            job.ends_at = NOW - timedelta(minutes=minutes)
            await call_tool(client, "retry_jobs", {"job_ids": [job_id], "dry_run": False})
    first, *others = (asked.message for asked in user.asked)
    assert [each.removeprefix(first) for each in others] == [
        "",
        " You were asked once before, about other failures.",
        " You were asked 2 times before, about other failures.",
    ]


async def test_an_error_that_repeats_with_another_number_is_still_the_same(
    world: SandboxStore, api: SandboxApp, url: str, era: str
) -> None:
    (job_id,) = add_failed_jobs(world, "Bad gateway (request 7c1f22ab)")
    job = world.job(job_id)
    assert job is not None

    def number_again() -> None:
        job.fixed_text = "Bad gateway (request 99e0d1c4)"

    user = User(AGREE, api, meanwhile=number_again)
    async with client_with_user(user, url, era) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": [job_id], "dry_run": False})
    assert (report["retried"], len(user.asked), count_posts(api)) == (1, 1, 1)


async def test_a_user_who_agrees_to_two_calls_at_once_has_a_job_retried_once(
    world: SandboxStore, api: SandboxApp, url: str, era: str
) -> None:
    user, ids = User(AGREE, api), add_failed_jobs(world, RATE_LIMIT)
    reports: list[dict[str, Any]] = []

    async def call(client: Client) -> None:
        reports.append(await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False}))

    async with client_with_user(user, url, era) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(call, client)
        tasks.start_soon(call, client)
    assert sorted(row["outcome"] for report in reports for row in report["jobs"]) == ["accepted", "already_sent"]
    assert len({asked.message for asked in user.asked}) == 1
    assert count_posts(api) == 1


# What the user answers


@pytest.mark.parametrize(
    "answer",
    [
        ElicitResult(action="accept", content={"retry": False}),
        ElicitResult(action="decline"),
        ElicitResult(action="cancel"),
    ],
)
async def test_without_the_users_consent_nothing_is_sent(
    world: SandboxStore, api: SandboxApp, url: str, era: str, answer: ElicitResult
) -> None:
    user, ids = User(answer, api), [*failed_ids(world, 2), world.jobs(ALIAS, "completed")[0].id]
    async with client_with_user(user, url, era) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert [row["outcome"] for row in report["jobs"]] == ["declined", "declined", "not_failed"]
    assert report["jobs"][0]["detail"] == "The user did not agree; nothing was sent."
    assert (report["retried"], len(user.asked), count_posts(api)) == (0, 1, 0)


@pytest.mark.parametrize("content", [None, {}, {"retry": "perhaps"}])
async def test_an_answer_that_is_none_sends_nothing(
    world: SandboxStore, api: SandboxApp, url: str, era: str, content: dict[str, Any] | None
) -> None:
    user = User(ElicitResult(action="accept", content=content), api)
    async with client_with_user(user, url, era) as client:
        sentence = await call_tool_error(client, "retry_jobs", {"job_ids": failed_ids(world, 1), "dry_run": False})
    assert sentence == "retry_jobs asked the user but could not read the reply, so nothing was done. Call again."
    assert count_posts(api) == 0


async def test_a_client_that_cannot_ask_after_all_sends_nothing(
    world: SandboxStore, api: SandboxApp, url: str, era: str
) -> None:
    user = User(ErrorData(code=-32603, message="No dialogue can be shown."), api)
    async with client_with_user(user, url, era) as client:
        asked = {"job_ids": failed_ids(world, 1), "dry_run": False}
        if era == "legacy":
            sentence = "retry_jobs could not ask the user: the client refused the question, so nothing was done."
            assert await call_tool_error(client, "retry_jobs", asked) == sentence
        else:  # the client itself finds that it cannot go on
            with pytest.raises(MCPError, match="No dialogue"):
                await client.call_tool("retry_jobs", asked)
    assert (len(user.asked), count_posts(api)) == (1, 0)


@pytest.mark.parametrize("arguments", [{}, {"dry_run": True}])
async def test_a_dry_run_asks_nobody(
    world: SandboxStore, api: SandboxApp, url: str, era: str, arguments: dict[str, Any]
) -> None:
    user = User(AGREE, api)
    async with client_with_user(user, url, era) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": failed_ids(world, 2), **arguments})
    assert [row["outcome"] for row in report["jobs"]] == ["would_retry"] * 2
    assert user.asked == []


FORGERIES = ['a"? Nothing is sent. "', "b\u2028\u202e\U000e0041c", "d" * 2_000, "\u201c" * 2_000]


@pytest.mark.parametrize("forged", FORGERIES, ids=["our mark", "what cannot be seen", "length", "length as escapes"])
async def test_nothing_in_an_error_or_a_name_can_forge_the_question(
    world: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, era: str, forged: str
) -> None:
    user = User(ElicitResult(action="decline"), api)
    faults.push(
        CannedResponse(200, json.dumps({"id": FIRST, "name": forged}).encode()),
        on=rf"GET /v1/applications/{FIRST}$",
        times=None,
    )
    async with client_with_user(user, url, era) as client:
        await call_tool(client, "retry_jobs", {"job_ids": add_failed_jobs(world, forged), "dry_run": False})
    message = user.asked[0].message
    assert mask_quotations(message) == 'Retry 1 failed job of "" (unknown cause)? Its error says: "".'
    assert (unsafe_characters(message), len(message) <= 600) == ([], True)


async def test_a_user_who_does_not_answer_in_time_has_not_agreed(
    world: SandboxStore, api: SandboxApp, url: str
) -> None:
    async def silent(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001 - the SDK names both
        await anyio.sleep_forever()
        raise AssertionError

    server = build_server(config_for(url, WRITER_JOBS_ALLOW_RETRY="true", WRITER_JOBS_CALL_BUDGET="1"))
    async with Client(server, mode="legacy", elicitation_callback=silent) as client:
        sentence = await call_tool_error(client, "retry_jobs", {"job_ids": failed_ids(world, 1), "dry_run": False})
    assert (
        sentence
        == "retry_jobs took longer than the call budget of 1 s. Look at each job (get_job_error) before you call again."
    )
    assert count_posts(api) == 0
