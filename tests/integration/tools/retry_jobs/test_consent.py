"""Without the user's consent nothing is sent."""

from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequestParams, ElicitResult, ErrorData

from tests.conftest import ALIAS
from tests.helpers.consent import AGREE, DECLINE, User, client_with_user, count_posts
from tests.helpers.mcp import call_tool, call_tool_error
from tests.helpers.retries import failed_ids, outcomes, retried, retry_jobs, retry_server
from writer_jobs_mcp.sandbox import SandboxApp, SandboxStore


@pytest.mark.parametrize(
    "answer",
    [
        ElicitResult(action="accept", content={"retry": False}),
        DECLINE,
        ElicitResult(action="cancel"),
    ],
)
async def test_without_consent_nothing_is_sent(
    store: SandboxStore, api: SandboxApp, url: str, mode: str, answer: ElicitResult
) -> None:
    user, ids = User(answer, api), [*failed_ids(store, 2), store.jobs(ALIAS, "completed")[0].id]
    async with client_with_user(user, url, mode) as client:
        report = await retry_jobs(client, ids)
    assert outcomes(report) == ["declined", "declined", "not_failed"]
    assert report["jobs"][0]["detail"] == "The user did not agree; nothing was sent."
    assert (retried(report), len(user.questions), count_posts(api)) == (0, 1, 0)


@pytest.mark.parametrize("content", [None, {}, {"retry": "perhaps"}])
async def test_an_invalid_elicitation_answer_sends_nothing(
    store: SandboxStore, api: SandboxApp, url: str, mode: str, content: dict[str, Any] | None
) -> None:
    user = User(ElicitResult(action="accept", content=content), api)
    async with client_with_user(user, url, mode) as client:
        message = await call_tool_error(client, "retry_jobs", {"job_ids": failed_ids(store, 1), "dry_run": False})
    assert message == "retry_jobs asked the user but could not read the reply, so nothing was done. Call again."
    assert count_posts(api) == 0


async def test_when_the_client_rejects_the_question_nothing_is_sent(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    user = User(ErrorData(code=-32603, message="No dialogue can be shown."), api)
    async with client_with_user(user, url, mode) as client:
        arguments = {"job_ids": failed_ids(store, 1), "dry_run": False}
        if mode == "legacy":
            message = "retry_jobs could not ask the user: the client refused the question, so nothing was done."
            assert await call_tool_error(client, "retry_jobs", arguments) == message
        else:  # the client itself ends the call
            with pytest.raises(MCPError, match="No dialogue"):
                await client.call_tool("retry_jobs", arguments)
    assert (len(user.questions), count_posts(api)) == (1, 0)


@pytest.mark.parametrize("arguments", [{}, {"dry_run": True}])
async def test_a_dry_run_does_not_ask_the_user(
    store: SandboxStore, api: SandboxApp, url: str, mode: str, arguments: dict[str, Any]
) -> None:
    user = User(AGREE, api)
    async with client_with_user(user, url, mode) as client:
        report = await call_tool(client, "retry_jobs", {"job_ids": failed_ids(store, 2), **arguments})
    assert outcomes(report) == ["would_retry"] * 2
    assert user.questions == []


async def test_a_user_who_does_not_answer_in_time_has_not_consented(
    store: SandboxStore, api: SandboxApp, url: str
) -> None:
    async def silent(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001 - the SDK names both
        await anyio.sleep_forever()
        raise AssertionError

    async with Client(
        retry_server(url, WRITER_JOBS_CALL_BUDGET="1"), mode="legacy", elicitation_callback=silent
    ) as client:
        message = await call_tool_error(client, "retry_jobs", {"job_ids": failed_ids(store, 1), "dry_run": False})
    assert (
        message
        == "retry_jobs took longer than the call budget of 1 s. Look at each job (get_job_error) before you call again."
    )
    assert count_posts(api) == 0
