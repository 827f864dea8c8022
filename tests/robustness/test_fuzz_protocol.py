"""Random and malformed input on stdin: only JSON-RPC comes back, and the next request is answered."""

import json
from functools import partial
from io import BytesIO, TextIOWrapper
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PROTOCOL_VERSION_META_KEY,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from tests.fakes.canned_responses import CannedResponses
from tests.helpers.raw_stdio_client import MODERN_META, Message, RawStdioClient, initialize, start_raw_client
from tests.helpers.run_async import run_async
from tests.helpers.stdio_server import INITIALIZE
from tests.helpers.strategies import LongText, example_settings, mutated, nested, odd_values, texts
from tests.helpers.tally import Tally, gate_or_full
from writer_jobs_mcp.server.resources import APPLICATIONS_URI, JOB_URI

MIB = 2**20


def message(method: str, id_: Any = 1, **params: Any) -> Message:
    return {"jsonrpc": "2.0", "id": id_, "method": method, "params": params}


def notification(method: str, **params: Any) -> Message:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def call(tool: str, **arguments: Any) -> Message:
    return message("tools/call", name=tool, arguments=arguments, _meta={"progressToken": 1})


VALID_MESSAGES: list[Message] = [
    INITIALIZE,
    *(message(method) for method in ("ping", "tools/list", "resources/list", "prompts/list", "server/discover")),
    message("resources/templates/list", cursor="x"),
    call("list_applications", limit=20),
    call("list_application_jobs", application_id="a", status="failed", offset=0, limit=100),
    call("triage_application_jobs", application_id="a", since="7d"),
    call("get_job_error", job_id="job-0"),
    message("resources/read", uri=APPLICATIONS_URI),
    message("resources/read", uri=JOB_URI.format(application_id="a", job_id="job-0")),
    message("prompts/get", name="explain_job_failure", arguments={"job_id": "job-0"}),
    message(
        "completion/complete",
        ref={"type": "ref/resource", "uri": JOB_URI},
        argument={"name": "application_id", "value": ""},
    ),
    message("logging/setLevel", level="debug"),
    notification("notifications/initialized"),
    notification("notifications/cancelled", requestId="unknown", reason="no longer needed"),
    notification("notifications/progress", progressToken=1, progress=0.5, total=1),
    notification("notifications/roots/list_changed"),
    {"jsonrpc": "2.0", "id": 1, "result": {"action": "accept", "content": {"retry": True}}},
    {"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "no"}},
]
valid_messages = st.sampled_from(VALID_MESSAGES)
ODD_IDS: list[Any] = [
    0,
    1,
    -1,
    2**63,
    10**30,
    10**4_000,
    1.5,
    2.0,
    True,
    None,
    "",
    "1",
    LongText("x" * 70_000),
    [1],
    {},
]
ids = st.sampled_from(ODD_IDS) | odd_values
messages: SearchStrategy[Any] = (
    valid_messages
    | st.tuples(valid_messages, ids).map(lambda parts: {**parts[0], "id": parts[1]})
    | mutated(valid_messages)
    | mutated(
        st.tuples(valid_messages, st.just(MODERN_META)).map(lambda parts: {**parts[0], "params": {"_meta": parts[1]}})
    )
    | st.lists(valid_messages | odd_values, max_size=3)
    | odd_values
)


def _cut(parts: tuple[bytes, int]) -> bytes:
    line, at = parts
    return line[: at % (len(line) + 1)]


def _mix(parts: tuple[bytes, bytes, int]) -> bytes:
    line, noise, at = parts
    at %= len(line) + 1
    return line[:at] + noise + line[at:]


encoded = messages.map(json.dumps).map(str.encode)
frames = (
    encoded
    | messages.map(partial(json.dumps, indent=1)).map(str.encode)
    | encoded.map(lambda line: b"  " + line + b" \r")
    | st.tuples(encoded, st.integers(0, 500)).map(_cut)
    | st.tuples(encoded, st.binary(max_size=9), st.integers(0, 500)).map(_mix)
    | st.binary(max_size=40)
    | texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
)


def requests_in(frame: bytes) -> list[Any]:
    """Return the ids of the requests in a frame, parsed by the SDK's types."""
    found: list[Any] = []
    for line in TextIOWrapper(BytesIO(frame), "utf-8", "replace"):
        try:
            message_ = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            continue
        if isinstance(message_, JSONRPCRequest):
            found.append(message_.id)
    return found


async def send_frame(client: RawStdioClient, frame: bytes) -> None:
    """Send a frame; each request in it and the next one must be answered."""
    client.tally.tried["frames on stdin"] += 1
    client.responses.clear()
    await client.send(frame + b"\n")
    for id_ in requests_in(frame):
        await client.response_to(id_)
    await client.request("ping" if client.era == "legacy" else "tools/list")


@pytest.mark.parametrize("era", ["legacy", "modern"])
@example_settings(1, 10)
@given(random_frames=st.lists(frames, min_size=gate_or_full(60, 200), max_size=200))
def test_every_request_among_random_frames_is_answered(tally: Tally, era: str, random_frames: list[bytes]) -> None:
    async def talk() -> None:
        async with CannedResponses().serve() as url, start_raw_client(url, tally, era) as client:
            if era == "legacy":
                await initialize(client)
            await client.check_still_works()
            for frame in random_frames:
                await send_frame(client, frame)
            await client.check_still_works()

    run_async(talk)


HELLO: dict[str, Any] = {"capabilities": {}, "clientInfo": {"name": "a test", "version": "1"}}
WRONG: dict[str, tuple[bytes, int]] = {
    "an unknown method": (json.dumps(message("jobs/list")).encode(), METHOD_NOT_FOUND),
    "a notification with an id": (json.dumps(message("notifications/initialized")).encode(), METHOD_NOT_FOUND),
    "no params": (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}', INVALID_PARAMS),
    "params that are null": (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": null}', INVALID_PARAMS),
    "arguments that are a list": (json.dumps(message("tools/call", name="x", arguments=[])).encode(), INVALID_PARAMS),
    "a name that is a number": (json.dumps(message("tools/call", name=5)).encode(), INVALID_PARAMS),
    "meta that is a number": (json.dumps(message("tools/list", _meta=5)).encode(), INVALID_PARAMS),
    "a handshake without a version": (json.dumps(message("initialize")).encode(), INVALID_PARAMS),
    "an unknown prompt": (json.dumps(message("prompts/get", name="x")).encode(), INVALID_PARAMS),
    "an unknown resource": (json.dumps(message("resources/read", uri="x" * 10 * MIB)).encode(), INVALID_PARAMS),
    "both eras at once": (json.dumps(message("tools/list", _meta=MODERN_META)).encode(), INVALID_REQUEST),
}
IGNORED: dict[str, bytes] = {
    "an empty line": b"",
    "a carriage return": b"\r",
    "not JSON": b"GET / HTTP/1.1",
    "10 MB that are not JSON": b"x" * 10 * MIB,
    "bytes that are not UTF-8": b'{"jsonrpc": "2.0", "id": 1, "method": "\xff\xfe',
    "a null character": b"\x00",
    "JSON that ends early": json.dumps(message("ping")).encode()[:-1],
    "ten million brackets": b"[" * 10_000_000,
    "deep arguments": json.dumps(call("get_job_error", job_id=nested(0, 400))).encode(),
    "a batch": json.dumps([message("ping", 1), message("ping", 2)]).encode(),
    "an empty batch": b"[]",
    "no version": b'{"id": 1, "method": "ping"}',
    "another version": b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}',
    "no method": b'{"jsonrpc": "2.0", "id": 1}',
    "an id that is null": json.dumps(message("ping", None)).encode(),
    "an id that is a fraction": json.dumps(message("ping", 1.5)).encode(),
    "an id that is true": json.dumps(message("ping", True)).encode(),
    "an id that is NaN": json.dumps(message("ping", float("nan"))).encode(),
    "an id of 5,000 digits": b'{"jsonrpc": "2.0", "method": "ping", "id": ' + b"9" * 5_000 + b"}",
    "params that are a list": b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ["x"]}',
    "a cancellation of an unknown request": json.dumps(notification("notifications/cancelled", requestId=9)).encode(),
    "a cancellation of a list": json.dumps(notification("notifications/cancelled", requestId=[])).encode(),
    "a response without a request": b'{"jsonrpc": "2.0", "id": 1, "result": {}}',
    "a call without an id": b'{"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "list_applications"}}',
}
ANSWERED: dict[str, tuple[bytes, Any]] = {
    "a negative id": (json.dumps(message("ping", -1)).encode(), -1),
    "an id that is empty": (json.dumps(message("ping", "")).encode(), ""),
    "an id of 4,000 digits": (json.dumps(message("ping", 10**3_999)).encode(), 10**3_999),
    "an id of 1 MB": (json.dumps(message("ping", "x" * MIB)).encode(), "x" * MIB),
    "a line of 10 MB": (json.dumps(call("get_job_error", job_id="x" * 10 * MIB)).encode(), 1),
    "surrounding blanks": (b"\t " + json.dumps(message("ping")).encode() + b" \r", 1),
    "unknown fields": (json.dumps({**message("ping"), "trace": []}).encode(), 1),
    "the same key twice": (b'{"jsonrpc": "2.0", "id": 7, "method": "x", "id": 1, "method": "ping"}', 1),
    "another handshake": (json.dumps(INITIALIZE).encode(), 1),
    "a handshake of 1999": (json.dumps(message("initialize", protocolVersion="1999", **HELLO)).encode(), 1),
    "half a surrogate pair": (
        b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": {"a": "\\ud83d"}}}',
        1,
    ),
    "a byte order mark": (b"\xef\xbb\xbf" + json.dumps(message("ping")).encode(), 1),
    "NaN for an argument": (json.dumps(call("list_applications", limit=float("nan"))).encode(), 1),
}


async def test_an_invalid_request_gets_an_error_with_the_right_code(tally: Tally) -> None:
    tally.tried["frames on stdin"] += len(WRONG)
    async with CannedResponses().serve() as url, start_raw_client(url, tally, "legacy") as client:
        await initialize(client)
        for name, (frame, code) in WRONG.items():
            await client.send(frame + b"\n")
            assert (await client.response_to(1))["error"]["code"] == code, name
        await client.check_still_works()


async def test_an_odd_but_valid_request_gets_a_result(tally: Tally) -> None:
    tally.tried["frames on stdin"] += len(ANSWERED)
    async with CannedResponses().serve() as url, start_raw_client(url, tally, "legacy") as client:
        await initialize(client)
        for frame, id_ in ANSWERED.values():
            await client.send(frame + b"\n")
            assert "result" in await client.response_to(id_)
        await client.check_still_works()


async def test_a_frame_that_is_not_a_request_is_ignored(tally: Tally) -> None:
    """The SDK drops what it cannot parse, even a request with an id."""
    tally.tried["frames on stdin"] += len(IGNORED)
    async with CannedResponses().serve() as url, start_raw_client(url, tally, "legacy") as client:
        await initialize(client)
        for name, frame in IGNORED.items():
            await client.send(frame + b"\n")
            await client.request("ping")
            assert client.responses == {}, name
        await client.check_still_works()


async def test_requests_with_the_same_id_are_each_answered(tally: Tally) -> None:
    async with CannedResponses().serve() as url, start_raw_client(url, tally, "legacy") as client:
        await initialize(client)
        tally.tried["frames on stdin"] += 20
        await client.send(b"".join(json.dumps(call("get_job_error", job_id="j")).encode() + b"\n" for _ in range(20)))
        for _ in range(20):
            await client.response_to(1)
        await client.check_still_works()


@example_settings(1, 5)
@given(st.lists(frames, min_size=gate_or_full(30, 100), max_size=100))
def test_random_frames_before_the_handshake_do_not_prevent_it(tally: Tally, random_frames: list[bytes]) -> None:
    async def talk() -> None:
        async with CannedResponses().serve() as url, start_raw_client(url, tally, "legacy") as client:
            for frame in random_frames:
                if b"initialize" in frame or PROTOCOL_VERSION_META_KEY.encode() in frame:
                    continue  # a handshake, or the era without one
                tally.tried["frames on stdin"] += 1
                await client.send(frame + b"\n")
            assert "result" in await initialize(client)
            await client.check_still_works()

    run_async(talk)


@pytest.mark.parametrize("rest", [b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', b"{\xe2\x82"])
async def test_the_server_exits_silently_when_input_ends_within_a_line(rest: bytes, tally: Tally) -> None:
    async with CannedResponses().serve() as url, start_raw_client(url, tally, "legacy") as client:
        tally.tried["frames on stdin"] += 1
        await client.send(rest)
