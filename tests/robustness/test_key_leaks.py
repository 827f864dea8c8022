"""The API key: no output shows it, even if Writer returns it or a user misplaces it."""

import base64
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError

from tests.fakes.raw_http_server import ScriptedServer, http_response, jobs_page, send_and_close
from tests.helpers.chaos_calls import check_error, connect_client, run_tool
from tests.helpers.command import run_command, run_command_in_thread
from tests.helpers.key import KEY, leaked_parts
from tests.helpers.stdio_server import server_parameters
from tests.helpers.tally import Tally, gate_or_full
from writer_jobs_mcp.cli import main
from writer_jobs_mcp.client import open_client
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.telemetry.logging import VERBOSE_LOGGERS
from writer_jobs_mcp.tools import TOOLS

HASHES = [hashlib.new(name, KEY.encode(), usedforsecurity=False).digest() for name in ("md5", "sha1", "sha256")]


ENCODINGS = [
    *(base64.b64encode(f"{before}{KEY}".encode()).decode() for before in ("", ":", "me:")),
    *(base64.urlsafe_b64encode(each).decode() for each in HASHES),
    *(base64.b64encode(each).decode() for each in HASHES),
    *(each.hex() for each in (KEY.encode(), *HASHES)),
    *(each.hex().upper() for each in (KEY.encode(), *HASHES)),
    "".join(f"%{octet:02X}" for octet in KEY.encode()),
]
"""The key in common encodings and hashes."""


KEY_FORMS = "; ".join([f"Bearer {KEY}", f"sk-...{KEY[-4:]}", f"{KEY[:8]}****", *ENCODINGS])
"""The key in every form that a response may contain."""


JOB: dict[str, Any] = {
    "id": "job-0",
    "status": "failed",
    "application_id": KEY_FORMS,
    "created_at": "2026-11-23T10:00:00Z",
    "error": KEY_FORMS,
    "data": {"title": KEY_FORMS, "suggestion": KEY_FORMS},
}


APPLICATION = {
    "id": f"a {KEY}",
    "name": KEY_FORMS,
    "type": KEY_FORMS,
    "status": KEY_FORMS,
    "updated_at": "2026-11-23T10:00:00Z",
}


ERROR_BODY = {
    "tpe": KEY,
    "errors": [{"description": KEY_FORMS, "key": KEY, "extras": KEY}],
    "extras": KEY_FORMS,
    "message": KEY_FORMS,
}


RESPONSES: dict[str, tuple[bytes, str]] = {
    "everything at once": (
        json.dumps({**JOB, "result": [JOB, {**JOB, "id": KEY}], "data": [APPLICATION], "has_more": False}).encode(),
        "200 OK",
    ),
    "a job": (json.dumps(JOB).encode(), "200 OK"),
    "escaped": (json.dumps(JOB).replace(KEY, "".join(f"\\u{ord(letter):04x}" for letter in KEY)).encode(), "200 OK"),
    "rows that cannot be read": (jobs_page({**JOB, "created_at": KEY}, KEY, {KEY: KEY}), "200 OK"),
    "no JSON": (KEY_FORMS.encode(), "200 OK"),
    "a web page": (f"<title>{KEY_FORMS}</title>".encode(), "200 OK"),
    **{
        f"{status}": (json.dumps(ERROR_BODY).encode(), f"{status} {KEY}")
        for status in (201, 302, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503, 507)
    },
}


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_applications", {}),
    ("list_application_jobs", {"application_id": "a"}),
    ("get_job_error", {"job_id": "j", "application_id": "a"}),
    ("get_job_output", {"job_id": "j"}),
    ("triage_application_jobs", {"application_id": "a"}),
    ("wait_for_job", {"job_id": "j", "timeout_seconds": 1}),
    ("wait_for_jobs", {"application_id": "a", "timeout_seconds": 1}),
    ("retry_jobs", {"job_ids": ["j"], "dry_run": False}),
    ("get_job_error", {"job_id": KEY}),
    ("list_application_jobs", {"application_id": f"x{KEY}"}),
    ("list_applications", {"after": KEY}),
    ("list_application_jobs", {"application_id": "a", "limit": KEY}),
]
"""A call of each tool, and calls with the key as an argument."""


async def test_no_tool_resource_or_log_shows_a_key_that_writer_echoes(tally: Tally) -> None:
    outputs: list[str] = []
    wire = ScriptedServer()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        async with wire.serve() as url:
            environ = {
                "WRITER_API_KEY": KEY,
                "WRITER_BASE_URL": url,
                "WRITER_JOBS_LOG_LEVEL": "DEBUG",
                "WRITER_JOBS_CALL_BUDGET": "1",
                "WRITER_JOBS_ALLOW_RETRY": "true",
            }
            server = server_parameters(**environ)
            with anyio.fail_after(120):
                async with Client(stdio_client(server, errlog=log)) as client:
                    assert len((await client.list_tools()).tools) == len(TOOLS)
                    for body, status in RESPONSES.values():
                        # Too long to wait for; retries would take minutes.
                        headers = (f"X-Key: {KEY}", f"Location: https://evil.example/{KEY}", "Retry-After: 60")
                        wire.default = send_and_close(http_response(body, status, *headers))
                        outputs += [await call(client, tool, arguments, tally) for tool, arguments in CALLS]
                        outputs += [await read(client, uri, tally) for uri in ("applications", "applications/a/jobs/j")]
        log.seek(0)
        outputs.append(log.read())
    leaked = {part for text in outputs for part in leaked_key_parts(text)}
    tally.leaked += len(leaked)
    assert leaked == set()
    assert "Traceback" not in outputs[-1]
    assert "GET /v1/applications" in outputs[-1], "the server did log"


async def call(client: Client, tool: str, arguments: dict[str, Any], tally: Tally) -> str:
    tally.tried["returned keys"] += 1
    return (await client.call_tool(tool, arguments)).model_dump_json()


async def read(client: Client, uri: str, tally: Tally) -> str:
    tally.tried["returned keys"] += 1
    try:
        return (await client.read_resource(f"writer://{uri}")).model_dump_json()
    except MCPError as exc:
        return str(exc)


def leaked_key_parts(text: str) -> list[str]:
    # The first and last letters of base64 also depend on the text beside the key.
    pieces = {form[at : at + 12] for form in ENCODINGS for at in range(4, len(form) - 15)}
    return [*leaked_parts(text), *(piece for piece in pieces if piece in text)]


SETTINGS = (
    "WRITER_API_KEY",
    "WRITER_API_KEY_FILE",
    "WRITER_BASE_URL",
    "WRITER_JOBS_CALL_BUDGET",
    "WRITER_JOBS_CONCURRENCY",
    "WRITER_JOBS_ALLOW_RETRY",
    "WRITER_JOBS_LOG_LEVEL",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "SSL_CERT_FILE",
)


@pytest.fixture
def restored_logging() -> Generator[None]:
    """Restore the logging setup: a command run in this process changes it, and later tests would see sanitized logs."""
    names = (None, *VERBOSE_LOGGERS)
    levels = [logging.getLogger(name).level for name in names]
    formatters = [(handler, handler.formatter) for handler in logging.getLogger().handlers]
    yield
    for name, level in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(level)
    for handler, formatter in formatters:
        handler.setFormatter(formatter)


@pytest.mark.usefixtures("restored_logging")
@pytest.mark.parametrize("form", [KEY, f"https://{KEY}@127.0.0.1:9"])
@pytest.mark.parametrize("name", SETTINGS)
def test_check_does_not_show_a_key_in_the_wrong_setting(
    name: str, form: str, tally: Tally, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    tally.tried["misplaced keys"] += 1
    monkeypatch.setenv(name, form)  # httpx and ssl read proxies and CAs from here
    environ = {**os.environ, "WRITER_BASE_URL": "https://127.0.0.1:9", "WRITER_JOBS_CALL_BUDGET": "1", name: form}
    assert main(["check"], environ) in {1, 2}
    printed = "".join(capfd.readouterr())
    tally.check_for_key(printed)
    assert "Traceback" not in printed


async def test_a_key_passed_as_a_job_id_or_uri_is_not_repeated(tally: Tally) -> None:
    async with ScriptedServer().serve() as url, connect_client(url, WRITER_JOBS_ALLOW_RETRY="true") as client:
        for dry_run in (True, False):
            tally.tried["misplaced keys"] += 1
            result = await run_tool(client, tally, "retry_jobs", job_ids=["j", f"x{KEY}"], dry_run=dry_run)
            check_error(result, "The API key was passed as an")
        for uri in (f"writer://applications/{KEY}/jobs/j", f"writer://applications/a/jobs/{KEY}", f"writer://{KEY}"):
            tally.tried["misplaced keys"] += 1
            with pytest.raises(MCPError) as caught:
                await client.read_resource(uri)
            tally.check_for_key(caught.value.error.model_dump_json())


async def test_check_does_not_show_a_key_that_writer_echoes(tally: Tally) -> None:
    async def check(body: bytes, status: str) -> None:
        tally.tried["returned keys"] += 1
        wire = ScriptedServer(default=send_and_close(http_response(body, status, "Retry-After: 60")))
        async with wire.serve() as url:
            environ = {"WRITER_API_KEY": KEY, "WRITER_BASE_URL": url, "WRITER_JOBS_CALL_BUDGET": "3"}
            done = await run_command_in_thread("check", "--json", **environ)
        tally.check_for_key(done.stdout + done.stderr)
        assert json.loads(done.stdout)["checks"][3]["ok"] is True
        assert KEY.encode() not in wire.request_heads[0], "the reachable check sends no key"

    async with anyio.create_task_group() as tasks:
        for name in ("everything at once", "401", "no JSON", "503")[: gate_or_full(2, 4)]:
            tasks.start_soon(check, *RESPONSES[name])


@pytest.mark.parametrize("command", ["check", "demo"])
def test_child_processes_do_not_inherit_the_key(command: str, tmp_path: Path, tally: Tally) -> None:
    tally.tried["commands with children"] += 1
    seen = tmp_path / "seen"
    (tmp_path / "sitecustomize.py").write_text(
        f"import os\nhas_it = any({KEY!r} in value for value in os.environ.values())\n"
        f"with open({str(seen)!r}, 'a') as file: print(has_it, file=file)\n",
        encoding="utf-8",
    )
    done = run_command(
        command,
        PYTHONPATH=str(tmp_path),
        WRITER_API_KEY=KEY,
        WRITER_API_KEY_FILE=f"{KEY}.txt",
        WRITER_BASE_URL="https://127.0.0.1:9",
        WRITER_JOBS_CALL_BUDGET="1",
    )
    tally.check_for_key(done.stdout + done.stderr)
    parent, *children = seen.read_text(encoding="utf-8").splitlines()
    assert parent == "True"
    assert set(children) == {"False"}, "the child process has no key"


async def test_printing_an_object_does_not_show_the_key(tally: Tally) -> None:
    config = Config.from_env({"WRITER_API_KEY": KEY, "WRITER_BASE_URL": "http://127.0.0.1:9"})
    async with open_client(config) as client:
        for each in (config, client, config.api_key, *vars(client).values()):
            tally.tried["printed objects"] += 1
            tally.check_for_key(f"{each!r} {each!s} {each}")
    tally.check_for_key(config.model_dump_json())


async def test_a_key_passed_as_a_name_or_prompt_argument_is_not_repeated(
    unused_url: str, tally: Tally, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "mcp")  # as the command line sets it: the SDK logs names
    async with connect_client(unused_url) as client:
        asking: list[Callable[[], Awaitable[object]]] = [
            lambda: client.call_tool(KEY, {}),
            lambda: client.get_prompt(KEY),
            lambda: client.get_prompt("explain_job_failure", {"job_id": f" {KEY}"}),
            lambda: client.get_prompt("triage_failed_jobs", {"application_id": "a", "since": KEY}),
            lambda: client.read_resource(f"writer://{KEY}"),
            lambda: client.read_resource(f"writer://applications/a/jobs/{KEY}"),
        ]
        for ask in asking:
            tally.tried["misplaced keys"] += 1
            try:
                message = str(await ask())
            except MCPError as exc:
                message = str(exc)
            assert "The API key was passed as an" in message
            tally.check_for_key(message)
