"""Invalid settings and misplaced keys on the command line: one sentence each, and no secret in it."""

import json
import re

import pytest

from tests.helpers.command import run_command, run_command_in_thread
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import SANDBOX_KEY

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
        ["--api-key foo9182"],  # one argument, as in some client configurations
        ["demo", "--bearer=foo9182"],
        ["WRITER_API_KEY=foo9182"],
        ["--WRITER_API_KEY_FILE=foo9182"],
        ["-kfoo9182"],
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
    [
        *([API_KEY], ["check", API_KEY], [f"--other={API_KEY}"], ["--log-level", API_KEY]),
        *(["--pat", "wk-7Hq2-word"], ["--api-kye", "wk-7Hq2-word"], ["-p", "wk-7Hq2-word"]),
    ],
    ids=["a command", "an argument", "an option", "a level", "a word", "a wrong option", "a short option"],
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
    "WRITER_JOBS_STRUCTURED_CONTENT": "sometimes",
    "WRITER_JOBS_LOG_LEVEL": "loud",
}


SETTING_ERRORS = [
    "WRITER_API_KEY must be the key alone, without blanks, line breaks or letters outside ASCII.",
    'WRITER_BASE_URL must be a URL such as https://api.writer.com; got "api.writer.com".',
    'WRITER_JOBS_CALL_BUDGET must be a number from 1 to 600; got "abc".',
    'WRITER_JOBS_CONCURRENCY must be a whole number from 1 to 16; got "99".',
    'WRITER_JOBS_ALLOW_RETRY must be true or false; got "perhaps".',
    'WRITER_JOBS_STRUCTURED_CONTENT must be true or false; got "sometimes".',
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
    assert "DEBUG tools/list: ok after  ms" in lines, "the server that check starts logs too"
    assert SANDBOX_KEY not in done.stderr
