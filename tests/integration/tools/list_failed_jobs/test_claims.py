"""Each sentence of a list of failed jobs is true, also where not all could be read."""

import json
from datetime import timedelta
from typing import Any

import anyio
import pytest
from mcp.client import Client

from tests.conftest import NOW
from tests.fakes.unstable_list import TOTALS, Move, UnstableListApi, arrivals
from tests.helpers.failed_jobs import LIST, ids_of, list_failed, list_text
from tests.helpers.jobs import JsonObject, make_job
from tests.helpers.mcp import call_tool, call_tool_error, server_for, structure_of, text_of
from tests.helpers.triage import RATE_LIMIT, TIMEOUT, UNREADABLE_ID, api_with

HOURLY = [make_job(60 * n + 1, "failed", RATE_LIMIT if n % 2 else TIMEOUT) for n in range(400)]


async def listed(api: UnstableListApi, **arguments: Any) -> tuple[str, JsonObject]:
    """Return the first line of the text, and the structure."""
    async with Client(server_for(api)) as client:
        result = await client.call_tool(LIST, {"application_id": "a", **arguments})
        return text_of(result).splitlines()[0], structure_of(result)


# The headline


@pytest.mark.parametrize(
    ("arguments", "headline"),
    [
        ({"since": "3h"}, "3 {of}."),
        ({"until": "398h"}, "2 failed jobs of application {a}, created until 2026-11-06T22:00:00Z."),
        ({"until": "3w"}, "No failed job of application {a}, created until 2026-11-02T12:00:00Z."),
        ({"since": "3h", "category": "timeout"}, "2 of 3 {of}, match."),
        ({"since": "3h", "category": "rate_limit"}, "1 of 3 {of}, matches."),
        ({"since": "3h", "contains": "disk"}, "None of 3 {of}, match."),
        ({"since": "3h", "limit": 2}, "3 {of}; 1 to 2 shown."),
        ({"since": "3h", "limit": 2, "offset": 2}, "3 {of}; number 3 shown."),
        ({"since": "3h", "offset": 7}, "3 {of}; none at offset 7."),
    ],
)  # fmt: skip
async def test_the_headline_counts_what_matches(arguments: JsonObject, headline: str) -> None:
    sentence, result = await listed(api_with(HOURLY), **arguments)
    of = 'failed jobs of application "a", created from 2026-11-23T09:00:00Z until 2026-11-23T12:00:00Z'
    assert sentence == headline.format(a='"a"', of=of)
    assert result["coverage"]["complete"]
    assert "message" not in result["coverage"]


async def test_groups_of_other_pages_are_counted_also_behind_the_last_page() -> None:
    api = api_with(HOURLY[:6])
    text = await list_text(api, offset=6)
    assert "6 jobs in 2 groups on other pages" in text
    assert (await list_failed(api, offset=6))["groups_omitted"] == {"groups": 2, "jobs": 6}
    first = await list_failed(api, limit=1)
    assert (first["groups"][0]["count"], first["groups_omitted"]) == (3, {"groups": 1, "jobs": 3})
    assert "group" not in first["jobs"][0]


async def test_a_page_is_followed_by_the_call_for_the_next() -> None:
    text = await list_text(api_with(HOURLY), since="100h", limit=3, category="timeout", error_chars=10)
    assert text.endswith(
        'Next:\n- list_failed_jobs(application_id="a", since="2026-11-19T08:00:00Z", until="2026-11-23T12:00:00Z", '
        'category="timeout", offset=3, limit=3, error_chars=10): the next page; if jobs were retried since, begin at '
        "offset 0"
    )


# Not all could be read


class FailingPages(UnstableListApi):
    """An API whose pages of failed jobs are errors from an offset on."""

    fails_from = 0

    def page(self, offset: int, limit: int, status: str | None = None) -> dict[str, Any]:
        if status == "failed" and offset >= self.fails_from:
            return {"oops": True}
        return super().page(offset, limit, status)


def failing_pages(offset: int, **options: Any) -> UnstableListApi:
    api = FailingPages(list(range(400, 0, -1)), job_fields=api_with(HOURLY).job_fields, **options)
    api.fails_from = offset
    return api


async def test_a_page_that_fails_in_the_middle_is_told() -> None:
    sentence, result = await listed(failing_pages(150), since="300h", limit=200)
    coverage = result["coverage"]
    read = coverage["failed_in_window"]
    assert sentence.startswith(f'As far as could be read, {read} failed jobs of application "a", created from ')
    assert 99 <= read < 300
    assert coverage["complete"] is False
    oldest = NOW - timedelta(hours=read - 1, minutes=1)
    assert coverage["read_back_to"] == oldest.isoformat().replace("+00:00", "Z")
    assert "Writer" in coverage["message"]
    assert result["matched"] == read == len(result["jobs"])


async def test_a_window_is_complete_if_only_older_failures_could_not_be_read() -> None:
    sentence, result = await listed(failing_pages(150), since="20h")
    assert sentence.startswith('20 failed jobs of application "a"')
    assert result["coverage"] == {"complete": True, "failed_in_window": 20}


async def test_nothing_found_in_part_of_a_window_is_not_nothing() -> None:
    sentence, result = await listed(failing_pages(150), since="300h", contains="disk")
    assert sentence.startswith("As far as could be read, none of ")
    assert result["matched"] == 0


async def test_all_jobs_are_read_where_the_failed_ones_cannot_be() -> None:
    sentence, result = await listed(failing_pages(0), since="300h", limit=1)
    assert sentence.startswith('300 failed jobs of application "a"')
    assert result["coverage"]["complete"]
    assert result["coverage"]["message"].startswith("Jobs were read one by one, which takes longer: ")


async def test_an_end_that_comes_too_early_is_told() -> None:
    api = api_with([make_job(0.5), *HOURLY[:4]], honours_status=False, total=TOTALS["too large"])
    _, result = await listed(api)
    assert result["coverage"]["message"].startswith("Writer counts 505 jobs but returned only 5.")


async def test_nothing_is_claimed_of_a_window_that_was_not_reached() -> None:
    def fail(number: int) -> tuple[int, dict[str, str]] | None:
        return (403, {}) if number else None

    api = api_with([make_job(0.5), *HOURLY], honours_status=False, fail_request=fail)
    sentence, result = await listed(api, until="300h")
    assert sentence.startswith('As far as could be read, no failed job of application "a", created until ')
    assert result["coverage"]["complete"] is False
    assert "The API key may not see" in result["coverage"]["message"]


@pytest.mark.parametrize(("position", "since"), [(3, "10h"), (15, "10h"), (3, None)])
async def test_unreadable_rows_are_counted_and_may_be_of_any_time(position: int, since: str | None) -> None:
    jobs = [job | (UNREADABLE_ID if n == position else {}) for n, job in enumerate(HOURLY[:40])]
    api = api_with(jobs)
    arguments = {"since": since} if since else {}
    sentence, result = await listed(api, **arguments)
    assert sentence.startswith("As far as could be read, ")
    coverage = result["coverage"]
    assert (coverage["complete"], coverage["unreadable"]["count"]) == (False, 1)
    assert "read_back_to" not in coverage
    assert "1 row could not be read (" in (text := await list_text(api, **arguments))
    assert "whether of this window is not known" in text


class SlowFailedList(UnstableListApi):
    """An API whose pages of failed jobs never come, from the third on."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if b"status=failed" in scope["query_string"] and self.filtered_request_count >= 2:
            await anyio.sleep_forever()
        await super().__call__(scope, receive, send)


async def test_a_budget_that_ends_in_the_middle_is_told() -> None:
    api = SlowFailedList(list(range(400, 0, -1)), job_fields=api_with(HOURLY).job_fields)
    async with Client(server_for(api, WRITER_JOBS_CALL_BUDGET="2")) as client:
        result = await call_tool(client, LIST, {"application_id": "a", "since": "300h", "limit": 200})
    coverage = result["coverage"]
    assert coverage["complete"] is False
    assert 90 < coverage["failed_in_window"] < 300
    assert "read_back_to" in coverage
    assert coverage["message"]


async def test_an_application_that_is_not_known_is_an_error() -> None:
    class Unknown(UnstableListApi):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await super().__call__(scope | {"path": "/v1/applications"}, receive, send)

    async with Client(server_for(Unknown([]))) as client:
        error = await call_tool_error(client, LIST, {"application_id": "a"})
    assert error.startswith('Writer does not know application "a"')


# A list that moves, and clocks that differ


async def test_jobs_of_a_clock_that_is_ahead_are_in_a_window_that_ends_after_them() -> None:
    ahead = (NOW + timedelta(minutes=5, microseconds=9)).isoformat()
    api = api_with([*HOURLY[:3], make_job(0, "failed", RATE_LIMIT) | {"created_at": ahead}])
    sentence, result = await listed(api, since="1h")
    assert (result["matched"], result["jobs"][0]["created_at"]) == (2, "2026-11-23T12:05:00Z")
    assert sentence == (
        '2 failed jobs of application "a", created from 2026-11-23T11:00:00Z until 2026-11-23T12:05:01Z.'
    )


async def test_a_window_of_the_past_has_no_later_job() -> None:
    result = await list_failed(api_with(HOURLY), since="5h", until="2h")
    assert result["window"] == {"since": "2026-11-23T07:00:00Z", "until": "2026-11-23T10:00:00Z"}
    assert [row["created_at"][11:16] for row in result["jobs"]] == ["09:59", "08:59", "07:59"]


async def test_a_job_that_arrives_while_the_list_is_read_is_left_for_the_next_call() -> None:
    def fail_later(api: UnstableListApi) -> None:
        arrivals(1)(api)
        api.new_statuses[api.ids[0]] = "failed"

    moves: list[Move | None] = [None, fail_later]
    api = api_with(HOURLY[:3], moves=moves)
    result = await list_failed(api)
    assert (ids_of(result), len(api.ids)) == (["job-3", "job-2", "job-1"], 4)
    assert result["coverage"] == {"complete": True, "failed_in_window": 3}


async def test_a_job_that_is_retried_while_the_list_is_read_does_not_make_it_incomplete() -> None:
    def retry(api: UnstableListApi) -> None:
        api.new_statuses[3] = "in_progress"

    api = api_with(HOURLY[:3], moves=[None, retry])
    result = await list_failed(api)
    assert ids_of(result) == ["job-2", "job-1"]
    assert result["coverage"] == {"complete": True, "failed_in_window": 2}


async def test_a_failed_job_that_the_filter_leaves_out_is_found() -> None:
    class Forgetful(UnstableListApi):
        def page(self, offset: int, limit: int, status: str | None = None) -> dict[str, Any]:
            page = super().page(offset, limit, status)
            page["result"] = [job for job in page["result"] if status is None or job["id"] != "job-2"]
            return page

    api = Forgetful([3, 2, 1], job_fields=api_with(HOURLY[:3]).job_fields)
    result = await list_failed(api)
    assert ids_of(result) == ["job-3", "job-2", "job-1"]
    assert "Writer's list of failed jobs is incomplete" in result["coverage"]["message"]


# How much of an error is shown


@pytest.mark.parametrize("length", [10, 199, 200, 500, 2_000])
async def test_what_is_left_out_of_an_error_is_told(length: int) -> None:
    errors = {"short": "x" * length, "medium": "y" * 3_000, "long": f"begin {'z' * 50_000} end"}
    api = api_with([make_job(n + 1, "failed", error) for n, error in enumerate(errors.values())])
    rows = (await list_failed(api, error_chars=length))["jobs"]
    short, medium, long = (row["error"] for row in rows)
    assert short == errors["short"]
    assert max(map(len, (medium, long))) <= length
    if length < 200:
        assert (medium[-1], long[-1]) == ("…", "…")
        return
    assert f"[{3_000 - medium.count('y')} characters left out]" in medium
    left_out = 50_010 - len(long.split("\n")[0]) - len(long.split("\n")[-1])
    assert f"[about {left_out} characters left out]" in long
    assert (long[:5], long[-4:]) == ("begin", " end")


async def test_errors_are_shown_only_if_they_are_asked_for() -> None:
    api = api_with(HOURLY[:2])
    assert "error" not in json.dumps((await list_failed(api))["jobs"])
    text = await list_text(api, error_chars=100)
    assert "Created (UTC, to the minute), id, group and error (the job's own words, quoted):" in text
