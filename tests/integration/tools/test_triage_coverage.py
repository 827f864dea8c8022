"""What a triage is about, what it read, and how it says what it did not."""

import json
from collections.abc import Callable

import pytest
from mcp.client import Client

from tests.conftest import NOW, config_for
from tests.fakes.unstable_list import TOTALS
from tests.helpers.mcp import call_tool, call_tool_error
from tests.helpers.triage import (
    TRIAGE,
    JsonObject,
    api_with,
    make_failed_jobs,
    make_job,
    server_for,
    triage,
    triage_text,
)
from writer_jobs_mcp.sandbox import ReceivedRequest, SandboxStore, build_app, serve
from writer_jobs_mcp.server.build import build_server

# The window


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        ("2h", None, [0, 30, 60, 90, 120]),
        ("120m", "1h", [90, 120]),
        ("1h", "30m", [60]),
        ("2026-11-23T10:30:00Z", "2026-11-23T11:30:00+00:00", [60, 90]),
        ("2026-11-23T12:30:00+02:00", "2026-11-23 11:30", [60, 90]),
        (None, "1h", [90, 120, 150, 180]),
        ("1d", "2026-11-24", [0, 30, 60, 90, 120, 150, 180]),
        ("2026-11-23 11:30 Europe/Berlin", "2026-11-23T17:15 Asia/Kolkata", [30, 60, 90]),
        ("2026-11-23 Europe/Berlin", "2026-11-23 10:30 UTC", [120, 150, 180]),
    ],
)
async def test_the_window_takes_its_beginning_in_and_its_end_not(
    since: str | None, until: str | None, minutes: list[int]
) -> None:
    api = api_with([make_job(ago) for ago in range(0, 181, 30)])
    answer = await triage(api, since=since, until=until)
    assert answer["counts"] == {"completed": len(minutes)}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"since": "yesterday"},
            "since must be a time such as 2026-11-23T08:00:00Z or 2026-11-23 09:00 Europe/Berlin, or an age such as "
            '90m, 24h or 7d; got "yesterday".',
        ),
        (
            {"until": 5},
            "until must be a time such as 2026-11-23T08:00:00Z or 2026-11-23 09:00 Europe/Berlin, or an age such as "
            "90m, 24h or 7d; got 5.",
        ),
        ({"since": "1h", "until": "2h"}, "since must be earlier than until; since is 2026-11-23T11:00:00+00:00."),
        ({"since": "2030-01-01"}, "since must be earlier than now; since is 2030-01-01T00:00:00+00:00."),
        ({"max_jobs": 0}, "max_jobs must be a whole number from 1 to 1000000; got 0."),
    ],
)
async def test_a_window_that_cannot_be_is_refused_before_anything_is_asked(
    arguments: JsonObject, sentence: str
) -> None:
    api = api_with([])
    async with Client(server_for(api)) as client:
        assert await call_tool_error(client, TRIAGE, {"application_id": "a", **arguments}) == sentence
    assert api.request_count == 0


@pytest.mark.parametrize(
    "since",
    ["2026-11-23 09:00 Europe/Nowhere", "2026-11-23T09:00Z Europe/Berlin", "2026-11-23 ../../etc/passwd", "UTC"],
)
async def test_a_time_zone_that_does_not_exist_is_refused(since: str) -> None:
    async with Client(server_for(api_with([]))) as client:
        assert "Europe/Berlin" in await call_tool_error(client, TRIAGE, {"application_id": "a", "since": since})


async def test_a_time_without_a_zone_is_utc_and_the_answer_says_so() -> None:
    answer = await triage(api_with([make_job(30)]), since="2026-11-23 11:00", until="1m")
    assert answer["coverage"]["message"] == "since had no time zone and was read as UTC."
    answer = await triage(api_with([make_job(30)]), since="2026-11-23 11:00", until="2026-11-23T12:00")
    assert answer["coverage"]["message"] == "since and until had no time zone and were read as UTC."
    answer = await triage(api_with([make_job(30)]), since="2026-11-23 11:00Z")
    assert "message" not in answer["coverage"]


@pytest.mark.parametrize("since", ["999999w", "60000w", "0001-01-01", "1013-01-01T00:00:00+14:00"])
async def test_a_window_before_which_the_calendar_has_no_room_means_everything(since: str) -> None:
    assert (await triage(api_with([make_job(5)]), since=since))["counts"] == {"completed": 1}


@pytest.mark.parametrize("until", ["0001-01-01", "1970-01-01T00:00:00Z"])
async def test_a_window_that_ends_with_the_calendars_beginning_is_empty(until: str) -> None:
    assert (await triage(api_with([make_job(5)]), until=until))["counts"] == {}


# What was not read


def fail_after(status: int, *, after: int) -> Callable[[int], tuple[int, dict[str, str]] | None]:
    return lambda asked: (status, {}) if asked >= after else None


async def test_what_max_jobs_leaves_out_is_said_with_the_call_that_reads_it() -> None:
    api = api_with([make_job(n, "failed", "Rate limit reached") for n in range(900)])
    answer = await triage(api, max_jobs=250)
    assert (answer["coverage"]["complete"], answer["coverage"]["stopped_by"]) == (False, "max_jobs")
    assert answer["coverage"]["jobs_read"] == 250
    call = answer["next"][0]
    counted = answer["counts"]["failed"]
    async with Client(server_for(api)) as client:
        while not answer["coverage"]["complete"]:
            assert call["tool"] == TRIAGE
            answer = await call_tool(client, call["tool"], call["arguments"])
            counted += answer["counts"]["failed"]
            call = answer["next"][0]
    assert counted == 900


async def test_what_was_read_before_writer_failed_is_reported_with_the_reason() -> None:
    api = api_with([make_job(n) for n in range(900)], fail_request=fail_after(403, after=4))
    answer = await triage(api)
    assert (answer["coverage"]["complete"], answer["coverage"]["stopped_by"]) == (False, "upstream_error")
    assert answer["coverage"]["message"].startswith("The API key may not see application")
    assert answer["counts"]["completed"] == answer["coverage"]["jobs_read"] >= 100


async def test_an_error_before_anything_was_read_is_an_error() -> None:
    async with Client(server_for(api_with([], fail_request=fail_after(404, after=0)))) as client:
        assert "Writer does not know" in await call_tool_error(client, TRIAGE, {"application_id": "nowhere"})


FORTY_ERRORS = [
    f"The {word} {verb} unexpectedly"
    for word in ("disk", "quota", "socket", "parser", "schema", "cursor", "kernel", "ledger", "mutex", "shard")
    for verb in ("overflowed", "collapsed", "rejected", "vanished")
]


async def test_more_groups_than_are_shown_are_counted() -> None:
    answer = await triage(api_with([make_job(n, "failed", FORTY_ERRORS[n % 40]) for n in range(200)]))
    shown = sum(group["count"] for group in answer["failures"])
    assert len(answer["failures"]) == 12
    assert answer["failures_omitted"]["jobs"] == 200 - shown


async def test_no_jobs_is_said_in_a_sentence() -> None:
    text = await triage_text(api_with([]), since="24h")
    assert text.startswith("No jobs were created since 11-22 12:00 UTC (24 h).\n")


UNREADABLE_STATUS: JsonObject = {"status": None}


async def test_what_could_not_be_read_is_not_said_not_to_have_failed_nor_to_be_new() -> None:
    late = [make_job(n, "completed") for n in range(1, 50)]
    api = api_with([*late, *(make_job(n, "failed") | UNREADABLE_STATUS for n in range(60, 100))])
    text = await triage_text(api, since="4h")
    assert text.startswith("None of the 49 jobs that could be read, of those created since 08:00 UTC (4 h), failed.")
    gone = api_with([make_job(n) | UNREADABLE_STATUS for n in range(30)])
    assert (await triage_text(gone)).startswith("No job could be read.")
    before = [make_job(n, "failed") | UNREADABLE_STATUS for n in range(100, 110)]
    answer = await triage(
        api_with([*(make_job(n, "failed", "Rate limit reached") for n in range(1, 50)), *before]), since="1h"
    )
    assert "trend" not in answer["failures"][0]
    assert answer["coverage"]["message"] == "1 % of the rows or more could not be read, so no trend is given."


@pytest.mark.parametrize("wrong", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
async def test_a_wrong_date_ends_no_triage(wrong: str) -> None:
    jobs = [make_job(n, "failed", "Rate limit reached") for n in range(400)]
    api = api_with(jobs)
    told = api.job_fields
    api.job_fields = lambda number: told(number) | ({"created_at": wrong} if number == 301 else {})  # the hundredth
    answer = await triage(api, since="1d")
    assert (answer["counts"], answer["coverage"]["complete"]) == ({"failed": 399}, True)


async def test_a_count_of_writers_that_is_never_reached_is_told() -> None:
    answer = await triage(api_with([make_job(n) for n in range(30)], total=TOTALS["too large"]))
    assert answer["coverage"]["message"] == "Writer counts 530 jobs but returned only 30."


@pytest.mark.parametrize("status", ["FAILED", "Failed"])
async def test_a_state_in_capitals_is_the_state(status: str) -> None:
    answer = await triage(api_with([make_job(1, status, "Rate limit reached"), make_job(2)]))
    assert answer["counts"] == {"completed": 1, "failed": 1}


async def test_a_retry_is_suggested_only_where_it_is_offered() -> None:
    api = api_with(make_failed_jobs("Rate limit reached", 3, 5))
    tools = [call["tool"] for call in (await triage(api))["next"]]
    allowed = [call["tool"] for call in (await triage(api, {"WRITER_JOBS_ALLOW_RETRY": "true"}))["next"]]
    assert ("retry_jobs" in tools, "retry_jobs" in allowed) == (False, True)


async def test_ids_of_whatever_length_do_not_make_the_answer_large() -> None:
    jobs = [make_job(n, "failed", FORTY_ERRORS[n % 40]) | {"id": f"{n}".ljust(200, '"')} for n in range(1, 200)]
    answer = await triage(api_with(jobs), application_id='"' * 200)
    assert len(json.dumps(answer, ensure_ascii=False, separators=(",", ":"))) < 12_000
    shown = sum(group["count"] for group in answer["failures"])
    assert 0 < len(answer["failures"]) <= 12
    assert shown + answer["failures_omitted"]["jobs"] == answer["counts"]["failed"] == 199


async def test_long_and_hostile_errors_do_not_make_the_answer_large() -> None:
    hostile, slashes = '€\u202e"' * 40, "\\" * 400
    jobs = [make_job(n, "failed", f"{hostile} kind{chr(97 + n % 20) * 9} {slashes}" * 9) for n in range(400)]
    answer = await triage(api_with(jobs))
    assert len(json.dumps(answer, ensure_ascii=False)) < 12_000


# On the way


async def test_progress_is_told_while_it_reads() -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with Client(server_for(api_with([make_job(n) for n in range(450)]))) as client:
        await client.call_tool(TRIAGE, {"application_id": "a"}, progress_callback=note)
    assert [progress for progress, _, _ in told] == sorted({progress for progress, _, _ in told})
    assert told[-1] == (450, 450, "read 450 of 450 jobs")


async def test_ten_thousand_jobs_of_a_list_that_moves_are_each_counted_once() -> None:
    world = SandboxStore(now=NOW, clock=lambda: NOW, jobs=10_000)
    application = world.applications[0].id
    there_all_along = {job.id for job in world.jobs(application)}
    asked = 0

    def move(_: ReceivedRequest) -> None:
        nonlocal asked
        asked += 1
        if asked % 9 == 5:
            world.add(application)

    async with serve(build_app(world, on_request=move)) as url:
        unhurried = config_for(url, WRITER_JOBS_CALL_BUDGET="600")
        async with Client(build_server(unhurried)) as client:
            answer = await call_tool(client, TRIAGE, {"application_id": application, "max_jobs": 20_000})
    coverage = answer["coverage"]
    assert (coverage["complete"], coverage["moved_during_scan"]) == (True, True)
    assert len(there_all_along) <= coverage["jobs_read"] <= len(world.jobs(application))
