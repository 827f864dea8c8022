"""The calls that each program lets its framework make, and what the model would read."""

import json
import sys
from typing import Any

CALLS: list[dict[str, Any]] = json.loads(sys.argv[1])
"""Each with a ``tool`` and its ``arguments``."""


def as_text(read: object) -> str:
    return read if isinstance(read, str) else json.dumps(read, ensure_ascii=False, default=str)


def report(tools: list[str], reads: list[Any], schemas: dict[str, dict[str, Any]]) -> None:
    """Print the offered tools, what the model read after each call, and the tools' schemas by converter."""
    answer = {"tools": tools, "reads": [as_text(read) for read in reads], "schemas": schemas}
    sys.stdout.write(json.dumps(answer, default=str) + "\n")
