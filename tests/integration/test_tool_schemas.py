"""The schemas of the tools: snapshots, size and keywords."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from mcp.client import Client
from pydantic import BaseModel

from scripts.snapshots import SCHEMAS, tool_schemas
from tests.helpers.mcp import call_tool_error
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.results.base import ResultModel, result_schema
from writer_jobs_mcp.server.build import build_server
from writer_jobs_mcp.server.json_schema import simplify_schema


async def test_each_tool_definition_matches_its_snapshot() -> None:
    snapshots = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.glob("*.json")}
    assert await tool_schemas() == snapshots, "if the change is intended: make snapshots, and review the diff"


CORE_TOOLS = {"list_applications", "list_application_jobs", "get_job_error"}


async def test_the_three_core_tools_take_under_1300_tokens() -> None:
    core = [tool for name, tool in (await tool_schemas()).items() if name in CORE_TOOLS]
    assert len(core) == 3
    assert len(json.dumps(core, ensure_ascii=False, separators=(",", ":"))) / 3.6 < 1300


async def test_each_description_says_the_bounds_and_the_default_of_its_argument() -> None:
    for tool in (await tool_schemas()).values():
        for name, field in tool["inputSchema"]["properties"].items():
            bounds = [field[each] for each in ("minimum", "maximum") if "maximum" in field and each in field]
            bounds += [field[each] for each in ("minItems", "maxItems") if each in field]
            expected = "–".join(map(str, bounds))  # noqa: RUF001 - a range
            default = str(field["default"]).lower() if "default" in field else ""
            assert field["description"], name
            assert expected in field["description"]
            assert default in field["description"]


async def test_unknown_arguments_are_refused_but_no_schema_says_so() -> None:
    """google-genai fails on `additionalProperties: false`."""
    assert "additionalProperties" not in json.dumps([tool["inputSchema"] for tool in (await tool_schemas()).values()])
    async with Client(build_server(Config.from_env({"WRITER_JOBS_ALLOW_RETRY": "true"}))) as client:
        for name, tool in (await tool_schemas()).items():
            message = await call_tool_error(client, name, {"limits": 5, **required_arguments(tool)})
            assert message.startswith(f'Unknown argument "limits": {name} takes ')


def required_arguments(tool: dict[str, Any]) -> dict[str, str]:
    return dict.fromkeys(tool["inputSchema"].get("required", ()), "a")


UNSUPPORTED_KEYWORDS = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "const", "format", "title", "null"}


async def test_no_schema_uses_keywords_that_some_clients_reject() -> None:
    tools = (await tool_schemas()).values()
    assert UNSUPPORTED_KEYWORDS & set(schema_keywords([tool["inputSchema"] for tool in tools])) == set()
    assert UNSUPPORTED_KEYWORDS & set(schema_keywords([tool["outputSchema"] for tool in tools])) <= {
        "anyOf"  # of a value and its count
    }


def schema_keywords(schema: Any) -> Iterator[str]:
    """Yield the keywords and strings of a schema, without the names of properties."""
    match schema:
        case str():
            yield schema
        case [*items] | (*items,):
            for item in items:
                yield from schema_keywords(item)
        case {}:
            for name, value in schema.items():
                yield name
                yield from schema_keywords(list(value.values()) if name == "properties" else value)
        case _:
            pass


def test_a_property_may_be_called_title() -> None:
    schema = {"title": "Noise", "properties": {"title": {"title": "Title", "type": "string", "default": None}}}
    assert simplify_schema(schema) == {"properties": {"title": {"type": "string"}}}


def subclasses(model: type[ResultModel]) -> Iterator[type[ResultModel]]:
    for each in model.__subclasses__():
        yield each
        yield from subclasses(each)


@pytest.mark.parametrize("model", list(subclasses(ResultModel)), ids=lambda model: model.__name__)
def test_the_schema_of_a_result_is_the_one_pydantic_generates(model: type[BaseModel]) -> None:
    assert result_schema(model) == without_descriptions(simplify_schema(model.model_json_schema()))


def without_descriptions(schema: Any) -> Any:
    match schema:
        case {"properties": {} as properties}:
            fields = {name: without_descriptions(field) for name, field in properties.items()}
            return {**{k: v for k, v in schema.items() if k != "description"}, "properties": fields}
        case {}:
            return {name: without_descriptions(value) for name, value in schema.items() if name != "description"}
        case _:
            return schema
