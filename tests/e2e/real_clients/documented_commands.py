"""How the documents tell users to add the server to a client, so that the clients are configured by just that."""

import re
import shlex
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "clients.md"


def documented_arguments(program: str) -> list[str]:
    """The arguments of a client's own command, up to the server's, which stands last."""
    (line,) = re.findall(rf"^{program} mcp add .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    *arguments, server = shlex.split(line)[1:]
    assert server == "writer-jobs-mcp"
    return arguments
