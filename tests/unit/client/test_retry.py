"""The client over real HTTP: retries after transient errors, and the error if they last."""

import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from tests.conftest import config_for
from tests.helpers.key import FIRST, KEY, KEY_LEAKING_BODY, TIMEOUT, error_of_call
from writer_jobs_mcp.client import WriterClient, open_client
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import BudgetExceeded, RateLimited, Unavailable, WriterError
from writer_jobs_mcp.sandbox import (
    CannedResponse,
    Delay,
    DroppedConnection,
    FaultScript,
    InjectedFault,
    NotHttp,
    SandboxApp,
    SandboxStore,
    StalledBody,
    TruncatedBody,
)

pytestmark = pytest.mark.slow  # it waits between attempts

TRANSIENT = {
    **{str(status): CannedResponse(status, KEY_LEAKING_BODY) for status in (408, 429, 500, 502, 503, 504)},
    "dropped": DroppedConnection(),
    "reset": DroppedConnection(reset=True),
    "cut": TruncatedBody(bytes_sent=40),
    "cut at the start": TruncatedBody(bytes_sent=0),
    "garbage": NotHttp(),
    "garbage with the key": NotHttp(f"HTTP/1.1 200 OK\r\nBearer {KEY}\r\n\r\n".encode()),
}


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
async def test_a_transient_error_costs_one_more_request(
    client: WriterClient, api: SandboxApp, faults: FaultScript, store: SandboxStore, fault: InjectedFault
) -> None:
    faults.push(fault)
    with anyio.fail_after(TIMEOUT):
        page = await client.list_jobs(FIRST.id, limit=3)
    assert [job.id for job in page.jobs] == [job.id for job in store.jobs(FIRST.id)[:3]]
    assert [request.request_line for request in api.received] == [f"GET /v1/applications/{FIRST.id}/jobs?limit=3"] * 2


LASTING: dict[str, tuple[type[WriterError], str]] = {
    **{str(status): (Unavailable, f"it answered {status} ") for status in (408, 500, 502, 503, 504)},
    "429": (RateLimited, "Writer did not say how long to wait"),
    **{
        name: (Unavailable, "it closed the connection before its response was complete (127.0.0.1)")
        for name in TRANSIENT
        if not name.isdecimal()
    },
}


@pytest.mark.parametrize("name", LASTING)
async def test_a_lasting_error_names_the_number_of_attempts(
    short_budget_config: Config, api: SandboxApp, faults: FaultScript, name: str
) -> None:
    faults.push(TRANSIENT[name], times=None)
    error = await error_of_call(short_budget_config)
    kind, words = LASTING[name]
    assert type(error) is kind
    assert words in str(error)
    attempts = re.search(r"(\d+) attempts in \d+ seconds", str(error))
    assert attempts, str(error)
    assert int(attempts[1]) == len(api.received) >= 2


async def test_a_refused_connection_raises_unavailable(unused_url: str) -> None:
    error = await error_of_call(config_for(unused_url, WRITER_API_KEY=KEY, WRITER_JOBS_CALL_BUDGET="1"))
    assert isinstance(error, Unavailable)
    assert "no connection could be made (127.0.0.1)" in str(error)


async def test_ping_makes_one_attempt(unused_url: str) -> None:
    error = await error_of_call(config_for(unused_url, WRITER_API_KEY=KEY), lambda client: client.ping())
    assert str(error).startswith(
        "Writer is unavailable: no connection could be made (127.0.0.1); 1 attempt, for the list of applications. "
    )


@pytest.mark.parametrize(
    "fault",
    [StalledBody(bytes_before=40, seconds=60), Delay(60), StalledBody(bytes_before=0, seconds=60)],
    ids=["body", "answer", "head only"],
)
async def test_a_silent_server_exceeds_the_call_budget(
    short_budget_config: Config, api: SandboxApp, faults: FaultScript, fault: InjectedFault
) -> None:
    faults.push(fault, times=None)
    error = await error_of_call(short_budget_config)
    assert isinstance(error, BudgetExceeded)
    assert str(error).startswith(f'Writer did not answer about application "{FIRST.id}" within the call budget of 1 s.')
    assert len(api.received) == 1


async def test_the_budget_error_names_the_last_failure(short_budget_config: Config, faults: FaultScript) -> None:
    faults.push(CannedResponse(502))
    faults.push(Delay(60))
    error = await error_of_call(short_budget_config)
    assert isinstance(error, BudgetExceeded)
    assert "within the call budget of 1 s; before that, it answered 502 Bad Gateway." in str(error)


async def test_an_earlier_surrounding_deadline_applies(client: WriterClient, faults: FaultScript) -> None:
    faults.push(Delay(60))
    with anyio.fail_after(TIMEOUT), pytest.raises(BudgetExceeded), anyio.fail_after(0.5):
        await client.list_jobs(FIRST.id)


WAITS: list[tuple[dict[str, str], float]] = [
    ({"Retry-After": "1"}, 1.0),
    ({"Retry-After": "0.5"}, 0.5),
    ({"retry-after-ms": "50"}, 0.05),
    ({"retry-after-ms": "50", "Retry-After": "3600"}, 0.05),
    ({"retry-after-ms": "soon", "Retry-After": "0.4"}, 0.4),
    ({"Retry-After": "Mon, 23 Nov 2015 12:00:00 GMT"}, 0.0),
    ({"Retry-After": "Mon, 23 Nov 2015 12:00:00 -0000"}, 0.0),
    ({"Retry-After": "0"}, 0.0),
    ({"Retry-After": "-5"}, 0.0),
    ({"Retry-After": "nan"}, 0.0),
    ({"Retry-After": "soon"}, 0.0),
    ({"Retry-After": ""}, 0.0),
    ({"Retry-After": "inf"}, 0.0),
    ({"Retry-After": "Mon, 23 Nov 99999999999999999999 12:00:00 GMT"}, 0.0),
    ({"Retry-After": "Mon, 99 Foo 2026 12:00:00 GMT"}, 0.0),
    ({"Retry-After": "Mon, 23 Nov 2026 12:00:00 +9999"}, 0.0),
    ({"Retry-After": "Mon, 23 Nov 2026 12:00:00 +99999999999"}, 0.0),
]
"""Headers, and the seconds to wait at least."""


async def test_the_wait_is_at_least_as_long_as_writer_asks(url: str, faults: FaultScript) -> None:
    waited: dict[int, float] = {}

    async def ask(number: int) -> None:
        faults.push(CannedResponse(429, headers=WAITS[number][0]), on=f"offset={number}&")
        started = time.monotonic()
        await client.list_jobs(FIRST.id, offset=number, limit=1)
        waited[number] = time.monotonic() - started

    config = config_for(url, WRITER_API_KEY=KEY, WRITER_JOBS_CONCURRENCY="16")
    with anyio.fail_after(TIMEOUT):
        async with open_client(config) as client, anyio.create_task_group() as tasks:
            for number in range(len(WAITS)):
                tasks.start_soon(ask, number)
    assert faults.pending == 0
    assert [WAITS[number] for number, seconds in waited.items() if seconds < WAITS[number][1]] == []


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_retry_after_is_honoured_for_every_transient_status(
    config: Config, api: SandboxApp, faults: FaultScript, status: int
) -> None:
    faults.push(CannedResponse(status, headers={"Retry-After": "3600"}))
    assert isinstance(await error_of_call(config), Unavailable)
    assert len(api.received) == 1, "an hour is not waited for"


async def test_retry_after_may_be_a_date(client: WriterClient, faults: FaultScript) -> None:
    moment = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)
    faults.push(CannedResponse(429, headers={"Retry-After": format_datetime(moment, usegmt=True)}))
    with anyio.fail_after(TIMEOUT):
        await client.list_jobs(FIRST.id, limit=1)
    assert datetime.now(UTC) >= moment


@pytest.mark.parametrize(
    ("header", "value", "advice"),
    [
        ("Retry-After", "3600", r"Wait 3600 seconds, as Writer asks, then call again\."),
        ("retry-after-ms", "90000", r"Wait 90 seconds, as Writer asks, then call again\."),
        ("Retry-After", "in an hour", r"Wait 3(?:[45]\d\d|600) seconds, as Writer asks, then call again\."),
    ],
)
async def test_a_wait_beyond_the_budget_is_reported_instead(
    config: Config, api: SandboxApp, faults: FaultScript, header: str, value: str, advice: str
) -> None:
    if value == "in an hour":
        value = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    faults.push(CannedResponse(429, KEY_LEAKING_BODY, {header: value}), times=None)
    error = await error_of_call(config)
    assert type(error) is RateLimited
    assert re.search(advice, str(error)), str(error)
    assert len(api.received) == 1


async def test_endless_429s_do_not_cause_many_requests(url: str, api: SandboxApp, faults: FaultScript) -> None:
    faults.push(CannedResponse(429, headers={"Retry-After": "0"}), times=None)
    error = await error_of_call(config_for(url, WRITER_API_KEY=KEY, WRITER_JOBS_CALL_BUDGET="2"))
    assert type(error) is RateLimited
    assert len(api.received) <= 6


@asynccontextmanager
async def raw_server(reply: bytes) -> AsyncGenerator[str]:
    """Run a server that sends these bytes to each connection, and closes it."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")

    async def speak(stream: ByteStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(reply)

    port: int = listener.extra(SocketAttribute.local_port)  # noqa: S610 - nothing to do with Django
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, speak)
        yield f"http://127.0.0.1:{port}"
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    "reply",
    [
        b"\x15\x03\x01\x00\x02\x02\x46",  # a TLS alert
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        f"GET / HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode(),
        f"{KEY}\r\n\r\n".encode(),
        f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode(),
        b"",
    ],
    ids=["tls", "length", "chunk", "long header", "echo", "key", "key as header", "nothing"],
)
async def test_a_response_that_is_not_http_is_a_broken_connection(reply: bytes) -> None:
    async with raw_server(reply) as url:
        error = await error_of_call(config_for(url, WRITER_API_KEY=KEY, WRITER_JOBS_CALL_BUDGET="1"))
    assert isinstance(error, Unavailable)
