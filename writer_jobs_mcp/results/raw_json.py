"""A whole response of Writer's as JSON text, sanitized."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from pydantic import JsonValue

from writer_jobs_mcp.sanitize.secrets import mask_labelled_value
from writer_jobs_mcp.sanitize.text import is_safe, sanitize, sanitize_in_slices

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import RawJson


_NAME = re.compile(r"[A-Za-z_][\w.-]{0,59}", re.ASCII)
_BATCH = 500
_encode = json.JSONEncoder(ensure_ascii=False).encode


def raw_json_text(response: "RawJson", check: Callable[[], None] = lambda: None) -> str:
    """Write a response as JSON text: every field that Writer sent, its strings sanitized.

    Args:
        response: Any JSON object.
        check: Called every few milliseconds; what it raises ends the work.
    """
    # Written while it is cleaned: to encode a large object at once would keep every other thread waiting.
    parts: list[str] = []
    _write(response.root, parts.append, check)
    return "".join(parts)


def _write(value: JsonValue, write: Callable[[str], object], check: Callable[[], None]) -> None:
    if isinstance(value, str):
        _write_text(sanitize_in_slices(value), write, check)
    elif isinstance(value, list):
        write("[")
        for position, item in enumerate(value):
            if position % _BATCH == 0:
                check()
            write(", " if position else "")
            _write(item, write, check)
        write("]")
    elif isinstance(value, dict):
        check()
        write("{")
        for position, (name, shown) in enumerate(zip(value, _shown_names(list(value), check), strict=True)):
            write(f"{', ' if position else ''}{_encode(shown)}: ")
            field = value[name]
            if isinstance(field, str):
                _write_text(_labelled(name, field), write, check)
            else:
                _write(field, write, check)
        write("}")
    elif value is None or (isinstance(value, float) and not isfinite(value)):
        write("null")  # JSON has no word for what is not finite
    elif isinstance(value, bool):
        write("true" if value else "false")
    else:
        write(repr(value))  # as the encoder does, which takes three times as long for a number by itself


def _write_text(pieces: Iterator[str], write: Callable[[str], object], check: Callable[[], None]) -> None:
    write('"')
    for piece in pieces:
        check()
        write(_encode(piece)[1:-1])
    write('"')


def _labelled(name: str, text: str) -> Iterator[str]:
    """A field's text in pieces, cleaned; its beginning as what follows the field's name."""
    for position, piece in enumerate(sanitize_in_slices(text)):
        yield piece if position else mask_labelled_value(name, piece)


def _shown_names(names: Sequence[str], check: Callable[[], None]) -> Iterator[str]:
    """The names of an object's fields as they are shown: cleaned, and no two alike."""
    taken = set(names)
    for start in range(0, len(names), _BATCH):
        check()
        some = names[start : start + _BATCH]
        harmless = is_safe("\n".join(some))
        for position, name in enumerate(some, start + 1):
            cleaned = name if harmless else sanitize(name)
            # Cleaned, two names could become one, and a field be taken for another.
            if _NAME.fullmatch(cleaned) and (cleaned == name or cleaned not in taken):
                shown = cleaned
            else:
                shown = f"field {position}"
            taken.add(shown)
            yield shown
