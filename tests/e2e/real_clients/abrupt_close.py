"""The clients that close while the server still works for them."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

from tests.e2e.real_clients.checks import expect
from tests.e2e.real_clients.installations import FOLDER
from tests.e2e.real_clients.programs import run_program
from tests.helpers.stdio_server import SERVER


def python_sdk_1(version: str) -> Callable[[object, Path], Awaitable[list[str]]]:
    """The trial of a client of the Python SDK 1 that gives a call up and closes: it must not fail or complain."""

    async def trial(_: object, home: Path) -> list[str]:
        ended = await run_program(
            [await _interpreter_with(f"mcp=={version}"), str(FOLDER / "python_sdk_1.py"), *SERVER], home
        )
        expect(not ended.err, f"it complains: {ended.err}")
        return [
            f"tools/list → {ended.out.strip()}",
            "list_applications({}), which Writer does not answer → given up, and closed without an error",
        ]

    return trial


async def _interpreter_with(requirement: str) -> str:
    """The interpreter of an environment that uv keeps in its cache."""
    asked = ["--from", requirement, "python", "-c", "import sys; sys.stdout.write(sys.executable)"]
    uvx = [sys.executable, "-m", "uv", "tool", "run", "--quiet", "--python", sys.executable]
    return (await anyio.run_process([*uvx, *asked], stderr=None)).stdout.decode()
