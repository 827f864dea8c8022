"""The table of faults on the wire: what the peer does, and what must come of it."""

import asyncio
import gzip
import json
import zlib
from dataclasses import dataclass
from typing import Literal

from tests.fakes.raw_http_server import GOOD, JOBS, Behaviour, Exchange, answer, page, says
from tests.helpers.key import KEY

MIB = 2**20
Outcome = Literal["right", "retried", "told"]
"""The right answer at once; the right answer from another request; or a sentence, with no other request made."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing a peer may do.

    Attributes:
        name: What to call it.
        behaviour: What it is.
        outcome: What must come of it when it happens once.
        words: What the sentence says, where there is one: when it is told, or retried and happens for ever.
    """

    name: str
    behaviour: Behaviour
    outcome: Outcome
    words: str = ""


def told(name: str, said: bytes, words: str) -> Fault:
    return Fault(name, says(said), "told", words)


def right(name: str, said: bytes) -> Fault:
    return Fault(name, says(said), "right")


def broken(name: str, *said: bytes) -> Fault:
    return Fault(name, says(*said), "retried", "closed the connection before its response was complete")


async def _reset_at_once(exchange: Exchange) -> None:
    exchange.reset()


async def _reset_in_the_body(exchange: Exchange) -> None:
    await exchange.send(answer(GOOD)[:-20])
    await asyncio.sleep(0.05)  # or the reset overtakes what was sent
    exchange.reset()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CONNECTIONS = [
    Fault("reset at once", _reset_at_once, "retried", "closed the connection"),
    Fault("reset in the body", _reset_in_the_body, "retried", "closed the connection"),
    broken("closed at once"),
    broken("closed in the status line", b"HTTP/1.1 20"),
    broken("closed in the headers", b"HTTP/1.1 200 OK\r\nContent-Type: appl"),
    broken("closed before the body", answer(GOOD)[: -len(GOOD)]),
    broken("closed in the body", answer(GOOD)[:-20]),
    broken("closed before the last chunk", CHUNKED, b"%x\r\n%b\r\n" % (len(GOOD), GOOD)),
    broken("closed in a chunk", CHUNKED, b"%x\r\n%b" % (len(GOOD), GOOD[:-5])),
    broken("a chunk of no size", CHUNKED, b"zz\r\n"),
    broken("a chunk of endless size", CHUNKED, b"f" * 100 + b"\r\n"),
    broken("a longer length than the body", answer(GOOD).replace(b"Length: ", b"Length: 9")),
    broken("a length that is no number", b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + GOOD),
    broken("a negative length", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + GOOD),
    broken("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + GOOD),
    broken("a header of 200 kB", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n"),
    broken("60,000 headers", b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 60_000 + b"\r\n"),
    broken("a header that tells the key", f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode()),
    broken("no HTTP but the key", f"Bearer {KEY}\r\n\r\n".encode()),
    broken("a TLS alert", b"\x15\x03\x01\x00\x02\x02\x46"),
    broken("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    broken("another protocol", b"220 mail.example.com ESMTP\r\n"),
    broken("the request itself", f"GET / HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode()),
    told("a shorter length than the body", answer(GOOD).replace(str(len(GOOD)).encode(), b"40"), "EOF while parsing"),
    right("more than was due", answer(GOOD) + answer(GOOD) + b"\x00" * 100),
    right("no length, and the end of the connection", b"HTTP/1.1 200 OK\r\n\r\n" + GOOD),
    right("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\n" + GOOD),
    right("chunks of a byte", CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in GOOD) + b"0\r\n\r\n"),
]


def _refused(status: str, words: str) -> Fault:
    body = json.dumps({"tpe": "Some", "errors": [{"description": f"No, {KEY}", "key": "fail", "extras": {}}]}).encode()
    return told(status, answer(body, status), words)


PASSING = ("408 Timeout", "429 Slow Down", "500 Oops", "502 Bad", "503 Away", "504 Late")
REFUSING = {
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
    *(Fault(each, says(answer(b"<html>", each)), "retried", f"{each[:3]}") for each in PASSING),
    *(_refused(status, words) for status, words in REFUSING.items()),
    broken("101, not asked for", answer(GOOD, "101 Switching Protocols", "Upgrade: h2c")),
    right("100 first", b"HTTP/1.1 100 Continue\r\n\r\n" + answer(GOOD)),
    right("103 first", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3 + answer(GOOD)),
    *(
        told(
            f"{status} to {where!r}",
            answer(b"", f"{status} Moved", f"Location: {where}"),
            "a redirect, which is not",
        )
        for status in (300, 301, 302, 303, 307, 308)
        for where in ("http://127.0.0.1:9/steal", f"https://evil.example/?{KEY}", "//[", "\x7f")
    ),
    *(
        Fault(
            f"429, {name}: {value}", says(answer(b"", "429 Slow", f"{name}: {value}")), "retried", "limiting this key's"
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
    told("429 for an hour", answer(b"", "429 Slow", "Retry-After: 3600"), "Wait 3600 seconds, as Writer asks"),
    told("503 for an hour", answer(b"", "503 Away", "Retry-After: 3600"), "it answered 503 Service Unavailable"),
    told("429 for a century", answer(b"", "429 Slow", "Retry-After: 3155760000"), "Wait 3155760000 seconds"),
]

GZIP, BROTLI = "Content-Encoding: gzip", "Content-Encoding: br"
CANNOT, TOO_LARGE = "cannot be decoded", "larger than 32 MiB"
_ZEROS = gzip.compress(bytes(96 * MIB))
# Nobody unpacks what nobody asked for, so it need not be real.
_NOT_ASKED_FOR = bytes.fromhex("cbffff3f0080ff") * 1_000


async def _huge(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (200 * MIB))
    for _ in range(200):
        await exchange.send(b"x" * MIB)


async def _endless(exchange: Exchange) -> None:
    await exchange.send(CHUNKED)
    chunk = b"100000\r\n" + b" " * MIB + b"\r\n"
    while True:
        await exchange.send(chunk)


BODIES = [
    right("packed", answer(gzip.compress(GOOD), "200 OK", GZIP)),
    right("packed as zlib", answer(zlib.compress(GOOD), "200 OK", "Content-Encoding: deflate")),
    right("said to be as it is", answer(GOOD, "200 OK", "Content-Encoding: identity")),
    Fault(
        "packed and cut short",
        says(answer(gzip.compress(GOOD)[:-12], "200 OK", GZIP)),
        "retried",
        "ended its response before it was complete",
    ),
    told("not packed as said", answer(GOOD, "200 OK", GZIP), CANNOT),
    told("brotli, not asked for", answer(_NOT_ASKED_FOR, "200 OK", BROTLI), CANNOT),
    told("an encoding of its own", answer(GOOD, "200 OK", "Content-Encoding: rot13"), CANNOT),
    told("a gzip bomb", answer(_ZEROS, "200 OK", GZIP), TOO_LARGE),
    told("a zlib bomb", answer(zlib.compress(bytes(96 * MIB)), "200 OK", "Content-Encoding: deflate"), TOO_LARGE),
    told("a gzip bomb in a gzip bomb", answer(gzip.compress(_ZEROS), "200 OK", "Content-Encoding: gzip, gzip"), CANNOT),
    told("a gzip bomb for a complaint", answer(_ZEROS, "400 Bad", GZIP), "and gave no reason"),
    Fault("200 MB", _huge, "told", TOO_LARGE),
    Fault("without end", _endless, "told", TOO_LARGE),
    told("20 MB of empty lists", answer(b'{"result": [' + b"[]," * (7 * MIB) + b"0]}"), "more than 1,000,000 values"),
    right("20 MB beside the jobs", answer(page(*JOBS, more="x" * (20 * MIB)))),
    told("empty", answer(b""), "it is empty"),
    told("blank", answer(b" \r\n\t "), "it is empty"),
    told("HTML", answer(b"<!doctype html><h1>Sign in</h1>", "200 OK", "Content-Type: text/html"), "it is a web page"),
    told(
        "HTML said to be JSON", answer(f"<p>{KEY}".encode(), "200 OK", "Content-Type: application/json"), "a web page"
    ),
    right("JSON said to be HTML", answer(GOOD, "200 OK", "Content-Type: text/html; charset=utf-16")),
    right("JSON behind a byte order mark", answer(b"\xef\xbb\xbf" + GOOD)),
    told("UTF-16", answer(GOOD.decode().encode("utf-16")), "Invalid JSON"),
    told("JSON cut short", answer(GOOD[:-9]), "Invalid JSON"),
    told("JSON and more", answer(GOOD + b"{}"), "Invalid JSON"),
    told("a string", answer(json.dumps(KEY).encode()), "Input should be"),
    told("null", answer(b"null"), "Input should be"),
    right("letters that are no UTF-8", answer(GOOD.replace(b"}]", b', "x": "\xff\xfe"}]', 1))),
    right("half a pair", answer(GOOD.replace(b"}]", b', "x": "\\ud83d"}]', 1))),
    right("NaN", answer(page(*JOBS, a=float("nan"), b=float("inf"), c=1e308))),
    right("numbers without bounds", answer(page(*JOBS, a=10**4_000))),
    told("a number of 10,000 digits", answer(GOOD[:-1] + b', "a": ' + b"9" * 10_000 + b"}"), "number out of range"),
    told("nested without end", answer(b'{"result": ' + b"[" * 200_000), "recursion limit"),
    told("nested beside the jobs", answer(GOOD[:-1] + b', "a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"), "recursion"),
    right("twice the same key", answer(b'{"result": null, ' + GOOD[1:])),
    right("the key as a name", answer(page(*JOBS, **{KEY: KEY}))),
]

ONCE: list[Fault] = [*CONNECTIONS, *STATUSES, *BODIES]


async def _silence(exchange: Exchange) -> None:
    await asyncio.sleep(60)
    await exchange.hang_up()


def _stalls_after(said: bytes) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.send(said)
        await _silence(exchange)

    return behave


async def _drips(exchange: Exchange) -> None:
    for byte in answer(GOOD):
        await exchange.send(bytes([byte]))
        await asyncio.sleep(0.05)


async def _informs_for_ever(exchange: Exchange) -> None:
    while True:
        await exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.01)


OVER = "within the call budget of 1 s"
SLOW = [
    Fault("silence", _silence, "told", OVER),
    Fault("silence in the status line", _stalls_after(b"HTTP/1.1 2"), "told", OVER),
    Fault("silence in the headers", _stalls_after(b"HTTP/1.1 200 OK\r\nX: "), "told", OVER),
    Fault("silence before the body", _stalls_after(answer(GOOD)[: -len(GOOD)]), "told", OVER),
    Fault("silence in the body", _stalls_after(answer(GOOD)[:-20]), "told", OVER),
    Fault("silence in a packed body", _stalls_after(answer(gzip.compress(GOOD), "200 OK", GZIP)[:-9]), "told", OVER),
    Fault("a byte at a time", _drips, "told", OVER),
    Fault("100 Continue for ever", _informs_for_ever, "told", OVER),
]
