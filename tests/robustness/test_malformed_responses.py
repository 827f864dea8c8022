"""An API that is no longer what its documents say: what can be read is shown, what cannot is counted, with a reason."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from mcp_types import PromptReference

from tests.conftest import config_for
from tests.fakes.raw_http_server import JOBS, ScriptedServer, http_response, jobs_page, send_and_close
from tests.fakes.unstable_list import TOTALS, UnstableListApi, newest_first
from tests.helpers.chaos_calls import check_error, check_success, connect_client, run_tool, structure_of_result
from tests.helpers.mcp import text_of
from tests.helpers.triage import TRIAGE, api_with, make_job, triage
from tests.robustness.conftest import Tally
from writer_jobs_mcp.client import asgi_transport, open_client
from writer_jobs_mcp.errors import NotFound
from writer_jobs_mcp.triage.find_job import find_in_list

JOB: dict[str, Any] = JOBS[0]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in JOB.items() if key != name}


def whole(rows: int) -> dict[str, Any]:
    """What a page has to say so that it is known to be the only one."""
    return {"totalCount": rows, "pagination": {"limit": 100}}


UNREADABLE_ROWS: dict[str, tuple[object, str]] = {
    **{
        f"no {name}": (without(name), f"{name}: Field required")
        for name in ("id", "status", "application_id", "created_at")
    },
    **{f"{name} null": ({**JOB, name: None}, f"{name}: Input should be") for name in ("id", "status", "created_at")},
    "no row but null": (None, "Input should be"),
    "no row but a text": ("job", "Input should be"),
    "no row but a list": ([JOB], "Input should be"),
    "an empty row": ({}, "id: Field required"),
    "an empty id": ({**JOB, "id": ""}, "id: String should have at least 1 character"),
    "an id that is true": ({**JOB, "id": True}, "id: Input should be a valid string"),
    "a status that is an object": ({**JOB, "status": {"is": "failed"}}, "status: Input should be a valid string"),
    "a time that is none": ({**JOB, "created_at": "yesterday"}, "created_at: Input should be a valid datetime"),
    "a time before all time": (
        {**JOB, "created_at": "0001-01-01T00:00:00+14:00"},
        "created_at: Value error, not a time",
    ),
    "a time after all time": ({**JOB, "created_at": "9999-12-31T23:59:59-01:00"}, "created_at: Value error, not a"),
    "a time that is blank": ({**JOB, "created_at": " "}, "created_at: Input should be a valid datetime"),
    "a time in another calendar": ({**JOB, "created_at": 10**30}, "created_at: Input should be a valid datetime"),
}


@pytest.mark.parametrize(("row", "reason"), UNREADABLE_ROWS.values(), ids=UNREADABLE_ROWS)
async def test_an_unreadable_row_is_counted_and_the_others_are_shown(row: object, reason: str, tally: Tally) -> None:
    tally.tried["drifts of the API"] += 1
    wire = ScriptedServer()
    wire.always(send_and_close(http_response(jobs_page(JOBS[0], row, JOBS[1], row, **whole(4)))))
    async with wire.serve() as url, connect_client(url) as client:
        listed, report = (
            await run_tool(client, tally),
            await run_tool(client, tally, "triage_application_jobs", application_id="a"),
        )
    check_success(listed, tally)
    for told in (
        structure_of_result(listed)["page"]["unreadable"],
        structure_of_result(report)["coverage"]["unreadable"],
    ):
        assert told["count"] == 2
        assert told["reason"].startswith(reason)
    for said in (text_of(listed), text_of(report)):
        assert f'2 more could not be read ("{reason}' in said
    triaged = structure_of_result(report)
    assert triaged["counts"] == {"failed": 2}
    assert (triaged["coverage"]["complete"], triaged["coverage"]["stopped_by"]) == (False, "end")
    assert "2 of the 2 jobs that could be read failed" in text_of(report)
    assert "Coverage: NOT complete, stopped_by=end" in text_of(report)
    assert TRIAGE not in {each["tool"] for each in triaged["next"]}  # neither another try nor more jobs would help


READABLE_ROWS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a state of old": ({"status": "queued"}, {"status": "queued"}),
    "a state that is nobody's": ({"status": "en_cours ✓"}, {"status": "en_cours ✓"}),
    "a state that is empty": ({"status": ""}, {"status": ""}),
    "a state without end": ({"status": "x" * 5_000}, {"status": "x" * 39 + "…"}),
    "a state that draws": ({"status": "\x1b[31mfailed\u202e"}, {"status": "failed"}),
    "a number for an id": ({"id": "12"}, {"id": "12"}),
    "an id in capitals": (
        {"id": "3C90C3CC-0D44-4B50-8888-8DD25736052A"},
        {"id": "3C90C3CC-0D44-4B50-8888-8DD25736052A"},
    ),
    "an id with a slash": ({"id": "team/7"}, {"id": "team/7"}),
    "an id of other letters": ({"id": "задание 7 😀"}, {"id": "задание 7 😀"}),
    "data that is a text": ({"data": "x"}, {"error": JOB["error"]}),
    "data that is a list": ({"data": [1]}, {"error": JOB["error"]}),
    "data that is a number": ({"data": 7}, {"error": JOB["error"]}),
    "an output that is a list": ({"data": {"suggestion": ["x", None]}}, {"output": '["x",null]'}),
    "an output that is an object": ({"data": {"suggestion": {"a": "ß"}}}, {"output": '{"a":"ß"}'}),
    "an output that is empty": ({"data": {"suggestion": []}}, {"error": JOB["error"]}),
    "a title that is an object": ({"data": {"title": {"en": "x"}, "suggestion": "y"}}, {"output": "y"}),
    "an error that is an envelope": (
        {"error": {"tpe": "x", "errors": [{"description": "Größe"}]}},
        {"error": '{"tpe":"x","errors":[{"description":"Größe"}]}'},
    ),
    "an error that is a list": ({"error": ["x", 1]}, {"error": '["x",1]'}),
    "an error that is a number": ({"error": 500}, {"error": "500"}),
    "an error that is no whole number": ({"error": 0.5}, {"error": "0.5"}),
    "an error that is true": ({"error": True}, {"error": "true"}),
    "an error that is an empty object": ({"error": {}}, {"error": None}),
    "an error without words": ({"error": ""}, {"error": None}),
    "an id that is a number": ({"id": 7}, {"id": "7"}),
    "an application that is a number": ({"application_id": 7}, {"status": "failed"}),
    **{
        f"an end that is {end!r}": ({"completed_at": end}, {"seconds": None})
        for end in ("", "  ", "soon", True, ["soon"], 10**30, "9999-12-31T23:59:59-01:00")
    },
    "an update that is blank": ({"updated_at": ""}, {"error": JOB["error"]}),
    "everything null": (dict.fromkeys(("completed_at", "data", "error", "updated_at")), {"status": "failed"}),
    "a time in seconds": ({"created_at": 1_795_428_000}, {"created_at": "2026-11-23T10:00:00Z"}),
    "a time with an offset": (
        {"created_at": "2026-11-23T12:00:00.123456+02:00"},
        {"created_at": "2026-11-23T10:00:00Z"},
    ),
    "fields of tomorrow": ({"priority": {"level": [1, {"a": None}]}, "error_code": 7}, {"status": "failed"}),
}


@pytest.mark.parametrize(("changed", "expected"), READABLE_ROWS.values(), ids=READABLE_ROWS)
async def test_undocumented_values_are_shown_as_they_are(
    changed: dict[str, Any], expected: dict[str, Any], tally: Tally
) -> None:
    tally.tried["drifts of the API"] += 1
    wire = ScriptedServer()
    wire.always(send_and_close(http_response(jobs_page({**JOB, **changed}, **whole(1)))))
    async with wire.serve() as url, connect_client(url) as client:
        (shown,) = structure_of_result(await run_tool(client, tally))["jobs"]
        report = structure_of_result(await run_tool(client, tally, "triage_application_jobs", application_id="a"))
    assert {name: shown.get(name) for name in expected} == expected
    assert sum(report["counts"].values()) == 1
    assert report["coverage"]["complete"] is True


UNUSABLE_PAGES: dict[str, tuple[object, str]] = {
    "no result": ({"totalCount": 2}, "result: Field required"),
    "result null": ({"result": None}, "result: Input should be a valid tuple"),
    "result an object": ({"result": {"jobs": JOBS}}, "result: Input should be a valid tuple"),
    "result a text": ({"result": "two jobs"}, "result: Input should be a valid tuple"),
    "the list itself": (JOBS, "Input should be"),
    "an error with 200": ({"tpe": "NotFound", "errors": [{"description": "no"}]}, "result: Field required"),
}


@pytest.mark.parametrize(("said", "reason"), UNUSABLE_PAGES.values(), ids=UNUSABLE_PAGES)
async def test_a_page_without_its_list_is_an_error_that_names_the_field(
    said: object, reason: str, tally: Tally
) -> None:
    tally.tried["drifts of the API"] += 1
    wire = ScriptedServer()
    wire.once(send_and_close(http_response(json.dumps(said).encode())))
    async with wire.serve() as url, connect_client(url) as client:
        check_error(await run_tool(client, tally), f'Writer\'s answer about application "a" cannot be read ({reason}')
        check_success(await run_tool(client, tally), tally)


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
    tally.tried["drifts of the API"] += 1
    wire = ScriptedServer()
    wire.once(send_and_close(http_response(jobs_page(*JOBS, **others))))
    async with wire.serve() as url, connect_client(url) as client:
        result = await run_tool(client, tally)
    check_success(result, tally)
    assert structure_of_result(result)["page"]["next_offset"] == 2
    total = structure_of_result(result)["page"].get("total", 0)
    assert 0 <= total < 2**53


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)
async def test_a_job_is_found_whatever_the_total_means(
    total: Callable[[UnstableListApi, int], int | None], tally: Tally
) -> None:
    tally.tried["drifts of the API"] += 1
    api = UnstableListApi(newest_first(250), total=total)
    async with open_client(config_for("http://localhost"), asgi_transport(api)) as client:
        assert (await find_in_list(client, "a", "job-1")).id == "job-1"
        with pytest.raises(NotFound, match="not among the 250 jobs"):
            await find_in_list(client, "a", "job-0")


async def test_a_list_that_ignores_the_offset_is_not_read_forever(tally: Tally) -> None:
    tally.tried["drifts of the API"] += 1
    wire = ScriptedServer()
    wire.always(send_and_close(http_response(jobs_page(*JOBS))))
    wire.always(send_and_close(http_response(b"{}", "404 Not Found")), "jobs")
    async with wire.serve() as url, connect_client(url) as client:
        report = structure_of_result(await run_tool(client, tally, "triage_application_jobs", application_id="a"))
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
    tally.tried["drifts of the API"] += 1
    wire = ScriptedServer()
    wire.always(send_and_close(http_response(jobs_page({}, None))))
    wire.always(send_and_close(http_response(b"{}", "404 Not Found")), "jobs")
    async with wire.serve() as url, connect_client(url) as client:
        report = structure_of_result(await run_tool(client, tally, "triage_application_jobs", application_id="a"))
        missing = await run_tool(client, tally, "get_job_error", job_id="job-7", application_id="a")
    check_error(missing, 'not among the 0 jobs of application "a" that could be read. 2 of its rows could not be read')
    assert "whether it exists is not known" in text_of(missing)
    assert (report["coverage"]["jobs_read"], report["coverage"]["unreadable"]["count"]) == (0, 2)
    assert len(wire.request_heads) < 30


@pytest.mark.parametrize("every", [1, 2, 7, 99])
async def test_unreadable_rows_are_counted_once_however_pages_overlap(every: int, tally: Tally) -> None:
    tally.tried["drifts of the API"] += 1
    count = 350
    api = UnstableListApi(
        newest_first(count), job_fields=lambda number: {"created_at": None} if number % every == 0 else {}
    )
    coverage = (await triage(api))["coverage"]
    bad = count // every
    assert (coverage["jobs_read"], coverage["unreadable"]["count"]) == (count - bad, bad)


APPLICATION = {"id": "app-1", "name": "One", "type": "generation", "status": "deployed"}


@pytest.mark.parametrize(
    ("said", "expected"),
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
            {"data": [{"id": {"is": 1}}]},  # that nothing follows is not said
            {
                "returned": 0,
                "has_more": True,
                "unreadable": {"count": 1, "reason": "id: Input should be a valid string"},
            },
        ),
        (
            {"data": [{**APPLICATION, "id": f"app-{n}"} for n in range(1, 1_500)], "last_id": "x", "has_more": False},
            {"returned": 50, "has_more": True, "after": "app-50"},  # more than were asked for
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
    said: object, expected: dict[str, object], tally: Tally
) -> None:
    tally.tried["drifts of the API"] += 1
    wire = ScriptedServer(default=send_and_close(http_response(json.dumps(said).encode())))
    async with wire.serve() as url, connect_client(url) as client:
        result = await run_tool(client, tally, "list_applications", limit=50)
    assert structure_of_result(result)["page"] == expected
    ends = not expected["has_more"]
    assert ("End of list." in text_of(result)) is (ends and "unreadable" not in expected)
    assert ("End of list, but it is NOT complete: " in text_of(result)) is (ends and "unreadable" in expected)


async def test_a_last_page_with_unreadable_rows_is_not_called_complete(tally: Tally) -> None:
    tally.tried["drifts of the API"] += 1
    wire = ScriptedServer()
    wire.always(send_and_close(http_response(jobs_page(JOB, {**JOB, "created_at": None}, **whole(2)))))
    async with wire.serve() as url, connect_client(url) as client:
        result = await run_tool(client, tally)
    assert "next_offset" not in structure_of_result(result)["page"]
    assert 'total=2. End of list, but it is NOT complete: 1 more could not be read ("created_at: ' in text_of(result)
    assert "ends here" not in text_of(result)


async def test_a_window_with_unreadable_rows_is_not_complete() -> None:
    jobs = [make_job(minutes, "failed", "Rate limit reached") for minutes in range(1, 400)]
    api = api_with(jobs)
    readable = api.job_fields
    api.job_fields = lambda number: readable(number) | ({"created_at": None} if number == 390 else {})  # the tenth
    report = await triage(api, since="1h", max_jobs=100)
    # Of the window before, some is left to read; of this one, all that can be was.
    assert (report["coverage"]["complete"], report["coverage"]["stopped_by"]) == (False, "since")
    assert (report["coverage"]["jobs_in_window"], report["coverage"]["unreadable"]["count"]) == (59, 1)
    assert TRIAGE not in {each["tool"] for each in report["next"]}
    assert "trend" not in report["failures"][0]


async def test_completions_have_no_total_when_applications_are_unreadable(tally: Tally) -> None:
    tally.tried["drifts of the API"] += 1
    said = {"data": [APPLICATION, {"id": None}], "has_more": False}
    wire = ScriptedServer(default=send_and_close(http_response(json.dumps(said).encode())))
    async with wire.serve() as url, connect_client(url) as client:
        place = PromptReference(type="ref/prompt", name="triage_failed_jobs")
        offered = (await client.complete(place, {"name": "application_id", "value": ""})).completion
    assert (offered.values, offered.total, offered.has_more) == (["app-1"], None, True)
