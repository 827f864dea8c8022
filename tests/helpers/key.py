"""The key of the client tests, and checks that no error and no log line leaks a part of it."""

import hashlib
import json
import logging
import traceback
from collections.abc import Awaitable, Callable

import anyio
import pytest
from starlette.types import Send

from tests.helpers.stdio_server import TIMEOUT
from writer_jobs_mcp.client import WriterClient, open_client
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import WriterError
from writer_jobs_mcp.sandbox import APPLICATIONS
from writer_jobs_mcp.telemetry.logging import VERBOSE_LOGGERS

KEY = "wk-7Hq2ZtVx9LmB4RcY8sNd"


FIRST = APPLICATIONS[0]


MIB = 2**20


CALLS: dict[str, Callable[[WriterClient], Awaitable[object]]] = {
    "list_applications": lambda client: client.list_applications(),
    "get_application": lambda client: client.get_application(FIRST.id),
    "list_jobs": lambda client: client.list_jobs(FIRST.id),
    "get_job": lambda client: client.get_job("some-job"),
}


list_jobs = CALLS["list_jobs"]


def leaked_parts(text: str, key: str = KEY) -> list[str]:
    """Return each run of 4 characters of the key, or of 8 of its hash, that the text holds."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    parts = {key[at : at + 4] for at in range(len(key) - 3)} | {digest[at : at + 8] for at in range(57)}
    return sorted(part for part in parts if part in text)


def capture_all_logs(caplog: pytest.LogCaptureFixture) -> None:
    """Log as the command line does at DEBUG."""
    for name in VERBOSE_LOGGERS:
        caplog.set_level(logging.WARNING, name)
    caplog.set_level(logging.DEBUG)  # last, since it sets the level of the handler, too


def captured_log(caplog: pytest.LogCaptureFixture) -> str:
    """Return what a test has logged, after it has ended."""
    return "\n".join(map(logging.Formatter().format, caplog.get_records("call")))


async def error_of_call(
    config: Config, call: Callable[[WriterClient], Awaitable[object]] = list_jobs, key: str = KEY
) -> WriterError:
    """Return the error of a call, checked by :func:`check_error`."""
    with anyio.fail_after(TIMEOUT), pytest.raises(WriterError) as caught:
        async with open_client(config) as client:
            await call(client)
    return check_error(caught.value, key)


def check_error(error: WriterError, key: str = KEY) -> WriterError:
    """Check that an error is short, printable, and leaks no part of the key, not even in its traceback."""
    assert leaked_parts("".join([str(error), repr(error), *traceback.format_exception(error)]), key) == []
    sentence = str(error)
    assert sentence.endswith(".")
    assert len(sentence) < 600
    assert sentence.isprintable()
    return error


def error_body(description: str) -> bytes:
    """Return an error body as the vendor documents it."""
    error: dict[str, object] = {"description": description, "key": "fail.badRequest.invalidParameters", "extras": {}}
    return json.dumps({"tpe": "BadRequest", "errors": [error], "extras": {}}).encode()


KEY_LEAKING_BODY = error_body(
    f"Authentication Error. Received API Key = sk-...{KEY[-4:]}, that is {KEY} or {KEY[:6]}***, "
    f"Key Hash (Token) ={hashlib.sha256(KEY.encode()).hexdigest()}."
)
"""An error body that holds the key in every form that was seen, and some more."""


JOB = {"id": "j", "status": "completed", "application_id": "a", "created_at": "2026-11-23T10:00:00Z"}


async def send_response(send: Send, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})
