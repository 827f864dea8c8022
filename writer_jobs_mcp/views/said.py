"""What Writer says, handed on whole and cleaned."""

import json
import re
from collections.abc import Set as AbstractSet
from math import isfinite
from typing import TYPE_CHECKING

from pydantic import JsonValue

from writer_jobs_mcp.credentials import mask_labelled
from writer_jobs_mcp.text import clean

if TYPE_CHECKING:
    from writer_jobs_mcp.models import AsSaid


_NAME = re.compile(r"[A-Za-z_][\w.-]{0,59}", re.ASCII)


def as_said(answer: "AsSaid") -> str:
    """An answer as JSON text: every field that Writer sent, its strings cleaned."""
    return json.dumps(_cleaned(answer.root), ensure_ascii=False)


def _cleaned(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        fields: dict[str, JsonValue] = {}
        taken = {*value}
        for position, (name, field) in enumerate(value.items(), 1):
            shown = _shown(name, taken, position)
            taken.add(shown)
            fields[shown] = mask_labelled(name, clean(field)) if isinstance(field, str) else _cleaned(field)
        return fields
    if isinstance(value, float) and not isfinite(value):
        return None  # JSON has no word for it
    return value


def _shown(name: str, taken: AbstractSet[str], position: int) -> str:
    cleaned = clean(name)
    # Cleaned, two names could become one, and a field be taken for another.
    return cleaned if _NAME.fullmatch(cleaned) and (cleaned == name or cleaned not in taken) else f"field {position}"
