"""The table of network faults: what the server does, and what the client must make of it."""

import asyncio
import gzip
import json
import zlib
from dataclasses import dataclass
from typing import Literal

from tests.fakes.raw_http_server import JOBS, VALID_PAGE, Behaviour, Exchange, http_response, jobs_page, send_and_close
from tests.helpers.key import KEY

MIB = 2**20
Outcome = Literal["success", "retried", "error"]
"""Success at once, success after a retry, or an error message without a retry."""


@dataclass(frozen=True, slots=True)
class NetworkFault:
    """One misbehaviour of a server.

    Attributes:
        name: Its test id.
        behaviour: What the server does.
        outcome: What must follow if it happens once.
        message: A part of the error message: at once for ``error``, and for ``retried`` if the fault persists.
    """

    name: str
    behaviour: Behaviour
    outcome: Outcome
    message: str = ""


def fails(name: str, response: bytes, message: str) -> NetworkFault:
    return NetworkFault(name, send_and_close(response), "error", message)


def succeeds(name: str, response: bytes) -> NetworkFault:
    return NetworkFault(name, send_and_close(response), "success")


def breaks_off(name: str, *parts: bytes) -> NetworkFault:
    return NetworkFault(
        name, send_and_close(*parts), "retried", "closed the connection before its response was complete"
    )


async def _reset_at_once(exchange: Exchange) -> None:
    exchange.reset()


async def _reset_in_the_body(exchange: Exchange) -> None:
    await exchange.send(http_response(VALID_PAGE)[:-20])
    await asyncio.sleep(0.05)  # or the reset would overtake the body
    exchange.reset()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CONNECTIONS = [
    NetworkFault("reset at once", _reset_at_once, "retried", "closed the connection"),
    NetworkFault("reset in the body", _reset_in_the_body, "retried", "closed the connection"),
    breaks_off("closed at once"),
    breaks_off("closed in the status line", b"HTTP/1.1 20"),
    breaks_off("closed in the headers", b"HTTP/1.1 200 OK\r\nContent-Type: appl"),
    breaks_off("closed before the body", http_response(VALID_PAGE)[: -len(VALID_PAGE)]),
    breaks_off("closed in the body", http_response(VALID_PAGE)[:-20]),
    breaks_off("closed before the last chunk", CHUNKED, b"%x\r\n%b\r\n" % (len(VALID_PAGE), VALID_PAGE)),
    breaks_off("closed in a chunk", CHUNKED, b"%x\r\n%b" % (len(VALID_PAGE), VALID_PAGE[:-5])),
    breaks_off("a chunk without a size", CHUNKED, b"zz\r\n"),
    breaks_off("a chunk of endless size", CHUNKED, b"f" * 100 + b"\r\n"),
    breaks_off("a longer length than the body", http_response(VALID_PAGE).replace(b"Length: ", b"Length: 9")),
    breaks_off("a length that is not a number", b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + VALID_PAGE),
    breaks_off("a negative length", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + VALID_PAGE),
    breaks_off("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + VALID_PAGE),
    breaks_off("a header of 200 kB", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n"),
    breaks_off("60,000 headers", b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 60_000 + b"\r\n"),
    breaks_off("a header with the key", f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode()),
    breaks_off("the key instead of HTTP", f"Bearer {KEY}\r\n\r\n".encode()),
    breaks_off("a TLS alert", b"\x15\x03\x01\x00\x02\x02\x46"),
    breaks_off("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    breaks_off("another protocol", b"220 mail.example.com ESMTP\r\n"),
    breaks_off("the request itself", f"GET / HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode()),
    fails(
        "a shorter length than the body",
        http_response(VALID_PAGE).replace(str(len(VALID_PAGE)).encode(), b"40"),
        "EOF while parsing",
    ),
    succeeds("more bytes than announced", http_response(VALID_PAGE) + http_response(VALID_PAGE) + b"\x00" * 100),
    succeeds("no length, ended by closing", b"HTTP/1.1 200 OK\r\n\r\n" + VALID_PAGE),
    succeeds("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\n" + VALID_PAGE),
    succeeds("chunks of a byte", CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in VALID_PAGE) + b"0\r\n\r\n"),
]


def _rejected_with(status: str, message: str) -> NetworkFault:
    body = json.dumps({"tpe": "Some", "errors": [{"description": f"No, {KEY}", "key": "fail", "extras": {}}]}).encode()
    return fails(status, http_response(body, status), message)


TRANSIENT_STATUSES = ("408 Timeout", "429 Slow Down", "500 Oops", "502 Bad", "503 Away", "504 Late")
FINAL_STATUSES = {
    **dict.fromkeys(("400 Bad", "409 Conflict", "413 Large", "418 Teapot", "422 No"), "Writer rejected the request"),
    "401 Who": "Writer refused the API key (401)",
    "403 No": "The API key may not see",
    **dict.fromkeys(("404 Where", "405 How", "410 Gone"), "Writer does not know application"),
    **dict.fromkeys(("501 What", "505 Old", "507 Full", "599 Odd"), "Writer cannot answer about"),
    **dict.fromkeys(("201 Made", "202 Later", "203 Maybe", "206 Part"), "instead of 200"),
    "204 Nothing": "204 No Content instead of 200",
    "304 Same": "304 Not Modified instead of 200",
    "299 Odd": "299 instead of 200",
}
STATUSES = [
    *(
        NetworkFault(each, send_and_close(http_response(b"<html>", each)), "retried", f"{each[:3]}")
        for each in TRANSIENT_STATUSES
    ),
    *(_rejected_with(status, message) for status, message in FINAL_STATUSES.items()),
    breaks_off("101, not requested", http_response(VALID_PAGE, "101 Switching Protocols", "Upgrade: h2c")),
    succeeds("100 first", b"HTTP/1.1 100 Continue\r\n\r\n" + http_response(VALID_PAGE)),
    succeeds("103 first", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3 + http_response(VALID_PAGE)),
    *(
        fails(
            f"{status} to {where!r}",
            http_response(b"", f"{status} Moved", f"Location: {where}"),
            "a redirect, which is not",
        )
        for status in (300, 301, 302, 303, 307, 308)
        for where in ("http://127.0.0.1:9/steal", f"https://evil.example/?{KEY}", "//[", "\x7f")
    ),
    *(
        NetworkFault(
            f"429, {name}: {value}",
            send_and_close(http_response(b"", "429 Slow", f"{name}: {value}")),
            "retried",
            "limiting this key's",
        )
        for name, value in (
            ("Retry-After", "0"),
            ("Retry-After", "-1"),
            ("Retry-After", "soon"),
            ("Retry-After", "Mon, 23 Nov 2015 12:00:00 GMT"),
            ("Retry-After", "Mon, 23 Nov 99999999999999999999 12:00:00 GMT"),
            ("Retry-After", "1e400"),
            ("Retry-After", "nan"),
            ("retry-after-ms", "50"),
            ("retry-after-ms", "x"),
        )
    ),
    fails("429 for an hour", http_response(b"", "429 Slow", "Retry-After: 3600"), "Wait 3600 seconds, as Writer asks"),
    fails(
        "503 for an hour", http_response(b"", "503 Away", "Retry-After: 3600"), "it answered 503 Service Unavailable"
    ),
    fails("429 for a century", http_response(b"", "429 Slow", "Retry-After: 3155760000"), "Wait 3155760000 seconds"),
]

GZIP, BROTLI = "Content-Encoding: gzip", "Content-Encoding: br"
CANNOT_DECODE, TOO_LARGE = "cannot be decoded", "larger than 32 MiB"
_ZEROS = gzip.compress(bytes(96 * MIB))
# Never decoded, because the client does not accept brotli; so it need not be valid.
_BROTLI_BYTES = bytes.fromhex("cbffff3f0080ff") * 1_000


async def _send_200_mb(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (200 * MIB))
    for _ in range(200):
        await exchange.send(b"x" * MIB)


async def _send_chunks_forever(exchange: Exchange) -> None:
    await exchange.send(CHUNKED)
    chunk = b"100000\r\n" + b" " * MIB + b"\r\n"
    while True:
        await exchange.send(chunk)


BODIES = [
    succeeds("gzip", http_response(gzip.compress(VALID_PAGE), "200 OK", GZIP)),
    succeeds("zlib", http_response(zlib.compress(VALID_PAGE), "200 OK", "Content-Encoding: deflate")),
    succeeds("declared as identity", http_response(VALID_PAGE, "200 OK", "Content-Encoding: identity")),
    NetworkFault(
        "gzip cut short",
        send_and_close(http_response(gzip.compress(VALID_PAGE)[:-12], "200 OK", GZIP)),
        "retried",
        "ended its response before it was complete",
    ),
    fails("declared as gzip, but is not", http_response(VALID_PAGE, "200 OK", GZIP), CANNOT_DECODE),
    fails("brotli, not accepted", http_response(_BROTLI_BYTES, "200 OK", BROTLI), CANNOT_DECODE),
    fails("an unknown encoding", http_response(VALID_PAGE, "200 OK", "Content-Encoding: rot13"), CANNOT_DECODE),
    fails("a gzip bomb", http_response(_ZEROS, "200 OK", GZIP), TOO_LARGE),
    fails(
        "a zlib bomb", http_response(zlib.compress(bytes(96 * MIB)), "200 OK", "Content-Encoding: deflate"), TOO_LARGE
    ),
    fails(
        "a gzip bomb in a gzip bomb",
        http_response(gzip.compress(_ZEROS), "200 OK", "Content-Encoding: gzip, gzip"),
        CANNOT_DECODE,
    ),
    fails("a gzip bomb as an error body", http_response(_ZEROS, "400 Bad", GZIP), "and gave no reason"),
    NetworkFault("200 MB", _send_200_mb, "error", TOO_LARGE),
    NetworkFault("without end", _send_chunks_forever, "error", TOO_LARGE),
    fails(
        "20 MB of empty lists",
        http_response(b'{"result": [' + b"[]," * (7 * MIB) + b"0]}"),
        "more than 1,000,000 values",
    ),
    succeeds("20 MB beside the jobs", http_response(jobs_page(*JOBS, more="x" * (20 * MIB)))),
    fails("empty", http_response(b""), "it is empty"),
    fails("blank", http_response(b" \r\n\t "), "it is empty"),
    fails(
        "HTML",
        http_response(b"<!doctype html><h1>Sign in</h1>", "200 OK", "Content-Type: text/html"),
        "it is a web page",
    ),
    fails(
        "HTML declared as JSON",
        http_response(f"<p>{KEY}".encode(), "200 OK", "Content-Type: application/json"),
        "a web page",
    ),
    succeeds("JSON declared as HTML", http_response(VALID_PAGE, "200 OK", "Content-Type: text/html; charset=utf-16")),
    succeeds("JSON behind a byte order mark", http_response(b"\xef\xbb\xbf" + VALID_PAGE)),
    fails("UTF-16", http_response(VALID_PAGE.decode().encode("utf-16")), "Invalid JSON"),
    fails("JSON cut short", http_response(VALID_PAGE[:-9]), "Invalid JSON"),
    fails("JSON and more", http_response(VALID_PAGE + b"{}"), "Invalid JSON"),
    fails("a string", http_response(json.dumps(KEY).encode()), "Input should be"),
    fails("null", http_response(b"null"), "Input should be"),
    succeeds("bytes that are not UTF-8", http_response(VALID_PAGE.replace(b"}]", b', "x": "\xff\xfe"}]', 1))),
    succeeds("half a surrogate pair", http_response(VALID_PAGE.replace(b"}]", b', "x": "\\ud83d"}]', 1))),
    succeeds("NaN", http_response(jobs_page(*JOBS, a=float("nan"), b=float("inf"), c=1e308))),
    succeeds("a number of 4,000 digits", http_response(jobs_page(*JOBS, a=10**4_000))),
    fails(
        "a number of 10,000 digits",
        http_response(VALID_PAGE[:-1] + b', "a": ' + b"9" * 10_000 + b"}"),
        "number out of range",
    ),
    fails("nested without end", http_response(b'{"result": ' + b"[" * 200_000), "recursion limit"),
    fails(
        "nested beside the jobs",
        http_response(VALID_PAGE[:-1] + b', "a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
        "recursion",
    ),
    succeeds("a duplicate key", http_response(b'{"result": null, ' + VALID_PAGE[1:])),
    succeeds("the API key as a field name", http_response(jobs_page(*JOBS, **{KEY: KEY}))),
]

FAULTS: list[NetworkFault] = [*CONNECTIONS, *STATUSES, *BODIES]


async def _stall(exchange: Exchange) -> None:
    await asyncio.sleep(60)
    await exchange.close()


def _stall_after(beginning: bytes) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.send(beginning)
        await _stall(exchange)

    return behave


async def _send_bytes_slowly(exchange: Exchange) -> None:
    for byte in http_response(VALID_PAGE):
        await exchange.send(bytes([byte]))
        await asyncio.sleep(0.05)


async def _send_100_continue_forever(exchange: Exchange) -> None:
    while True:
        await exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.01)


OVER_BUDGET = "within the call budget of 1 s"
STALLS = [
    NetworkFault("silence", _stall, "error", OVER_BUDGET),
    NetworkFault("silence in the status line", _stall_after(b"HTTP/1.1 2"), "error", OVER_BUDGET),
    NetworkFault("silence in the headers", _stall_after(b"HTTP/1.1 200 OK\r\nX: "), "error", OVER_BUDGET),
    NetworkFault(
        "silence before the body", _stall_after(http_response(VALID_PAGE)[: -len(VALID_PAGE)]), "error", OVER_BUDGET
    ),
    NetworkFault("silence in the body", _stall_after(http_response(VALID_PAGE)[:-20]), "error", OVER_BUDGET),
    NetworkFault(
        "silence in a gzip body",
        _stall_after(http_response(gzip.compress(VALID_PAGE), "200 OK", GZIP)[:-9]),
        "error",
        OVER_BUDGET,
    ),
    NetworkFault("a byte at a time", _send_bytes_slowly, "error", OVER_BUDGET),
    NetworkFault("100 Continue forever", _send_100_continue_forever, "error", OVER_BUDGET),
]
