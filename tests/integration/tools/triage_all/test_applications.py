"""Which applications an overview shows, what it says of each, and that one that cannot be read costs no other."""

from datetime import timedelta
from typing import Any

import anyio
import pytest
from mcp.client import Client
from starlette.types import ASGIApp

from tests.conftest import NOW
from tests.data.hostile_texts import HOSTILE_TEXTS
from tests.fakes.account import AccountApi, always
from tests.fakes.unstable_list import UnstableListApi
from tests.helpers.account import DAY, TRIAGE_ALL, jobs_api, rows_by_id, triage_all, working
from tests.helpers.jobs import make_failed_jobs, make_job
from tests.helpers.mcp import call_tool_error, server_for
from tests.helpers.triage import RATE_LIMIT, TIMEOUT, UNREADABLE_ID


def failing(count: int = 5, error: str = RATE_LIMIT) -> UnstableListApi:
    return jobs_api(working(), make_failed_jobs(error, count, 60))


async def test_failing_applications_come_first_with_their_numbers() -> None:
    api = AccountApi(
        {"works": jobs_api(working()), "few": failing(2, TIMEOUT), "many": failing(7)}, names={"many": "Many of them"}
    )
    report, text = await triage_all(api)
    assert [(row["id"], row["failed"], row["jobs"]) for row in report["applications"]] == [
        ("many", 7, 79),
        ("few", 2, 74),
        ("works", 0, 72),
    ]
    assert report["coverage"] == {"applications": 3, "complete": True}
    assert report["applications"][0] == {
        "id": "many",
        "name": "Many of them",
        "jobs": 79,
        "failed": 7,
        "failure_rate": 0.089,
        "before": {"jobs": 72, "failed": 0},
        "stuck_count": 0,
        "top": "rate_limit",
        "new_groups": 1,
    }
    assert text.startswith(
        "2 of 3 applications have failed jobs: 9 of 225 jobs created since 11-22 12:00 UTC (24 h) failed (4%); the "
        "largest group (rate limit, 7 jobs) is new: none in the 24 h before; 1 other group is new: timeout, 2 jobs."
    )
    assert report["next"][0]["arguments"] == {
        "application_id": "many",
        "since": "2026-11-22T12:00:00Z",
        "until": "2026-11-23T12:00:00Z",
    }


async def test_an_account_without_applications_says_so() -> None:
    report, text = await triage_all(AccountApi({}))
    assert report["applications"] == report["failures"] == []
    assert report["by_category"] == {}
    assert report["coverage"] == {"applications": 0, "complete": True}
    assert text.startswith("This key can see no application (no-code agent).")


async def test_an_account_without_failures_says_how_many_jobs_there_were() -> None:
    report, text = await triage_all(AccountApi({"a": jobs_api(working()), "b": jobs_api([])}))
    assert text.startswith("None of the 72 jobs of 2 applications created since 11-22 12:00 UTC (24 h) failed.")
    assert "failures_omitted" not in report
    _, text = await triage_all(AccountApi({"b": jobs_api([])}))
    assert text.startswith("1 application: no jobs were created since 11-22 12:00 UTC (24 h).")


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (always(403, {"errors": [{"description": "Not yours"}]}), "(403)"),
        (always(404), "404"),
        (always(500), "500"),
        (always(200, ["no page"]), "cannot be read"),
    ],
    ids=["forbidden", "deleted after it was listed", "fails for ever", "unreadable"],
)
async def test_an_application_that_cannot_be_read_costs_no_other(broken: ASGIApp, why: str) -> None:
    api = AccountApi({"a": failing(), "broken": broken, "b": failing(3)}, names={"broken": "Broken one"})
    report, text = await triage_all(api, environ={"WRITER_JOBS_CALL_BUDGET": "60"})
    assert {id_: row["failed"] for id_, row in rows_by_id(report).items()} == {"a": 5, "b": 3}
    assert not report["coverage"]["complete"]
    (skipped,) = report["coverage"]["skipped"]
    assert (skipped["id"], skipped["name"]) == ("broken", "Broken one")
    assert why in skipped["why"]
    assert text.startswith(
        "At least 2 of 3 applications have failed jobs: at least 8 jobs created since 11-22 12:00 UTC (24 h) failed; "
        "1 could not be read whole; "
    )
    assert "trend" not in report["failures"][0]
    assert report["next"][-1]["arguments"]["application_id"] == "broken"


async def test_failed_jobs_that_were_read_only_in_part_are_never_counted_as_all() -> None:
    jobs = make_failed_jobs(RATE_LIMIT, 100, 60) + make_failed_jobs(TIMEOUT, 150, 90)
    api = jobs_api(jobs)

    async def fail_later(scope: Any, receive: Any, send: Any) -> None:
        is_later = "offset=0" not in scope["query_string"].decode()
        await (always(403)(scope, receive, send) if is_later else api(scope, receive, send))

    report, text = await triage_all(AccountApi({"part": fail_later, "whole": failing(3)}))
    row = rows_by_id(report)["part"]
    assert 0 < row["failed"] <= 100
    assert not row["complete"]
    assert row["read_back_to"] >= "2026-11-23T10:58:00Z"
    assert {"jobs", "failure_rate", "before", "new_groups"} & set(row) == set()
    assert [each["id"] for each in report["coverage"]["skipped"]] == ["part"]
    assert f"at least {row['failed']} (NOT complete, read back to" in text
    assert text.startswith("At least 2 of 2 applications have failed jobs: at least ")


async def test_jobs_are_read_one_by_one_where_the_filter_is_ignored() -> None:
    def jobs() -> list[Any]:
        return [*working(600, 5), *make_failed_jobs(RATE_LIMIT, 4, 60), *make_failed_jobs(RATE_LIMIT, 6, 1.5 * DAY)]

    api = AccountApi({"ignores": jobs_api(jobs(), honours_status=False), "filters": jobs_api(jobs())})
    report, _ = await triage_all(api)
    rows = rows_by_id(report)
    assert rows["filters"].pop("stuck_count") == 0
    assert rows["ignores"] == {**rows["filters"], "id": "ignores"}
    assert (rows["ignores"]["jobs"], rows["ignores"]["failed"]) == (292, 4)
    assert report["coverage"]["complete"]
    message = report["coverage"]["message"]
    assert "read one by one, which takes longer: Writer ignored the filter status=failed." in message
    assert "stuck_count is left out in 1 application" in message


@pytest.mark.parametrize("minutes_ago", [10, DAY - 5], ids=["on the first page", "where the window begins"])
async def test_a_failed_job_that_the_filter_leaves_out_is_counted(minutes_ago: float) -> None:
    failed = [job | {"id": f"failed-{n}"} for n, job in enumerate(make_failed_jobs(RATE_LIMIT, 4, 60))]
    jobs, hidden = [*working(4_000, 1), *failed], make_job(minutes_ago, "failed", TIMEOUT, id="hidden")
    whole, filtered = jobs_api([*jobs, hidden]), jobs_api(jobs)

    async def leave_out(scope: Any, receive: Any, send: Any) -> None:
        is_filtered = b"status=failed" in scope["query_string"]
        await (filtered if is_filtered else whole)(scope, receive, send)

    report, _ = await triage_all(AccountApi({"a": leave_out}))
    (row,) = report["applications"]
    assert (row["failed"], row["jobs"]) == (5, 1_445)
    assert "Writer's list of failed jobs is incomplete" in report["coverage"]["message"]


async def test_a_job_that_is_retried_meanwhile_is_no_reason_to_doubt_the_filter() -> None:
    jobs = jobs_api([*working(4_000, 1), *make_failed_jobs(RATE_LIMIT, 4, 60), make_job(1.5, "failed", TIMEOUT)])
    (retried,) = [number for number in jobs.ids[:5] if jobs.job(number)["error"] == TIMEOUT]

    def retry(number: int) -> None:
        if number == 3:  # after the list of applications and the first page
            jobs.new_statuses[retried] = "in_progress"

    report, _ = await triage_all(AccountApi({"a": jobs}, on_request=retry))
    assert report["applications"][0]["failed"] == 4
    assert report["coverage"] == {"applications": 1, "complete": True}


async def test_pages_of_25_jobs_are_enough() -> None:
    def jobs() -> list[Any]:
        return [*working(900, 4), *make_failed_jobs(RATE_LIMIT, 60, 60), *make_failed_jobs(TIMEOUT, 40, 1.5 * DAY)]

    report, _ = await triage_all(AccountApi({"a": jobs_api(jobs(), cap=25), "b": jobs_api(jobs(), cap=25)}))
    for row in report["applications"]:
        assert (row["jobs"], row["failed"], row["before"]) == (420, 60, {"jobs": 400, "failed": 40})
    assert report["coverage"]["complete"]


async def test_a_job_that_runs_too_long_is_stuck_whatever_the_window() -> None:
    old = make_job(9 * DAY, "in_progress")
    apis = {
        "short": jobs_api([*working(3), old]),
        "long": jobs_api([*working(2_000, 5), old]),
        "retried": jobs_api([*working(2_000, 5), {**old, "updated_at": (NOW - timedelta(minutes=2)).isoformat()}]),
        "between": jobs_api([*working(2_000, 5), make_job(20, "in_progress")]),
        "slow": jobs_api([*(make_job(5 * n, seconds=1_000) for n in range(1, 2_000)), make_job(20, "in_progress")]),
    }
    report, _ = await triage_all(AccountApi(apis))
    stuck = {row["id"]: row["stuck_count"] for row in report["applications"]}
    assert stuck == {"short": 1, "long": 1, "retried": 0, "between": 1, "slow": 0}


async def test_jobs_that_arrive_meanwhile_change_no_count_of_older_ones() -> None:
    lists = {name: jobs_api(working(4_000, 1)) for name in ("a", "b")}
    arrived: list[int] = []

    def arrive(number: int) -> None:
        if number in {6, 9, 12}:
            arrived.append(number)
            for each in lists.values():
                each.ids.insert(0, len(each.ids) + 1)  # newer than all others

    report, _ = await triage_all(AccountApi(lists, on_request=arrive))
    assert arrived
    assert [row["jobs"] for row in report["applications"]] == [1_440, 1_440]


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
async def test_hostile_names_and_errors_stay_in_quotation_marks(text: str) -> None:
    api = AccountApi({"a": jobs_api(make_failed_jobs(text, 3, 60))}, names={"a": text})
    report, shown = await triage_all(api)
    assert report["applications"][0]["failed"] == 3
    lines = shown.splitlines()
    assert sum(line.startswith("1. ") for line in lines) == 1


async def test_rows_that_cannot_be_read_leave_an_application_incomplete() -> None:
    jobs = [*working(), *make_failed_jobs(RATE_LIMIT, 5, 60), {**make_job(70, "failed", TIMEOUT), **UNREADABLE_ID}]
    report, _ = await triage_all(AccountApi({"a": jobs_api(jobs), "b": failing(3)}))
    assert not report["coverage"]["complete"]
    assert rows_by_id(report)["b"]["failed"] == 3
    assert rows_by_id(report)["a"]["failed"] == 5
    assert [each["id"] for each in report["coverage"]["skipped"]] == ["a"]


async def test_applications_are_listed_page_by_page_and_those_beyond_an_error_are_reported() -> None:
    apis = {f"app-{n:03}": failing(1) for n in range(7)}
    report, _ = await triage_all(AccountApi(apis, page_size=3))
    assert report["coverage"] == {"applications": 7, "complete": True}
    api = AccountApi(apis, page_size=3, fail_list=lambda after: 403 if after == "app-005" else None)
    report, text = await triage_all(api)
    assert (report["coverage"]["applications"], report["coverage"]["complete"]) == (6, False)
    assert "403" in report["coverage"]["message"]
    assert text.startswith("At least 6 of at least 6 applications have failed jobs: at least 6 ")


async def test_applications_that_there_was_no_time_for_are_reported() -> None:
    ids = [f"app-{number:03}" for number in range(500)]
    api = AccountApi({id_: jobs_api(working(9), make_failed_jobs(RATE_LIMIT, 2, 60)) for id_ in ids})

    async def hold_later(scope: Any, receive: Any, send: Any) -> None:
        if len(api.requests) >= 60:
            await anyio.sleep_forever()
        await api(scope, receive, send)

    report, text = await triage_all(hold_later, environ={"WRITER_JOBS_CALL_BUDGET": "6"})
    coverage = report["coverage"]
    assert (coverage["applications"], coverage["complete"]) == (500, False)
    read = len(report["applications"]) + report["applications_omitted"]["applications"]
    assert 30 < read < 60
    assert report["by_category"] == {"rate_limit": 2 * read}
    assert f"{500 - read} applications were not read whole, of which {len(coverage['skipped'])} are listed." in text
    assert {each["why"] for each in coverage["skipped"]} == {"The time for one call was over."}
    assert report["next"][-1]["arguments"]["application_id"] == coverage["skipped"][0]["id"]
    assert text.startswith(f"At least {read} of 500 applications have failed jobs: at least ")


async def test_an_account_that_cannot_be_listed_is_an_error() -> None:
    async with Client(server_for(AccountApi({}, fail_list=lambda _: 403))) as client:
        message = await call_tool_error(client, TRIAGE_ALL, {})
    assert "403" in message


async def test_an_age_is_read_like_anywhere_else() -> None:
    api = AccountApi({"a": failing()})
    report, _ = await triage_all(api, since="2026-11-23T09:00", until="30m")
    assert report["window"] == {"since": "2026-11-23T09:00:00Z", "until": "2026-11-23T11:30:00Z"}
    assert "since had no time zone and was read as UTC." in report["coverage"]["message"]
    assert report["applications"][0]["failed"] == 5
    async with Client(server_for(api)) as client:
        assert "since must be earlier" in await call_tool_error(client, TRIAGE_ALL, {"since": "1h", "until": "2h"})
