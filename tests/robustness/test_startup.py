"""Odd places to start in: with pipes closed, nothing to write to, no home, and terminals that know few letters."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.fakes.holding_writer import Writer
from tests.helpers.key import TIMEOUT
from tests.helpers.subprocess_server import SERVER, Server, serving, started
from tests.robustness.conftest import Tally, at_length

WORDS = "Größe: «文字» ≤ 🚫"
PLACES: dict[str, dict[str, str]] = {  # none in the mode by which Python knows better than its surroundings
    "Windows, Western": {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"},
    "ASCII": {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    "a C locale": {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    "Windows, MS-DOS": {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp437"},
    "Windows, Japanese": {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp932"},
}
LOGGED = {"WRITER_JOBS_LOG_LEVEL": "DEBUG"}


def without(pipe: str) -> tuple[str, ...]:
    """The server, with one of its pipes closed from the start."""
    return ("sh", "-c", f'exec "$@" {pipe}&-', "sh", *SERVER)


async def printed(server: Server) -> bytes:
    assert server.process.stdout
    async with asyncio.timeout(TIMEOUT):
        return await server.process.stdout.read()


async def test_without_stdout_it_says_so_and_does_not_start(tally: Tally) -> None:
    for arguments in [(), ("check",), ("demo",), ("--sandbox",), ("sandbox",), ("--version",)][: at_length(2, 6)]:
        tally.tried["starts"] += 1
        async with started(*arguments, command=without("1>")) as server:
            said = await server.complaints()
            assert await server.status() == 2
        assert said == "writer-jobs-mcp: stdout is closed. MCP needs it: start the server with stdout open.\n"


async def test_without_stdin_it_does_all_but_serve(tally: Tally) -> None:
    for arguments in [(), ("--sandbox",)]:
        tally.tried["starts"] += 1
        async with started(*arguments, command=without("0<")) as server:
            said = await server.complaints()
            assert await server.status() == 2
        assert said == "writer-jobs-mcp: stdin is closed. MCP needs it: start the server with stdin open.\n"
    for arguments in [("demo",), ("--version",)]:
        tally.tried["starts"] += 1
        async with started(*arguments, command=without("0<")) as server:
            assert (await server.status(), await server.complaints()) == (0, "")


async def test_a_disk_that_is_full_is_told(tally: Tally) -> None:
    for command in ("demo", "check"):
        tally.tried["starts"] += 1
        async with started(command, command=("sh", "-c", 'exec "$@" >/dev/full', "sh", *SERVER)) as server:
            assert await server.status() == 1
            said = await server.complaints()
        assert said == "writer-jobs-mcp: stdout cannot be written to: No space left on device.\n"


async def test_without_stderr_it_serves_all_the_same(tally: Tally) -> None:
    tally.tried["starts"] += 1
    async with (
        Writer().served() as url,
        serving(url, {**LOGGED, **PLACES["ASCII"]}, command=without("2>")) as server,
    ):
        assert (await server.ask("get_job_error", job_id="1"))["structuredContent"]["job_id"] == "1"
        server.end_input()
        assert (await server.status(), await printed(server)) == (0, b"")


# As much of a read-only file system as Python can be shown: whatever would change it is refused.
READ_ONLY = """
import errno, os, runpy, sys
CHANGES = {"os." + name for name in "chmod chown link mkdir remove rename rmdir symlink truncate utime".split()}
def refuse(event, arguments):
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event in CHANGES or writes and not isinstance(arguments[0], int) and arguments[0] != os.devnull:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(arguments[0]))
sys.addaudithook(refuse)
sys.argv[0] = "writer-jobs-mcp"
runpy.run_module("writer_jobs_mcp", run_name="__main__")
"""


NOWHERE = ("HOME", "TMPDIR", "USER", "LOGNAME", "PYTHONDONTWRITEBYTECODE")


async def test_nothing_is_written_anywhere_and_no_home_is_needed(tmp_path: Path, tally: Tally) -> None:
    command = (sys.executable, "-c", READ_ONLY)
    compiled = {"PYTHONPYCACHEPREFIX": str(tmp_path)}  # where nothing is: Python would write every module's
    for others in [{}, compiled][: at_length(1, 2)]:
        tally.tried["starts"] += 1
        async with (
            Writer().served() as url,
            serving(url, others, command=command, cwd="/", without=NOWHERE) as server,
        ):
            assert (await server.ask("get_job_error", job_id="1"))["structuredContent"]["job_id"] == "1"
            server.end_input()
            assert (await server.complaints(), await server.status()) == ("", 0)
    for name in ["check", "demo"][: at_length(0, 2)]:
        tally.tried["starts"] += 1
        async with (
            Writer().served() as url,
            started(name, command=command, cwd="/", without=NOWHERE, environ={"WRITER_BASE_URL": url}) as run,
        ):
            assert (await printed(run)).count(b"\n") >= 4
            assert (await run.complaints(), await run.status()) == ("", 0)


async def test_the_protocol_is_utf_8_wherever_it_is_spoken(tally: Tally) -> None:
    peer = Writer(words=WORDS)

    async def ask_in(place: str) -> None:
        tally.tried["starts"] += 1
        async with serving(url, {**LOGGED, **PLACES[place]}) as server:
            said = await server.ask("get_job_error", job_id="1")
            assert said["structuredContent"]["error"] == WORDS, place
            assert WORDS in said["content"][0]["text"], place
            server.call("get_job_output", job_id=WORDS)
            refused = await server.receive()
            assert f'does not know job "{WORDS}"' in refused["result"]["content"][0]["text"], place
            server.end_input()
            complaints = await server.complaints()
            assert "UnicodeEncodeError" not in complaints, place
            assert "Traceback" not in complaints, place
            assert "GET /v1/applications/jobs/1" in complaints, place

    async with peer.served() as url, asyncio.TaskGroup() as tasks:
        for place in list(PLACES)[: at_length(2, len(PLACES))]:
            tasks.create_task(ask_in(place))


@pytest.mark.parametrize("place", list(PLACES)[: at_length(1, len(PLACES))])
@pytest.mark.parametrize("command", ["check", "demo"][: at_length(1, 2)])
async def test_the_commands_print_what_there_are_letters_for(command: str, place: str, tally: Tally) -> None:
    tally.tried["starts"] += 1
    async with (
        Writer(words=WORDS).served() as url,
        started(command, environ={"WRITER_BASE_URL": url, **PLACES[place]}) as run,
    ):
        text = await printed(run)
        assert (await run.complaints(), await run.status()) == ("", 0)
    assert text.decode(PLACES[place].get("PYTHONIOENCODING", "ascii")).count("\n") >= 4


async def test_a_setting_is_refused_in_the_letters_there_are(tally: Tally) -> None:
    for place in list(PLACES.values())[: at_length(1, len(PLACES))]:
        tally.tried["starts"] += 1
        async with started(environ={"WRITER_JOBS_CALL_BUDGET": WORDS, **place}) as server:
            said = await server.complaints()
            assert await server.status() == 2
        assert said.startswith("writer-jobs-mcp: WRITER_JOBS_CALL_BUDGET ")
        assert said.count("\n") == 1
