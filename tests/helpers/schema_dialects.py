"""What each family of clients rejects in a tool: the rules by which ``test_dialects`` lints ours.

They are the rules of the Claude API's and OpenAI's function definitions (of the latter with ``strict``), of Gemini's
``Schema`` message, and of VS Code's own check of a tool, as their documents and the errors that users report tell.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

_BASIC_KEYWORDS = frozenset({"type", "description", "enum", "properties", "required", "items", "additionalProperties"})
_BOUND_KEYWORDS = frozenset({"minimum", "maximum", "minItems", "maxItems"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """One family's rules.

    Attributes:
        prefix: What its client puts in front of a tool's name, for a server that is called ``writer-jobs``.
        keywords: All that it knows, where anything else makes it refuse the tool, or the whole request.
        closed: Every object must say ``additionalProperties: false``, and require all that it describes.
        items: An array must say of what.
        one_type: A type is one word, and no list of them.
        worded_choices: The choices of an ``enum`` are strings with something in them.
        names: What the name of an argument must look like.
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
        | {"title", "anyOf", "$ref", "$defs", "const", "pattern", "exclusiveMinimum"},
        closed_objects=True,
    ),
    # What still fills `parameters`, and not `parametersJsonSchema`, takes out `additionalProperties` by itself.
    "Gemini": Dialect(
        "mcp_writer-jobs_",
        keywords=_BASIC_KEYWORDS | _BOUND_KEYWORDS | {"title", "anyOf", "default", "nullable", "pattern"},
        single_type=True,
        string_enums=True,
    ),
    "VS Code": Dialect("mcp_writer-jobs_"),
}

COMMON_SUBSET = Dialect("", keywords=_BASIC_KEYWORDS | {"anyOf"}, single_type=True, string_enums=True)
"""No family's, but what any client can check an answer by, in whatever language it is written."""


def to_strict(schema: Schema) -> Schema:
    """An input schema as OpenAI's own SDKs send it with ``strict``: all is required, and nothing has a default."""
    strict = {key: value for key, value in schema.items() if key != "default"}
    if "properties" in schema:
        strict["properties"] = {name: to_strict(inner) for name, inner in schema["properties"].items()}
        strict["required"] = [*schema["properties"]]
    return strict


def name_violations(name: str, dialect: Dialect) -> Iterator[str]:
    """What is wrong with a tool's name."""
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_-]*", name):
        yield f"{name} has a character that is not taken"
    if len(dialect.tool_name_prefix + name) > 64:
        yield f"{dialect.tool_name_prefix}{name} is longer than 64 characters"


def schema_violations(schema: Schema, dialect: Dialect) -> Iterator[str]:
    """What is wrong with a schema."""
    if schema.get("type") != "object" or {"anyOf", "oneOf", "allOf", "$ref"} & schema.keys():
        yield "the root is not a plain object"
    for path, node in walk_schema(schema):
        if dialect.keywords is not None:
            yield from (f"{path}: {keyword} is not known" for keyword in node.keys() - dialect.keywords)
        if dialect.single_type and not isinstance(node.get("type"), str) and "anyOf" not in node:
            yield f"{path}: the type is {node.get('type')}, not one word"
        if dialect.string_enums and not all(isinstance(each, str) and each for each in node.get("enum", ())):
            yield f"{path}: the choices are not all strings with something in them"
        match node:
            case {"type": "array"}:
                if dialect.requires_items and not node.get("items"):
                    yield f"{path}: the array does not say of what"
            case {"type": "object"}:
                yield from (f"{path}: {complaint}" for complaint in _object_violations(node, dialect))
            case _:
                pass


def _object_violations(node: Schema, dialect: Dialect) -> Iterator[str]:
    described, required = node.get("properties", {}).keys(), set(node.get("required", ()))
    if unknown := required - described:
        yield f"{', '.join(sorted(unknown))} is required and not described"
    if dialect.closed_objects and node.get("additionalProperties") is not False:
        yield "the object is open"
    if dialect.closed_objects and described - required:
        yield "something is described and not required"
    yield from (
        f"{name} has a character that is not taken"
        for name in described
        if not re.fullmatch(dialect.argument_name_pattern, name)
    )


def walk_schema(schema: Schema, path: str = "$") -> Generator[tuple[str, Schema]]:
    """Each schema within a schema, with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from walk_schema(inner, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from walk_schema(schema[keyword], f"{path}.{keyword}")
    for keyword in ("anyOf", "oneOf", "allOf"):
        for at, inner in enumerate(schema.get(keyword, ())):
            yield from walk_schema(inner, f"{path}.{keyword}[{at}]")
