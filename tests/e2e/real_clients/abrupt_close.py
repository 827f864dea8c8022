"""Clients that disconnect during a call."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

from tests.e2e.real_clients.checks import expect
from tests.e2e.real_clients.installations import FOLDER
from tests.e2e.real_clients.programs import run_program
from tests.helpers.stdio_server import SERVER


def python_sdk_1(version: str) -> Callable[[object, Path], Awaitable[list[str]]]:
    """Return a check that a client of the Python SDK 1 can cancel a call and disconnect without an error."""

    async def trial(_: object, home: Path) -> list[str]:
        ended = await run_program(
            [await _interpreter_with(f"mcp=={version}"), str(FOLDER / "python_sdk_1.py"), *SERVER], home
        )
        expect(not ended.err, f"it printed errors: {ended.err}")
        return [
            f"tools/list → {ended.out.strip()}",
            "list_applications({}), without a response from Writer → cancelled, and disconnected without an error",
        ]

    return trial


async def _interpreter_with(requirement: str) -> str:
    """Return the interpreter of a cached uv environment with this requirement."""
    asked = ["--from", requirement, "python", "-c", "import sys; sys.stdout.write(sys.executable)"]
    uvx = [sys.executable, "-m", "uv", "tool", "run", "--quiet", "--python", sys.executable]
    return (await anyio.run_process([*uvx, *asked], stderr=None)).stdout.decode()
