"""Markdown in which untrusted text is code: it can be no link, image, HTML or mention, and cannot break a table.

In the text form of a result, untrusted text stands only inside JSON strings (:mod:`.base`); so these are what becomes
code, and our own words stay prose.
"""

import re
from collections.abc import Callable, Iterable, Sequence

# Some hosts would make a link of the number of a row: #1.
_CODE = re.compile(r'("(?:[^"\\]|\\.)*"|#\d+)')
_BACKTICKS = re.compile("`+")
_MARKUP = re.compile(r"[\\`*\[\]<>|~#&!]|(?<!\w)_|_(?!\w)")  # an underscore inside a word is none


def prose(text: str) -> str:
    """Return a line of a result's text form as Markdown."""
    return _convert(text, code)


def code(text: str) -> str:
    """Return a code span; its text is one line, neither empty nor with a backtick at an end."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence}{text}{fence}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; header and cells are as :func:`prose` takes them."""
    lines = [f"| {' | '.join(_convert(cell, _code_in_table) for cell in row)} |" for row in (header, *rows)]
    return "\n".join([lines[0], f"|{'---|' * len(header)}", *lines[1:]])


def _convert(text: str, code_span: Callable[[str], str]) -> str:
    # A split by one group yields prose and quoted text in turn.
    return "".join(
        code_span(part) if position % 2 else _MARKUP.sub(r"\\\g<0>", part)
        for position, part in enumerate(_CODE.split(text))
    )


def _code_in_table(text: str) -> str:
    # A table is cut into cells before its code is found, so a pipe needs a backslash there too, which is not shown.
    return code(text).replace("|", r"\|")
