"""Rules of the clients for the names and schemas of tools.

They come from the documentation, and from errors that users reported, of the Claude API, of OpenAI's function
definitions with ``strict``, of Gemini's ``Schema`` message and of VS Code's own check of a tool.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

_BASIC_KEYWORDS = frozenset({"type", "description", "enum", "properties", "required", "items"})
_BOUND_KEYWORDS = frozenset({"minimum", "maximum", "minItems", "maxItems"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """The rules of one client, or of one kind of clients.

    Attributes:
        tool_name_prefix: What the client puts before the name of a tool of the server ``writer-jobs``.
        keywords: The keywords it knows, if it rejects a tool or the whole request because of any other.
        closed_objects: Whether every object must have ``additionalProperties: false`` and require all its properties.
        requires_items: Whether an array must have ``items``.
        single_type: Whether a type must be one name, not a list of names.
        string_enums: Whether the values of an ``enum`` must be strings that are not empty.
        argument_name_pattern: The pattern for the names of arguments.
    """

    tool_name_prefix: str
    keywords: frozenset[str] | None = None
    closed_objects: bool = False
    requires_items: bool = True
    single_type: bool = False
    string_enums: bool = False
    argument_name_pattern: str = r"(?s).*"


DIALECTS = {
    "Claude": Dialect("mcp__writer-jobs__", requires_items=False, argument_name_pattern=r"[a-zA-Z0-9_.-]{1,64}"),
    "OpenAI, strict": Dialect(
        "mcp__writer-jobs__",
        keywords=_BASIC_KEYWORDS
        | _BOUND_KEYWORDS
        | {"title", "anyOf", "$ref", "$defs", "const", "pattern", "exclusiveMinimum", "additionalProperties"},
        closed_objects=True,
    ),
    # google-genai reads `additionalProperties` as a schema, and fails at `false`.
    "Gemini": Dialect(
        "mcp_writer-jobs_",
        keywords=_BASIC_KEYWORDS | _BOUND_KEYWORDS | {"title", "anyOf", "default", "nullable", "pattern"},
        single_type=True,
        string_enums=True,
    ),
    "VS Code": Dialect("mcp_writer-jobs_"),
}

COMMON_SUBSET = Dialect(
    "", keywords=_BASIC_KEYWORDS | {"anyOf", "additionalProperties"}, single_type=True, string_enums=True
)
"""The keywords that a client in any programming language can validate a result with."""


def to_strict(schema: Schema) -> Schema:
    """Return the schema as OpenAI's SDKs send it with ``strict``: closed, every property required, no defaults."""
    strict = {key: value for key, value in schema.items() if key != "default"}
    if "properties" in schema:
        strict["properties"] = {name: to_strict(inner) for name, inner in schema["properties"].items()}
        strict |= {"required": [*schema["properties"]], "additionalProperties": False}
    return strict


def name_violations(name: str, dialect: Dialect) -> Iterator[str]:
    """Yield what is wrong with the name of a tool."""
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_-]*", name):
        yield f"{name} has an invalid character"
    if len(dialect.tool_name_prefix + name) > 64:
        yield f"{dialect.tool_name_prefix}{name} is longer than 64 characters"


def schema_violations(schema: Schema, dialect: Dialect) -> Iterator[str]:
    """Yield what is wrong with a schema."""
    if schema.get("type") != "object" or {"anyOf", "oneOf", "allOf", "$ref"} & schema.keys():
        yield "the root is not a plain object"
    for path, node in walk_schema(schema):
        if dialect.keywords is not None:
            yield from (f"{path}: {keyword} is an unknown keyword" for keyword in node.keys() - dialect.keywords)
        if dialect.single_type and not isinstance(node.get("type"), str) and "anyOf" not in node:
            yield f"{path}: the type is {node.get('type')}, not one name"
        if dialect.string_enums and not all(isinstance(each, str) and each for each in node.get("enum", ())):
            yield f"{path}: an enum value is empty or not a string"
        match node:
            case {"type": "array"}:
                if dialect.requires_items and not node.get("items"):
                    yield f"{path}: the array has no items"
            case {"type": "object"}:
                yield from (f"{path}: {violation}" for violation in _object_violations(node, dialect))
            case _:
                pass


def _object_violations(node: Schema, dialect: Dialect) -> Iterator[str]:
    described, required = node.get("properties", {}).keys(), set(node.get("required", ()))
    if unknown := required - described:
        yield f"{', '.join(sorted(unknown))} is required but is not a property"
    if dialect.closed_objects and node.get("additionalProperties") is not False:
        yield "the object allows additional properties"
    if dialect.closed_objects and described - required:
        yield "a property is not required"
    yield from (
        f"{name} has an invalid character"
        for name in described
        if not re.fullmatch(dialect.argument_name_pattern, name)
    )


def walk_schema(schema: Schema, path: str = "$") -> Generator[tuple[str, Schema]]:
    """Yield the path and each schema within a schema."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from walk_schema(inner, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from walk_schema(schema[keyword], f"{path}.{keyword}")
    for keyword in ("anyOf", "oneOf", "allOf"):
        for at, inner in enumerate(schema.get(keyword, ())):
            yield from walk_schema(inner, f"{path}.{keyword}[{at}]")
