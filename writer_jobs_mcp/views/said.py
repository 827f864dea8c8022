"""What Writer says, handed on whole and cleaned."""

import json
from math import isfinite
from typing import TYPE_CHECKING

from pydantic import JsonValue

from writer_jobs_mcp.text import clean

if TYPE_CHECKING:
    from writer_jobs_mcp.models import AsSaid


def as_said(answer: "AsSaid") -> str:
    """An answer as JSON text: every field that Writer sent, its strings cleaned."""
    return json.dumps(_cleaned(answer.root), ensure_ascii=False)


def _cleaned(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(name): _cleaned(field) for name, field in value.items()}
    if isinstance(value, float) and not isfinite(value):
        return None  # JSON has no word for it
    return value
