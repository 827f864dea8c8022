"""JSON schemas of arguments, simplified for clients."""

import json
from typing import Any


def simplify_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Inline a schema's definitions, and drop titles and defaults of null or blank.

    Some clients fail on ``$ref`` or on null in a union, and every character costs the model tokens.
    """
    definitions: dict[str, Any] = schema.get("$defs", {})

    def simplify(node: Any) -> Any:
        match node:
            case [*items]:
                return [simplify(item) for item in items]
            case {"$ref": str(reference)}:
                return simplify(definitions[reference.rpartition("/")[2]])
            case {}:
                return {key: simplify_value(key, value) for key, value in node.items() if is_kept(key, value)}
            case _:
                return node

    def is_kept(key: str, value: Any) -> bool:
        return key not in {"title", "$defs", "$ref"} and not (key == "default" and value in (None, ""))

    def simplify_value(key: str, value: Any) -> Any:
        # The names of properties are not keywords: a field may be called "title".
        if key == "properties":
            return {name: simplify(field) for name, field in value.items()}
        return simplify(value)

    return simplify(schema)


def describe_bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """Say in each argument's description what its bounds and its default say: some clients drop these keywords."""
    properties = {name: _described(field) for name, field in schema["properties"].items()}
    return {**schema, "properties": properties}


def _described(field: dict[str, Any]) -> dict[str, Any]:
    bounds = ", ".join(filter(None, [_bounds(field), _default(field)]))
    return {**field, "description": "; ".join(filter(None, [field.get("description"), bounds]))}


def _bounds(field: dict[str, Any]) -> str | None:
    match field:
        case {"minimum": least, "maximum": greatest}:
            return f"{least}–{greatest}"  # noqa: RUF001 - a range
        case {"minItems": least, "maxItems": greatest}:
            return f"{least}–{greatest} items"  # noqa: RUF001 - a range
        case _:
            return None


def _default(field: dict[str, Any]) -> str | None:
    default = field.get("default")
    if default is None:
        return None
    return f"{default if isinstance(default, str) else json.dumps(default)} unless given"
