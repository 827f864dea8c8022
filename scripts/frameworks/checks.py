"""What each framework must show of the server: its tools, two reports and two errors."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

APPLICATION = "product-description-writer"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LIMIT_ERROR = "limit must be a whole number from 1 to 100; got 500."


class Call(NamedTuple):
    """A call that the model makes, and what it must then read."""

    heading: str
    tool: str
    arguments: Mapping[str, Any]
    must_read: str
    """A regular expression."""


CALLS = (
    Call(
        "list",
        "list_application_jobs",
        {"application_id": APPLICATION, "status": "failed", "limit": 2},
        rf"{_UUID.pattern}[\s\S]*{_UUID.pattern}",
    ),
    Call(
        "triage",
        "triage_application_jobs",
        {"application_id": APPLICATION, "since": "24h"},
        r"rate_limit[\s\S]*missing_resource|missing_resource[\s\S]*rate_limit",
    ),
    Call("bad id", "get_job_error", {"job_id": "no-such-job"}, r'Writer does not know job "no-such-job"'),
    Call(
        "wrong argument",
        "list_application_jobs",
        {"application_id": APPLICATION, "limit": 500},
        rf"{re.escape(_LIMIT_ERROR)}|limit[\s\S]*100",
    ),
)


def judge(answer: Mapping[str, Any], offered: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the cells of a framework's row.

    Args:
        answer: What its program printed.
        offered: The published definition of each tool.
    """
    tools, reads, schemas = answer["tools"], answer["reads"], answer["schemas"]
    cells = {"tools": str(len(tools)) if sorted(tools) == sorted(offered) else f"FAILED: {', '.join(tools)}"}
    cells["schemas"] = _judge_schemas(schemas, offered)
    for call, read in zip(CALLS, reads, strict=True):
        cells[call.heading] = "yes" if re.search(call.must_read, unescape(read)) else f"FAILED: {read[:200]}"
    if cells["wrong argument"] == "yes" and _LIMIT_ERROR not in unescape(reads[-1]):
        cells["wrong argument"] = "yes, in its own words"
    cells["reads"] = _form(unescape(reads[0]))
    return cells


def unescape(read: str) -> str:
    """Return text without the escapes of the JSON that it may be in."""
    return read.replace("\\", "")


def _form(read: str) -> str:
    forms = {
        "text": "with status=failed: offset=0" in read,
        "structure": bool(re.search(r"""["']returned["']: ?2\b""", read)),
    }
    found = [name for name, is_there in forms.items() if is_there]
    return "both" if len(found) > 1 else "".join(found) or "FAILED: neither"


def _judge_schemas(schemas: Mapping[str, Mapping[str, Any]], offered: Mapping[str, Mapping[str, Any]]) -> str:
    """Return whether each converted schema has every argument with its description and choices."""
    for label, by_tool in schemas.items():
        for tool, schema in by_tool.items():
            wanted = offered[tool]["inputSchema"]["properties"]
            found: Mapping[str, Any] = schema.get("properties") or {}
            if found.keys() != wanted.keys():
                return f"FAILED: {label} has {sorted(found)} for {tool}"
            for name, field in wanted.items():
                if lost := _lost(field, found[name]):
                    return f"FAILED: {label} loses {lost} of {tool}.{name}"
        if by_tool.keys() != offered.keys():
            return f"FAILED: {label} has {sorted(by_tool)}"
    return ", ".join(schemas)


def _lost(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    text = json.dumps(found)
    if any(each not in text for each in wanted.get("enum", ())):
        return "a choice"
    return "" if wanted["description"] in str(found.get("description", "")) else "the description"
