"""Pydantic's validation errors as sentences: which argument is wrong, what it must be, what was passed."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.tools.arguments import TOO_LARGE

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_TYPES = {"boolean": "true or false", "string": "a string", "integer": "a whole number"}


def validation_message(tool_name: str, parameters: dict[str, Any], exc: "ValidationError") -> str:
    """Describe each wrong argument of a call in one sentence.

    Args:
        tool_name: The tool that was called.
        parameters: The JSON schema of its arguments.
        exc: What validation raised.
    """
    return " ".join(_sentences(tool_name, parameters["properties"], exc))


def _sentences(tool_name: str, properties: dict[str, Any], exc: "ValidationError") -> Iterator[str]:
    seen: set[str] = set()
    for error in exc.errors(include_url=False):
        name = str(error["loc"][0])
        if name not in seen:  # a union has an error for each of its members
            seen.add(name)
            yield _sentence(tool_name, properties, name, error)


def _sentence(tool_name: str, properties: dict[str, Any], name: str, error: "ErrorDetails") -> str:
    if error["type"] == "extra_forbidden":
        return f"Unknown argument {json_quote(preview(name, 60))}: {tool_name} takes {', '.join(properties)}."
    if error["type"] == "missing":
        return f"{name} is required."
    if error["type"] == TOO_LARGE:
        return f"{name} {error['msg']}."
    schema: dict[str, Any] = properties.get(name, {})
    for position in (part for part in error["loc"][1:] if isinstance(part, int)):
        name, schema = f"{name}[{position}]", schema["items"]
    return f"{name} {_requirement(schema, error)}; got {_display_value(error['input'])}."


def _requirement(schema: dict[str, Any], error: "ErrorDetails") -> str:
    match schema:
        case {"enum": [*choices]}:
            return f"must be one of {', '.join(choices)}"
        case {"minimum": least, "maximum": greatest}:
            return f"must be a whole number from {least} to {greatest}"
        case {"minimum": least}:
            return f"must be a whole number of at least {least}"
        case {"minItems": least, "maxItems": greatest, "items": {"type": kind}}:
            return f"must be a list of {least} to {greatest} {kind}s"
        case _ if error["type"] == "value_error":
            return error["msg"].removeprefix("Value error, ")
        case _:
            return f"must be {_TYPES[schema['type']]}"


def _display_value(value: object) -> str:
    """Shorten the value that was passed; quote it unless it is a whole JSON literal."""
    if isinstance(value, list) and len(cast("list[object]", value)) > 1:
        return f"{len(cast('list[object]', value))} of them"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    shown = preview(text, 60)
    return shown if shown == text and not isinstance(value, str) else json_quote(shown)
