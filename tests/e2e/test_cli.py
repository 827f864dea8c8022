"""The commands, run as a person runs them."""

import json
import os
import re
import socket
import subprocess
import sys

import httpx
import pytest

from tests.helpers.command import COMMAND_TIMEOUT, run_command, run_command_in_thread
from tests.helpers.stdio_server import environment_without_settings
from writer_jobs_mcp import __version__
from writer_jobs_mcp.config import settings
from writer_jobs_mcp.sandbox import SANDBOX_KEY


def test_the_version_option_prints_the_package_version() -> None:
    assert run_command("--version").stdout == f"writer-jobs-mcp {__version__}\n"


def test_the_demo_exits_silently_when_its_reader_stops() -> None:
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
        assert demo.wait(COMMAND_TIMEOUT) == 1


def test_the_sandbox_cannot_be_combined_with_another_command() -> None:
    done = run_command("--sandbox", "check")
    assert (done.returncode, done.stderr) == (
        2,
        "writer-jobs-mcp: --sandbox cannot be combined with check. Remove one of them.\n",
    )


def test_an_invalid_port_is_refused() -> None:
    for port in ("65536", "-1", "http"):
        done = run_command("sandbox", "--port", port)
        assert done.returncode == 2
        assert done.stderr.endswith("argument --port: must be a whole number from 0 to 65535\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize("arguments", [[], ["serve"], ["--sandbox"]], ids=" ".join)
def test_on_a_terminal_the_server_prints_that_it_waits_for_a_client(arguments: list[str]) -> None:
    terminal, stdin = os.openpty()
    try:
        with start_with_stdin(stdin, *arguments) as server:
            assert server.stderr is not None
            printed = server.stderr.readline()
            os.write(terminal, b"\x04")  # Ctrl-D
            assert (server.stderr.read(), server.wait(COMMAND_TIMEOUT)) == ("", 0)
    finally:
        os.close(terminal)
        os.close(stdin)
    assert printed == (
        "writer-jobs-mcp: waiting for an MCP client on stdin. To try it without one: writer-jobs-mcp demo\n"
    )


def start_with_stdin(stdin: int, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "writer_jobs_mcp", *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment_without_settings(),
    )


@pytest.mark.parametrize("arguments", [[], ["serve"], ["--sandbox"]], ids=" ".join)
def test_on_a_pipe_the_server_prints_nothing(arguments: list[str]) -> None:
    done = run_command(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_error_for_an_unknown_command_lists_the_known_ones() -> None:
    done = run_command("chekc")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "writer-jobs-mcp: The command must be serve, triage, failures, check, demo or sandbox; "
        'got "chekc". See writer-jobs-mcp --help.\n'
    )


def test_an_unknown_option_is_named() -> None:
    for arguments in (["--frob"], ["check", "--frob"]):
        done = run_command(*arguments)
        assert done.returncode == 2
        assert done.stderr.endswith("error: unrecognized arguments: --frob\n")


def test_the_server_refuses_to_start_without_docstrings() -> None:
    done = run_command(PYTHONOPTIMIZE="2")
    assert (done.returncode, done.stdout) == (2, "")
    assert "PYTHONOPTIMIZE" in done.stderr


def test_help_names_every_command() -> None:
    printed = run_command("--help").stdout
    named = ("triage", "failures", "check", "demo", "sandbox", "--sandbox", "--log-level")
    assert [each for each in named if each not in printed] == []


def test_help_lists_every_setting_with_its_default_and_its_meaning() -> None:
    printed = " ".join(run_command("--help").stdout.split())
    assert "settings, from the environment: WRITER_API_KEY the API key; " in printed
    for name, default, meaning in settings():
        assert f" {name} {meaning}{f' (default: {default})' if default else ''}" in printed


async def test_check_with_a_valid_key_succeeds_and_prints_how_many_applications_it_sees(url: str) -> None:
    done = await run_command_in_thread("check", WRITER_API_KEY=SANDBOX_KEY, WRITER_BASE_URL=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line[:16].split() for line in done.stdout.splitlines()] == [
        ["ok", "settings"],
        ["ok", "reachable"],
        ["ok", "key"],
        ["ok", "handshake"],
    ]
    assert done.stdout.splitlines()[2] == (
        'ok    key       accepted, sees 3 applications, such as "Blog article drafter" and "Support reply drafter"'
    )


async def test_check_reports_which_part_fails(url: str) -> None:
    done = await run_command_in_thread("check", "--json", WRITER_API_KEY="wrong-key-9182", WRITER_BASE_URL=url)
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert {each["name"]: each["ok"] for each in found["checks"]} == {
        "settings": True,
        "reachable": True,
        "key": False,
        "handshake": True,
    }
    assert found["checks"][2]["detail"].startswith("Rejected: Writer refused the API key (401). ")
    assert "9182" not in done.stdout + done.stderr


def test_check_without_a_key_explains_how_to_set_one() -> None:
    done = run_command("check", WRITER_BASE_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "FAIL  key       No Writer API key is set. Set WRITER_API_KEY" in done.stdout
    assert "no connection could be made (127.0.0.1)" in done.stdout


def test_check_does_not_try_the_key_if_writer_is_unreachable() -> None:
    environ = {"WRITER_API_KEY": "a-key", "WRITER_BASE_URL": "http://127.0.0.1:9"}
    printed = run_command("check", **environ)
    assert printed.returncode == 1
    assert [line[:16].split() for line in printed.stdout.splitlines()] == [
        ["ok", "settings"],
        ["FAIL", "reachable"],
        ["-", "key"],
        ["ok", "handshake"],
    ]
    assert printed.stdout.splitlines()[2] == "-     key       Not tried, because Writer could not be reached."
    found = json.loads(run_command("check", "--json", **environ).stdout)
    assert found["ok"] is False
    assert found["checks"][2] == {
        "name": "key",
        "ok": None,
        "detail": "Not tried, because Writer could not be reached.",
    }


def test_the_demo_prints_questions_calls_results_and_sizes_without_colours_in_a_pipe() -> None:
    done = run_command("demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "Which applications do I have?\n→ list_applications()\n│ 3 applications." in done.stdout
    assert re.search(r"\n  [\d,]+ characters, about [\d,]+ tokens\n", done.stdout)
    assert "Cause: " in done.stdout


def test_the_demo_works_on_an_ascii_terminal_and_accepts_a_log_level() -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = run_command("demo", "--log-level", "DEBUG", **ascii_only)
    assert done.returncode == 0
    assert "Which applications do I have?" in done.stdout
    assert "DEBUG GET /v1/applications, attempt 1: 200 after " in done.stderr
    assert "Error" not in done.stderr


def test_the_sandbox_command_prints_a_working_curl_call() -> None:
    command = [sys.executable, "-m", "writer_jobs_mcp", "sandbox", "--jobs", "50"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:  # noqa: S603 - our own program
        try:
            assert server.stdout is not None
            printed = "".join(server.stdout.readline() for _ in range(11))
            key, url = re.findall(r'curl -H "Authorization: Bearer (\S+)" "(\S+)"', printed)[0]
            answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"})
            settings_ = dict(re.findall(r"^(?:export |\$env:)(\w+) ?= ?\"?([^\s\"]+)", printed, re.MULTILINE))
            checked = run_command("check", **settings_)
        finally:
            server.kill()
    assert "50 jobs" in printed
    assert settings_.keys() == {"WRITER_BASE_URL", "WRITER_API_KEY"}
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "sees 3 applications" in checked.stdout
    assert len(answer.json()["result"]) == 3


def test_the_error_for_a_used_port_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_command("sandbox", "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} cannot be used" in done.stderr
