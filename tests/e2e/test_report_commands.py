"""The commands triage and failures as processes: locale, environment, pipes, signals, the terminal."""

import os
import signal
import subprocess
import sys

import anyio
import pytest

from tests.conftest import ALIAS, NOW
from tests.fakes.holding_writer import APPLICATION, HoldingWriter
from tests.helpers.command import COMMAND_TIMEOUT, run_command, settings_for
from tests.helpers.stdio_server import SERVER, environment_without_settings

WHOLE_LIST = ("--since", "all", "--until", NOW.isoformat())


def test_a_newcomer_needs_no_key() -> None:
    for arguments in (["--sandbox", "triage", ALIAS], ["failures", ALIAS, "--sandbox"]):
        done = run_command(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert '"product-description-writer"' in done.stdout


def test_an_unusable_network_setting_exits_with_2() -> None:
    done = run_command("triage", ALIAS, WRITER_API_KEY="a-key", SSL_CERT_FILE=os.devnull)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("writer-jobs-mcp: SSL_CERT_FILE cannot be used: ")


@pytest.mark.parametrize("command", [["triage", "--format", "markdown"], ["failures", "--format", "csv"]], ids=" ".join)
async def test_a_pipe_gets_utf_8_in_an_ascii_locale_without_a_home(url: str, command: list[str]) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "LC_ALL": "C"}
    environ |= {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", **settings_for(url)}
    program = [*SERVER, *command, ALIAS, *WHOLE_LIST]
    done = await anyio.run_process(program, env=environ, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Ungültige Eingabe" in done.stdout.decode("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
@pytest.mark.parametrize("command", ["triage", "failures"])
def test_a_reader_that_stops_ends_the_command_silently(command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [*SERVER, command, ALIAS, "--sandbox"],
            stdout=writer,
            stderr=subprocess.PIPE,
            timeout=COMMAND_TIMEOUT,
            check=False,
            env=environment_without_settings(),
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
async def test_ctrl_c_ends_the_command_at_once_and_silently() -> None:
    writer = HoldingWriter()
    writer.hold("before the head")
    async with writer.serve() as url:
        environ = {**environment_without_settings(), **settings_for(url)}
        async with await anyio.open_process([*SERVER, "triage", APPLICATION], env=environ) as command:
            assert command.stdout is not None
            assert command.stderr is not None
            with anyio.fail_after(COMMAND_TIMEOUT):
                await writer.is_held.wait()
                command.send_signal(signal.SIGINT)
                assert await command.wait() == -signal.SIGINT
                printed = [*[part async for part in command.stdout], *[part async for part in command.stderr]]
    assert printed == []
