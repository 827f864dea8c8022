"""Walk the strings of JSON values, and of the models that were parsed from them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from types import NoneType
from typing import cast

from pydantic import BaseModel

_WITHOUT_STRINGS = (NoneType, int, float, datetime)


def list_strings(value: object) -> list[str]:
    """Return every string in a value, at any depth, the names of fields in JSON objects included."""
    strings: list[str] = []
    rest: list[object] = [[value]]
    while rest:
        container = rest.pop()
        if isinstance(container, dict):
            items = chain.from_iterable(cast("dict[str, object]", container).items())
        elif isinstance(container, list | tuple):
            items = iter(cast("Sequence[object]", container))
        else:
            items = iter(vars(container).values())
        for item in items:
            if isinstance(item, str):
                strings.append(item)
            elif not isinstance(item, _WITHOUT_STRINGS):
                rest.append(item)
    return strings


def map_strings(change: Callable[[str], str], value: object) -> object:
    """Return a value with each of its strings changed, the names of fields in JSON objects included.

    A number outside models becomes a string if its digits change: a key may be made of digits alone.
    """
    match value:
        case str():
            return change(value)
        case BaseModel():
            # The numbers of a model are its own, such as counts.
            fields = {name: field for name, field in vars(value).items() if not isinstance(field, int | float)}
            return value.model_copy(update={name: map_strings(change, field) for name, field in fields.items()})
        case tuple() | list():
            items = [map_strings(change, item) for item in cast("Sequence[object]", value)]
            return tuple(items) if isinstance(value, tuple) else items
        case dict():
            members = cast("dict[str, object]", value).items()
            return {change(name): map_strings(change, member) for name, member in members}
        case int() | float():
            return value if (text := str(value)) == (changed := change(text)) else changed
        case _:
            return value
