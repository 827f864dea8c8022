"""Check that the text of a result states every fact of its structure: some clients show one, some the other."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from writer_jobs_mcp.results.formatting import format_duration
from writer_jobs_mcp.results.retry import AS_ABOVE

_TIMESTAMP = re.compile(r"\d{4}-(\d\d-\d\d)T(\d\d:\d\d:\d\d)Z\Z")
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_DURATION_FIELDS = frozenset({"seconds", "median", "p95", "step", "stuck_after", "seconds_waited", "seconds_left"})
"""Fields that hold seconds; the text gives them as readable durations."""
_FIELDS_WITH_MEANINGFUL_KEYS = frozenset({"counts", "arguments", "by_category"})
"""Fields whose keys are facts, too: the counted statuses, the arguments of a call."""


def missing_facts(structure: Mapping[str, Any], text: str) -> list[str]:
    """Return the facts that ``text`` does not state, as ``path: fact``; booleans are not checked."""
    return [
        f"{where}: {fact!r}"
        for where, fact, readable in _facts(structure, "")
        if not (_is_stated(fact, text) or (readable and re.search(rf"(?<![\d.,]){re.escape(readable)}\b", text)))
    ]


def _facts(value: Any, where: str) -> Iterator[tuple[str, str | int | float, str | None]]:
    """Yield the path of each fact, the fact and, for a duration, its readable form."""
    match value:
        case bool() | None:
            pass
        case str() | int() | float():
            is_duration = where.rpartition(".")[2] in _DURATION_FIELDS
            yield where, value, format_duration(value) if is_duration and not isinstance(value, str) else None
        case [*items]:
            for position, item in enumerate(items):
                yield from _facts(item, f"{where}[{position}]")
        case {**fields}:
            for name, field in fields.items():
                if where.rpartition(".")[2] in _FIELDS_WITH_MEANINGFUL_KEYS:
                    yield where, str(name), None
                inner = f"{where}.{name}" if where else str(name)
                if name == "updated_at" and "seconds" in fields:
                    yield inner, field, _ago(fields)
                elif name == "advice" and field == AS_ABOVE:
                    pass  # the text gives the advice for each cause once
                elif name == "created_at" and fields.keys() <= {"id", "created_at", "group", "error"}:
                    yield inner, field, field[11:16]  # a row of list_failed_jobs, whose times are to the minute
                else:
                    yield from _facts(field, inner)
        case _:
            message = f"not a JSON value: {value!r}"
            raise TypeError(message)


def _ago(job: Mapping[str, Any]) -> str:
    """Return how long ago a running job was updated, from its run time since its creation."""
    created, updated = (datetime.fromisoformat(job[name]) for name in ("created_at", "updated_at"))
    return f"{format_duration(max(0, job['seconds'] - (updated - created).total_seconds()))} ago"


def _is_stated(fact: str | float, text: str) -> bool:
    if isinstance(fact, str):
        if any(json.loads(each) == fact for each in _JSON_STRING.findall(text)):
            return True
        timestamp = _TIMESTAMP.match(fact)
        in_parts = timestamp is not None and all(part in text for part in timestamp.groups())
        return fact in text or json.dumps(fact, ensure_ascii=False)[1:-1] in text or in_parts
    forms = {str(fact), f"{fact:,}", f"{fact:,g}", f"{100 * fact:.3g}%"}
    if any(re.search(rf"(?<![\w.,]){re.escape(form)}(?![.,]?\d)", text) for form in forms):
        return True
    return fact == 0 and re.search(r"\b(?:no|none|nothing)\b", text, re.IGNORECASE) is not None
