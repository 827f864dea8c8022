"""Stack traces inside error messages: what went wrong, without the way there."""

from __future__ import annotations

import re

_PYTHON = "Traceback (most recent call last):"
_PYTHON_FRAME = re.compile(r"^\s*File \"[^\"\n]+\", line \d+, in (\S+)", re.MULTILINE)
_FRAME = re.compile(r"^[ \t]+(?:at (\S[^\n(]*)[^\n]*|\.\.\. \d+ more)$\n?", re.MULTILINE)  # Java, JavaScript, .NET


def without_stack(message: str) -> tuple[str, str]:
    """`message` without the frames of its stack traces, and the function in the innermost frame ("" for none)."""
    if _PYTHON in message:
        return _without_traceback(message)
    frame = _FRAME.search(message)
    if frame is None:
        return message, ""
    return _FRAME.sub("", message), (frame[1] or "").strip().rpartition(".")[2]


def _without_traceback(message: str) -> tuple[str, str]:
    before, _, stack = message.partition(_PYTHON)
    lines = stack.split("\n")[1:]
    frames = _PYTHON_FRAME.findall(stack)
    below = next((i for i, line in enumerate(lines) if line.strip() and not line[0].isspace()), None)
    if below is None:
        return message, frames[-1] if frames else ""
    return f"{before}{chr(10).join(lines[below:])}".strip(), frames[-1] if frames else ""
