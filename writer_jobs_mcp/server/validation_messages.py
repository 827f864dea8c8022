"""Pydantic's validation errors as sentences: which argument is wrong, what it must be, what was passed."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.tools.arguments import TOO_LARGE

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_MAX_VALUE_LENGTH = 40
_MAX_UNKNOWN = 3
_TYPES = {"boolean": "true or false", "string": "a string", "integer": "a whole number"}


def validation_message(
    tool_name: str, parameters: dict[str, Any], arguments: Mapping[str, object], exc: "ValidationError"
) -> str:
    """Describe each wrong argument of a call in one sentence.

    Args:
        tool_name: The tool that was called.
        parameters: The JSON schema of its arguments.
        arguments: The arguments as they came.
        exc: What validation raised.
    """
    return " ".join(_sentences(tool_name, parameters["properties"], arguments, exc))


def _sentences(
    tool_name: str, properties: dict[str, Any], arguments: Mapping[str, object], exc: "ValidationError"
) -> Iterator[str]:
    """Yield a sentence for each rule that was broken; arguments that broke the same one share it."""
    values_by_rule: dict[str, dict[str, str]] = defaultdict(dict)
    unknown: list[str] = []
    seen: set[str] = set()
    for error in exc.errors(include_url=False):
        name = str(error["loc"][0])
        if name in seen:  # a union has an error for each of its members
            continue
        seen.add(name)
        if error["type"] == "extra_forbidden":
            unknown.append(json_quote(preview(name, _MAX_VALUE_LENGTH)))
        else:
            schema: dict[str, Any] = properties.get(name, {})
            # The error has the value as it was read, for example without blanks.
            positions = [part for part in error["loc"][1:] if isinstance(part, int)]
            is_item_or_list = bool(positions) or isinstance(error["input"], list)
            as_it_came: object = cast("object", error["input"]) if is_item_or_list else arguments.get(name)
            for position in positions:
                name, schema = f"{name}[{position}]", schema["items"]
            rule, value = _broken_rule(schema, error, as_it_came)
            values_by_rule[rule][name] = value
    for rule, values in values_by_rule.items():
        shown = [value for value in values.values() if value]
        got = f"; got {' and '.join(shown)}" if shown else ""
        yield f"{' and '.join(values)} {rule}{got}."
    if unknown:
        omitted = [f"{len(unknown) - _MAX_UNKNOWN} more"] if len(unknown) > _MAX_UNKNOWN else []
        names = " and ".join([*unknown[:_MAX_UNKNOWN], *omitted])
        yield f"Unknown argument{'s' * (len(unknown) > 1)} {names}: {tool_name} takes {', '.join(properties)}."


def _broken_rule(schema: dict[str, Any], error: "ErrorDetails", value: object) -> tuple[str, str]:
    """Return what the argument must be, and the value that was passed ("" if it needs no showing)."""
    if error["type"] == "missing":
        return "is required", ""
    if error["type"] == TOO_LARGE and "maximum" not in schema:
        return error["msg"], ""
    return _requirement(schema, error), _display_value(value)


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
    shown = preview(text, _MAX_VALUE_LENGTH)
    return shown if shown == text and not isinstance(value, str) else json_quote(shown)
