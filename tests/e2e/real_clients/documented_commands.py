"""The commands in docs/clients.md that add the server to a client; the checks run exactly these."""

import re
import shlex
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "clients.md"


def documented_arguments(program: str) -> list[str]:
    """Return the arguments of a client's command, without the server at the end."""
    (line,) = re.findall(rf"^{program} mcp add .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    *arguments, server = shlex.split(line)[1:]
    assert server == "writer-jobs-mcp"
    return arguments
