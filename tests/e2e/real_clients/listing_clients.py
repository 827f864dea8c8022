"""The clients that show no answer without a login, but do connect to a server and say how that went."""

from collections.abc import Sequence
from pathlib import Path

from tests.e2e.real_clients.checks import expect
from tests.e2e.real_clients.documented_commands import documented_arguments
from tests.e2e.real_clients.installations import CLAUDE, GEMINI
from tests.e2e.real_clients.programs import ProcessResult, run_program


async def claude_code(server: Sequence[str], home: Path) -> list[str]:
    """What ``claude mcp list`` says of the server, added as the documents tell.

    Raises:
        Deviation: It is not connected.
    """
    await run_program([*CLAUDE, *documented_arguments("claude"), *server], home)
    return [_connected(await run_program([*CLAUDE, "mcp", "list"], home))]


async def gemini_cli(server: Sequence[str], home: Path) -> list[str]:
    """What ``gemini mcp list`` says of the server, added as the documents tell.

    Raises:
        Deviation: It is not connected.
    """
    command, *arguments = server
    await run_program([*GEMINI, *documented_arguments("gemini"), command, "--", *arguments], home)
    return [_connected(await run_program([*GEMINI, "mcp", "list"], home))]


def _connected(listed: ProcessResult) -> str:
    printed = listed.out + listed.err  # Gemini CLI prints all that it says on stderr
    said = [line.rpartition(" - ")[2] for line in printed.splitlines() if "writer-jobs:" in line]
    expect(len(said) == 1 and said[0].endswith("Connected"), f"it is not connected: {printed}")
    return f"mcp list → {said[0]}"
