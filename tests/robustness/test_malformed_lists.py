"""Lists whose totals, offsets or rows are wrong: reading ends, and what is missing is counted."""

import json
from collections.abc import Callable

import pytest
from mcp_types import PromptReference

from tests.conftest import config_for
from tests.fakes.raw_http_server import JOBS, ScriptedServer, http_response, jobs_page, send_and_close
from tests.fakes.unstable_list import TOTALS, UnstableListApi, newest_first
from tests.helpers.chaos_calls import check_error, check_success, connect_client, run_tool
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.tally import Tally
from tests.helpers.triage import TRIAGE, api_with, make_job, triage
from writer_jobs_mcp.client import asgi_transport, open_client
from writer_jobs_mcp.errors import NotFound
from writer_jobs_mcp.triage.find_job import find_in_list


@pytest.mark.parametrize(
    "others",
    [
        {"totalCount": -1},
        {"totalCount": 0},
        {"totalCount": 1},
        {"totalCount": 10**30},
        {"totalCount": 2**53},
        {"totalCount": "2"},
        {"totalCount": 2.5},
        {"totalCount": True},
        {"totalCount": None},
        {"totalCount": {"value": 2}},
        {"pagination": None},
        {"pagination": "none"},
        {"pagination": []},
        {"pagination": {"limit": -1, "offset": -1}},
        {"pagination": {"limit": "20"}},
        {"pagination": {"limit": 0}},
    ],
    ids=str,
)
async def test_an_impossible_total_does_not_end_the_list(others: dict[str, object], tally: Tally) -> None:
    tally.tried["malformed responses"] += 1
    wire = ScriptedServer()
    wire.once(send_and_close(http_response(jobs_page(*JOBS, **others))))
    async with wire.serve() as url, connect_client(url) as client:
        result = await run_tool(client, tally)
    check_success(result, tally)
    assert structure_of(result)["page"]["next_offset"] == 2
    total = structure_of(result)["page"].get("total", 0)
    assert 0 <= total < 2**53


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)
async def test_a_job_is_found_whatever_the_total_means(
    total: Callable[[UnstableListApi, int], int | None], tally: Tally
) -> None:
    tally.tried["malformed responses"] += 1
    api = UnstableListApi(newest_first(250), total=total)
    async with open_client(config_for("http://localhost"), asgi_transport(api)) as client:
        assert (await find_in_list(client, "a", "job-1")).id == "job-1"
        with pytest.raises(NotFound, match="not among the 250 jobs"):
            await find_in_list(client, "a", "job-0")


async def test_a_list_that_ignores_the_offset_is_not_read_forever(tally: Tally) -> None:
    tally.tried["malformed responses"] += 1
    wire = ScriptedServer()
    wire.always(send_and_close(http_response(jobs_page(*JOBS))))
    wire.always(send_and_close(http_response(b"{}", "404 Not Found")), "jobs")
    async with wire.serve() as url, connect_client(url) as client:
        report = structure_of(await run_tool(client, tally, "triage_application_jobs", application_id="a"))
        asked_for_triage = len(wire.request_heads)
        missing = await run_tool(client, tally, "get_job_error", job_id="job-7", application_id="a")
    assert (report["coverage"]["jobs_read"], report["coverage"]["complete"]) == (2, False)
    assert report["counts"] == {"failed": 2}
    assert asked_for_triage < 20
    check_error(
        missing, 'not among the 2 jobs of application "a" that could be read. Writer returns the same page again'
    )
    assert "whether it exists is not known" in text_of(missing)
    assert len(wire.request_heads) - asked_for_triage < 10


async def test_an_unreadable_list_that_ignores_the_offset_is_not_read_forever(tally: Tally) -> None:
    tally.tried["malformed responses"] += 1
    wire = ScriptedServer()
    wire.always(send_and_close(http_response(jobs_page({}, None))))
    wire.always(send_and_close(http_response(b"{}", "404 Not Found")), "jobs")
    async with wire.serve() as url, connect_client(url) as client:
        report = structure_of(await run_tool(client, tally, "triage_application_jobs", application_id="a"))
        missing = await run_tool(client, tally, "get_job_error", job_id="job-7", application_id="a")
    check_error(missing, 'not among the 0 jobs of application "a" that could be read. 2 of its rows could not be read')
    assert "whether it exists is not known" in text_of(missing)
    assert (report["coverage"]["jobs_read"], report["coverage"]["unreadable"]["count"]) == (0, 2)
    assert len(wire.request_heads) < 30


@pytest.mark.parametrize("every", [1, 2, 7, 99])
async def test_unreadable_rows_are_counted_once_however_pages_overlap(every: int, tally: Tally) -> None:
    tally.tried["malformed responses"] += 1
    count = 350
    api = UnstableListApi(
        newest_first(count), job_fields=lambda number: {"created_at": None} if number % every == 0 else {}
    )
    coverage = (await triage(api))["coverage"]
    bad = count // every
    assert (coverage["jobs_read"], coverage["unreadable"]["count"]) == (count - bad, bad)


APPLICATION = {"id": "app-1", "name": "One", "type": "generation", "status": "deployed"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": [APPLICATION]}, {"returned": 1, "has_more": True, "after": "app-1"}),
        ({"data": []}, {"returned": 0, "has_more": False}),
        ({"data": [APPLICATION], "has_more": None}, {"returned": 1, "has_more": True, "after": "app-1"}),
        ({"data": [APPLICATION], "has_more": "no"}, {"returned": 1, "has_more": True, "after": "app-1"}),
        ({"data": [APPLICATION], "has_more": True, "last_id": 7}, {"returned": 1, "has_more": True, "after": "app-1"}),
        ({"data": [APPLICATION], "has_more": False, "last_id": []}, {"returned": 1, "has_more": False}),
        (
            {"data": [APPLICATION, {"name": "Two"}, 3], "has_more": False},
            {"returned": 1, "has_more": False, "unreadable": {"count": 2, "reason": "id: Field required"}},
        ),
        (
            {"data": [{"id": {"is": 1}}]},  # without has_more, more may follow
            {
                "returned": 0,
                "has_more": True,
                "unreadable": {"count": 1, "reason": "id: Input should be a valid string"},
            },
        ),
        (
            {"data": [{**APPLICATION, "id": f"app-{n}"} for n in range(1, 1_500)], "last_id": "x", "has_more": False},
            {"returned": 50, "has_more": True, "after": "app-50"},  # more rows than requested
        ),
        *(
            ({"data": [{**APPLICATION, **odd}], "has_more": False}, {"returned": 1, "has_more": False})
            for odd in (
                {"name": None, "inputs": "none", "kind": 1},
                {"name": {"en": "One"}, "type": 7, "status": ["deployed"]},
                {"updated_at": ""},
                {"updated_at": "last week"},
                {"id": 1},
            )
        ),
    ],
    ids=str,
)
async def test_applications_are_listed_despite_odd_or_missing_fields(
    body: object, expected: dict[str, object], tally: Tally
) -> None:
    tally.tried["malformed responses"] += 1
    wire = ScriptedServer(default=send_and_close(http_response(json.dumps(body).encode())))
    async with wire.serve() as url, connect_client(url) as client:
        result = await run_tool(client, tally, "list_applications", limit=50)
    assert structure_of(result)["page"] == expected
    ends = not expected["has_more"]
    assert ("End of list." in text_of(result)) is (ends and "unreadable" not in expected)
    assert ("End of list, but it is NOT complete: " in text_of(result)) is (ends and "unreadable" in expected)


async def test_a_window_with_unreadable_rows_is_not_complete() -> None:
    jobs = [make_job(minutes, "failed", "Rate limit reached") for minutes in range(1, 400)]
    api = api_with(jobs)
    valid = api.job_fields
    api.job_fields = lambda number: valid(number) | ({"created_at": None} if number == 390 else {})  # the tenth
    report = await triage(api, since="1h", max_jobs=100)
    # The previous window has unread jobs; this window was read, except for one row.
    assert (report["coverage"]["complete"], report["coverage"]["stopped_by"]) == (False, "since")
    assert (report["coverage"]["jobs_in_window"], report["coverage"]["unreadable"]["count"]) == (59, 1)
    assert TRIAGE not in {each["tool"] for each in report["next"]}
    assert "trend" not in report["failures"][0]


async def test_completions_have_no_total_when_applications_are_unreadable(tally: Tally) -> None:
    tally.tried["malformed responses"] += 1
    body = {"data": [APPLICATION, {"id": None}], "has_more": False}
    wire = ScriptedServer(default=send_and_close(http_response(json.dumps(body).encode())))
    async with wire.serve() as url, connect_client(url) as client:
        reference = PromptReference(type="ref/prompt", name="triage_failed_jobs")
        offered = (await client.complete(reference, {"name": "application_id", "value": ""})).completion
    assert (offered.values, offered.total, offered.has_more) == (["app-1"], None, True)
