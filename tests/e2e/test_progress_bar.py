"""The progress bar of triage and failures: only on a terminal, and gone at the end."""

import os
import subprocess

import pytest

from tests.conftest import ALIAS
from tests.helpers.command import COMMAND_TIMEOUT
from tests.helpers.stdio_server import SERVER, environment_without_settings

termios = pytest.importorskip("termios", reason="Windows has no pseudo-terminals")


def run_on_terminal(*arguments: str, **environ: str) -> tuple[int, str, str]:
    """Run a command whose stderr is a terminal. Return its exit status, its stdout, and what the terminal got."""
    terminal, stderr = os.openpty()
    termios.tcsetwinsize(stderr, (24, 80))
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [*SERVER, *arguments],
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            timeout=COMMAND_TIMEOUT,
            check=False,
            env={**environment_without_settings(), "TERM": "xterm", **environ},
        )
        os.write(stderr, b"\0")  # so that there is something to read
        return done.returncode, done.stdout, os.read(terminal, 65_536).decode().removesuffix("\0")
    finally:
        os.close(terminal)
        os.close(stderr)


@pytest.mark.parametrize("command", ["triage", "failures"])
def test_a_terminal_shows_a_progress_bar_that_leaves_nothing_behind(command: str) -> None:
    status, printed, shown = run_on_terminal(command, ALIAS, "--sandbox")
    assert status == 0
    assert "Reading" in shown
    assert shown.rpartition("\r")[2] == ""
    assert shown.split("\r")[-2].strip() == ""
    assert "Reading" not in printed


def test_a_dumb_terminal_shows_no_progress_bar() -> None:
    assert run_on_terminal("triage", ALIAS, "--sandbox", TERM="dumb")[2] == ""
