"""Rows and pages that differ from the documents: readable parts are shown, the rest is counted with a reason."""

import json
from typing import Any

import pytest

from tests.fakes.raw_http_server import JOBS, ScriptedServer, http_response, jobs_page, send_and_close
from tests.helpers.chaos_calls import check_error, check_success, connect_client, run_tool
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.tally import Tally
from tests.helpers.triage import TRIAGE

JOB: dict[str, Any] = JOBS[0]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in JOB.items() if key != name}


def whole(rows: int) -> dict[str, Any]:
    """Return the fields that mark a page as the only one."""
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
    tally.tried["malformed responses"] += 1
    wire = ScriptedServer()
    wire.always(send_and_close(http_response(jobs_page(JOBS[0], row, JOBS[1], row, **whole(4)))))
    async with wire.serve() as url, connect_client(url) as client:
        listed, report = (
            await run_tool(client, tally),
            await run_tool(client, tally, "triage_application_jobs", application_id="a"),
        )
    check_success(listed, tally)
    for unreadable in (
        structure_of(listed)["page"]["unreadable"],
        structure_of(report)["coverage"]["unreadable"],
    ):
        assert unreadable["count"] == 2
        assert unreadable["reason"].startswith(reason)
    for text in (text_of(listed), text_of(report)):
        assert f'2 more could not be read ("{reason}' in text
    triaged = structure_of(report)
    assert triaged["counts"] == {"failed": 2}
    assert (triaged["coverage"]["complete"], triaged["coverage"]["stopped_by"]) == (False, "end")
    assert "2 of the 2 jobs that could be read failed" in text_of(report)
    assert "Coverage: NOT complete, stopped_by=end" in text_of(report)
    assert TRIAGE not in {each["tool"] for each in triaged["next"]}  # neither a retry nor more jobs would help


READABLE_ROWS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an old state": ({"status": "queued"}, {"status": "queued"}),
    "an unknown state": ({"status": "en_cours ✓"}, {"status": "en_cours ✓"}),
    "an empty state": ({"status": ""}, {"status": ""}),
    "a very long state": ({"status": "x" * 5_000}, {"status": "x" * 39 + "…"}),
    "a state with escapes": ({"status": "\x1b[31mfailed\u202e"}, {"status": "failed"}),
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
    "unknown fields": ({"priority": {"level": [1, {"a": None}]}, "error_code": 7}, {"status": "failed"}),
}


@pytest.mark.parametrize(("changed", "expected"), READABLE_ROWS.values(), ids=READABLE_ROWS)
async def test_undocumented_values_are_shown_as_they_are(
    changed: dict[str, Any], expected: dict[str, Any], tally: Tally
) -> None:
    tally.tried["malformed responses"] += 1
    wire = ScriptedServer()
    wire.always(send_and_close(http_response(jobs_page({**JOB, **changed}, **whole(1)))))
    async with wire.serve() as url, connect_client(url) as client:
        (shown,) = structure_of(await run_tool(client, tally))["jobs"]
        report = structure_of(await run_tool(client, tally, "triage_application_jobs", application_id="a"))
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


@pytest.mark.parametrize(("body", "reason"), UNUSABLE_PAGES.values(), ids=UNUSABLE_PAGES)
async def test_a_page_without_its_list_is_an_error_that_names_the_field(
    body: object, reason: str, tally: Tally
) -> None:
    tally.tried["malformed responses"] += 1
    wire = ScriptedServer()
    wire.once(send_and_close(http_response(json.dumps(body).encode())))
    async with wire.serve() as url, connect_client(url) as client:
        check_error(await run_tool(client, tally), f'Writer\'s answer about application "a" cannot be read ({reason}')
        check_success(await run_tool(client, tally), tally)


async def test_a_last_page_with_unreadable_rows_is_not_called_complete(tally: Tally) -> None:
    tally.tried["malformed responses"] += 1
    wire = ScriptedServer()
    wire.always(send_and_close(http_response(jobs_page(JOB, {**JOB, "created_at": None}, **whole(2)))))
    async with wire.serve() as url, connect_client(url) as client:
        result = await run_tool(client, tally)
    assert "next_offset" not in structure_of(result)["page"]
    assert 'total=2. End of list, but it is NOT complete: 1 more could not be read ("created_at: ' in text_of(result)
    assert "ends here" not in text_of(result)
