"""JSON schemas of arguments, simplified for clients."""

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
