"""The window of a triage: since and until."""

import pytest
from mcp.client import Client

from tests.helpers.jobs import JsonObject, make_job
from tests.helpers.mcp import call_tool_error, server_for
from tests.helpers.triage import TRIAGE, api_with, triage


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
async def test_since_is_inclusive_and_until_is_exclusive(
    since: str | None, until: str | None, minutes: list[int]
) -> None:
    api = api_with([make_job(ago) for ago in range(0, 181, 30)])
    result = await triage(api, since=since, until=until)
    assert result["counts"] == {"completed": len(minutes)}


@pytest.mark.parametrize(
    ("arguments", "message"),
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
async def test_an_invalid_window_is_an_error_before_anything_is_sent(arguments: JsonObject, message: str) -> None:
    api = api_with([])
    async with Client(server_for(api)) as client:
        assert await call_tool_error(client, TRIAGE, {"application_id": "a", **arguments}) == message
    assert api.request_count == 0


@pytest.mark.parametrize(
    "since",
    ["2026-11-23 09:00 Europe/Nowhere", "2026-11-23T09:00Z Europe/Berlin", "2026-11-23 ../../etc/passwd", "UTC"],
)
async def test_an_unknown_time_zone_is_an_error(since: str) -> None:
    async with Client(server_for(api_with([]))) as client:
        assert "Europe/Berlin" in await call_tool_error(client, TRIAGE, {"application_id": "a", "since": since})


async def test_a_time_without_a_zone_is_read_as_utc_and_the_result_says_so() -> None:
    result = await triage(api_with([make_job(30)]), since="2026-11-23 11:00", until="1m")
    assert result["coverage"]["message"] == "since had no time zone and was read as UTC."
    result = await triage(api_with([make_job(30)]), since="2026-11-23 11:00", until="2026-11-23T12:00")
    assert result["coverage"]["message"] == "since and until had no time zone and were read as UTC."
    result = await triage(api_with([make_job(30)]), since="2026-11-23 11:00Z")
    assert "message" not in result["coverage"]


@pytest.mark.parametrize("since", ["999999w", "60000w", "0001-01-01", "1013-01-01T00:00:00+14:00"])
async def test_a_window_that_starts_before_the_calendar_covers_everything(since: str) -> None:
    assert (await triage(api_with([make_job(5)]), since=since))["counts"] == {"completed": 1}


@pytest.mark.parametrize("until", ["0001-01-01", "1970-01-01T00:00:00Z"])
async def test_a_window_that_ends_before_all_jobs_is_empty(until: str) -> None:
    assert (await triage(api_with([make_job(5)]), until=until))["counts"] == {}
