"""No client rejects a tool because of its name or schemas."""

import json
from typing import Any

import jsonschema
import pytest

from scripts.snapshots import SCHEMAS
from tests.helpers.schema_dialects import (
    COMMON_SUBSET,
    DIALECTS,
    Dialect,
    name_violations,
    schema_violations,
    to_strict,
)

# test_tool_schemas checks that the snapshots are those of the server.
TOOLS: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_bytes()) for path in sorted(SCHEMAS.glob("*.json"))}
MAX_DESCRIPTION = 1024  # characters: OpenAI's limit; Claude Code truncates at 2,048

dialects = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
tools = pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)


@tools
@dialects
def test_every_client_accepts_the_name_and_the_arguments(tool: dict[str, Any], dialect: Dialect) -> None:
    arguments = to_strict(tool["inputSchema"]) if dialect.closed_objects else tool["inputSchema"]
    assert [*name_violations(tool["name"], dialect), *schema_violations(arguments, dialect)] == []


@tools
def test_the_output_schema_uses_only_what_every_client_supports(tool: dict[str, Any]) -> None:
    assert list(schema_violations(tool["outputSchema"], COMMON_SUBSET)) == []


@tools
@pytest.mark.parametrize("draft", [jsonschema.Draft7Validator, jsonschema.Draft202012Validator])
def test_both_schemas_are_valid_json_schema_drafts_7_and_2020_12(tool: dict[str, Any], draft: Any) -> None:
    for schema in (tool["inputSchema"], tool["outputSchema"]):
        draft.check_schema(schema)


@tools
def test_no_client_truncates_a_description(tool: dict[str, Any]) -> None:
    assert len(tool["description"]) <= MAX_DESCRIPTION


@tools
def test_each_tool_has_a_title_and_a_read_only_hint(tool: dict[str, Any]) -> None:
    assert tool["title"]
    assert isinstance(tool["annotations"]["readOnlyHint"], bool)


def described(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


# Users of MCP servers have reported each of these.
@pytest.mark.parametrize(
    ("schema", "rejected_by"),
    [
        (described(a={"type": ["string", "null"]}), {"Gemini"}),
        (described(a={"type": "integer", "enum": [1, 2]}), {"Gemini"}),
        (described(a={"type": "string", "enum": ["x", ""]}), {"Gemini"}),
        (described(a={"type": "integer", "exclusiveMinimum": 0}), {"Gemini"}),
        (described(a={"type": "string", "const": "x"}), {"Gemini"}),
        (described(a={"type": "string", "$ref": "#/$defs/A"}), {"Gemini"}),
        (described(a={"type": "array"}), {"OpenAI, strict", "Gemini", "VS Code"}),
        (described(a={"type": "object", "properties": {}}), {"OpenAI, strict"}),
        (described(a={"type": "string", "default": "x"}), {"OpenAI, strict"}),
        (described(a={"type": "string", "format": "uuid"}), {"OpenAI, strict", "Gemini"}),
        ({**described(a={"type": "string"}), "required": []}, {"OpenAI, strict"}),
        (described(**{"a b": {"type": "string"}}), {"Claude"}),
        ({**described(), "required": ["a"]}, {*DIALECTS}),
        ({**described(), "anyOf": [described()]}, {*DIALECTS}),
        ({"type": "string"}, {*DIALECTS}),
        ({**described(a={"type": "string"}), "additionalProperties": False}, {"Gemini"}),
    ],
)
def test_schemas_that_clients_are_known_to_reject_are_found(schema: dict[str, Any], rejected_by: set[str]) -> None:
    closed = {**schema, "additionalProperties": False}
    assert {
        name
        for name, dialect in DIALECTS.items()
        if list(schema_violations(closed if dialect.closed_objects else schema, dialect))
    } == rejected_by


@dialects
@pytest.mark.parametrize("name", ["list.jobs", "1st", "list_all_the_jobs_of_one_application_newest_first"])
def test_tool_names_that_clients_reject_are_found(name: str, dialect: Dialect) -> None:
    assert list(name_violations(name, dialect))
