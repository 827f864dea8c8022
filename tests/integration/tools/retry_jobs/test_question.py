"""The question to the user before a retry."""

import json

import pytest

from tests.conftest import ALIAS
from tests.helpers.consent import AGREE, DECLINE, RATE_LIMIT, User, add_failed_jobs, client_with_user, count_posts
from tests.helpers.retries import AliasedIds, outcomes, retried, retry_jobs
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
from writer_jobs_mcp.sandbox.jobs import SandboxJobStatus


async def test_the_user_is_asked_once_before_anything_is_sent(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    user, ids = User(AGREE, api), add_failed_jobs(store, RATE_LIMIT, 2)
    async with client_with_user(user, url, mode) as client:
        report = await retry_jobs(client, ids)
    assert (retried(report), len(user.questions), user.posts_before, count_posts(api)) == (2, 1, 0, 2)
    assert user.questions[0] == (
        f'Retry 2 failed jobs of "Product description writer" (rate_limit)? Their errors say: "{RATE_LIMIT}" (2).'
    )


async def test_the_question_about_one_job_is_singular(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    user = User(DECLINE, api)
    async with client_with_user(user, url, mode) as client:
        await retry_jobs(client, add_failed_jobs(store, RATE_LIMIT))
    assert user.questions[0] == (
        f'Retry 1 failed job of "Product description writer" (rate_limit)? Its error says: "{RATE_LIMIT}".'
    )


async def test_the_question_counts_jobs_by_application_cause_and_error(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, mode: str
) -> None:
    other = "support-reply-drafter"
    ids = [
        *add_failed_jobs(store, RATE_LIMIT, 3),
        *add_failed_jobs(store, "Request timed out after 30 seconds", 2),
        *add_failed_jobs(store, "Prompt is too long", application=other),
        *add_failed_jobs(store, "", application=other),
    ]
    renamed = json.dumps({"id": "x", "name": 'My "own"\n\u202eagent'}).encode()
    faults.push(CannedResponse(200, renamed), on=f"GET .*/{SECOND}")
    user = User(DECLINE, api)
    async with client_with_user(user, url, mode) as client:
        await retry_jobs(client, ids)
    assert user.questions[0] == (
        'Retry 7 failed jobs: 5 of "Product description writer" (3 rate_limit, 2 timeout), 2 of "My \\"own\\" agent" '
        f'(1 input_too_long, 1 unknown cause)? Their errors say: "{RATE_LIMIT}" (3), '
        '"Request timed out after 30 seconds" (2), "Prompt is too long" (1). 1 has no error text.'
    )


async def test_errors_that_differ_only_in_numbers_are_quoted_once(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    ids = [
        *add_failed_jobs(store, "Limit of 400 requests reached"),
        *add_failed_jobs(store, "Limit of 25 requests reached"),
    ]
    user = User(DECLINE, api)
    async with client_with_user(user, url, mode) as client:
        await retry_jobs(client, ids)
    assert user.questions[0].endswith('Their errors say: "Limit of <number> requests reached" (2).')


FIRST, SECOND, _ = (application.id for application in APPLICATIONS)
DIFFERENT_ERRORS = [
    'Rows "a" of the sheet vanished overnight, and there was no hint at all of where they could have gone',
    "Nothing matched",
    "Please consult your favourite astronomer",
    "Lamps were green although everybody voted for purple ones, and the meeting ended before anyone could object to it",
    "Somebody unplugged it",
    "The parrot refuses to speak before breakfast",
    "Twelve penguins marched past",
    "Ink ran dry",
    "A bridge too far",
    "Weather too nice",
]


async def test_the_question_about_many_different_errors_is_short(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    ids = [each for error in DIFFERENT_ERRORS for each in add_failed_jobs(store, error, 2)]
    user = User(DECLINE, api)
    async with client_with_user(user, url, mode) as client:
        await retry_jobs(client, ids)
    message = user.questions[0]
    assert message.startswith(
        'Retry 20 failed jobs of "Product description writer" (18 unknown cause, 2 missing_resource)? '
    )
    assert message.endswith(" (2). 14 others say something else.")
    assert len(message) <= 600


@pytest.mark.parametrize("status", ["completed", "in_progress"])
async def test_the_user_is_not_asked_when_no_job_failed(
    store: SandboxStore, api: SandboxApp, url: str, mode: str, status: SandboxJobStatus
) -> None:
    user, ids = User(AGREE, api), [store.jobs(ALIAS, status)[0].id, "no-such-job"]
    async with client_with_user(user, url, mode) as client:
        report = await retry_jobs(client, ids)
    assert outcomes(report) == ["not_failed", "not_found"]
    assert (user.questions, count_posts(api)) == ([], 0)


async def test_the_user_is_not_asked_about_a_failure_that_was_already_retried(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, mode: str
) -> None:
    faults.push(CannedResponse(202, b"{}"), on="^POST", times=None)  # accepted, but not started
    user, ids = User(AGREE, api), add_failed_jobs(store, RATE_LIMIT, 2)
    async with client_with_user(user, url, mode) as client:
        await retry_jobs(client, ids[:1])
        again = await retry_jobs(client, ids[:1])
        assert (outcomes(again), len(user.questions)) == (["already_sent"], 1)
        both = await retry_jobs(client, ids)
    assert outcomes(both) == ["already_sent", "accepted"]
    assert user.questions[1].startswith("Retry 1 failed job of ")
    assert count_posts(api) == 2


async def test_a_job_that_cannot_be_read_is_reported_and_left_out_of_the_question(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, mode: str
) -> None:
    user, ids = User(AGREE, api), add_failed_jobs(store, RATE_LIMIT, 2)
    faults.push(CannedResponse(403), on=f"GET .*{ids[1]}", times=None)
    async with client_with_user(user, url, mode) as client:
        report = await retry_jobs(client, ids)
    assert outcomes(report) == ["accepted", "error"]
    assert "(403)" in report["jobs"][1]["detail"]
    assert user.questions[0].startswith("Retry 1 failed job of ")


async def test_reading_the_jobs_leaves_time_to_ask_and_to_send(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, mode: str
) -> None:
    user, ids = User(AGREE, api), add_failed_jobs(store, RATE_LIMIT, 2)
    faults.push(Delay(30), on=f"GET .*{ids[1]}", times=None)
    async with client_with_user(user, url, mode, WRITER_JOBS_CALL_BUDGET="4") as client:
        report = await retry_jobs(client, ids)
    assert outcomes(report) == ["accepted", "error"]
    assert report["jobs"][1]["detail"] == (
        "The time for this call ended before this job was handled; nothing was sent for it. Call again."
    )
    assert user.questions[0].startswith("Retry 1 failed job of ")


@pytest.mark.parametrize(
    "fault", [CannedResponse(404), CannedResponse(403), Delay(30), CannedResponse(200, b'{"id": "x"}')]
)
async def test_an_application_without_a_known_name_is_named_by_its_id(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, mode: str, fault: InjectedFault
) -> None:
    user, ids = User(AGREE, api), add_failed_jobs(store, RATE_LIMIT)
    faults.push(fault, on=rf"GET /v1/applications/{FIRST}$", times=None)
    async with client_with_user(user, url, mode, WRITER_JOBS_CALL_BUDGET="4") as client:
        report = await retry_jobs(client, ids)
    assert (retried(report), len(user.questions)) == (1, 1)
    assert user.questions[0].startswith(f'Retry 1 failed job of "{FIRST}" (rate_limit)? ')


async def test_two_ids_of_one_job_count_as_one_job_in_the_question(
    store: SandboxStore, api: SandboxApp, mode: str
) -> None:
    user, (job,) = User(AGREE, api), add_failed_jobs(store, RATE_LIMIT)
    spelling = f"{{{job}}}"
    aliased = AliasedIds(api, lambda job_id: job if job_id == spelling else job_id)
    async with serve(aliased) as url, client_with_user(user, url, mode) as client:
        report = await retry_jobs(client, [job, spelling])
    assert outcomes(report) == ["accepted", "already_sent"]
    assert user.questions[0].startswith("Retry 1 failed job of ")
    assert count_posts(api) == 1


FORGERIES = ['a"? Nothing is sent. "', "b\u2028\u202e\U000e0041c", "d" * 2_000, "\u201c" * 2_000]


@pytest.mark.parametrize(
    "forged", FORGERIES, ids=["quotation mark", "invisible characters", "length", "length as escapes"]
)
async def test_untrusted_text_cannot_forge_the_question(
    store: SandboxStore, api: SandboxApp, faults: FaultScript, url: str, mode: str, forged: str
) -> None:
    user = User(DECLINE, api)
    faults.push(
        CannedResponse(200, json.dumps({"id": FIRST, "name": forged}).encode()),
        on=rf"GET /v1/applications/{FIRST}$",
        times=None,
    )
    async with client_with_user(user, url, mode) as client:
        await retry_jobs(client, add_failed_jobs(store, forged))
    message = user.questions[0]
    assert mask_quotations(message) == 'Retry 1 failed job of "" (unknown cause)? Its error says: "".'
    assert (unsafe_characters(message), len(message) <= 600) == ([], True)
