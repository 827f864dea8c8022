"""The command ``check``: what it prints about unusable settings and a server that does not start."""

import json
import os
from pathlib import Path

import pytest

from tests.helpers.command import run_command, run_command_in_thread
from tests.helpers.result_checks import check_detail
from tests.helpers.tally import Tally
from writer_jobs_mcp.sandbox import SANDBOX_KEY


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"WRITER_BASE_URL": "http://example.com"}, "WRITER_BASE_URL must start with https://"),
        ({"WRITER_API_KEY": "two words"}, "WRITER_API_KEY must be the key alone, "),
        (
            {"HTTPS_PROXY": "nonsense://proxy"},
            "The proxy cannot be used (HTTPS_PROXY, ALL_PROXY or the system's setting): set HTTPS_PROXY to",
        ),
        ({"SSL_CERT_FILE": os.devnull}, "SSL_CERT_FILE cannot be used: it holds no valid PEM certificates."),
        ({"SSL_CERT_FILE": "", "SSL_CERT_DIR": os.devnull}, "SSL_CERT_DIR cannot be used: Not a directory."),
    ],
)
def test_an_unusable_setting_is_reported_on_stderr_and_in_json(
    environ: dict[str, str], words: str, tally: Tally
) -> None:
    tally.tried["failures of check"] += 1
    done = run_command("check", "--json", **environ)
    printed = json.loads(done.stdout)
    finding, *others = printed["checks"]
    assert (done.returncode, printed["ok"], finding["name"], finding["ok"]) == (2, False, "settings", False)
    assert {each["detail"] for each in others} == {"Not tried, because settings cannot be used."}
    assert {each["ok"] for each in others} == {None}
    assert words in finding["detail"]
    assert done.stderr == f"writer-jobs-mcp: {finding['detail']}\n"


async def test_a_server_that_fails_to_start_fails_the_handshake_check(url: str, tmp_path: Path, tally: Tally) -> None:
    tally.tried["failures of check"] += 1
    broken = (
        "import os, sys\nif sys.orig_argv[-1] == 'writer_jobs_mcp': os.write(2, b'It is broken.\\n'); os._exit(3)\n"
    )
    (tmp_path / "sitecustomize.py").write_text(broken, encoding="utf-8")
    environ = {"WRITER_API_KEY": SANDBOX_KEY, "WRITER_BASE_URL": url, "PYTHONPATH": str(tmp_path)}
    done = await run_command_in_thread("check", **environ)
    assert (done.returncode, done.stderr) == (1, "It is broken.\n")
    (failed,) = (line for line in done.stdout.splitlines() if not line.startswith("ok"))
    check_detail(failed, "did not answer over stdio", "Reinstall writer-jobs-mcp, or report this.")
