"""The client over real HTTP: which responses can be read."""

import gzip
import json
import tracemalloc
from datetime import timedelta

import pytest
from starlette.types import Receive, Scope, Send

from tests.conftest import config_for
from tests.helpers.key import FIRST, JOB, KEY, KEY_LEAKING_BODY, MIB, error_of_call
from writer_jobs_mcp.client import WriterClient, asgi_transport, open_client
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import BadRequest, UnreadableResponse
from writer_jobs_mcp.sandbox import (
    APPLICATIONS,
    CannedResponse,
    FaultScript,
    InjectedFault,
    SandboxApp,
    SandboxStore,
    WrongContentType,
    serve,
)


async def test_list_applications_returns_each_application(client: WriterClient) -> None:
    page = await client.list_applications()
    assert {(row.id, row.name, row.type, row.status) for row in page.applications} == {
        (each.id, each.name, "generation", "deployed") for each in APPLICATIONS
    }
    assert (page.has_more, page.last_id, page.unreadable) == (False, page.applications[-1].id, [])


async def test_get_application_accepts_an_id_and_an_alias(client: WriterClient) -> None:
    for name in (FIRST.id, FIRST.alias):
        application = await client.get_application(name)
        assert (application.id, application.name) == (FIRST.id, FIRST.name)


async def test_list_jobs_returns_a_page_and_the_total(client: WriterClient, store: SandboxStore) -> None:
    page = await client.list_jobs(FIRST.alias, status="failed", offset=2, limit=5)
    expected = store.jobs(FIRST.id, "failed")
    assert [job.id for job in page.jobs] == [job.id for job in expected[2:7]]
    assert (page.total, page.unreadable) == (len(expected), [])


async def test_get_job_returns_times_and_texts(client: WriterClient, store: SandboxStore) -> None:
    failed, completed = (store.jobs(FIRST.id, status)[0] for status in ("failed", "completed"))
    one, other = await client.get_job(failed.id), await client.get_job(completed.id)
    assert (one.status, one.application_id, one.output) == ("failed", FIRST.id, None)
    assert one.error
    assert (other.status, other.error) == ("completed", None)
    assert other.output
    assert abs(one.created_at - failed.created_at) < timedelta(seconds=1)
    assert other.completed_at is not None
    assert other.completed_at.utcoffset() == timedelta(0)


async def test_the_transport_can_be_an_asgi_app(api: SandboxApp) -> None:
    async with open_client(config_for("http://localhost", WRITER_API_KEY=KEY), asgi_transport(api)) as client:
        assert (await client.get_application(FIRST.alias)).id == FIRST.id


def page_of(*rows: object, **others: object) -> bytes:
    return json.dumps({"result": rows, **others}).encode()


@pytest.mark.parametrize(
    ("body", "output"),
    [
        (b'{"suggestion": "caf\xe9"}', "caf\ufffd"),
        (b'{"suggestion": "half \\ud83d"}', "half \ufffd"),
        (b'{"suggestion": "\\ude00 other"}', "\ufffd other"),
        (b'{"suggestion": "whole \\ud83d\\ude00"}', "whole 😀"),
        (b'{"suggestion": "mixed \\ud83d \\ud83d\\ude00 \xff"}', "mixed \ufffd 😀 \ufffd"),
        (b'{"suggestion": "\xed\xa0\x80"}', "\ufffd\ufffd\ufffd"),
        (b'{"suggestion": null}', None),
        (b"null", None),
        (b'{"suggestion": "", "more": [1, {"deep": true}]}', ""),
    ],
)
async def test_an_invalid_character_is_replaced(
    client: WriterClient, faults: FaultScript, body: bytes, output: str | None
) -> None:
    faults.push(CannedResponse(200, json.dumps(JOB).encode()[:-1] + b', "error": null, "data": ' + body + b"}"))
    assert (await client.get_job("j")).output == output


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({**JOB, "status": "queued", "priority": 7}, "queued"),
        ({**JOB, "created_at": "2026-11-23T10:38:17.501223+05:30"}, "2026-11-23T05:08:17.501223+00:00"),
        ({**JOB, "created_at": "2026-11-23T10:38:17"}, "2026-11-23T10:38:17+00:00"),
        ({**JOB, "completed_at": None, "data": None, "error": None, "updated_at": None}, "completed"),
    ],
)
async def test_undocumented_variations_are_accepted(
    client: WriterClient, faults: FaultScript, row: dict[str, object], expected: str
) -> None:
    faults.push(CannedResponse(200, page_of(row)))
    (job,) = (await client.list_jobs("a")).jobs
    assert expected in {job.status, job.created_at.isoformat()}


@pytest.mark.parametrize(
    "row",
    [
        None,
        "job",
        {},
        {**JOB, "id": ""},
        {**JOB, "id": None},
        {**JOB, "created_at": "yesterday"},
        {**JOB, "created_at": "0001-01-01T00:00:00+14:00"},
        {**JOB, "created_at": None},
        {**JOB, "created_at": ""},
    ],
)
async def test_an_unreadable_row_does_not_affect_the_others(
    client: WriterClient, faults: FaultScript, row: object
) -> None:
    faults.push(CannedResponse(200, page_of(JOB, row, {**JOB, "id": "k"})))
    page = await client.list_jobs("a")
    assert ([job.id for job in page.jobs], len(page.unreadable)) == (["j", "k"], 1)


@pytest.mark.parametrize("total", [None, "12", -1, True, 1.5, {}])
async def test_an_invalid_total_is_ignored(client: WriterClient, faults: FaultScript, total: object) -> None:
    faults.push(CannedResponse(200, page_of(JOB, totalCount=total)))
    assert (await client.list_jobs("a")).total is None


async def test_a_wrong_content_type_is_ignored(client: WriterClient, faults: FaultScript) -> None:
    faults.push(WrongContentType("text/html"))
    assert len((await client.list_jobs(FIRST.id, limit=3)).jobs) == 3


UNREADABLE = {
    "empty": (CannedResponse(200), "it is empty"),
    "blank": (CannedResponse(200, b" \n"), "it is empty"),
    "a web page": (CannedResponse(200, f"<html>{KEY}</html>".encode()), "it is a web page, not JSON"),
    "no JSON": (CannedResponse(200, f"key {KEY}".encode()), "Invalid JSON"),
    "JSON cut short": (CannedResponse(200, b'{"result": ['), "Invalid JSON"),
    "another shape": (CannedResponse(200, KEY_LEAKING_BODY), "result: Field required"),
    "a list": (CannedResponse(200, json.dumps([KEY]).encode()), ""),
    "null": (CannedResponse(200, b"null"), ""),
    "null rows": (CannedResponse(200, b'{"result": null}'), "result: "),
    "nested without end": (CannedResponse(200, b'{"result": ' + b"[" * 100_000), ""),
    "no content": (CannedResponse(204), "204 No Content instead of 200"),
    "accepted": (CannedResponse(202, b"{}"), "202 Accepted instead of 200"),
    "not compressed as its header says": (
        CannedResponse(200, KEY_LEAKING_BODY, {"content-encoding": "gzip"}),
        "cannot be decoded",
    ),
}


@pytest.mark.parametrize(("fault", "words"), UNREADABLE.values(), ids=UNREADABLE)
async def test_an_unreadable_response_is_not_requested_again(
    config: Config, api: SandboxApp, faults: FaultScript, fault: InjectedFault, words: str
) -> None:
    faults.push(fault)
    error = await error_of_call(config)
    assert isinstance(error, UnreadableResponse)
    assert words in str(error)
    assert len(api.received) == 1


ENDLESS = 256 * MIB


ZEROS = gzip.compress(bytes(ENDLESS))


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("identity", None, "larger than 32 MiB"),
        ("gzip", ZEROS, "larger than 32 MiB"),
        ("gzip, gzip", gzip.compress(ZEROS), "cannot be decoded"),
        ("identity", b'{"result": [' + b"[]," * 5_000_000 + b"[]]}", "more than 1,000,000 values"),
    ],
    ids=["plain", "compressed", "compressed twice", "empty lists"],
)
@pytest.mark.parametrize("status", [200, 400])
async def test_an_endless_body_is_rejected_in_bounded_memory(
    status: int, encoding: str, body: bytes | None, words: str
) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-encoding", encoding.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for part in [bytes(MIB)] * (ENDLESS // MIB) if body is None else [body]:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async with serve(app) as url:
        tracemalloc.start()
        try:
            error = await error_of_call(config_for(url, WRITER_API_KEY=KEY))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    if status == 200:
        assert isinstance(error, UnreadableResponse)
        assert words in str(error)
    else:
        assert isinstance(error, BadRequest)
    assert peak < 160 * MIB, f"{peak / MIB:.0f} MiB"


async def test_only_the_first_thousand_rows_of_a_page_are_read(client: WriterClient, faults: FaultScript) -> None:
    faults.push(CannedResponse(200, page_of(*[JOB] * 1_500)))
    assert len((await client.list_jobs("a")).rows) == 1_000
