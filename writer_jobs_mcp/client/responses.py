"""Read the body of a response in bounded memory, and parse it into a model."""

import zlib
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from typing import TypeVar

import anyio.lowlevel
import httpx
from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import from_json

from writer_jobs_mcp.client.auth import BearerAuth
from writer_jobs_mcp.client.models import RetryResponse, describe_validation_error
from writer_jobs_mcp.client.retry import TransientError
from writer_jobs_mcp.errors import UnreadableResponse
from writer_jobs_mcp.sanitize.json_walk import list_strings
from writer_jobs_mcp.sanitize.text import LONE_SURROGATE_ESCAPE

ModelT = TypeVar("ModelT", bound=BaseModel)

ACCEPT_ENCODING = "gzip"
"""The only encoding that is requested: decompressing it can stop at any byte."""

_MIB = 2**20
_MAX_BODY = 32 * _MIB
_MAX_ERROR_BODY = _MIB // 16
_MAX_VALUES = 1_000_000  # an empty list is 3 bytes in JSON, and 64 in memory
_CHUNK_BYTES = 65_536  # processed between two calls of check
_ESCAPED_PAIR = 12  # bytes of a surrogate pair in JSON
_BACKSLASH = ord("\\")
_CHECK_OR_REPORT = "Check WRITER_BASE_URL, or report this."
_UNCOMPRESSED, _ZLIB_ENCODINGS = {"", "identity"}, {"gzip", "x-gzip", "deflate"}


async def read_body(response: httpx.Response) -> bytes:
    """Return the whole body of a success, or the start of the body of an error.

    Raises:
        UnreadableResponse: It is larger than any page of jobs should be, or in an encoding that was not requested.
        TransientError: The compressed body is incomplete.
        httpx.HTTPError: The connection broke.
    """
    if not response.is_success:
        return await _read_error_body(response)
    body, is_whole = await _read_up_to(response, _MAX_BODY)
    if len(body) > _MAX_BODY:
        what = f"Writer's answer is larger than {_MAX_BODY // _MIB} MiB."
        raise UnreadableResponse(what, "Ask for fewer jobs at a time (limit).")
    if not is_whole:
        raise TransientError("it ended its response before it was complete")
    return body


async def _read_error_body(response: httpx.Response) -> bytes:
    try:
        body, _ = await _read_up_to(response, _MAX_ERROR_BODY)
    except (UnreadableResponse, httpx.HTTPError):
        return b""  # the status is enough
    return body[:_MAX_ERROR_BODY]


async def _read_up_to(response: httpx.Response, limit: int) -> tuple[bytes, bool]:
    """Return at most ``limit`` + 1 bytes, decompressed, and whether the compressed body is complete."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in _UNCOMPRESSED | _ZLIB_ENCODINGS:
        raise decode_error()
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in _ZLIB_ENCODINGS else None
    body = bytearray()
    try:
        async for chunk in response.aiter_raw():
            compressed = chunk
            while compressed and len(body) <= limit:
                room = limit + 1 - len(body)
                body += decompressor.decompress(compressed, min(_MIB, room)) if decompressor else compressed[:room]
                compressed = decompressor.unconsumed_tail if decompressor else b""
                await anyio.lowlevel.checkpoint()  # a few bytes may decompress to many
            if len(body) > limit:
                return bytes(body), False
    except zlib.error:
        raise decode_error() from None
    return bytes(body), decompressor is None or decompressor.eof or not response.num_bytes_downloaded


def decode_error() -> UnreadableResponse:
    """Return the error for a body that is not in the encoding that its header names."""
    return UnreadableResponse("Writer's answer cannot be decoded.", _CHECK_OR_REPORT)


def parse_body(
    body: bytes, model: type[ModelT], subject: str, auth: BearerAuth, check: Callable[[], None] = lambda: None
) -> ModelT:
    """Parse the JSON in ``body``, and redact the key in it.

    Args:
        body: A whole response.
        model: The model to parse it into.
        subject: What the request is about, as the error names it.
        auth: The key that is redacted.
        check: Called every few milliseconds; an exception that it raises ends the work.

    Raises:
        UnreadableResponse: It does not fit the model.
    """
    reason = _unusable_reason(body, check)
    if not reason:
        try:
            parsed = model.model_validate(_parse_json(body, check))
            # Only what the model keeps is searched for the key: that is little of a page with long outputs.
            return auth.redact(parsed, check) if auth.may_leak_in(list_strings(parsed)) else parsed
        except ValidationError as exc:
            reason = describe_validation_error(exc)
        except ValueError as exc:
            reason = f"Invalid JSON: {exc}"
    raise UnreadableResponse(f"Writer's answer about {subject} cannot be read ({reason}).", _CHECK_OR_REPORT)


def parse_retry_job_id(body: bytes, auth: BearerAuth) -> str | None:
    """Return the id of the job that a retry started, if the response names one."""
    try:
        parsed = RetryResponse.of(_parse_json(body, lambda: None))
    except ValueError:
        return None
    return auth.redact(parsed, lambda: None).id


def _parse_json(body: bytes, check: Callable[[], None]) -> JsonValue:
    try:
        return from_json(body)
    except ValueError:
        # Do not reject a response for a byte order mark, a lone surrogate or invalid UTF-8: replace these.
        return from_json(b"".join(_repair_utf8(body, check)))


def _repair_utf8(body: bytes, check: Callable[[], None]) -> Iterator[bytes]:
    """Yield a body in parts, with each invalid character replaced by U+FFFD."""
    decoder = getincrementaldecoder("utf-8-sig")("replace")
    utf8 = bytearray()
    for start in range(0, len(body), _CHUNK_BYTES):
        check()
        utf8 += decoder.decode(body[start : start + _CHUNK_BYTES]).encode()
    utf8 += decoder.decode(b"", final=True).encode()
    end = 0
    for start in range(0, len(utf8), _CHUNK_BYTES):
        check()
        # Look a little further, since a surrogate pair may cross the end of the chunk.
        stop = min(len(utf8), start + _CHUNK_BYTES + _ESCAPED_PAIR)
        for half in LONE_SURROGATE_ESCAPE.finditer(utf8, max(start, end), stop):
            if half.start() < start + _CHUNK_BYTES:
                yield bytes(utf8[end : half.start()]) + rb"\ufffd"
                end = half.end()
    yield bytes(utf8[end:])


def _unusable_reason(body: bytes, check: Callable[[], None]) -> str:
    """Return why a body is unusable, if that shows before parsing; else ""."""
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
    """Return whether there are too many separators outside of strings, where an output may hold any number."""
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
