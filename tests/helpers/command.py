"""Run a command of ``writer-jobs-mcp`` to its end."""

import subprocess

import anyio

from tests.helpers.stdio_server import SERVER, environment_without_settings

COMMAND_TIMEOUT = 120  # seconds: more than a busy machine needs


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
