"""The commands, as a person types them."""

import json
import os
import re
import socket
import subprocess
import sys

import anyio
import httpx
import pytest

from writer_jobs_mcp import __version__
from writer_jobs_mcp.sandbox import SANDBOX_KEY

A_WHILE = 120  # seconds: more than a busy machine needs


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WRITER_")}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "writer_jobs_mcp", *arguments],
        input="",
        capture_output=True,
        encoding="utf-8",
        timeout=A_WHILE,
        check=False,
        env={**kept, "PYTHONIOENCODING": "utf-8", **environ},
    )


async def run_beside(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The same, while the API goes on in this process."""
    return await anyio.to_thread.run_sync(lambda: run(*arguments, **environ))


def test_the_version_is_the_packages() -> None:
    assert run("--version").stdout == f"writer-jobs-mcp {__version__}\n"


def test_whoever_reads_no_further_than_the_first_lines_of_the_demo_ends_it_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "writer_jobs_mcp", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        assert "An agent has started writer-jobs-mcp" in demo.stdout.readline()
        demo.stdout.close()  # as head does
        assert demo.stderr.read() == ""
        assert demo.wait(A_WHILE) == 1


def test_the_sandbox_is_served_and_not_checked() -> None:
    done = run("--sandbox", "check")
    assert (done.returncode, done.stderr) == (
        2,
        "writer-jobs-mcp: --sandbox is for serving. Leave it out, or the command.\n",
    )


def test_a_port_that_there_cannot_be_is_refused() -> None:
    for port in ("65536", "-1", "http"):
        done = run("sandbox", "--port", port)
        assert done.returncode == 2
        assert done.stderr.endswith("argument --port: it must be a whole number of at most 65535\n")


def test_without_docstrings_the_tools_would_say_nothing_so_it_does_not_start() -> None:
    done = run(PYTHONOPTIMIZE="2")
    assert (done.returncode, done.stdout) == (2, "")
    assert "PYTHONOPTIMIZE" in done.stderr


def test_help_names_every_command() -> None:
    printed = run("--help").stdout
    named = ("check", "demo", "sandbox", "--sandbox", "--log-level")
    assert [each for each in named if each not in printed] == []


@pytest.mark.parametrize("command", [[], ["check"], ["demo", "--page"]])
def test_a_bad_setting_is_one_sentence_and_status_2(command: list[str]) -> None:
    done = run(*command, WRITER_BASE_URL="http://example.com")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"writer-jobs-mcp: WRITER_BASE_URL cannot be used: [^\n]+\.\n", done.stderr)


@pytest.mark.parametrize(
    "command", [["--log-level", "LOUD"], ["serve", "--log-level", ""], ["check", "--log-level=9"]], ids=" ".join
)
def test_a_log_level_that_is_none_is_one_sentence_and_status_2(command: list[str]) -> None:
    done = run(*command, WRITER_JOBS_LOG_LEVEL="DEBUG")
    assert (done.returncode, done.stdout) == (2, "")
    levels = "DEBUG, INFO, WARNING, ERROR, CRITICAL"
    assert done.stderr == f"writer-jobs-mcp: --log-level cannot be used: it must be one of {levels}.\n"


@pytest.mark.parametrize(
    "command", [["--log-level", "debug", "check"], ["check", "--log-level", "DEBUG"]], ids=" ".join
)
async def test_the_log_level_of_the_command_line_wins(url: str, command: list[str]) -> None:
    done = await run_beside(*command, WRITER_API_KEY=SANDBOX_KEY, WRITER_BASE_URL=url, WRITER_JOBS_LOG_LEVEL="CRITICAL")
    assert done.returncode == 0
    lines = [re.sub(r"^[-\d]+ [:,\d]+ |(?<=after )\d+", "", line) for line in done.stderr.splitlines()]
    assert lines[:2] == [
        "DEBUG GET /v1/applications, attempt 1: 401 after  ms",
        "DEBUG GET /v1/applications, attempt 1: 200 after  ms",
    ]
    assert "DEBUG tools/list: ok after  ms" in lines, "so has its own server"
    assert SANDBOX_KEY not in done.stderr


def test_the_demo_can_be_watched_at_debug() -> None:
    done = run("demo", "--log-level", "DEBUG")
    assert done.returncode == 0
    assert "Which applications do I have?" in done.stdout
    assert "DEBUG GET /v1/applications, attempt 1: 200 after " in done.stderr


async def test_check_holds_against_an_api_with_a_good_key(url: str) -> None:
    done = await run_beside("check", WRITER_API_KEY=SANDBOX_KEY, WRITER_BASE_URL=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line[:16].split() for line in done.stdout.splitlines()] == [
        ["ok", "settings"],
        ["ok", "reachable"],
        ["ok", "key"],
        ["ok", "handshake"],
    ]


async def test_check_says_which_part_fails(url: str) -> None:
    done = await run_beside("check", "--json", WRITER_API_KEY="wrong-key-9182", WRITER_BASE_URL=url)
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert {each["name"]: each["ok"] for each in found["checks"]} == {
        "settings": True,
        "reachable": True,
        "key": False,
        "handshake": True,
    }
    assert "9182" not in done.stdout + done.stderr


def test_check_without_a_key_says_how_to_set_one() -> None:
    done = run("check", WRITER_BASE_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "Set WRITER_API_KEY" in done.stdout
    assert "could not be connected to (127.0.0.1)" in done.stdout


def test_the_demo_shows_questions_calls_answers_and_sizes_without_colours_in_a_pipe() -> None:
    done = run("demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "Which applications do I have?\n→ list_applications()\n│ 3 applications." in done.stdout
    assert re.search(r"\n  [\d,]+ characters, about [\d,]+ tokens\n", done.stdout)
    assert "Cause: " in done.stdout


def test_the_demo_prints_on_a_terminal_that_knows_only_ascii() -> None:
    done = run("demo", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Which applications do I have?" in done.stdout


def test_the_sandbox_command_prints_a_call_that_works() -> None:
    command = [sys.executable, "-m", "writer_jobs_mcp", "sandbox", "--jobs", "50"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:  # noqa: S603 - our own program
        try:
            assert server.stdout is not None
            printed = "".join(server.stdout.readline() for _ in range(5))
            key, url = re.findall(r'curl -H "Authorization: Bearer (\S+)" "(\S+)"', printed)[0]
            answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"})
        finally:
            server.kill()
    assert "50 jobs" in printed
    assert len(answer.json()["result"]) == 3


def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("sandbox", "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} cannot be used" in done.stderr
