"""The body of an answer: read in bounded memory, then parsed into a model."""

import zlib
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from types import NoneType
from typing import TypeVar, cast

import anyio.lowlevel
import httpx
from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import from_json

from writer_jobs_mcp.client.auth import BearerAuth
from writer_jobs_mcp.client.models import RetryResponse, describe_validation_error
from writer_jobs_mcp.client.retry import TransientError
from writer_jobs_mcp.errors import UnreadableResponse
from writer_jobs_mcp.sanitize.text import LONE_SURROGATE_ESCAPE

ModelT = TypeVar("ModelT", bound=BaseModel)

ACCEPT_ENCODING = "gzip"
"""The one encoding that is asked for: its unpacking can be stopped at any byte."""

_MIB = 2**20
_MAX_BODY = 32 * _MIB
_MAX_ERROR_BODY = _MIB // 16
_MAX_VALUES = 1_000_000  # an empty list is 3 bytes in JSON, and 64 in memory
_CHUNK_BYTES = 65_536  # bytes that are looked through in one step
_ESCAPED_PAIR = 12  # bytes of a surrogate pair in JSON
_BACKSLASH = ord("\\")
_UNCOMPRESSED, _ZLIB_ENCODINGS = {"", "identity"}, {"gzip", "x-gzip", "deflate"}


async def read_body(response: httpx.Response) -> bytes:
    """The whole body of a success; of anything else as much as may hold a complaint.

    Raises:
        UnreadableAnswer: It is larger than any page of jobs should be, or packed in a way that was not asked for.
        Fault: It was packed, and ends before its end.
        httpx.HTTPError: The connection broke.
    """
    if not response.is_success:
        return await _read_error_body(response)
    body, is_whole = await _read_up_to(response, _MAX_BODY)
    if len(body) > _MAX_BODY:
        message = f"Writer's answer is larger than {_MAX_BODY // _MIB} MiB. Ask for fewer jobs at a time (limit)."
        raise UnreadableResponse(message)
    if not is_whole:
        raise TransientError("it ended its response before it was complete")
    return body


async def _read_error_body(response: httpx.Response) -> bytes:
    try:
        body, _ = await _read_up_to(response, _MAX_ERROR_BODY)
    except (UnreadableResponse, httpx.HTTPError):
        return b""  # its status says enough
    return body[:_MAX_ERROR_BODY]


async def _read_up_to(response: httpx.Response, greatest: int) -> tuple[bytes, bool]:
    """At most one byte more than ``greatest``, unpacked, and whether the packed form came to its own end."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in _UNCOMPRESSED | _ZLIB_ENCODINGS:
        raise _decode_error()
    zipped = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in _ZLIB_ENCODINGS else None
    body = bytearray()
    try:
        async for chunk in response.aiter_raw():
            packed = chunk
            while packed and len(body) <= greatest:
                room = greatest + 1 - len(body)
                body += zipped.decompress(packed, min(_MIB, room)) if zipped else packed[:room]
                packed = zipped.unconsumed_tail if zipped else b""
                await anyio.lowlevel.checkpoint()  # a few bytes may be unpacked to many
            if len(body) > greatest:
                return bytes(body), False
    except zlib.error:
        raise _decode_error() from None
    return bytes(body), zipped is None or zipped.eof or not response.num_bytes_downloaded


def _decode_error() -> UnreadableResponse:
    return UnreadableResponse("Writer's answer cannot be decoded. Check WRITER_BASE_URL, or report this.")


def parse_body(
    body: bytes, model: type[ModelT], subject: str, auth: BearerAuth, check: Callable[[], None] = lambda: None
) -> ModelT:
    """What the JSON in ``body`` says about ``subject``.

    Args:
        body: A whole answer.
        model: What it should be.
        subject: What was asked about, for the error.
        auth: What the request was sent with, to be taken out of the answer.
        check: Called every few milliseconds; what it raises ends the work.

    Raises:
        UnreadableAnswer: It is not that.
    """
    what = _unusable_reason(body, check)
    if not what:
        try:
            said = _parse_json(body, check)
            parsed = model.model_validate(said)
            # What is not handed on need not be looked through, and that is most of a page with long outputs.
            return auth.redact(parsed, check) if auth.may_leak_in(_strings(parsed)) else parsed
        except ValidationError as exc:
            what = describe_validation_error(exc)
        except ValueError as exc:
            what = f"Invalid JSON: {exc}"
    message = f"Writer's answer about {subject} cannot be read ({what}). Check WRITER_BASE_URL, or report this."
    raise UnreadableResponse(message)


_NO_TEXT = (NoneType, int, float, datetime)


def _strings(parsed: BaseModel) -> list[str]:
    """Every text in a model, at any depth."""
    texts: list[str] = []
    rest: list[object] = [parsed]
    while rest:
        within = rest.pop()
        if isinstance(within, dict):
            values = chain.from_iterable(cast("dict[str, object]", within).items())
        elif isinstance(within, (list, tuple)):
            values = iter(cast("Sequence[object]", within))
        else:
            values = iter(vars(within).values())
        for value in values:
            if isinstance(value, str):
                texts.append(value)
            elif not isinstance(value, _NO_TEXT):
                rest.append(value)
    return texts


def parse_retry_job_id(body: bytes, auth: BearerAuth) -> str | None:
    """The id of the job that a retry started, where its answer can be read so far."""
    try:
        started = RetryResponse.model_validate(from_json(body))
    except ValueError:
        return None
    return auth.redact(started, lambda: None).id


def _parse_json(body: bytes, check: Callable[[], None]) -> JsonValue:
    try:
        return from_json(body)
    except ValueError:
        # A byte order mark, half a surrogate pair, or bytes that are not UTF-8 do not spoil the answer: replace them
        # and look again.
        return from_json(b"".join(_repair_utf8(body, check)))


def _repair_utf8(body: bytes, check: Callable[[], None]) -> Iterator[bytes]:
    """Yield a body in parts, with U+FFFD for what is no character in it."""
    decoder = getincrementaldecoder("utf-8-sig")("replace")
    utf8 = bytearray()
    for start in range(0, len(body), _CHUNK_BYTES):
        check()
        utf8 += decoder.decode(body[start : start + _CHUNK_BYTES]).encode()
    utf8 += decoder.decode(b"", final=True).encode()
    end = 0
    for start in range(0, len(utf8), _CHUNK_BYTES):
        check()
        # A little further, since a pair of surrogates may stand across the border.
        for half in LONE_SURROGATE_ESCAPE.finditer(
            utf8, max(start, end), min(len(utf8), start + _CHUNK_BYTES + _ESCAPED_PAIR)
        ):
            if half.start() < start + _CHUNK_BYTES:
                yield bytes(utf8[end : half.start()]) + rb"\ufffd"
                end = half.end()
    yield bytes(utf8[end:])


def _unusable_reason(body: bytes, check: Callable[[], None]) -> str:
    """What an answer is that need not be parsed to know that it is of no use."""
    match body[:64].lstrip()[:1]:
        case b"":
            return "it is empty"
        case b"<":
            return "it is a web page, not JSON"
        case _ if len(body) > _MIB and _count_separators(body) > _MAX_VALUES and _has_too_many_values(body, check):
            return f"it holds more than {_MAX_VALUES:,} values"
        case _:
            return ""


def _count_separators(json: bytes, start: int = 0, end: int | None = None) -> int:
    return sum(json.count(mark, start, end) for mark in (b",", b"[", b"{"))


def _has_too_many_values(json: bytes, check: Callable[[], None]) -> bool:
    """Whether there are too many separators outside of strings: an output may hold as many commas as it likes."""
    number, position = 0, 0
    while True:
        check()
        opening = json.find(b'"', position)
        number += _count_separators(json, position, opening if opening >= 0 else len(json))
        if number > _MAX_VALUES or opening < 0:
            return number > _MAX_VALUES
        closing = json.find(b'"', opening + 1)
        while closing >= 0 and _is_escaped(json, closing):
            closing = json.find(b'"', closing + 1)
        if closing < 0:
            return False
        position = closing + 1


def _is_escaped(json: bytes, quote: int) -> bool:
    before = quote
    while json[before - 1] == _BACKSLASH:
        before -= 1
    return (quote - before) % 2 == 1
