"""Take stack traces out of error messages: what was raised stays, the frames go."""

import re
from collections.abc import Iterator

from writer_jobs_mcp.failures.embedded_json import find_json_literals
from writer_jobs_mcp.failures.regex import regex

_PYTHON_TRACEBACK = "Traceback (most recent call last):"
_PYTHON_CHAIN = (
    r"(?:During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception):"
)
_PYTHON_PLACE = r"File [\"'][^\"'\n]{1,300}[\"'], line \d+, in "
PYTHON_FRAME = rf"{_PYTHON_PLACE}\S+"
_FRAME = r"(?m:^[^\S\n]+(?:at [^\n]*|\.\.\. \d+ [^\n]*)$)"  # Java, JavaScript, .NET
_CAUSED_BY = r"(?m:^[^\S\n]*Caused by:)"
_GO_STACK = r"(?m:^goroutine \d+ \[)"
_FUNCTION = r"(?m:^[^\S\n]+at (?:async |new )?(?:[\w$.<>/]{1,200}[.])?([\w$<>]+) ?\()"  # in the first, innermost frame


def strip_stack_traces(message: str) -> tuple[str, str]:
    """Return `message` without its stack frames, and the function of the innermost frame ("" for none)."""
    if _PYTHON_TRACEBACK in message:
        function = (regex(rf"{_PYTHON_PLACE}(\S+)").findall(message) or [""])[-1]
    elif "\n" not in message:
        return message, ""
    else:
        innermost = regex(_FUNCTION).search(message)
        function = re.sub(r"\d+", "#", innermost[1]) if innermost else ""  # without the numbers of lambdas
    blocks = [block for block in map(str.strip, error_blocks(message)) if block]
    before = message.partition(_PYTHON_TRACEBACK)[0].strip()
    if before and blocks and blocks[-1] == before:
        blocks = [before, *blocks[:-1]]
    return "\n".join(blocks) or message, function


def error_blocks(error: str) -> Iterator[str]:
    """Yield the blocks of an error without its frames: the exception raised last, those behind it, the text before."""
    traceback = error.find(_PYTHON_TRACEBACK)
    if traceback >= 0 and not any(envelope.start < traceback < envelope.end for envelope in find_json_literals(error)):
        yield from _python_error_blocks(error)
        return
    stack = regex(_GO_STACK).search(error) if "goroutine" in error else None
    text = error[: stack.start()] if stack else error
    if "\n" in text:
        yield from regex(_CAUSED_BY).split(regex(_FRAME).sub("", text))
    else:
        yield text


def _python_error_blocks(error: str) -> Iterator[str]:
    preludes: list[str] = []
    for part in reversed(regex(_PYTHON_CHAIN).split(error)):
        prelude, _, stack = part.partition(_PYTHON_TRACEBACK)
        preludes.append(prelude)
        margin = prelude.rpartition("\n")[2]
        yield _text_below_frames(stack, indent=0 if margin.strip() else len(margin))
    yield from preludes


def _text_below_frames(stack: str, indent: int) -> str:
    """Return the exception and its message."""
    if "\n" not in stack:  # on one line, as some loggers write it
        frames = list(regex(PYTHON_FRAME).finditer(stack))
        return stack[frames[-1].end() :] if frames else stack
    lines = stack.split("\n")
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return "\n".join(lines[number:])
    return ""
