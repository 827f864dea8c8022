"""Consent covers the failures in the question, and nothing that changes while the user is asked."""

from collections.abc import Callable
from datetime import timedelta

import anyio
import pytest
from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult

from tests.conftest import NOW
from tests.helpers.consent import AGREE, DECLINE, RATE_LIMIT, User, add_failed_jobs, client_with_user, count_posts
from tests.helpers.retries import outcomes, retried, retry_concurrently, retry_jobs, retry_server
from writer_jobs_mcp.sandbox import SandboxApp, SandboxStore
from writer_jobs_mcp.sandbox.jobs import SandboxJob


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
async def test_a_job_that_changes_during_the_question_is_not_retried(
    store: SandboxStore,
    api: SandboxApp,
    url: str,
    mode: str,
    change: Callable[[SandboxJob], None],
    outcome: str,
    asks_again: bool,
) -> None:
    (job_id,) = add_failed_jobs(store, RATE_LIMIT)
    job = store.job(job_id)
    assert job is not None
    user = User(AGREE, api, while_asked=lambda: change(job))
    async with client_with_user(user, url, mode) as client:
        report = await retry_jobs(client, [job_id])
    (row,) = report["jobs"]
    if asks_again and mode == "auto":  # the client makes the call again, so the user can be asked again
        assert [question.partition("? ")[2] for question in user.questions] == [
            f'Its error says: "{RATE_LIMIT}".',
            'Its error says: "Permission denied".',
        ]
        assert (row["outcome"], count_posts(api)) == ("accepted", 1)
    else:
        assert (row["outcome"], len(user.questions), count_posts(api)) == (outcome, 1, 0)
        assert outcome != "error" or row["detail"] == CHANGED


async def test_consent_for_one_job_does_not_cover_another_job_with_the_same_question(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    ids = add_failed_jobs(store, RATE_LIMIT, 2)
    first, second = filter(None, map(store.job, ids))
    second.ends_at = None

    def swap() -> None:
        complete_job(first)
        second.ends_at = NOW - timedelta(minutes=1)

    user = User(AGREE, api, while_asked=swap)
    async with client_with_user(user, url, mode) as client:
        report = await retry_jobs(client, ids)
    expected = ["not_failed", "not_failed" if mode == "legacy" else "error"]
    assert outcomes(report) == expected
    assert (len(user.questions), count_posts(api)) == (1, 0)


async def test_consent_does_not_cover_a_job_that_was_declined_in_a_later_question(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    ids = add_failed_jobs(store, RATE_LIMIT, 2)
    first, second = filter(None, map(store.job, ids))
    second.ends_at = None
    asked, declined, questions = anyio.Event(), anyio.Event(), list[str]()

    async def user(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001 - the SDK names both
        questions.append(params.message)
        if len(questions) > 1:
            return DECLINE
        asked.set()
        await declined.wait()
        return AGREE

    async with (
        Client(retry_server(url), mode=mode, elicitation_callback=user) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(retry_jobs, client, ids)
        await asked.wait()
        complete_job(first)
        second.ends_at = NOW - timedelta(minutes=1)
        await retry_jobs(client, ids)
        declined.set()
    assert questions[1] == f"{questions[0]} You were asked once before, about other failures."
    assert count_posts(api) == 0


@pytest.mark.parametrize("change", [complete_job, restart])
async def test_the_user_is_not_asked_again_about_jobs_that_did_not_change(
    store: SandboxStore, api: SandboxApp, url: str, mode: str, change: Callable[[SandboxJob], None]
) -> None:
    ids = add_failed_jobs(store, RATE_LIMIT, 3)
    first = store.job(ids[0])
    assert first is not None
    user = User(AGREE, api, while_asked=lambda: change(first))
    async with client_with_user(user, url, mode) as client:
        report = await retry_jobs(client, ids)
    assert outcomes(report) == ["not_failed", "accepted", "accepted"]
    assert (len(user.questions), count_posts(api)) == (1, 2)


async def test_the_question_mentions_earlier_questions_about_other_failures_only(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    (job_id,) = add_failed_jobs(store, RATE_LIMIT)
    job = store.job(job_id)
    assert job is not None
    user = User(DECLINE, api)
    async with client_with_user(user, url, mode) as client:
        for minutes in (9, 9, 5, 1):
            job.ends_at = NOW - timedelta(minutes=minutes)
            await retry_jobs(client, [job_id])
    first, *others = user.questions
    assert [each.removeprefix(first) for each in others] == [
        "",
        " You were asked once before, about other failures.",
        " You were asked 2 times before, about other failures.",
    ]


async def test_an_error_with_another_request_number_is_the_same_failure(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    (job_id,) = add_failed_jobs(store, "Bad gateway (request 7c1f22ab)")
    job = store.job(job_id)
    assert job is not None

    def change_number() -> None:
        job.fixed_text = "Bad gateway (request 99e0d1c4)"

    user = User(AGREE, api, while_asked=change_number)
    async with client_with_user(user, url, mode) as client:
        report = await retry_jobs(client, [job_id])
    assert (retried(report), len(user.questions), count_posts(api)) == (1, 1, 1)


async def test_consent_to_two_concurrent_calls_retries_a_job_once(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    user, ids = User(AGREE, api), add_failed_jobs(store, RATE_LIMIT)
    async with client_with_user(user, url, mode) as client:
        reports = await retry_concurrently(2, client, ids)
    assert sorted(outcome for report in reports for outcome in outcomes(report)) == ["accepted", "already_sent"]
    assert len(set(user.questions)) == 1
    assert count_posts(api) == 1
