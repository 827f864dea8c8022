"""A call says which jobs it means in one way, or gets a sentence that says how."""

from typing import Any

import pytest
from mcp.client import Client

from tests.conftest import ALIAS, NOW
from tests.helpers.consent import AGREE, User
from tests.helpers.mcp import call_tool_error
from tests.helpers.retries import posted_ids, retry_server
from tests.helpers.retry_selections import add_failed
from writer_jobs_mcp.failures import Category
from writer_jobs_mcp.sandbox import SandboxApp, SandboxStore

BY_ID_ONLY = "job_ids says which jobs are meant; the other arguments select jobs. Pass only one."
EITHER = "retry_jobs takes either job_ids, or application_id with since, like, category or contains. Pass one."
ALL = "Every failed job of the application would be selected. Pass since, like, category or contains as well."
APPLICATION = {"application_id": ALIAS}
INVALID: list[tuple[dict[str, Any], str]] = [
    ({}, EITHER),
    ({"since": "24h"}, EITHER),
    ({"category": "timeout", "max_jobs": 3}, EITHER),
    (APPLICATION, ALL),
    ({**APPLICATION, "until": "1h"}, ALL),
    ({**APPLICATION, "max_jobs": 5, "since": None}, ALL),
    ({**APPLICATION, "job_ids": ["a"], "since": "24h"}, BY_ID_ONLY),
    ({**APPLICATION, "job_ids": ["a"]}, BY_ID_ONLY),
    ({"job_ids": ["a"], "category": "timeout"}, BY_ID_ONLY),
    ({"job_ids": ["a"], "since": "24h"}, BY_ID_ONLY),
    ({"job_ids": ["a"], "until": "24h"}, BY_ID_ONLY),
    ({"job_ids": ["a", "b"], "max_jobs": 1}, "max_jobs limits a selection, not job_ids. Pass fewer job_ids."),
    ({**APPLICATION, "since": "24h", "max_jobs": 0}, "max_jobs must be a whole number from 1 to 200; got 0."),
    ({**APPLICATION, "since": "24h", "max_jobs": 201}, "max_jobs must be a whole number from 1 to 200; got 201."),
    ({**APPLICATION, "since": "24h", "max_jobs": True}, "max_jobs must be a whole number from 1 to 200; got true."),
    ({**APPLICATION, "contains": " "}, ALL),
    (
        {**APPLICATION, "since": "1h", "until": "2h"},
        "since must be earlier than until; since is 2026-11-23T11:00:00+00:00.",
    ),
    (
        {**APPLICATION, "category": "slow"},
        f'category must be one of {", ".join(Category.__args__)}; got "slow".',
    ),
]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_contradictory_arguments_get_a_sentence_and_send_nothing(
    url: str, api: SandboxApp, store: SandboxStore, dry_run: bool
) -> None:
    add_failed(store, 2)
    user = User(AGREE, api)
    async with Client(retry_server(url), elicitation_callback=user) as client:
        for arguments, message in INVALID:
            assert await call_tool_error(client, "retry_jobs", {**arguments, "dry_run": dry_run}) == message, arguments
    assert (user.questions, posted_ids(api)) == ([], [])


@pytest.mark.parametrize("asks", [True, False])
async def test_the_example_must_be_a_failed_job(
    url: str, api: SandboxApp, store: SandboxStore, mode: str, asks: bool
) -> None:
    add_failed(store, 2)
    done, running = store.add(ALIAS).id, store.add(ALIAS, created_at=NOW, duration=None).id
    user = User(AGREE, api)
    async with Client(retry_server(url), mode=mode, elicitation_callback=user if asks else None) as client:
        for like, words in (
            (running, f'like takes a job that failed, and job "{running}" is "in_progress".'),
            ("no-such-job", 'Writer does not know job "no-such-job"'),
        ):
            arguments = {**APPLICATION, "like": like, "dry_run": False}
            assert (await call_tool_error(client, "retry_jobs", arguments)).startswith(words)
    assert done
    assert (user.questions, posted_ids(api)) == ([], [])


async def test_a_null_argument_is_not_given(client: Client, store: SandboxStore) -> None:
    add_failed(store, 2)
    nulls = dict.fromkeys(("job_ids", "until", "like", "category", "contains", "max_jobs", "dry_run"))
    result = await client.call_tool("retry_jobs", {**APPLICATION, "since": "24h", **nulls})
    assert result.structured_content is not None
    assert (result.structured_content["dry_run"], result.structured_content["would_retry"]) == (True, 2)
