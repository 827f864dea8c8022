"""Slow text: pings, cancellation, the call budget and shutdown work while it is processed."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes.holding_writer import APPLICATION, HoldingWriter
from tests.fakes.raw_http_server import http_response
from tests.helpers.key import KEY
from tests.helpers.result_checks import check_triage_sums
from tests.helpers.subprocess_server import ServerProcess, start_server
from tests.helpers.tally import Tally, gate_or_full

TRIAGE = "triage_application_jobs"
NESTED = json.dumps({"body": json.dumps({"trace": [{"service": "gateway", "ms": n} for n in range(60)]})})
SLOW = {
    "JSON in JSON": NESTED * 2,
    "quotation marks that nothing closes": '"\\' * 2_000,
    "dots before an address that never comes": "..._" * 1_000,
    "a list without an end": "abc, ." * 600,
    "beginnings of passwords": "password='secret is " * 100,
    "many different words": " ".join(f"w{n}x" for n in range(700)),
}


@dataclass
class DifferentErrors(HoldingWriter):
    """Every job has a different error, so that each must be processed."""

    def _job(self, number: int) -> dict[str, Any]:
        job = super()._job(number)
        return {**job, "error": f"{number}{'x' * (number % 7)}: {self.text}"} if "error" in job else job


async def result_of(server: ServerProcess, call: int) -> dict[str, Any]:
    """Return the structured result of a call; drop the responses before it."""
    while (answer := await server.receive())["id"] != call:
        pass
    assert not answer["result"]["isError"], answer
    return answer["result"]["structuredContent"]


async def ping_until(server: ServerProcess, call: int) -> tuple[dict[str, Any], int]:
    """Ping until a call is answered; return its response and the number of answered pings."""
    pings = 0
    server.send("ping")
    while (answer := await server.receive())["id"] != call:
        pings += 1
        server.send("ping")
    return answer, pings


@pytest.mark.parametrize("words", SLOW.values(), ids=SLOW)
async def test_pings_are_answered_while_slow_text_is_processed(words: str, tally: Tally) -> None:
    tally.tried["slow texts"] += 1
    peer = DifferentErrors(jobs=100, text=words)
    async with peer.serve() as url, start_server(url) as server:
        answer, pings = await ping_until(server, server.send_call(TRIAGE, application_id=APPLICATION))
        assert answer["result"]["structuredContent"]["counts"] == {"failed": 99, "in_progress": 1}
    # Without a worker thread there are two or three, during the request to Writer.
    assert pings >= 5


async def test_a_cancelled_call_stops_processing_text(tally: Tally) -> None:
    tally.tried["slow texts"] += 1
    peer = DifferentErrors(jobs=5_000, text=NESTED)
    async with peer.serve() as url, start_server(url) as server:
        call = server.send_call(TRIAGE, application_id=APPLICATION)
        server.send("ping")
        assert (await server.receive())["id"] != call
        server.notify("notifications/cancelled", {"requestId": call})
        # The call would read fifty pages. Small calls are answered, and the cancelled one never is.
        for _ in range(3):
            other = server.send_call("get_job_error", job_id="7")
            answer = await server.receive()
            assert answer["id"] == other
    assert len(peer.request_heads) < 50


async def test_the_server_exits_while_processing_text(tally: Tally) -> None:
    tally.tried["slow texts"] += 1
    peer = DifferentErrors(jobs=5_000, text=NESTED)
    async with peer.serve() as url, start_server(url) as server:
        server.send_call(TRIAGE, application_id=APPLICATION)
        server.send("ping")
        await server.receive()
        server.close_stdin()
        assert await server.wait() == 0
        assert await server.read_stderr() == ""


@pytest.mark.parametrize("words", [SLOW["JSON in JSON"], SLOW["many different words"]][: gate_or_full(1, 2)])
async def test_a_triage_that_runs_out_of_time_reports_what_it_read(words: str, tally: Tally) -> None:
    tally.tried["slow texts"] += 1
    peer = DifferentErrors(jobs=20_000, text=words)
    async with peer.serve() as url, start_server(url, {"WRITER_JOBS_CALL_BUDGET": "6"}) as server:
        report = await result_of(server, server.send_call(TRIAGE, application_id=APPLICATION, max_jobs=20_000))
    check_triage_sums(report)
    coverage = report["coverage"]
    assert (coverage["stopped_by"], coverage["complete"]) == ("time_budget", False)
    assert 0 < coverage["jobs_read"] == coverage["jobs_in_window"] < 20_000


@dataclass
class LongOutput(HoldingWriter):
    """Every job is completed and has a long output."""

    def _job(self, number: int) -> dict[str, Any]:
        return {**super()._job(number), "status": "completed", "error": None}


@dataclass
class LongError(HoldingWriter):
    """Every job failed and has a long error."""

    def _job(self, number: int) -> dict[str, Any]:
        return {**super()._job(number), "data": None}


BYTES = 15_000_000  # as JSON
FEWER_BYTES = gate_or_full(3_000_000, BYTES)  # of what takes longest: time that grows faster than size still shows
LONG: dict[str, tuple[str, int]] = {
    "beginnings of passwords": ("password='secret is ", BYTES),
    "a table with more commas than a list may have values": ("1,2,3,4,5,6,7,8\n", BYTES),
    "hidden characters": ("\u200b\u202e", BYTES),
    "the first letters of the key": (f"{KEY[:4]}-based words ", FEWER_BYTES),
    "halves of surrogate pairs": ("some words \ud800 ", FEWER_BYTES),
}


def call(server: ServerProcess, tool: str, **arguments: Any) -> int:
    return server.send_call(tool, job_id="7", **arguments)


@pytest.mark.parametrize(("unit", "size"), LONG.values(), ids=LONG)
async def test_a_piece_of_a_long_output_is_read_within_the_call_budget(unit: str, size: int, tally: Tally) -> None:
    tally.tried["slow texts"] += 1
    peer = LongOutput(text=unit * (size // (len(json.dumps(unit)) - 2)))
    async with peer.serve() as url, start_server(url) as server:
        for offset in (0, len(peer.text) // 2):
            piece = await result_of(server, call(server, "get_job_output", offset=offset, max_chars=4_000))
            assert (piece["output_chars"], piece["offset"]) == (len(peer.text), offset)
            assert piece["next_offset"] > offset
            assert len(piece.get("output", "")) <= 4_000


async def test_a_long_error_shows_both_ends_and_masks_secrets_at_the_cuts(tally: Tally) -> None:
    tally.tried["slow texts"] += 1
    key = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA7\n" * 400 + "-----END RSA PRIVATE KEY-----"
    peer = LongError(text=f"Rate limit exceeded. {key}{'and so on ' * 1_000_000}{key} It ended with 429.")
    async with peer.serve() as url, start_server(url) as server:
        shown = await result_of(server, call(server, "get_job_error"))
    assert shown["error_chars"] == len(peer.text)
    assert shown["error"].startswith("Rate limit exceeded. [masked]and so on and so on")
    assert shown["error"].endswith("so on [masked] It ended with 429.")
    assert re.search(r"… \[about 100\d{5} characters left out\] …", shown["error"])
    assert shown["cause"]["category"] == "rate_limit"


READ_WHOLE: dict[str, Callable[[], dict[str, Any]]] = {
    "many fields": lambda: {f"key{n}": n for n in range(50_000)},
    "many fields with texts": lambda: {f"key{n}": "password='secret is " for n in range(3_000)},
    "many fields with invalid names": lambda: {f"password='secret is {n}": n for n in range(5_000)},
    "one long text": lambda: {"text": "password='secret is " * 3_000},
    "lists": lambda: {"rows": [[n, f"{n}", None, True, 1.5] for n in range(20_000)]},
}


@dataclass
class OddJob(HoldingWriter):
    """The only job has additional fields."""

    def __post_init__(self) -> None:
        self.others: dict[str, Any] = {}

    def _job(self, number: int) -> dict[str, Any]:
        return {**super()._job(number), **self.others}


@pytest.mark.parametrize("others", READ_WHOLE.values(), ids=READ_WHOLE)
async def test_pings_are_answered_while_a_resource_is_sanitized(
    others: Callable[[], dict[str, Any]], tally: Tally
) -> None:
    tally.tried["slow texts"] += 1
    peer = OddJob()
    peer.others = others()
    async with peer.serve() as url, start_server(url) as server:
        reading = server.send("resources/read", {"uri": "writer://applications/a/jobs/7"})
        answer, pings = await ping_until(server, reading)
        (content,) = answer["result"]["contents"]
        shown = json.loads(content["text"])
    assert len(shown) >= len(peer.others)
    assert pings >= 3
    if "rows" in peer.others:
        assert shown["rows"] == peer.others["rows"]


@dataclass
class LongRetryResponse(HoldingWriter):
    """The response to a retry has megabytes."""

    def response_to(self, head: bytes) -> bytes:
        if not head.startswith(b"POST"):
            return super().response_to(head)
        return http_response(
            json.dumps({"id": "7", "words": f"{KEY[:4]}-based words " * 200_000}).encode(), "202 Accepted"
        )


async def test_pings_are_answered_while_a_long_retry_response_is_read(tally: Tally) -> None:
    tally.tried["slow texts"] += 1
    async with (
        LongRetryResponse().serve() as url,
        start_server(url, {"WRITER_JOBS_ALLOW_RETRY": "true"}) as server,
    ):
        retry = server.send_call("retry_jobs", job_ids=["7"], dry_run=False)
        result, _ = await ping_until(server, retry)
    assert result["result"]["structuredContent"]["jobs"][0]["outcome"] == "accepted"
