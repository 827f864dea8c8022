"""What a triage read, and how it reports what it did not read."""

from collections.abc import Callable

import pytest
from mcp.client import Client

from tests.conftest import NOW, config_for
from tests.fakes.unstable_list import TOTALS, UnstableListApi
from tests.helpers.jobs import make_failed_jobs, make_job
from tests.helpers.mcp import call_tool, call_tool_error, server_for
from tests.helpers.triage import (
    RATE_LIMIT,
    TIMEOUT,
    TRIAGE,
    UNREADABLE_ID,
    UNREADABLE_STATUS,
    api_with,
    triage,
    triage_text,
)
from writer_jobs_mcp.sandbox import ReceivedRequest, SandboxStore, build_app, serve
from writer_jobs_mcp.server.build import build_server


def fail_after(status: int, *, after: int) -> Callable[[int], tuple[int, dict[str, str]] | None]:
    return lambda asked: (status, {}) if asked >= after else None


async def test_jobs_beyond_max_jobs_are_read_by_the_suggested_calls() -> None:
    api = api_with([make_job(n, "failed", "Rate limit reached") for n in range(900)])
    result = await triage(api, max_jobs=250)
    assert (result["coverage"]["complete"], result["coverage"]["stopped_by"]) == (False, "max_jobs")
    assert result["coverage"]["jobs_read"] == 250
    call = result["next"][0]
    counted = result["counts"]["failed"]
    async with Client(server_for(api)) as client:
        while not result["coverage"]["complete"]:
            assert call["tool"] == TRIAGE
            result = await call_tool(client, call["tool"], call["arguments"])
            counted += result["counts"]["failed"]
            call = result["next"][0]
    assert counted == 900


async def test_jobs_read_before_an_error_are_reported_with_the_reason() -> None:
    api = api_with([make_job(n) for n in range(900)], fail_request=fail_after(403, after=4))
    result = await triage(api)
    assert (result["coverage"]["complete"], result["coverage"]["stopped_by"]) == (False, "upstream_error")
    assert result["coverage"]["message"].startswith("The API key may not see application")
    assert result["counts"]["completed"] == result["coverage"]["jobs_read"] >= 99


async def test_an_error_on_the_first_page_is_an_error() -> None:
    async with Client(server_for(api_with([], fail_request=fail_after(404, after=0)))) as client:
        assert "Writer does not know" in await call_tool_error(client, TRIAGE, {"application_id": "nowhere"})


async def test_a_window_without_jobs_is_one_sentence() -> None:
    text = await triage_text(api_with([]), since="24h")
    assert text.startswith("No jobs were created since 11-22 12:00 UTC (24 h).\n")


async def test_unreadable_jobs_are_reported_neither_as_successful_nor_as_new_failures() -> None:
    late = [make_job(n, "completed") for n in range(1, 50)]
    api = api_with([*late, *(make_job(n, "failed") | UNREADABLE_STATUS for n in range(60, 100))])
    text = await triage_text(api, since="4h")
    assert text.startswith("None of the 49 jobs that could be read, of those created since 08:00 UTC (4 h), failed.")
    gone = api_with([make_job(n) | UNREADABLE_STATUS for n in range(30)])
    assert (await triage_text(gone)).startswith("No job could be read.")
    before = [make_job(n, "failed") | UNREADABLE_STATUS for n in range(100, 110)]
    result = await triage(
        api_with([*(make_job(n, "failed", "Rate limit reached") for n in range(1, 50)), *before]), since="1h"
    )
    assert "trend" not in result["failures"][0]
    assert result["coverage"]["message"] == "1 % of the rows or more could not be read, so no trend is given."


@pytest.mark.parametrize("wrong", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
async def test_a_wrong_date_does_not_end_a_triage(wrong: str) -> None:
    jobs = [make_job(n, "failed", "Rate limit reached") for n in range(400)]
    api = api_with(jobs)
    job_fields = api.job_fields
    api.job_fields = lambda number: (
        job_fields(number) | ({"created_at": wrong} if number == 301 else {})
    )  # the 100th job of the list
    result = await triage(api, since="1d")
    assert (result["counts"], result["coverage"]["complete"]) == ({"failed": 399}, True)


async def test_a_total_that_is_never_reached_is_reported() -> None:
    result = await triage(api_with([make_job(n) for n in range(30)], total=TOTALS["too large"]))
    assert result["coverage"]["message"] == "Writer counts 530 jobs but returned only 30."


@pytest.mark.parametrize("status", ["FAILED", "Failed"])
async def test_a_status_in_capitals_is_recognized(status: str) -> None:
    result = await triage(api_with([make_job(1, status, "Rate limit reached"), make_job(2)]))
    assert result["counts"] == {"completed": 1, "failed": 1}


async def test_a_partly_read_window_reports_how_far_back_it_was_read() -> None:
    jobs = [
        make_job(n, "failed" if n % 4 == 0 else "completed", RATE_LIMIT if n % 4 == 0 else None) for n in range(1_000)
    ]
    result = await triage(api_with(jobs), since="7d", max_jobs=500)
    assert result["coverage"]["read_back_to"] == "2026-11-23T03:41:00Z"
    text = await triage_text(api_with(jobs), since="7d", max_jobs=500)
    assert text.startswith(
        "Of the 500 newest jobs, back to 11-23 03:41 UTC, 125 failed (25%); the rest of the window was not read; "
    )
    assert result["next"][0]["arguments"] == {
        "application_id": "a",
        "since": "2026-11-16T12:00:00Z",
        "until": "2026-11-23T03:41:00Z",
        "max_jobs": 500,
    }


async def test_the_timeline_starts_where_reading_stopped() -> None:
    jobs = [make_job(n, "failed", RATE_LIMIT) for n in range(1_000)]
    result = await triage(api_with(jobs), since="7d", max_jobs=500)
    over_time = result["failed_over_time"]
    assert over_time["from"] == "2026-11-23T00:00:00Z" <= result["coverage"]["read_back_to"]
    assert sum(over_time["counts"]) == 500
    assert all(over_time["counts"])


async def test_the_window_before_is_omitted_with_a_reason_even_when_nothing_failed() -> None:
    api = api_with([make_job(n + 0.5) for n in range(300)])
    result = await triage(api, since="2h", max_jobs=140)
    assert (result["coverage"]["complete"], "before" in result) == (True, False)
    assert "The previous 2 h were not read completely (max_jobs was reached)" in result["coverage"]["message"]


async def test_the_headline_does_not_round_to_a_time_that_was_not_read() -> None:
    text = await triage_text(api_with([make_job(n * 0.77) for n in range(900)]), since="10h", max_jobs=100)
    assert text.startswith("Of the 100 newest jobs, back to 11-23 10:43:47 UTC, none failed;")


async def test_the_headline_does_not_count_unreadable_jobs() -> None:
    jobs = [make_job(n) | (UNREADABLE_ID if 100 <= n < 120 else {}) for n in range(600)]
    text = await triage_text(api_with(jobs), since="5h", max_jobs=150)
    assert text.startswith("Of the 150 newest jobs that could be read, back to 11-23 09:11 UTC, none failed;")
    text = await triage_text(api_with(jobs), since="5h", until="100m", max_jobs=101)
    assert not text.startswith("No jobs were created")


async def test_a_share_is_0_or_1_only_for_none_or_all() -> None:
    few = await triage(api_with([make_job(5, "failed", RATE_LIMIT), *(make_job(n / 100) for n in range(2_999))]))
    all_but_one = await triage(api_with([make_job(5), *make_failed_jobs(RATE_LIMIT, 2_999, 5)]))
    assert few["failure_rate"] == 0.0003
    assert all_but_one["failure_rate"] == 0.999
    mixed = await triage(api_with([make_job(5, "failed", TIMEOUT), *make_failed_jobs(RATE_LIMIT, 3_000, 5)]))
    assert [group["share"] for group in mixed["failures"]] == [0.999, 0.0003]


async def test_a_window_that_was_not_reached_is_reported_as_such() -> None:
    def failing_api() -> UnstableListApi:
        return api_with([make_job(n) for n in range(900)], fail_request=fail_after(403, after=4))

    result = await triage(failing_api(), since="15h", until="14h")
    assert result["counts"] == {}
    text = await triage_text(failing_api(), since="15h", until="14h")
    read = result["coverage"]["jobs_read"]
    assert text.startswith(f"This window was not reached: the {read} newest jobs were read, back to 11-23 ")
    assert "none" not in text.splitlines()[0].lower()
    assert "next" not in result  # the same call would get no further


async def test_max_jobs_counts_no_job_newer_than_the_window() -> None:
    api = api_with([make_job(n) for n in range(900)])
    result = await triage(api, since="10h", until="9h", max_jobs=200)
    assert (result["counts"], result["before"]["jobs"]) == ({"completed": 60}, 60)
    assert result["coverage"]["complete"]


@pytest.mark.parametrize("total", sorted(TOTALS))
@pytest.mark.parametrize("count", [100, 199, 250, 1_000])
async def test_a_list_of_exactly_max_jobs_is_complete(count: int, total: str) -> None:
    result = await triage(api_with([make_job(n) for n in range(count)], total=TOTALS[total]), max_jobs=count)
    assert (result["coverage"]["complete"], result["coverage"]["stopped_by"]) == (True, "end")
    assert result["counts"] == {"completed": count}
    more = await triage(api_with([make_job(n) for n in range(count + 1)], total=TOTALS[total]), max_jobs=count)
    assert (more["coverage"]["complete"], more["coverage"]["stopped_by"]) == (False, "max_jobs")
    assert more["counts"] == {"completed": count}


async def test_progress_is_reported_during_the_scan() -> None:
    updates: list[tuple[float, float | None, str | None]] = []

    async def record(progress: float, total: float | None, message: str | None) -> None:
        updates.append((progress, total, message))

    async with Client(server_for(api_with([make_job(n) for n in range(450)]))) as client:
        await client.call_tool(TRIAGE, {"application_id": "a"}, progress_callback=record)
    assert [progress for progress, _, _ in updates] == sorted({progress for progress, _, _ in updates})
    assert updates[-1] == (450, 450, "read 450 of 450 jobs")


async def test_each_of_ten_thousand_jobs_in_a_moving_list_is_counted_once() -> None:
    store = SandboxStore(now=NOW, clock=lambda: NOW, jobs=10_000)
    application = store.applications[0].id
    present_throughout = {job.id for job in store.jobs(application)}
    asked = 0

    def move(_: ReceivedRequest) -> None:
        nonlocal asked
        asked += 1
        if asked % 9 == 5:
            store.add(application)

    async with serve(build_app(store, on_request=move)) as url:
        config = config_for(url, WRITER_JOBS_CALL_BUDGET="600")
        async with Client(build_server(config)) as client:
            result = await call_tool(client, TRIAGE, {"application_id": application, "max_jobs": 20_000})
    coverage = result["coverage"]
    assert (coverage["complete"], coverage["moved_during_scan"]) == (True, True)
    assert len(present_throughout) <= coverage["jobs_read"] <= len(store.jobs(application))
