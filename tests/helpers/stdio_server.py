"""Start the server as a subprocess, without an event loop; works on Windows too."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from mcp.client.stdio import StdioServerParameters

SERVER = [sys.executable, "-m", "writer_jobs_mcp"]
INITIALIZE_PARAMS: dict[str, Any] = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "a test", "version": "1"},
}
INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE_PARAMS}
TIMEOUT = 40  # seconds: more than a busy machine needs, and less than a call may take


@contextmanager
def start_server(*arguments: str, command: Sequence[str] = SERVER, **environ: str) -> Generator[subprocess.Popen[str]]:
    """Start the server, and kill it at the end."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**environment_without_settings(), **environ},
    ) as server:
        try:
            yield server
        finally:
            server.kill()


def environment_without_settings() -> dict[str, str]:
    """Return this process's environment without the settings of the server."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("WRITER_", "OTEL_"))}


def server_parameters(*arguments: str, **environ: str) -> StdioServerParameters:
    """Return how a client of the Python SDK starts the server."""
    environ = {**environment_without_settings(), **environ}
    return StdioServerParameters(command=SERVER[0], args=[*SERVER[1:], *arguments], env=environ)


def initialize(server: subprocess.Popen[str]) -> dict[str, Any]:
    """Send the initialize request and return the response."""
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(INITIALIZE) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())
