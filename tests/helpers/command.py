"""Run a command of ``writer-jobs-mcp`` to its end, in a process of its own or in this one."""

import io
import subprocess
from contextlib import redirect_stderr, redirect_stdout

import anyio

from tests.helpers.stdio_server import SERVER, environment_without_settings
from writer_jobs_mcp.cli import main
from writer_jobs_mcp.sandbox import SANDBOX_KEY

COMMAND_TIMEOUT = 120  # seconds: more than a busy machine needs


def settings_for(url: str) -> dict[str, str]:
    """Return the environment for the sandbox at ``url``."""
    return {"WRITER_API_KEY": SANDBOX_KEY, "WRITER_BASE_URL": url}


def run_command(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [*SERVER, *arguments],
        input="",
        capture_output=True,
        encoding="utf-8",
        timeout=COMMAND_TIMEOUT,
        check=False,
        env={**environment_without_settings(), "PYTHONIOENCODING": "utf-8", **environ},
    )


async def run_command_in_thread(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command while this process goes on serving the API."""
    return await anyio.to_thread.run_sync(lambda: run_command(*arguments, **environ))


async def run_main(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a thread of this process, which is faster."""
    stdout, stderr = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline=""), io.StringIO()

    def run() -> int:
        try:
            return main(arguments, {**environment_without_settings(), **environ})
        except SystemExit as exc:  # of argparse
            return int(str(exc.code))

    with redirect_stdout(stdout), redirect_stderr(stderr):
        status = await anyio.to_thread.run_sync(run)
    stdout.seek(0)
    return subprocess.CompletedProcess(arguments, status, stdout.read(), stderr.getvalue())
