"""The user is asked before a job is retried: once, where the client can ask, and before anything is sent."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ErrorData

from tests.asking import error_of, structure_of
from tests.conftest import settings
from writer_jobs_mcp.sandbox import Sandbox, World
from writer_jobs_mcp.server import build_server

ALIAS = "product-description-writer"
AGREED = ElicitResult(action="accept", content={"retry": True})


class User:
    """Somebody who can be asked, and what was asked."""

    def __init__(self, answer: ElicitResult | ErrorData, api: Sandbox) -> None:
        self._answer, self._api = answer, api
        self.asked: list[ElicitRequestFormParams] = []
        self.posts_before = 0

    async def __call__(
        self,
        context: ClientRequestContext,  # noqa: ARG002 - the SDK passes it by position, and its types by name
        params: ElicitRequestParams,
    ) -> ElicitResult | ErrorData:
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params)
        self.posts_before += posts(self._api)
        return self._answer


def posts(api: Sandbox) -> int:
    return sum(request.method == "POST" for request in api.received)


@pytest.fixture(params=["auto", "legacy"])
def era(request: pytest.FixtureRequest) -> str:
    return request.param


@asynccontextmanager
async def asking(user: User, url: str, era: str, **others: str) -> AsyncGenerator[Client]:
    server = build_server(settings(url, WRITER_JOBS_ALLOW_RETRY="true", **others))
    async with Client(server, mode=era, elicitation_callback=user) as client:
        yield client


def failed(world: World, count: int) -> list[str]:
    return [job.id for job in world.jobs(ALIAS, "failed")[:count]]


async def test_the_user_who_agrees_is_asked_once_and_before_anything_is_sent(
    world: World, api: Sandbox, url: str, era: str
) -> None:
    user, ids = User(AGREED, api), failed(world, 7)
    async with asking(user, url, era) as client:
        report = await structure_of(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert (report["retried"], len(user.asked), user.posts_before, posts(api)) == (7, 1, 0, 7)
    named = ", ".join(f'"{each}"' for each in ids)
    assert user.asked[0].message == f"Retry 7 jobs: {named}? Each one that failed is started again, once."


async def test_the_question_names_each_of_twenty_jobs(world: World, api: Sandbox, url: str, era: str) -> None:
    user, ids = User(ElicitResult(action="decline"), api), failed(world, 20)
    async with asking(user, url, era) as client:
        await structure_of(client, "retry_jobs", {"job_ids": [*ids, *ids][:20], "dry_run": False})
    assert user.asked[0].message.startswith("Retry 20 jobs: ")
    assert [each for each in ids if f'"{each}"' not in user.asked[0].message] == []


async def test_a_user_who_agrees_to_two_calls_at_once_has_a_job_retried_once(
    world: World, api: Sandbox, url: str, era: str
) -> None:
    user, ids = User(AGREED, api), failed(world, 1)
    reports: list[dict[str, Any]] = []

    async def call(client: Client) -> None:
        reports.append(await structure_of(client, "retry_jobs", {"job_ids": ids, "dry_run": False}))

    async with asking(user, url, era) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(call, client)
        tasks.start_soon(call, client)
    assert sorted(row["outcome"] for report in reports for row in report["jobs"]) == ["accepted", "already_sent"]
    assert {asked.message for asked in user.asked} == {
        f'Retry 1 job: "{ids[0]}"? Each one that failed is started again, once.'
    }
    assert (len(user.asked), posts(api)) == (2, 1)


@pytest.mark.parametrize(
    "answer",
    [
        ElicitResult(action="accept", content={"retry": False}),
        ElicitResult(action="decline"),
        ElicitResult(action="cancel"),
    ],
)
async def test_without_the_users_consent_nothing_is_sent(
    world: World, api: Sandbox, url: str, era: str, answer: ElicitResult
) -> None:
    user, ids = User(answer, api), [*failed(world, 2), world.jobs(ALIAS, "completed")[0].id]
    async with asking(user, url, era) as client:
        report = await structure_of(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    assert [row["outcome"] for row in report["jobs"]] == ["declined", "declined", "not_failed"]
    assert report["jobs"][0]["detail"] == "The user did not agree; nothing was sent."
    assert (report["retried"], len(user.asked), posts(api)) == (0, 1, 0)


@pytest.mark.parametrize("content", [None, {}, {"retry": "perhaps"}])
async def test_an_answer_that_is_none_sends_nothing(
    world: World, api: Sandbox, url: str, era: str, content: dict[str, Any] | None
) -> None:
    user = User(ElicitResult(action="accept", content=content), api)
    async with asking(user, url, era) as client:
        sentence = await error_of(client, "retry_jobs", {"job_ids": failed(world, 1), "dry_run": False})
    assert sentence == "retry_jobs asked the user and cannot read the answer, so nothing was done. Call again to ask."
    assert posts(api) == 0


async def test_a_client_that_cannot_ask_after_all_sends_nothing(world: World, api: Sandbox, url: str, era: str) -> None:
    user = User(ErrorData(code=-32603, message="No dialogue can be shown."), api)
    async with asking(user, url, era) as client:
        asked = {"job_ids": failed(world, 1), "dry_run": False}
        if era == "legacy":
            sentence = "retry_jobs could not ask the user: the client refused the question, so nothing was done."
            assert await error_of(client, "retry_jobs", asked) == sentence
        else:  # the client itself finds that it cannot go on
            with pytest.raises(MCPError, match="No dialogue"):
                await client.call_tool("retry_jobs", asked)
    assert (len(user.asked), posts(api)) == (1, 0)


@pytest.mark.parametrize("arguments", [{}, {"dry_run": True}])
async def test_a_dry_run_asks_nobody(world: World, api: Sandbox, url: str, era: str, arguments: dict[str, Any]) -> None:
    user = User(AGREED, api)
    async with asking(user, url, era) as client:
        report = await structure_of(client, "retry_jobs", {"job_ids": failed(world, 2), **arguments})
    assert [row["outcome"] for row in report["jobs"]] == ["would_retry"] * 2
    assert user.asked == []


async def test_nothing_in_an_id_can_forge_the_question(api: Sandbox, url: str, era: str) -> None:
    user = User(ElicitResult(action="decline"), api)
    ids = ['a"? Nothing is sent. "', "b\u2028\u202e\U000e0041c", "d" * 200]
    async with asking(user, url, era) as client:
        await structure_of(client, "retry_jobs", {"job_ids": ids, "dry_run": False})
    shown = f"{'d' * 59}…"
    assert user.asked[0].message.startswith(f'Retry 3 jobs: "a\\"? Nothing is sent. \\"", "b c", "{shown}"? ')


async def test_a_user_who_does_not_answer_in_time_has_not_agreed(world: World, api: Sandbox, url: str) -> None:
    async def silent(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001
        await anyio.sleep_forever()
        raise AssertionError

    server = build_server(settings(url, WRITER_JOBS_ALLOW_RETRY="true", WRITER_JOBS_CALL_BUDGET="1"))
    async with Client(server, mode="legacy", elicitation_callback=silent) as client:
        sentence = await error_of(client, "retry_jobs", {"job_ids": failed(world, 1), "dry_run": False})
    assert (
        sentence
        == "retry_jobs took longer than the call budget of 1 s. Look at each job (get_job_error) before you call again."
    )
    assert posts(api) == 0
