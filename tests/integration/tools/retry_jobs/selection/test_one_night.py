"""One night's rate limits among 10,000 jobs: a dry run, one question, each job sent once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from mcp_types import CallToolResult

from tests.conftest import ALIAS, NOW, Clock
from tests.helpers.consent import AGREE, User, client_with_user
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.retry_selections import add_failed, check_numbers, posts_per_job
from writer_jobs_mcp.sandbox import SandboxApp, SandboxStore

CHARACTERS_A_TOKEN = 2.5  # at least, in o200k, of text with many ids and times
MAX_TOKENS = 2_000


@pytest.fixture
def store(clock: Clock) -> SandboxStore:
    store = SandboxStore(now=NOW, clock=clock, jobs=10_000)
    for job in [job for job in store.jobs(ALIAS, "failed") if job.created_at > NOW - timedelta(hours=13)]:
        store.remove(job.id)
    return store


async def test_all_rate_limits_of_a_night_are_retried_in_two_calls_with_one_question(
    store: SandboxStore, api: SandboxApp, url: str, mode: str
) -> None:
    step = timedelta(minutes=3)
    ids = add_failed(store, 102, "Rate limit exceeded for this key", age=timedelta(hours=4), step=step)
    ids += add_failed(store, 89, lambda n: f"429 Too Many Requests (request {n}f3c)", age=timedelta(hours=5), step=step)
    add_failed(store, 150, "Request timed out after 30 seconds", age=timedelta(hours=3), step=step)
    user = User(AGREE, api)
    async with client_with_user(user, url, mode) as client:
        arguments: dict[str, Any] = {
            "application_id": ALIAS,
            "since": "12h",
            "category": "rate_limit",
            "max_jobs": 200,
        }
        first = await client.call_tool("retry_jobs", arguments)
        planned = structure_of(first)
        requests = len(api.received)
        (suggestion,) = planned["next"]
        second = await client.call_tool("retry_jobs", suggestion["arguments"])
        done = structure_of(second)
    assert (planned["selected"], planned["would_retry"], "left" in planned) == (191, 191, False)
    assert sorted(group["count"] for group in planned["groups"]) == [89, 102]
    assert suggestion["arguments"] == {
        **arguments,
        "since": "2026-11-23T00:00:00Z",
        "until": "2026-11-23T12:00:00Z",
        "dry_run": False,
    }
    assert (done["selected"], done["outcomes"], done["jobs"], "left" in done) == (191, {"accepted": 191}, [], False)
    for report in (planned, done):
        check_numbers(report)
    assert len(user.questions) == 1
    assert user.questions[0].startswith('Retry 191 failed jobs of "Product description writer" (rate_limit)? ')
    assert user.posts_before == 0
    assert posts_per_job(api) == dict.fromkeys(ids, 1)
    # Statuses are read by pages: not one request a job.
    reads = [request for request in api.received if request.method == "GET"]
    assert len(reads) - requests < 40
    assert not any(job in request.path for request in reads for job in ids[:5])
    assert tokens_of(first) + tokens_of(second) < MAX_TOKENS


def tokens_of(result: CallToolResult) -> float:
    """Return how many tokens a model reads at most: of the text, or of the structure."""
    return max(len(text_of(result)), len(json.dumps(result.structured_content))) / CHARACTERS_A_TOKEN
