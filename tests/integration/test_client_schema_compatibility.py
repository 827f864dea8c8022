"""No family of clients rejects a tool for its name or for a schema."""

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

# The snapshots are the server's: another test holds them to it.
TOOLS: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_bytes()) for path in sorted(SCHEMAS.glob("*.json"))}
LONGEST_DESCRIPTION = 1024  # characters: OpenAI's bound; Claude Code cuts at 2,048

dialects = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
tools = pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)


@tools
@dialects
def test_the_name_and_the_arguments_are_taken(tool: dict[str, Any], dialect: Dialect) -> None:
    arguments = to_strict(tool["inputSchema"]) if dialect.closed_objects else tool["inputSchema"]
    assert [*name_violations(tool["name"], dialect), *schema_violations(arguments, dialect)] == []


@tools
def test_the_answer_is_described_so_that_any_client_can_check_it(tool: dict[str, Any]) -> None:
    assert list(schema_violations(tool["outputSchema"], COMMON_SUBSET)) == []


@tools
@pytest.mark.parametrize("draft", [jsonschema.Draft7Validator, jsonschema.Draft202012Validator])
def test_both_schemas_are_schemas_in_either_draft_that_clients_use(tool: dict[str, Any], draft: Any) -> None:
    for schema in (tool["inputSchema"], tool["outputSchema"]):
        draft.check_schema(schema)


@tools
def test_no_description_is_cut(tool: dict[str, Any]) -> None:
    assert len(tool["description"]) <= LONGEST_DESCRIPTION


@tools
def test_the_tool_has_a_title_for_people_and_says_whether_it_changes_anything(tool: dict[str, Any]) -> None:
    assert tool["title"]
    assert isinstance(tool["annotations"]["readOnlyHint"], bool)


def described(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


# Each of these has brought some server a report from its users.
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
    ],
)
def test_what_a_family_is_known_to_reject_is_found(schema: dict[str, Any], rejected_by: set[str]) -> None:
    assert {name for name, dialect in DIALECTS.items() if list(schema_violations(schema, dialect))} == rejected_by


@dialects
@pytest.mark.parametrize("name", ["list.jobs", "1st", "list_all_the_jobs_of_one_application_newest_first"])
def test_a_name_that_is_not_taken_is_found(name: str, dialect: Dialect) -> None:
    assert list(name_violations(name, dialect))
