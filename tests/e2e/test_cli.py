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
from writer_jobs_mcp.config import Config, settings
from writer_jobs_mcp.sandbox import SANDBOX_KEY

TIMEOUT = 120  # seconds: more than a busy machine needs


def environment_without_settings(**others: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WRITER_")}
    return {**kept, "PYTHONIOENCODING": "utf-8", **others}


def run_command(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "writer_jobs_mcp", *arguments],
        input="",
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
        env=environment_without_settings(**environ),
    )


async def run_command_in_thread(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The same, while the API goes on in this process."""
    return await anyio.to_thread.run_sync(lambda: run_command(*arguments, **environ))


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
        assert demo.wait(TIMEOUT) == 1


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
            said = server.stderr.readline()
            os.write(terminal, b"\x04")  # Ctrl-D
            assert (server.stderr.read(), server.wait(TIMEOUT)) == ("", 0)
    finally:
        os.close(terminal)
        os.close(stdin)
    assert said == (
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


API_KEY = "wk-7Hq2ZtVx9LmB4RcY8sNd"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--api-key", "foo9182"],
        ["--api-key=foo9182", "check"],
        ["check", "--api-key", "foo9182"],
        ["--key=foo9182"],
        ["--token", "foo9182"],
        ["-k", "foo9182"],
        ["--api_key", "foo9182"],
        ["--APIKEY", "foo9182"],
        ["--writer-api-key", "foo9182"],
        ["--writer-api-key-file", "foo9182"],
        ["--api-key foo9182"],  # one argument, as some configurations of clients have it
        ["demo", "--bearer=foo9182"],
        ["WRITER_API_KEY=foo9182"],
        ["--WRITER_API_KEY_FILE=foo9182"],
    ],
    ids=repr,
)
def test_the_error_for_a_key_on_the_command_line_names_the_environment_variable(arguments: list[str]) -> None:
    done = run_command(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "Set the environment variable WRITER_API_KEY to the key, or WRITER_API_KEY_FILE to " in done.stderr
    assert "9182" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [[API_KEY], ["check", API_KEY], [f"--other={API_KEY}"], ["--log-level", API_KEY]],
    ids=["a command", "an argument", "an option", "a level"],
)
def test_a_key_in_another_argument_is_not_repeated(arguments: list[str]) -> None:
    done = run_command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert API_KEY[:8] not in done.stderr
    assert "not shown" in done.stderr


@pytest.mark.parametrize("arguments", [["check", "--json={}"], ["--sandbox={}"], ["-h{}"]], ids=" ".join)
@pytest.mark.parametrize("value", [API_KEY, "a\\b3defghijk'1", "abcd"])
def test_an_option_without_a_value_does_not_repeat_the_value_that_it_was_given(
    arguments: list[str], value: str
) -> None:
    done = run_command(*(argument.format(value) for argument in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(": takes no value\n")


def test_a_short_configured_key_is_not_repeated() -> None:
    for arguments in (["abcd"], ["check", "abcd"], ["--other=abcd"]):
        done = run_command(*arguments, WRITER_API_KEY="abcd")
        assert done.returncode == 2
        assert "abcd" not in done.stderr


def test_the_error_for_an_unknown_command_lists_the_known_ones() -> None:
    done = run_command("chekc")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        'writer-jobs-mcp: The command must be serve, check, demo or sandbox; got "chekc". See writer-jobs-mcp --help.\n'
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
    named = ("check", "demo", "sandbox", "--sandbox", "--log-level")
    assert [each for each in named if each not in printed] == []


def test_help_lists_every_setting_with_its_default_and_its_meaning() -> None:
    printed = " ".join(run_command("--help").stdout.split())
    assert "settings, from the environment: WRITER_API_KEY the API key; " in printed
    for name, default, meaning in settings():
        assert f" {name} {meaning}{f' (default: {default})' if default else ''}" in printed


@pytest.mark.parametrize("command", [[], ["check"], ["demo", "--page"]])
def test_an_invalid_setting_exits_with_2_and_one_sentence(command: list[str]) -> None:
    done = run_command(*command, WRITER_BASE_URL="http://example.com")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "writer-jobs-mcp: WRITER_BASE_URL must start with https:// (http:// is for loopback addresses only, because it "
        'sends the key unencrypted); got "http://example.com".\n'
    )


WRONG_SETTINGS = {
    "WRITER_API_KEY": "two words",
    "WRITER_BASE_URL": "api.writer.com",
    "WRITER_JOBS_CALL_BUDGET": "abc",
    "WRITER_JOBS_CONCURRENCY": "99",
    "WRITER_JOBS_ALLOW_RETRY": "perhaps",
    "WRITER_JOBS_LOG_LEVEL": "loud",
}
SETTING_ERRORS = [
    "WRITER_API_KEY must be the key alone, without blanks, line breaks or letters outside ASCII.",
    'WRITER_BASE_URL must be a URL such as https://api.writer.com; got "api.writer.com".',
    'WRITER_JOBS_CALL_BUDGET must be a number from 1 to 600; got "abc".',
    'WRITER_JOBS_CONCURRENCY must be a whole number from 1 to 16; got "99".',
    'WRITER_JOBS_ALLOW_RETRY must be true or false; got "perhaps".',
    'WRITER_JOBS_LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL; got "loud".',
]


@pytest.mark.parametrize("command", [[], ["--sandbox"], ["check"], ["demo", "--page"]], ids=" ".join)
def test_every_invalid_setting_is_reported(command: list[str]) -> None:
    done = run_command(*command, **WRONG_SETTINGS)
    assert (done.returncode, done.stdout) == (2, "")
    sentences = SETTING_ERRORS[1:] if command[0:1] == ["demo"] else SETTING_ERRORS  # the page needs no key
    assert done.stderr.splitlines() == [f"writer-jobs-mcp: {sentence}" for sentence in sentences]


def test_check_reports_invalid_network_settings_with_the_others() -> None:
    done = run_command(
        "check", "--json", WRITER_JOBS_CALL_BUDGET="0", SSL_CERT_FILE="/nowhere", HTTPS_PROXY="nonsense://proxy"
    )
    assert done.returncode == 2
    sentences = [line.removeprefix("writer-jobs-mcp: ") for line in done.stderr.splitlines()]
    assert [sentence[:23] for sentence in sentences] == [
        "WRITER_JOBS_CALL_BUDGET",
        "SSL_CERT_FILE cannot be",
        "The proxy cannot be use",
    ]
    settings_, *others = json.loads(done.stdout)["checks"]
    assert settings_ == {"name": "settings", "ok": False, "detail": " ".join(sentences)}
    assert others == [
        {"name": name, "ok": None, "detail": "Not tried, because settings cannot be used."}
        for name in ("reachable", "key", "handshake")
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", 'got "0"'),
        ("nan", 'got "nan"'),
        ("", None),
        ('a "quoted" word', 'got "a \\"quoted\\" word"'),
        ("\x1b[31mred", 'got "red"'),
        (API_KEY, "the value is not shown here, because it may be a secret"),
        (f"x{API_KEY}", "the value is not shown here, because it may be a secret"),
        ("\u200b".join(API_KEY), "the value is not shown here, because it may be a secret"),
        ("password: hunter2", "the value is not shown here, because it may be a secret"),
        ("zebra", "the value is not shown here, because it may be a secret"),
        ("a zebra crossing", "the value is not shown here, because it may be a secret"),
        ("zebr", "the value is not shown here, because it may be a secret"),
        ("word " * 20, f'got "{("word " * 20)[:59]}…"'),
    ],
)
def test_an_invalid_value_is_shown_unless_it_may_be_a_secret(value: str, shown: str | None) -> None:
    _, faults = Config.from_env_with_errors({"WRITER_API_KEY": "zebra", "WRITER_JOBS_CALL_BUDGET": value})
    assert list(faults) == (
        [] if shown is None else [f"WRITER_JOBS_CALL_BUDGET must be a number from 1 to 600; {shown}."]
    )


@pytest.mark.parametrize("url", ["https://user:hunter2@api.writer.com", "https://api.writer.com?key=hunter2"])
def test_a_password_in_the_base_url_is_not_shown(url: str) -> None:
    _, (fault,) = Config.from_env_with_errors({"WRITER_BASE_URL": url})
    assert fault == (
        "WRITER_BASE_URL must be a URL without a user name, a password, a query or a fragment; the value is not shown "
        "here, because it may be a secret."
    )


def test_an_invalid_host_name_is_refused() -> None:
    done = run_command("check", WRITER_BASE_URL="https://xn--a.writer.com")
    assert (done.returncode, done.stderr) == (
        2,
        "writer-jobs-mcp: WRITER_BASE_URL has an invalid host name. Set it to a URL such as https://api.writer.com.\n",
    )


@pytest.mark.parametrize(
    "command", [["--log-level", "LOUD"], ["serve", "--log-level", ""], ["check", "--log-level=9"]], ids=" ".join
)
def test_an_invalid_log_level_exits_with_2_and_one_sentence(command: list[str]) -> None:
    done = run_command(*command, WRITER_JOBS_LOG_LEVEL="DEBUG")
    assert (done.returncode, done.stdout) == (2, "")
    levels = "DEBUG, INFO, WARNING, ERROR, CRITICAL"
    level = json.dumps(command[-1].removeprefix("--log-level="))
    assert done.stderr == f"writer-jobs-mcp: --log-level must be one of {levels}; got {level}.\n"


@pytest.mark.parametrize(
    "command", [["--log-level", "debug", "check"], ["check", "--log-level", "DEBUG"]], ids=" ".join
)
async def test_the_log_level_option_overrides_the_setting(url: str, command: list[str]) -> None:
    done = await run_command_in_thread(
        *command, WRITER_API_KEY=SANDBOX_KEY, WRITER_BASE_URL=url, WRITER_JOBS_LOG_LEVEL="CRITICAL"
    )
    assert done.returncode == 0
    lines = [re.sub(r"^[-\d]+ [:,\d]+ |(?<=after )\d+", "", line) for line in done.stderr.splitlines()]
    assert lines[:2] == [
        "DEBUG GET /v1/applications, attempt 1: 401 after  ms",
        "DEBUG GET /v1/applications, attempt 1: 200 after  ms",
    ]
    assert "DEBUG tools/list: ok after  ms" in lines, "so has its own server"
    assert SANDBOX_KEY not in done.stderr


def test_the_demo_accepts_a_log_level() -> None:
    done = run_command("demo", "--log-level", "DEBUG")
    assert done.returncode == 0
    assert "Which applications do I have?" in done.stdout
    assert "DEBUG GET /v1/applications, attempt 1: 200 after " in done.stderr


async def test_check_succeeds_with_a_valid_key(url: str) -> None:
    done = await run_command_in_thread("check", WRITER_API_KEY=SANDBOX_KEY, WRITER_BASE_URL=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line[:16].split() for line in done.stdout.splitlines()] == [
        ["ok", "settings"],
        ["ok", "reachable"],
        ["ok", "key"],
        ["ok", "handshake"],
    ]


async def test_check_prints_how_many_applications_the_key_sees(url: str) -> None:
    done = await run_command_in_thread("check", WRITER_API_KEY=SANDBOX_KEY, WRITER_BASE_URL=url)
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


def test_the_demo_works_on_an_ascii_terminal() -> None:
    done = run_command("demo", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Which applications do I have?" in done.stdout


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
