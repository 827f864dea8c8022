"""A whole response of Writer's as JSON text, sanitized."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from pydantic import JsonValue

from writer_jobs_mcp.sanitize.secrets import mask_labelled_value
from writer_jobs_mcp.sanitize.slices import sanitize_in_slices
from writer_jobs_mcp.sanitize.text import is_safe, sanitize

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import RawJson


_NAME = re.compile(r"[A-Za-z_][\w.-]{0,59}", re.ASCII)
_PAIR = 2
_HEADER = re.compile(r"authorization|cookie|[a-z0-9]+(?:-[a-z0-9]+)+", re.IGNORECASE)
# Fields whose text is named elsewhere: {"password": {"value": "…"}}.
_NAMELESS = {"value", "values", "data", "current", "new", "old", "raw", "plain", "text", "content", "0", "1"}
_BATCH = 500
_encode = json.JSONEncoder(ensure_ascii=False).encode


def raw_json_text(response: "RawJson", check: Callable[[], None] = lambda: None) -> str:
    """Write a response as JSON text: every field that Writer sent, its strings sanitized.

    ``check`` is called every few milliseconds; what it raises ends the work.
    """
    # Written while it is sanitized: encoding a large object at once would hold up every other thread.
    parts: list[str] = []
    _write(response.root, parts.append, check)
    return "".join(parts)


def _write(value: JsonValue, write: Callable[[str], object], check: Callable[[], None], label: str = "") -> None:
    """Write a value; ``label`` is the name of the field that holds it, or holds the list that holds it."""
    if isinstance(value, str):
        _write_text(_sanitize_value(label, value) if label else sanitize_in_slices(value), write, check)
    elif isinstance(value, list):
        write("[")
        for position, item in enumerate(value):
            if position % _BATCH == 0:
                check()
            write(", " if position else "")
            _write(item, write, check, label if position != 1 else _header_in(value) or label)
        write("]")
    elif isinstance(value, dict):
        check()
        write("{")
        for position, (name, shown) in enumerate(zip(value, _sanitize_names(list(value), check), strict=True)):
            write(f"{', ' if position else ''}{_encode(shown)}: ")
            _write(value[name], write, check, (_named(value) or label or name) if name.lower() in _NAMELESS else name)
        write("}")
    elif value is None or (isinstance(value, float) and not isfinite(value)):
        write("null")  # JSON has no infinity and no NaN
    elif isinstance(value, bool):
        write("true" if value else "false")
    else:
        write(repr(value))  # as the encoder does, which takes three times as long for one number


def _header_in(items: Sequence[JsonValue]) -> str:
    """Return the name of a header that is a list of two texts: ``["Authorization", "Token …"]``."""
    first = items[0]
    return first if isinstance(first, str) and len(items) == _PAIR and _HEADER.fullmatch(first) else ""


def _named(fields: dict[str, JsonValue]) -> str:
    """Return what an object calls its value: ``{"name": "x-api-key", "value": "…"}``."""
    return next((named for key in ("name", "key") if isinstance(named := fields.get(key), str)), "")


def _write_text(pieces: Iterator[str], write: Callable[[str], object], check: Callable[[], None]) -> None:
    write('"')
    for piece in pieces:
        check()
        write(_encode(piece)[1:-1])
    write('"')


def _sanitize_value(name: str, text: str) -> Iterator[str]:
    """Sanitize a field's text in slices; its beginning as the value that follows the field's name."""
    for position, piece in enumerate(sanitize_in_slices(text)):
        yield piece if position else mask_labelled_value(name, piece)


def _sanitize_names(names: Sequence[str], check: Callable[[], None]) -> Iterator[str]:
    """Sanitize the names of an object's fields, and keep them different."""
    taken = set(names)
    for start in range(0, len(names), _BATCH):
        check()
        some = names[start : start + _BATCH]
        are_safe = is_safe("\n".join(some))
        for position, name in enumerate(some, start + 1):
            sanitized = name if are_safe else sanitize(name)
            # Two sanitized names could be equal, and one field be mistaken for another.
            is_usable = _NAME.fullmatch(sanitized) and (sanitized == name or sanitized not in taken)
            shown = sanitized if is_usable else f"field {position}"
            taken.add(shown)
            yield shown
