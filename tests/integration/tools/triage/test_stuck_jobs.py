"""Which running jobs a triage reports as stuck."""

import anyio
import pytest
from starlette.types import Receive, Scope, Send

from tests.fakes.unstable_list import TOTALS, UnstableListApi, newest_first
from tests.helpers.jobs import JsonObject, make_job, time_before_now
from tests.helpers.triage import api_with, triage, triage_text

HOUR = 60  # minutes


async def test_a_job_that_runs_for_days_is_stuck_in_any_window() -> None:
    api = api_with([*(make_job(n) for n in range(0, 30 * HOUR, 30)), make_job(54 * HOUR, "in_progress")])
    result = await triage(api, since="12h")
    assert (result["stuck_count"], [each["seconds"] for each in result["stuck"]]) == (1, [54 * 3_600.0])
    text = await triage_text(api, since="12h")
    assert 'Stuck: 1 job, running for over 10 min:\n- "job-1" for 54 h, created 11-21 06:00:00' in text
    until = await triage(api, since="20h", until="12h")
    assert until["stuck_count"] == 1


async def test_a_job_is_stuck_after_an_hour_even_when_others_took_longer() -> None:
    finished = [make_job(8 * HOUR + n, seconds=10) for n in range(200)] + [make_job(9 * HOUR, seconds=5 * 3_600)] * 40
    result = await triage(api_with([*finished, make_job(61, "in_progress"), make_job(59, "in_progress")]))
    assert (result["stuck_after"], result["stuck_count"]) == (3_600.0, 1)


async def test_the_run_time_of_a_retried_job_starts_at_the_retry() -> None:
    retried = [make_job(54 * HOUR + n, "in_progress", updated_at=time_before_now(1)) for n in range(191)]
    result = await triage(api_with([*(make_job(n) for n in range(50)), *retried]), since="12h")
    assert (result["stuck_count"], result["stuck"]) == (0, [])
    result = await triage(api_with([make_job(54 * HOUR, "in_progress", updated_at=time_before_now(90))]), since="12h")
    assert result["stuck"][0]["seconds"] == 90 * 60.0


@pytest.mark.parametrize("total", sorted(TOTALS))
async def test_stuck_jobs_are_unknown_when_writer_ignores_the_status_filter(total: str) -> None:
    jobs = [*(make_job(n) for n in range(600)), make_job(54 * HOUR, "in_progress")]
    result = await triage(api_with(jobs, honours_status=False, total=TOTALS[total]), since="2h")
    assert "stuck_count" not in result
    assert "there may be more stuck ones" in result["coverage"]["message"]
    text = await triage_text(api_with(jobs, honours_status=False), since="2h")
    assert "Stuck: not known (see coverage); none found over 10 min." in text
    whole = await triage(api_with(jobs, honours_status=False))
    assert whole["stuck_count"] == 1


async def test_the_stuck_limit_comes_from_the_window_before_when_no_job_has_finished() -> None:
    api = api_with([make_job(20, "in_progress"), *(make_job(70, seconds=900) for _ in range(5))])
    result = await triage(api, since="1h")
    assert (result["stuck_after"], result["stuck_count"]) == (2_700.0, 0)


async def test_a_job_that_finishes_during_the_scan_is_not_stuck() -> None:
    long = make_job(350, "in_progress")
    jobs = sorted([*(make_job(n + 0.5) for n in range(400)), long], key=lambda job: job["created_at"])

    class Finishing(UnstableListApi):
        def page(self, offset: int, limit: int, status: str | None = None) -> JsonObject:
            page = super().page(offset, limit, status)
            if status == "in_progress":
                long["status"] = "completed"
            return page

    result = await triage(Finishing(newest_first(len(jobs)), job_fields=lambda number: jobs[number - 1]))
    assert (result["counts"], result["stuck_count"], result["stuck"]) == ({"completed": 401}, 0, [])


@pytest.mark.parametrize("status", ["in_progress", "queued"])
async def test_stuck_jobs_are_unknown_when_the_status_filter_omits_a_running_job(status: str) -> None:
    class Hiding(UnstableListApi):
        def page(self, offset: int, limit: int, status: str | None = None) -> JsonObject:
            return super().page(offset, limit, status) if status is None else {"result": [], "totalCount": 0}

    jobs = sorted(
        [make_job(20, status), make_job(54 * HOUR, status), *(make_job(n) for n in range(600))],
        key=lambda j: j["created_at"],
    )
    result = await triage(Hiding(newest_first(len(jobs)), job_fields=lambda number: jobs[number - 1]), since="1h")
    assert "stuck_count" not in result
    assert [each["seconds"] for each in result["stuck"]] == [1_200.0]
    assert (
        "Writer's list of running jobs is incomplete: its list of all jobs has more." in result["coverage"]["message"]
    )


async def test_a_triage_of_the_whole_list_does_not_wait_for_the_list_of_running_jobs() -> None:
    class Hanging(UnstableListApi):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if b"status=" in scope["query_string"]:
                await anyio.sleep_forever()
            await super().__call__(scope, receive, send)

    jobs = [make_job(54 * HOUR, "in_progress"), make_job(5)]
    with anyio.fail_after(15):
        result = await triage(Hanging(newest_first(2), job_fields=lambda number: jobs[number - 1]))
    assert result["stuck_count"] == 1
    assert "message" not in result["coverage"]
