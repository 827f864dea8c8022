"""The entry for the MCP registry is valid and matches the package."""

import json
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from writer_jobs_mcp import __version__
from writer_jobs_mcp.config import Config, settings

ROOT = Path(__file__).parents[2]
ENTRY: dict[str, Any] = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
(PACKAGE,) = ENTRY["packages"]
SETTINGS: dict[str, dict[str, Any]] = {setting["name"]: setting for setting in PACKAGE["environmentVariables"]}


def test_the_entry_is_valid_against_the_published_schema() -> None:
    schema = json.loads((ROOT / "tests" / "data" / "server.schema.json").read_text(encoding="utf-8"))
    assert schema["$id"] == ENTRY["$schema"]
    jsonschema.validate(ENTRY, schema)


def test_the_entry_has_the_packages_name_version_and_description() -> None:
    package = metadata("writer-jobs-mcp")
    assert (ENTRY["version"], PACKAGE["version"], PACKAGE["identifier"]) == (__version__, __version__, package["Name"])
    assert ENTRY["description"] == package["Summary"]


def test_the_readme_names_the_entry() -> None:
    assert f"mcp-name: {ENTRY['name']} " in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_image_names_the_entry() -> None:
    label = f'LABEL io.modelcontextprotocol.server.name="{ENTRY["name"]}"\n'
    assert label in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_entry_lists_every_setting_with_its_default_and_meaning() -> None:
    written = [(name, each.get("default", ""), each["description"]) for name, each in SETTINGS.items()]
    assert written == [(name, default, f"{meaning[0].upper()}{meaning[1:]}.") for name, default, meaning in settings()]


def test_only_the_key_is_marked_as_secret() -> None:
    assert [name for name, setting in SETTINGS.items() if setting.get("isSecret")] == ["WRITER_API_KEY"]


@pytest.mark.parametrize("name", [name for name in SETTINGS if SETTINGS[name].get("default")])
def test_the_server_accepts_each_default_and_choice(name: str) -> None:
    for value in [SETTINGS[name]["default"], *SETTINGS[name].get("choices", [])]:
        Config.from_env({name: value})
