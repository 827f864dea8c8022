"""What each family of clients rejects in a tool: the rules by which ``test_dialects`` lints ours.

They are the rules of the Claude API's and OpenAI's function definitions (of the latter with ``strict``), of Gemini's
``Schema`` message, and of VS Code's own check of a tool, as their documents and the errors that users report tell.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

_PLAIN = frozenset({"type", "description", "enum", "properties", "required", "items", "additionalProperties"})
_BOUNDS = frozenset({"minimum", "maximum", "minItems", "maxItems"})


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

    prefix: str
    keywords: frozenset[str] | None = None
    closed: bool = False
    items: bool = True
    one_type: bool = False
    worded_choices: bool = False
    names: str = r"(?s).*"


DIALECTS = {
    "Claude": Dialect("mcp__writer-jobs__", items=False, names=r"[a-zA-Z0-9_.-]{1,64}"),
    "OpenAI, strict": Dialect(
        "mcp__writer-jobs__",
        keywords=_PLAIN | _BOUNDS | {"title", "anyOf", "$ref", "$defs", "const", "pattern", "exclusiveMinimum"},
        closed=True,
    ),
    # What still fills `parameters`, and not `parametersJsonSchema`, takes out `additionalProperties` by itself.
    "Gemini": Dialect(
        "mcp_writer-jobs_",
        keywords=_PLAIN | _BOUNDS | {"title", "anyOf", "default", "nullable", "pattern"},
        one_type=True,
        worded_choices=True,
    ),
    "VS Code": Dialect("mcp_writer-jobs_"),
}

PLAIN = Dialect("", keywords=_PLAIN | {"anyOf"}, one_type=True, worded_choices=True)
"""No family's, but what any client can check an answer by, in whatever language it is written."""


def made_strict(schema: Schema) -> Schema:
    """An input schema as OpenAI's own SDKs send it with ``strict``: all is required, and nothing has a default."""
    strict = {key: value for key, value in schema.items() if key != "default"}
    if "properties" in schema:
        strict["properties"] = {name: made_strict(inner) for name, inner in schema["properties"].items()}
        strict["required"] = [*schema["properties"]]
    return strict


def complaints_of_name(name: str, dialect: Dialect) -> Iterator[str]:
    """What is wrong with a tool's name."""
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_-]*", name):
        yield f"{name} has a character that is not taken"
    if len(dialect.prefix + name) > 64:
        yield f"{dialect.prefix}{name} is longer than 64 characters"


def complaints_of(schema: Schema, dialect: Dialect) -> Iterator[str]:
    """What is wrong with a schema."""
    if schema.get("type") != "object" or {"anyOf", "oneOf", "allOf", "$ref"} & schema.keys():
        yield "the root is not a plain object"
    for path, node in walk(schema):
        if dialect.keywords is not None:
            yield from (f"{path}: {keyword} is not known" for keyword in node.keys() - dialect.keywords)
        if dialect.one_type and not isinstance(node.get("type"), str) and "anyOf" not in node:
            yield f"{path}: the type is {node.get('type')}, not one word"
        if dialect.worded_choices and not all(isinstance(each, str) and each for each in node.get("enum", ())):
            yield f"{path}: the choices are not all strings with something in them"
        match node:
            case {"type": "array"}:
                if dialect.items and not node.get("items"):
                    yield f"{path}: the array does not say of what"
            case {"type": "object"}:
                yield from (f"{path}: {complaint}" for complaint in _of_object(node, dialect))
            case _:
                pass


def _of_object(node: Schema, dialect: Dialect) -> Iterator[str]:
    described, required = node.get("properties", {}).keys(), set(node.get("required", ()))
    if unknown := required - described:
        yield f"{', '.join(sorted(unknown))} is required and not described"
    if dialect.closed and node.get("additionalProperties") is not False:
        yield "the object is open"
    if dialect.closed and described - required:
        yield "something is described and not required"
    yield from (
        f"{name} has a character that is not taken" for name in described if not re.fullmatch(dialect.names, name)
    )


def walk(schema: Schema, path: str = "$") -> Generator[tuple[str, Schema]]:
    """Each schema within a schema, with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from walk(inner, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from walk(schema[keyword], f"{path}.{keyword}")
    for keyword in ("anyOf", "oneOf", "allOf"):
        for at, inner in enumerate(schema.get(keyword, ())):
            yield from walk(inner, f"{path}.{keyword}[{at}]")
