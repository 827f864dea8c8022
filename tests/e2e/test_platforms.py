"""Differences between operating systems, as far as any system can test them."""

import ast
import json
import os
import re
import subprocess
from pathlib import Path, PureWindowsPath

import pytest

import writer_jobs_mcp
from tests.helpers.key import TIMEOUT
from tests.helpers.stdio_server import INITIALIZE, SERVER
from writer_jobs_mcp.cli import main
from writer_jobs_mcp.commands.check import CheckReport, CheckResult
from writer_jobs_mcp.commands.demo import supports_colours
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import SANDBOX_KEY

ROOT = Path(__file__).parents[2]
PACKAGE = Path(writer_jobs_mcp.__file__).parent
FOLDERS = [PACKAGE, *(ROOT / name for name in (".github", "benchmarks", "bundle", "docs", "evaluation", "tests"))]
ONLY_ON_POSIX = {
    *("crypt", "curses", "fcntl", "grp", "nis", "ossaudiodev", "posix", "pty", "pwd", "readline", "resource"),
    *("spwd", "syslog", "termios", "tty"),
}
NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]\Z|\A(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)', re.IGNORECASE)
KEY_FILES = {
    "Notepad": b"\xef\xbb\xbf" + SANDBOX_KEY.encode(),
    "PowerShell 5": b"\xff\xfe" + f"{SANDBOX_KEY}\r\n".encode("utf-16-le"),
    "big-endian": b"\xfe\xff" + f"{SANDBOX_KEY}\r\n".encode("utf-16-be"),
    "cmd": f"{SANDBOX_KEY} \r\n".encode(),
    "classic Mac": f"{SANDBOX_KEY}\r".encode(),
}
# What a client on Windows may pass on, and what Windows needs to start a process.
MINIMAL_ENVIRONMENT = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"} | {
    name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ
}


@pytest.mark.parametrize("content", KEY_FILES.values(), ids=KEY_FILES)
def test_a_key_file_is_read_in_every_common_encoding(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    path.write_bytes(content)
    assert Config.from_env({"WRITER_API_KEY_FILE": str(path)}).read_key() == SANDBOX_KEY


@pytest.mark.parametrize(
    "path",
    [r"C:\Users\Ada Lovelace\writer.key", r"\\files\team$\writer.key", r"D:writer.key", "C:/Users/ada/writer.key"],
)
def test_a_windows_path_of_a_key_file_is_kept_as_written(path: str) -> None:
    config = Config.from_env({"WRITER_API_KEY_FILE": f" {path}\r\n"})
    assert PureWindowsPath(str(config.api_key_file)) == PureWindowsPath(path)


def test_stdio_is_utf_8_with_lf_line_ends_whatever_the_console_encoding() -> None:
    call = {"name": "list_applications", "arguments": {"größe ✓": 1}}
    messages = [
        INITIALIZE,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]
    with subprocess.Popen(  # noqa: S603 - our own program
        [*SERVER, "--sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=MINIMAL_ENVIRONMENT,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            server.stdin.write("".join(f"{json.dumps(each, ensure_ascii=False)}\r\n" for each in messages).encode())
            server.stdin.flush()
            answers = [json.loads(server.stdout.readline().decode()) for _ in range(2)]
            rest, complaints = server.communicate(timeout=TIMEOUT)
        finally:
            server.kill()
    assert [answer["id"] for answer in answers] == [1, 2]
    assert '"größe ✓"' in answers[1]["result"]["content"][0]["text"]
    assert (rest, complaints) == (b"", b"")


@pytest.mark.parametrize("command", [[], ["check"], ["demo"], ["sandbox"]])
def test_help_is_ascii(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*command, "--help"], {})
    assert capsys.readouterr().out.isascii()


def test_the_json_of_check_is_ascii() -> None:
    written = CheckReport((CheckResult("reachable", ok=False, detail="größe.example ✗"),)).as_json()
    assert written.isascii()
    assert json.loads(written)["checks"][0]["detail"] == "größe.example ✗"


@pytest.mark.parametrize(
    ("is_terminal", "environ", "system", "shown"),
    [
        (True, {}, "posix", True),
        (True, {"TERM": "xterm-256color"}, "posix", True),
        (True, {"TERM": "dumb"}, "posix", False),
        (True, {"NO_COLOR": "1"}, "posix", False),
        (True, {"NO_COLOR": ""}, "posix", True),
        (False, {"TERM": "xterm"}, "posix", False),
        (True, {}, "nt", False),
        (True, {"WT_SESSION": "5"}, "nt", True),
        (True, {"TERM_PROGRAM": "vscode"}, "nt", True),
        (True, {"WT_SESSION": "5", "NO_COLOR": "1"}, "nt", False),
    ],
)
def test_colours_are_used_only_on_terminals_that_support_them(
    is_terminal: bool, environ: dict[str, str], system: str, shown: bool
) -> None:
    assert supports_colours(is_terminal, environ, system) is shown


def test_no_posix_only_module_is_imported() -> None:
    assert {name for path in PACKAGE.rglob("*.py") for name in imported_by(path)} & ONLY_ON_POSIX == set()


def imported_by(path: Path) -> set[str]:
    """Return the top-level name of every module that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_file_names_are_valid_on_every_file_system() -> None:
    files = [path for folder in FOLDERS for path in folder.rglob("*") if "node_modules" not in path.parts]
    assert [path for path in files if NOT_ON_WINDOWS.search(path.name)] == []
    assert len({str(path).casefold() for path in files}) == len(files)
