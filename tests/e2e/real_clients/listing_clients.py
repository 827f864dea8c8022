"""Clients that need a login to call tools, but list whether a server is connected."""

from collections.abc import Sequence
from pathlib import Path

from tests.e2e.real_clients.checks import expect
from tests.e2e.real_clients.documented_commands import documented_arguments
from tests.e2e.real_clients.installations import CLAUDE, GEMINI
from tests.e2e.real_clients.programs import ProcessResult, run_program


async def claude_code(server: Sequence[str], home: Path) -> list[str]:
    """Return what ``claude mcp list`` prints about the server, added as documented.

    Raises:
        CheckFailed: The server is not connected.
    """
    await run_program([*CLAUDE, *documented_arguments("claude"), *server], home)
    return [_connected(await run_program([*CLAUDE, "mcp", "list"], home))]


async def gemini_cli(server: Sequence[str], home: Path) -> list[str]:
    """Return what ``gemini mcp list`` prints about the server, added as documented.

    Raises:
        CheckFailed: The server is not connected.
    """
    command, *arguments = server
    await run_program([*GEMINI, *documented_arguments("gemini"), command, "--", *arguments], home)
    return [_connected(await run_program([*GEMINI, "mcp", "list"], home))]


def _connected(listed: ProcessResult) -> str:
    printed = listed.out + listed.err  # Gemini CLI prints to stderr
    states = [line.rpartition(" - ")[2] for line in printed.splitlines() if "writer-jobs:" in line]
    expect(len(states) == 1 and states[0].endswith("Connected"), f"it is not connected: {printed}")
    return f"mcp list → {states[0]}"
