"""What a triage claims: new, rising, steady, stuck, complete. Each claim with the smallest list that made it false."""

import re
from datetime import timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp.client import Client
from starlette.types import Receive, Scope, Send

from tests.conftest import NOW
from tests.fakes.unstable_list import MOVES, TOTALS, Move, UnstableListApi, newest_first
from tests.helpers.mcp import call_tool, text_of
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

RATE_LIMIT, TIMEOUT, NOT_FOUND = "Rate limit reached", "Timed out after 30 s", "Knowledge Graph was not found"
HOUR, DAY = 60, 24 * 60  # minutes
UNREADABLE_ID: JsonObject = {"id": None}


def with_updated_at(said: JsonObject, minutes_ago: float) -> JsonObject:
    return said | {"updated_at": (NOW - timedelta(minutes=minutes_ago)).isoformat()}


# Stuck


async def test_a_job_that_runs_for_days_is_stuck_whatever_the_window() -> None:
    api = api_with([*(make_job(n) for n in range(0, 30 * HOUR, 30)), make_job(54 * HOUR, "in_progress")])
    answer = await triage(api, since="12h")
    assert (answer["stuck_count"], [each["seconds"] for each in answer["stuck"]]) == (1, [54 * 3_600.0])
    text = await triage_text(api, since="12h")
    assert 'Stuck: 1 job, running for over 10 min:\n- "job-1" for 54 h, created 11-21 06:00:00' in text
    until = await triage(api, since="20h", until="12h")
    assert until["stuck_count"] == 1


async def test_a_job_is_stuck_after_an_hour_however_long_others_took() -> None:
    finished = [make_job(8 * HOUR + n, seconds=10) for n in range(200)] + [make_job(9 * HOUR, seconds=5 * 3_600)] * 40
    answer = await triage(api_with([*finished, make_job(61, "in_progress"), make_job(59, "in_progress")]))
    assert (answer["stuck_after"], answer["stuck_count"]) == (3_600.0, 1)


async def test_a_retried_job_runs_since_its_retry() -> None:
    retried = [with_updated_at(make_job(54 * HOUR + n, "in_progress"), 1) for n in range(191)]
    answer = await triage(api_with([*(make_job(n) for n in range(50)), *retried]), since="12h")
    assert (answer["stuck_count"], answer["stuck"]) == (0, [])
    answer = await triage(api_with([with_updated_at(make_job(54 * HOUR, "in_progress"), 90)]), since="12h")
    assert answer["stuck"][0]["seconds"] == 90 * 60.0


@pytest.mark.parametrize("total", sorted(TOTALS))
async def test_stuck_jobs_are_not_known_where_writer_ignores_the_status_filter(total: str) -> None:
    jobs = [*(make_job(n) for n in range(600)), make_job(54 * HOUR, "in_progress")]
    answer = await triage(api_with(jobs, honours_status=False, total=TOTALS[total]), since="2h")
    assert "stuck_count" not in answer
    assert "there may be more stuck ones" in answer["coverage"]["message"]
    text = await triage_text(api_with(jobs, honours_status=False), since="2h")
    assert "Stuck: not known (see coverage); none found over 10 min." in text
    whole = await triage(api_with(jobs, honours_status=False))
    assert whole["stuck_count"] == 1


async def test_the_usual_duration_is_that_of_the_window_before_where_none_has_finished_yet() -> None:
    api = api_with([make_job(20, "in_progress"), *(make_job(70, seconds=900) for _ in range(5))])
    answer = await triage(api, since="1h")
    assert (answer["stuck_after"], answer["stuck_count"]) == (2_700.0, 0)


async def test_a_job_that_finishes_while_the_list_is_read_is_not_stuck() -> None:
    long = make_job(350, "in_progress")
    jobs = sorted([*(make_job(n + 0.5) for n in range(400)), long], key=lambda said: said["created_at"])

    class Finishing(UnstableListApi):
        def page(self, offset: int, limit: int, status: str | None = None) -> JsonObject:
            page = super().page(offset, limit, status)
            if status == "in_progress":
                long["status"] = "completed"
            return page

    answer = await triage(Finishing(newest_first(len(jobs)), job_fields=lambda number: jobs[number - 1]))
    assert (answer["counts"], answer["stuck_count"], answer["stuck"]) == ({"completed": 401}, 0, [])


@pytest.mark.parametrize("status", ["in_progress", "queued"])
async def test_stuck_jobs_are_not_known_where_the_status_filter_leaves_one_out(status: str) -> None:
    class Hiding(UnstableListApi):
        def page(self, offset: int, limit: int, status: str | None = None) -> JsonObject:
            return super().page(offset, limit, status) if status is None else {"result": [], "totalCount": 0}

    jobs = sorted(
        [make_job(20, status), make_job(54 * HOUR, status), *(make_job(n) for n in range(600))],
        key=lambda j: j["created_at"],
    )
    answer = await triage(Hiding(newest_first(len(jobs)), job_fields=lambda number: jobs[number - 1]), since="1h")
    assert "stuck_count" not in answer
    assert [each["seconds"] for each in answer["stuck"]] == [1_200.0]
    assert "Writer's list of running jobs lacks some that its whole list has." in answer["coverage"]["message"]


async def test_the_running_jobs_are_not_waited_for_where_the_whole_list_was_read() -> None:
    class Hanging(UnstableListApi):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if b"status=" in scope["query_string"]:
                await anyio.sleep_forever()
            await super().__call__(scope, receive, send)

    jobs = [make_job(54 * HOUR, "in_progress"), make_job(5)]
    with anyio.fail_after(15):
        answer = await triage(Hanging(newest_first(2), job_fields=lambda number: jobs[number - 1]))
    assert answer["stuck_count"] == 1
    assert "message" not in answer["coverage"]


# New, rising, steady, falling


def trends(answer: JsonObject) -> dict[str, Any]:
    return {group["signature"]: group.get("trend") for group in answer["failures"]}


async def test_nothing_is_new_where_there_is_nothing_to_compare_with() -> None:
    api = api_with(
        [*make_failed_jobs(RATE_LIMIT, 40, 60), *make_failed_jobs(TIMEOUT, 20, 500), *(make_job(n) for n in range(300))]
    )
    answer = await triage(api, since="7d")
    assert set(trends(answer).values()) == {None}
    assert answer["before"] == {"since": "2026-11-09T12:00:00Z", "jobs": 0, "failed": 0}
    text = await triage_text(api, since="7d")
    assert "No jobs in the 7 d before (from 11-09 12:00:00): nothing to compare with." in text
    assert not re.search(r"\bnew\b", text)


@pytest.mark.parametrize(
    ("now", "before", "trend"),
    [
        ((40, 4_000), (10, 1_000), "steady"),  # four times as many, at the same rate
        ((6, 300), (2, 300), None),  # too few to tell
        ((5, 300), (5, 300), None),
        ((9, 300), (0, 300), "new"),
        ((1, 300), (0, 300), "new"),
        ((40, 500), (10, 500), "rising"),
        ((10, 500), (40, 500), "falling"),
        ((10, 1_000), (40, 4_000), "steady"),
        ((40, 400), (40, 4_000), "rising"),  # as many, of fewer jobs
        ((12, 500), (10, 500), "steady"),
        ((30, 30), (30, 30), "steady"),  # all of them
    ],
)
async def test_a_trend_compares_the_rates_of_both_windows(
    now: tuple[int, int], before: tuple[int, int], trend: str | None
) -> None:
    def window(count: int, jobs: int, minutes_ago: float) -> list[JsonObject]:
        failed = [make_job(minutes_ago + n / 1_000, "failed", RATE_LIMIT) for n in range(count)]
        return failed + [make_job(minutes_ago + 10 + n / 1_000) for n in range(jobs - count)]

    api = api_with([*window(*now, 5), *window(*before, 65), make_job(5_000)])
    answer = await triage(api, since="1h", max_jobs=100_000)
    assert trends(answer) == {RATE_LIMIT: trend}
    assert answer["failures"][0]["before"] == before[0]
    rate = round(before[0] / before[1], 3)
    expected = {"since": "2026-11-23T10:00:00Z", "jobs": before[1], "failed": before[0], "failure_rate": rate}
    assert answer["before"] == expected


async def test_a_failure_that_was_seen_before_both_windows_is_not_new() -> None:
    api = api_with(
        [
            *make_failed_jobs(RATE_LIMIT, 5, 60),
            *make_failed_jobs(RATE_LIMIT, 30, 50 * HOUR),
            *(make_job(n * 30) for n in range(200)),
        ]
    )
    answer = await triage(api, since="24h")
    assert trends(answer) == {RATE_LIMIT: None}
    assert answer["failures"][0]["seen_before"] == "2026-11-21T10:00:00Z"
    assert "previously 11-21 10:00:00" in await triage_text(api, since="24h")


@pytest.mark.parametrize(("others", "trend"), [(499, None), (600, "new")])
async def test_a_failure_is_new_where_the_500_failures_before_do_not_have_it(others: int, trend: str | None) -> None:
    seen = make_failed_jobs(RATE_LIMIT, 1, 3_000 * HOUR)
    history = [make_job(100 * HOUR + n, "failed", TIMEOUT) for n in range(others)]
    api = api_with([*make_failed_jobs(RATE_LIMIT, 5, 60), *history, *seen, make_job(30 * HOUR)])
    answer = await triage(api, since="24h")
    assert trends(answer) == {RATE_LIMIT: trend}
    assert ("seen_before" in answer["failures"][0]) == (trend is None)


async def test_nothing_is_called_new_where_earlier_failures_cannot_be_read() -> None:
    api = api_with(
        [*make_failed_jobs(RATE_LIMIT, 5, 60), *(make_job(n * 30) for n in range(400))], honours_status=False
    )
    answer = await triage(api, since="24h")
    assert trends(answer) == {RATE_LIMIT: None}
    assert "none is called new" in answer["coverage"]["message"]


class CustomFailedFilter(UnstableListApi):
    """Filters by status in a way of its own."""

    only: slice = slice(None)

    def page(self, offset: int, limit: int, status: str | None = None) -> JsonObject:
        if status != "failed":
            return super().page(offset, limit, status)
        failed = [said for said in map(self.job, self.ids) if said["status"] == "failed"]
        return {"result": failed[self.only][offset : offset + limit], "totalCount": len(self.ids)}


@pytest.mark.parametrize(("only", "why"), [(slice(0), "lacks those"), (slice(None, None, -1), "")])
async def test_nothing_is_called_new_where_the_filtered_list_lacks_failures_or_begins_with_the_oldest(
    only: slice, why: str
) -> None:
    seen = make_failed_jobs(RATE_LIMIT, 50, 140 * HOUR)
    jobs = [
        *make_failed_jobs(TIMEOUT, 100, 5),
        *make_failed_jobs(RATE_LIMIT, 3, 5),
        *seen,
        *(make_job(n * 10) for n in range(900)),
    ]
    jobs.sort(key=lambda said: said["created_at"])
    api = CustomFailedFilter(newest_first(len(jobs)), job_fields=lambda number: jobs[number - 1])
    api.only = only
    answer = await triage(api, since="24h")
    assert trends(answer)[RATE_LIMIT] is None
    assert why in answer["coverage"].get("message", "")


async def test_nothing_is_called_new_where_earlier_failures_are_unreadable() -> None:
    history = [make_job(100 * HOUR + n, "failed", TIMEOUT) for n in range(900)]
    history = [said | (UNREADABLE_ID if n % 3 == 0 else {}) for n, said in enumerate(history)]
    answer = await triage(
        api_with([*make_failed_jobs(RATE_LIMIT, 5, 60), *(make_job(n * 10) for n in range(400)), *history]), since="24h"
    )
    assert answer["coverage"]["complete"]
    assert trends(answer) == {RATE_LIMIT: None}
    assert "of their rows were unreadable" in answer["coverage"]["message"]


async def test_nothing_is_called_new_where_errors_are_worded_in_too_many_ways_to_compare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("writer_jobs_mcp.failures.grouping.groups.MAX_TEMPLATES", 20)
    archives = ["Cannot open the archive of " + name for name in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")]
    now = [make_job(5, "failed", text) for text in archives[:3]]
    before = [make_job(65, "failed", text) for text in DIFFERENT_ERRORS] + [
        make_job(100, "failed", text) for text in archives[3:]
    ]
    answer = await triage(api_with([*now, *before, make_job(500)]), since="1h")
    assert set(trends(answer).values()) == {None}
    assert "gone" not in answer
    assert "too many ways to compare" in answer["coverage"]["message"]


async def test_an_until_in_the_future_is_now() -> None:
    api = api_with([*make_failed_jobs(RATE_LIMIT, 20, 5), *make_failed_jobs(RATE_LIMIT, 20, 65), make_job(300)])
    answer = await triage(api, since="1h", until="2031-01-01")
    assert answer["window"] == {"since": "2026-11-23T11:00:00Z", "until": "2026-11-23T12:00:00Z"}
    assert trends(answer) == {RATE_LIMIT: "steady"}
    assert (await triage_text(api, since="1h", until="2031-01-01")).startswith(
        "20 of 20 jobs created since 11:00 UTC (1 h) failed (100%); "
    )


async def test_what_the_window_before_had_and_this_one_does_not_is_gone() -> None:
    before = [("A", 5), ("B", 4), ("C", 3), ("D", 2)]
    kinds = {"A": "The disk overflowed", "B": "The parser collapsed", "C": "The kernel vanished", "D": "A mutex is bad"}
    jobs = [each for name, count in before for each in make_failed_jobs(kinds[name], count, 90)]
    answer = await triage(
        api_with([*jobs, make_job(5), *make_failed_jobs(RATE_LIMIT, 1, 5), make_job(500)]), since="1h"
    )
    assert [(each["signature"], each["before"]) for each in answer["gone"]] == [
        ("The disk overflowed", 5),
        ("The parser collapsed", 4),
        ("The kernel vanished", 3),
    ]
    assert answer["before"]["failed"] == 14


async def test_nothing_is_gone_from_a_window_without_jobs() -> None:
    answer = await triage(api_with([*make_failed_jobs(RATE_LIMIT, 5, 90), make_job(500)]), since="1h")
    assert (answer["counts"], answer["before"]["failed"]) == ({}, 5)
    assert "gone" not in answer


async def test_a_new_group_that_begins_soon_after_a_deployment_is_said_to() -> None:
    api = api_with([*make_failed_jobs(RATE_LIMIT, 3, 30), make_job(40), make_job(90), make_job(500)])
    api.application = {
        "id": "a",
        "name": 'Reply "drafter"',
        "last_deployed_at": (NOW - timedelta(minutes=45)).isoformat(),
    }
    answer = await triage(api, since="1h")
    assert (answer["application_name"], answer["last_deployed_at"]) == ('Reply "drafter"', "2026-11-23T11:15:00Z")
    text = await triage_text(api, since="1h")
    assert "Last deployed 11-23 11:15:00; new since then: rate_limit 14 min 58 s later." in text
    api.application["last_deployed_at"] = (NOW - timedelta(minutes=200)).isoformat()
    assert "new since then" not in await triage_text(api, since="1h")


@pytest.mark.parametrize("application", [None, {"id": None}, [], {"id": "a", "name": 5, "last_deployed_at": "soon"}])
async def test_an_application_that_cannot_be_described_costs_no_triage(application: Any) -> None:
    api = api_with([make_job(5), *make_failed_jobs(RATE_LIMIT, 2, 10)])
    api.application = application
    answer = await triage(api, since="1h")
    assert answer["counts"] == {"failed": 2, "completed": 1}
    assert "application_name" not in answer


# How far back


async def test_a_part_of_a_window_is_told_as_far_as_it_was_read() -> None:
    jobs = [
        make_job(n, "failed" if n % 4 == 0 else "completed", RATE_LIMIT if n % 4 == 0 else None) for n in range(1_000)
    ]
    answer = await triage(api_with(jobs), since="7d", max_jobs=500)
    assert answer["coverage"]["read_back_to"] == "2026-11-23T03:41:00Z"
    text = await triage_text(api_with(jobs), since="7d", max_jobs=500)
    assert text.startswith(
        "Of the 500 newest jobs, back to 11-23 03:41 UTC, 125 failed (25%); the rest of the window was not read; "
    )
    assert answer["next"][0]["arguments"] == {
        "application_id": "a",
        "since": "2026-11-16T12:00:00Z",
        "until": "2026-11-23T03:41:00Z",
        "max_jobs": 1_000,
    }


async def test_time_that_was_not_read_is_not_shown_as_time_without_failures() -> None:
    jobs = [make_job(n, "failed", RATE_LIMIT) for n in range(1_000)]
    answer = await triage(api_with(jobs), since="7d", max_jobs=500)
    over_time = answer["failed_over_time"]
    assert over_time["from"] == "2026-11-23T00:00:00Z" <= answer["coverage"]["read_back_to"]
    assert sum(over_time["counts"]) == 500
    assert all(over_time["counts"])


async def test_the_window_before_is_left_out_with_a_reason_even_where_nothing_failed() -> None:
    api = api_with([make_job(n + 0.5) for n in range(300)])
    answer = await triage(api, since="2h", max_jobs=140)
    assert (answer["coverage"]["complete"], "before" in answer) == (True, False)
    assert "The 2 h before were not read whole (max_jobs was reached)" in answer["coverage"]["message"]


async def test_how_far_back_a_headline_speaks_is_not_rounded_to_more_than_was_read() -> None:
    text = await triage_text(api_with([make_job(n * 0.77) for n in range(900)]), since="10h", max_jobs=100)
    assert text.startswith("Of the 100 newest jobs, back to 11-23 10:43:47 UTC, none failed;")


async def test_a_headline_does_not_count_what_could_not_be_read() -> None:
    jobs = [make_job(n) | (UNREADABLE_ID if 100 <= n < 120 else {}) for n in range(600)]
    text = await triage_text(api_with(jobs), since="5h", max_jobs=150)
    assert text.startswith("Of the 150 newest jobs that could be read, back to 11-23 09:11 UTC, none failed;")
    text = await triage_text(api_with(jobs), since="5h", until="100m", max_jobs=101)
    assert not text.startswith("No jobs were created")


async def test_a_share_is_0_or_1_only_where_none_or_all_are_meant() -> None:
    few = await triage(api_with([make_job(5, "failed", RATE_LIMIT), *(make_job(n / 100) for n in range(2_999))]))
    all_but_one = await triage(api_with([make_job(5), *make_failed_jobs(RATE_LIMIT, 2_999, 5)]))
    assert few["failure_rate"] == 0.0003
    assert all_but_one["failure_rate"] == 0.999
    mixed = await triage(api_with([make_job(5, "failed", TIMEOUT), *make_failed_jobs(RATE_LIMIT, 3_000, 5)]))
    assert [group["share"] for group in mixed["failures"]] == [0.999, 0.0003]


async def test_a_window_that_was_not_reached_is_said_not_to_be() -> None:
    api = api_with([make_job(n) for n in range(900)])
    answer = await triage(api, since="5d", until="4d", max_jobs=200)
    assert answer["counts"] == {}
    text = await triage_text(api, since="5d", until="4d", max_jobs=200)
    assert text.startswith(
        "This window was not reached: the 200 newest jobs were read, back to 11-23 08:41 UTC, and it ends at "
        "11-19 12:00."
    )
    assert "none" not in text.splitlines()[0].lower()
    call = answer["next"][0]["arguments"]
    assert (call["since"], call["until"]) == (answer["window"]["since"], answer["window"]["until"])
    assert call["max_jobs"] > 200


@pytest.mark.parametrize("total", sorted(TOTALS))
@pytest.mark.parametrize("count", [100, 199, 250, 1_000])
async def test_a_list_of_exactly_max_jobs_is_read_whole(count: int, total: str) -> None:
    answer = await triage(api_with([make_job(n) for n in range(count)], total=TOTALS[total]), max_jobs=count)
    assert (answer["coverage"]["complete"], answer["coverage"]["stopped_by"]) == (True, "end")
    assert answer["counts"] == {"completed": count}
    more = await triage(api_with([make_job(n) for n in range(count + 1)], total=TOTALS[total]), max_jobs=count)
    assert (more["coverage"]["complete"], more["coverage"]["stopped_by"]) == (False, "max_jobs")
    assert more["counts"] == {"completed": count}


# Which failures

DIFFERENT_ERRORS = [f"The {noun} {verb} badly" for noun in ("disk", "socket", "parser", "kernel", "mutex") for verb in
        ("overflowed", "collapsed", "vanished", "melted", "froze")]  # fmt: skip


async def test_a_small_new_group_is_shown_before_large_old_ones() -> None:
    old = [
        each for text in DIFFERENT_ERRORS[:14] for minutes in (20, 80) for each in make_failed_jobs(text, 9, minutes)
    ]
    api = api_with([*old, *make_failed_jobs(RATE_LIMIT, 2, 5), make_job(500)])
    answer = await triage(api, since="1h")
    assert [trend for signature, trend in trends(answer).items() if signature == RATE_LIMIT] == ["new"]
    assert answer["failures_omitted"] == {"groups": 3, "jobs": 27, "new": 0}
    assert "1 other group is new: rate limit, 2 jobs." in (await triage_text(api, since="1h")).splitlines()[0]
    counts = [group["count"] for group in answer["failures"]]
    assert counts == sorted(counts, reverse=True)


async def test_the_largest_group_is_not_said_to_be_one_that_is_smaller_than_one_left_out() -> None:
    new = [each for text in DIFFERENT_ERRORS[:12] for each in make_failed_jobs(text, 2, 5)]
    api = api_with([*new, *make_failed_jobs(RATE_LIMIT, 30, 5), *make_failed_jobs(RATE_LIMIT, 30, 80), make_job(500)])
    answer = await triage(api, since="1h")
    assert (answer["failures_omitted"], len(answer["failures"])) == ({"groups": 1, "jobs": 30, "new": 0}, 12)
    text = await triage_text(api, since="1h")
    assert "the largest group shown (unknown cause, 2 jobs) is new" in text.splitlines()[0]


KNOWLEDGE_GRAPHS = [
    "c4d7f902-7b1a-4e85-a2c6-18e90b3f5d4c",
    "0b8a6c1e-51f2-4d3a-9e77-6a5d4c3b2a10",
    "9f" * 4 + "-1b2c-4d5e-8f90-a1b2c3d4e5f6",
]


async def test_the_values_of_a_group_name_everything_that_has_to_be_mended() -> None:
    counts = dict(zip(KNOWLEDGE_GRAPHS, (4, 3, 1), strict=True))
    jobs = [
        make_job(n, "failed", f"Knowledge Graph {graph} was not found")
        for graph in counts
        for n in range(counts[graph])
    ]
    before = [make_job(90, "failed", f"Knowledge Graph {KNOWLEDGE_GRAPHS[2]} was not found") for _ in range(9)]
    (group,) = (await triage(api_with([*jobs, *before, make_job(500)]), since="1h"))["failures"]
    top = [[graph, count] for graph, count in counts.items()]
    assert group["values"] == [{"placeholder": "<id>", "distinct": 3, "top": top}]
    text = await triage_text(api_with(jobs))
    assert ", ".join(f'"{graph}" {count}' for graph, count in counts.items()) in text


async def test_a_word_of_the_error_beside_a_placeholder_stays_in_quotation_marks() -> None:
    names = [("0b8a6c1e51f2", "a1b2c3d4e5f6"), ("0b8a6c1e51f2", "77b2c3d4e5f6"), ("99aa6c1e51f2", "77b2c3d4e5f6")]
    jobs = [make_job(n, "failed", f"Cannot copy zorba {one} to quux {other}") for n in range(4) for one, other in names]
    text = await triage_text(api_with(jobs))
    assert "zorba" in text
    assert not re.search(r"zorba|quux", re.sub(r'"(?:[^"\\]|\\.)*"', "", text))


async def test_the_signature_of_a_json_envelope_begins_with_its_message() -> None:
    error = (
        '{"tpe":"TooManyRequests","errors":[{"description":"Request quota exceeded for organization 4711.",'
        '"key":"fail.tooManyRequests.quotaExceeded","extras":{}}],"extras":{}}'
    )
    (group,) = (await triage(api_with([make_job(1, "failed", error), make_job(2, "failed", error)])))["failures"]
    assert group["signature"].startswith("Request quota exceeded for organization")
    assert "fail.tooManyRequests.quotaExceeded" in group["signature"]
    assert not set("{}[]") & set(group["signature"])
    assert group["category"] == "rate_limit"


async def test_new_groups_that_are_left_out_are_counted() -> None:
    api = api_with(
        [each for text in DIFFERENT_ERRORS for each in make_failed_jobs(text, 3, 5)] + [make_job(80), make_job(500)]
    )
    answer = await triage(api, since="1h")
    assert answer["failures_omitted"] == {"groups": 13, "jobs": 39, "new": 13}
    text = await triage_text(api, since="1h")
    assert "; 24 other groups are new, the largest unknown cause, 3 jobs." in text.splitlines()[0]
    assert "and 39 failed jobs in 13 other groups, 13 of them new" in text
    shown = {each for group in answer["failures"] for each in group["job_ids"]}
    assert {call["arguments"]["job_id"] for call in answer["next"] if call["tool"] == "get_job_error"} <= shown


async def test_failures_are_counted_by_cause_over_all_groups() -> None:
    jobs = [
        each for text in DIFFERENT_ERRORS for each in make_failed_jobs(f"{text}: timed out", 3, 5)
    ] + make_failed_jobs(RATE_LIMIT, 4, 30)
    answer = await triage(api_with([*jobs, make_job(50)]))
    assert answer["by_category"] == {"timeout": 75, "rate_limit": 4}
    assert len(answer["failures"]) == 12
    assert "Failed by cause: timeout 75, rate_limit 4" in await triage_text(api_with(jobs))


async def test_failures_over_time_are_equal_round_steps_to_the_end_of_the_window() -> None:
    api = api_with(
        [
            make_job(90, "failed", RATE_LIMIT),
            make_job(100, "failed", RATE_LIMIT),
            make_job(5, "failed", TIMEOUT),
            make_job(300),
        ]
    )
    answer = await triage(api, since="2h")
    assert answer["failed_over_time"] == {
        "from": "2026-11-23T10:00:00Z",
        "step": 300,
        "counts": [0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    }
    assert "Failed per 5 min from 11-23 10:00:00: 0 0 0 0 1 0 1 0" in await triage_text(api, since="2h")
    one = await triage(api_with([make_job(5, "failed", RATE_LIMIT)]))
    assert "failed_over_time" not in one


# All of them, for any list

ERRORS = st.sampled_from([None, RATE_LIMIT, TIMEOUT, NOT_FOUND, "Bad Gateway 7", "The disk 5 overflowed"])
STATUSES = st.sampled_from(["completed", "failed", "failed", "in_progress"])
JOBS = st.lists(
    st.builds(make_job, st.integers(0, 2_000) | st.integers(0, 10_000), STATUSES, ERRORS, st.integers(0, 900)),
    max_size=300,
)
UNREADABLE_STATUS: JsonObject = {"status": None}


@settings(max_examples=60, deadline=None)
@given(
    jobs=JOBS,
    unreadable=st.sets(st.integers(0, 299), max_size=3),
    cap=st.sampled_from([100, 37]),
    total=st.sampled_from(sorted(TOTALS)),
    moves=st.lists(MOVES, max_size=4),
    hours=st.integers(1, 60),
    max_jobs=st.sampled_from([50, 150, 5_000]),
    filters=st.booleans(),
)
def test_counts_agree_and_no_claim_goes_beyond_what_was_read(
    jobs: list[JsonObject],
    unreadable: set[int],
    cap: int,
    total: str,
    moves: list[Move | None],
    hours: int,
    max_jobs: int,
    filters: bool,
) -> None:
    jobs = [said | (UNREADABLE_STATUS if n in unreadable else {}) for n, said in enumerate(jobs)]
    api = api_with(jobs, cap=cap, total=TOTALS[total], moves=moves, honours_status=filters)
    answer = anyio.run(lambda: triage(api, since=f"{hours}h", max_jobs=max_jobs))
    coverage, failed = answer["coverage"], answer["counts"].get("failed", 0)
    omitted = answer.get("failures_omitted", {"jobs": 0})["jobs"]
    assert sum(group["count"] for group in answer["failures"]) + omitted == failed
    assert sum(answer.get("by_category", {}).values()) == failed
    assert sum(answer["counts"].values()) == coverage["jobs_in_window"]
    if "failed_over_time" in answer:
        assert sum(answer["failed_over_time"]["counts"]) == failed
        assert len(answer["failed_over_time"]["counts"]) <= 24
    else:
        assert failed < 2
    compared = [group for group in answer["failures"] if "trend" in group]
    if "before" not in answer or not answer["before"]["jobs"]:
        assert not compared
    if coverage["stopped_by"] not in {"end", "since"}:
        assert "before" not in answer
    windows = (NOW - timedelta(hours=2 * hours)).isoformat()
    if not any(moves):
        earlier = [said for said in jobs if said["created_at"] < (NOW - timedelta(hours=hours)).isoformat()]
        known = [said.get("error") for said in earlier if said["status"] == "failed"]
        ahead = {said.get("error") or "(no error text)" for said in earlier if said["status"] == "failed"}
        new = {group["signature"] for group in answer["failures"] if group.get("trend") == "new"}
        assert not new & ahead
        if answer.get("before"):
            within = [said for said in earlier if said["created_at"] >= windows and said["status"] is not None]
            assert answer["before"]["jobs"] == len(within)
        assert len(known) >= answer.get("before", {"failed": 0})["failed"]


async def test_the_same_group_in_both_forms_of_the_answer() -> None:
    api = api_with(
        [*make_failed_jobs(RATE_LIMIT, 12, 5), *make_failed_jobs(TIMEOUT, 3, 70), make_job(80), make_job(500)]
    )
    async with Client(server_for(api)) as client:
        answer = await call_tool(client, TRIAGE, {"application_id": "a", "since": "1h"})
        text = text_of(await client.call_tool(TRIAGE, {"application_id": "a", "since": "1h"}))
    assert answer["failures"][0]["trend"] == "new"
    assert "the largest group (rate limit, 12 jobs) is new: none in the 1 h before" in text
    assert 'Not seen any more: 3 timeout "Timed out after <number> s"' in text
