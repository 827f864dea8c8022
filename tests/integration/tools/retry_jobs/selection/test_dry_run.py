"""What a dry run of a selection reports, and that the call it suggests is about the same failures."""

from datetime import timedelta
from typing import Any

from mcp.client import Client

from tests.conftest import ALIAS, NOW, Clock
from tests.helpers.mcp import call_tool, text_of
from tests.helpers.retries import posted_ids
from tests.helpers.retry_selections import (
    RATE_LIMIT,
    TIMEOUT,
    add_failed,
    call,
    dry_run,
    fail_again,
    follow,
    get_job,
    posts_per_job,
    retry,
    suggested,
)
from writer_jobs_mcp.sandbox import SandboxApp, SandboxStore


async def test_a_dry_run_groups_the_jobs_and_suggests_the_call_that_sends(
    client: Client, store: SandboxStore, api: SandboxApp
) -> None:
    add_failed(store, 3, "Input missing: 'Brand' is required", age=timedelta(hours=5))
    add_failed(store, 4, age=timedelta(hours=2))
    report = await dry_run(client, since="24h")
    assert [(group["count"], group["category"], group["retry"]) for group in report["groups"]] == [
        (4, "rate_limit", "worth_it"),
        (3, "invalid_input", "after_a_fix"),
    ]
    assert all(group["advice"] for group in report["groups"])
    assert (report["oldest"], report["newest"]) == ("2026-11-23T06:59:58Z", "2026-11-23T10:00:00Z")
    assert (report["jobs"], "left" in report, "outcomes" in report, "message" in report) == ([], False, False, False)
    assert report["next"] == [
        {
            "tool": "retry_jobs",
            "arguments": {
                "application_id": ALIAS,
                "since": "2026-11-22T12:00:00Z",
                "until": "2026-11-23T12:00:00Z",
                "dry_run": False,
            },
            "why": "retry 7 jobs, once the user agrees; 3 will likely fail again until the cause is fixed",
        }
    ]
    assert posted_ids(api) == []


async def test_a_dry_run_says_what_is_left_and_how_to_retry_it_at_once(client: Client, store: SandboxStore) -> None:
    add_failed(store, 210)
    by_three, by_default, all_of_them = [
        await dry_run(client, category="rate_limit", **more) for more in ({"max_jobs": 3}, {}, {"max_jobs": 200})
    ]
    assert [(each["would_retry"], each["left"]) for each in (by_three, by_default, all_of_them)] == [
        (3, 207),
        (50, 160),
        (200, 10),
    ]
    assert [
        [(each["arguments"].get("max_jobs"), each["why"]) for each in report["next"]]
        for report in (by_three, by_default, all_of_them)
    ] == [
        [(3, "retry 3 jobs, once the user agrees"), (200, "retry 200 of the 210 at once, once the user agrees")],
        [(None, "retry 50 jobs, once the user agrees"), (200, "retry 200 of the 210 at once, once the user agrees")],
        [(200, "retry 200 jobs, once the user agrees")],
    ]
    text = text_of(
        await client.call_tool("retry_jobs", {"application_id": ALIAS, "category": "rate_limit", "max_jobs": 3})
    )
    assert text.splitlines()[:2] == [
        f'Dry run, nothing was sent: 3 of 210 selected failed jobs of application "{ALIAS}" would be retried.',
        "Those of the groups below (3) were created 2026-11-23T10:59:58Z to 2026-11-23T11:00:00Z. 207 jobs left, for "
        "which nothing was sent.",
    ]


async def test_jobs_that_fail_after_the_dry_run_are_not_in_the_call_that_it_suggests(
    client: Client, store: SandboxStore, api: SandboxApp, clock: Clock
) -> None:
    ids = add_failed(store, 4)
    running = store.add(ALIAS, created_at=NOW - timedelta(minutes=1), duration=timedelta(minutes=3), error=RATE_LIMIT)
    planned = await dry_run(client, since="24h", category="rate_limit")
    clock.advance(minutes=5)
    store.add(ALIAS, created_at=NOW + timedelta(minutes=1), error=RATE_LIMIT)
    fail_again(store, ids[3])  # another one has retried it
    report = await call(client, suggested(planned) or {})
    assert (planned["would_retry"], report["selected"], report["outcomes"]) == (4, 3, {"accepted": 3})
    assert report["message"] == (
        "Left out: 2 failed jobs not among the failures that this call was suggested for; a new dry run selects them."
    )
    assert posts_per_job(api) == dict.fromkeys(ids[:3], 1)
    assert running.status(clock()) == "failed"
    assert (await dry_run(client, since="24h", category="rate_limit"))["would_retry"] == 3


async def test_a_job_created_at_the_time_of_the_dry_run_is_not_in_the_call_that_it_suggests(
    client: Client, store: SandboxStore, api: SandboxApp
) -> None:
    ahead = NOW + timedelta(seconds=5, microseconds=7)  # Writer's clock is ahead of the server's
    (first,) = [store.add(ALIAS, created_at=ahead, duration=timedelta(seconds=-9), error=RATE_LIMIT).id]
    planned = await dry_run(client, category="rate_limit")
    arguments = suggested(planned) or {}
    assert arguments["until"] == "2026-11-23T12:00:05.000008Z"
    store.add(ALIAS, created_at=ahead, duration=timedelta(seconds=-9), error=RATE_LIMIT)
    report = await call(client, arguments)
    assert report["outcomes"] == {"accepted": 1}
    assert posts_per_job(api) == {first: 1}


async def test_a_few_first_then_the_rest_by_the_suggested_calls(
    client: Client, store: SandboxStore, api: SandboxApp, clock: Clock
) -> None:
    ids = add_failed(store, 12, lambda n: f"Rate limit exceeded, request {n:04x}f")
    add_failed(store, 5, TIMEOUT)
    planned = await dry_run(client, like=ids[0], max_jobs=3)
    first = await call(client, suggested(planned) or {})
    assert (first["outcomes"], first["left"]) == ({"accepted": 3}, 9)
    assert (suggested(first) or {})["until"] == "2026-11-23T10:59:57.000001Z"  # just after the next one
    assert first["next"][-1]["tool"] == "wait_for_jobs"
    clock.advance(seconds=10)
    assert get_job(store, ids[0]).status(clock()) == "completed"
    listed = await call_tool(client, "list_failed_jobs", {"application_id": ALIAS, "like": ids[0]})
    assert listed["matched"] == 9
    assert (await dry_run(client, like=ids[0]))["would_retry"] == 9  # the example has completed
    reports = await follow(client, first)
    assert [report["outcomes"] for report in reports] == [{"accepted": 3}] * 3
    assert [report.get("left") for report in reports] == [6, 3, None]
    assert posts_per_job(api) == dict.fromkeys(ids, 1)


async def test_the_example_of_the_suggested_call_is_known_even_if_it_completes_first(
    client: Client, store: SandboxStore, api: SandboxApp, clock: Clock
) -> None:
    ids = add_failed(store, 6, lambda n: f"Rate limit exceeded, request {n:04x}f")
    first = await retry(client, like=ids[0], max_jobs=3)
    arguments = suggested(first) or {}
    assert arguments["like"] == ids[3]
    store.retry(ids[3])
    clock.advance(seconds=10)
    report = await call(client, arguments)
    assert (report["selected"], report["outcomes"]) == (2, {"accepted": 2})
    assert ids[3] not in posts_per_job(api)


async def test_a_group_of_a_selection_can_be_named_by_a_job_that_was_retried(
    client: Client, store: SandboxStore, clock: Clock
) -> None:
    long = "Traceback: " + "frame of the program, " * 300 + "OverflowError: too many"
    ids = add_failed(store, 4, long)
    await retry(client, contains="too many", max_jobs=1)
    clock.advance(seconds=10)
    assert get_job(store, ids[0]).status(clock()) == "completed"
    assert (await dry_run(client, like=ids[0]))["would_retry"] == 3


async def test_a_job_that_failed_again_is_selected_after_ten_minutes(
    client: Client, store: SandboxStore, api: SandboxApp, clock: Clock
) -> None:
    ids = add_failed(store, 3)
    await retry(client, since="24h")
    clock.advance(minutes=2)
    fail_again(store, ids[1])
    again = await retry(client, since="24h")
    assert (again["selected"], again["outcomes"]) == (1, {"already_sent": 1})
    assert again["jobs"] == [
        {
            "job_id": ids[1],
            "before": "failed",
            "outcome": "already_sent",
            "detail": "A retry was attempted at 2026-11-23T12:00:00Z: Writer accepted it. It has failed again since. "
            "It is not sent again before 2026-11-23T12:10:00Z.",
        }
    ]
    assert "next" not in again
    clock.advance(minutes=8)
    later = await retry(client, since="24h")
    assert (later["outcomes"], "message" in later) == ({"accepted": 1}, False)
    assert posts_per_job(api) == {**dict.fromkeys(ids, 1), ids[1]: 2}


async def test_nothing_is_suggested_where_nothing_was_selected(client: Client, store: SandboxStore) -> None:
    add_failed(store, 2)
    arguments: dict[str, Any] = {"application_id": ALIAS, "contains": "no such words"}
    result = await client.call_tool("retry_jobs", arguments)
    assert text_of(result) == f'No failed job of application "{ALIAS}" was selected; nothing was sent.'
    assert (await retry(client, contains="no such words"))["selected"] == 0
