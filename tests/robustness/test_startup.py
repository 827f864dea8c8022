"""Unusual environments: closed pipes, full or read-only disks, no home, and narrow terminal encodings."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.fakes.holding_writer import HoldingWriter
from tests.helpers.key import TIMEOUT
from tests.helpers.stdio_server import SERVER
from tests.helpers.subprocess_server import ServerProcess, start_process, start_server
from tests.helpers.tally import Tally, gate_or_full

WORDS = "Größe: «文字» ≤ 🚫"
PLACES: dict[str, dict[str, str]] = {  # with Python's UTF-8 mode off
    "Windows, Western": {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"},
    "ASCII": {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    "a C locale": {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    "Windows, MS-DOS": {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp437"},
    "Windows, Japanese": {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp932"},
}
LOGGED = {"WRITER_JOBS_LOG_LEVEL": "DEBUG"}


def command_without(pipe: str) -> tuple[str, ...]:
    """Return a command that starts the server with one pipe closed."""
    return ("sh", "-c", f'exec "$@" {pipe}&-', "sh", *SERVER)


async def printed(server: ServerProcess) -> bytes:
    assert server.process.stdout
    async with asyncio.timeout(TIMEOUT):
        return await server.process.stdout.read()


async def test_without_stdout_the_server_explains_why_it_does_not_start(tally: Tally) -> None:
    for arguments in [(), ("check",), ("demo",), ("--sandbox",), ("sandbox",), ("--version",)][: gate_or_full(2, 6)]:
        tally.tried["starts"] += 1
        async with start_process(*arguments, command=command_without("1>")) as server:
            stderr = await server.read_stderr()
            assert await server.wait() == 2
        assert stderr == "writer-jobs-mcp: stdout is closed. MCP needs it: start the server with stdout open.\n"


async def test_without_stdin_every_command_works_except_serving(tally: Tally) -> None:
    for arguments in [(), ("--sandbox",)]:
        tally.tried["starts"] += 1
        async with start_process(*arguments, command=command_without("0<")) as server:
            stderr = await server.read_stderr()
            assert await server.wait() == 2
        assert stderr == "writer-jobs-mcp: stdin is closed. MCP needs it: start the server with stdin open.\n"
    for arguments in [("demo",), ("--version",)]:
        tally.tried["starts"] += 1
        async with start_process(*arguments, command=command_without("0<")) as server:
            assert (await server.wait(), await server.read_stderr()) == (0, "")


async def test_a_full_disk_is_reported(tally: Tally) -> None:
    for command in ("check", "demo")[: gate_or_full(1, 2)]:
        tally.tried["starts"] += 1
        async with start_process(command, command=("sh", "-c", 'exec "$@" >/dev/full', "sh", *SERVER)) as server:
            assert await server.wait() == 1
            stderr = await server.read_stderr()
        assert stderr == "writer-jobs-mcp: stdout cannot be written to: No space left on device.\n"


async def test_without_stderr_the_server_still_works(tally: Tally) -> None:
    tally.tried["starts"] += 1
    async with (
        HoldingWriter().serve() as url,
        start_server(url, {**LOGGED, **PLACES["ASCII"]}, command=command_without("2>")) as server,
    ):
        assert (await server.call_tool("get_job_error", job_id="1"))["structuredContent"]["job_id"] == "1"
        server.close_stdin()
        assert (await server.wait(), await printed(server)) == (0, b"")


# Imitates a read-only file system: every change raises EROFS.
READ_ONLY = """
import errno, os, runpy, sys
CHANGES = {"os." + name for name in "chmod chown link mkdir remove rename rmdir symlink truncate utime".split()}
def reject(event, arguments):
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event in CHANGES or writes and not isinstance(arguments[0], int) and arguments[0] != os.devnull:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(arguments[0]))
sys.addaudithook(reject)
sys.argv[0] = "writer-jobs-mcp"
runpy.run_module("writer_jobs_mcp", run_name="__main__")
"""


NO_WRITABLE_FOLDER = ("HOME", "TMPDIR", "USER", "LOGNAME", "PYTHONDONTWRITEBYTECODE")


async def test_a_read_only_file_system_without_a_home_is_enough(tmp_path: Path, tally: Tally) -> None:
    command = (sys.executable, "-c", READ_ONLY)
    compiled = {
        "PYTHONPYCACHEPREFIX": str(tmp_path)
    }  # an empty cache, so Python tries to write every module's bytecode
    for others in [{}, compiled][: gate_or_full(1, 2)]:
        tally.tried["starts"] += 1
        async with (
            HoldingWriter().serve() as url,
            start_server(url, others, command=command, cwd="/", unset=NO_WRITABLE_FOLDER) as server,
        ):
            assert (await server.call_tool("get_job_error", job_id="1"))["structuredContent"]["job_id"] == "1"
            server.close_stdin()
            assert (await server.read_stderr(), await server.wait()) == ("", 0)
    for name in ["check", "demo"][: gate_or_full(0, 2)]:
        tally.tried["starts"] += 1
        async with (
            HoldingWriter().serve() as url,
            start_process(
                name, command=command, cwd="/", unset=NO_WRITABLE_FOLDER, environ={"WRITER_BASE_URL": url}
            ) as run,
        ):
            assert (await printed(run)).count(b"\n") >= 4
            assert (await run.read_stderr(), await run.wait()) == ("", 0)


async def test_the_protocol_is_utf_8_in_every_locale(tally: Tally) -> None:
    peer = HoldingWriter(text=WORDS)

    async def check_in(place: str) -> None:
        tally.tried["starts"] += 1
        async with start_server(url, {**LOGGED, **PLACES[place]}) as server:
            result = await server.call_tool("get_job_error", job_id="1")
            assert result["structuredContent"]["error"] == WORDS, place
            assert WORDS in result["content"][0]["text"], place
            server.send_call("get_job_output", job_id=WORDS)
            error = await server.receive()
            assert f'does not know job "{WORDS}"' in error["result"]["content"][0]["text"], place
            server.close_stdin()
            log = await server.read_stderr()
            assert "UnicodeEncodeError" not in log, place
            assert "Traceback" not in log, place
            assert "GET /v1/applications/jobs/1" in log, place

    async with peer.serve() as url, asyncio.TaskGroup() as tasks:
        for place in list(PLACES)[: gate_or_full(2, len(PLACES))]:
            tasks.create_task(check_in(place))


@pytest.mark.parametrize("place", list(PLACES)[: gate_or_full(1, len(PLACES))])
@pytest.mark.parametrize("command", ["check", "demo"][: gate_or_full(1, 2)])
async def test_commands_print_in_every_terminal_encoding(command: str, place: str, tally: Tally) -> None:
    tally.tried["starts"] += 1
    async with (
        HoldingWriter(text=WORDS).serve() as url,
        start_process(command, environ={"WRITER_BASE_URL": url, **PLACES[place]}) as run,
    ):
        text = await printed(run)
        assert (await run.read_stderr(), await run.wait()) == ("", 0)
    assert text.decode(PLACES[place].get("PYTHONIOENCODING", "ascii")).count("\n") >= 4


async def test_a_settings_error_is_printed_in_every_terminal_encoding(tally: Tally) -> None:
    for place in list(PLACES.values())[: gate_or_full(1, len(PLACES))]:
        tally.tried["starts"] += 1
        async with start_process(environ={"WRITER_JOBS_CALL_BUDGET": WORDS, **place}) as server:
            stderr = await server.read_stderr()
            assert await server.wait() == 2
        assert stderr.startswith("writer-jobs-mcp: WRITER_JOBS_CALL_BUDGET ")
        assert stderr.count("\n") == 1
