"""The bundle's manifest matches the server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bundle.manifest import ENVIRONMENT, USER_CONFIG, build_manifest
from scripts.snapshots import tool_schemas
from writer_jobs_mcp import __version__
from writer_jobs_mcp.config import Config

BUNDLE = Path(__file__).parents[2] / "bundle"


@pytest.fixture
async def written() -> dict[str, Any]:
    return await build_manifest()


async def test_the_manifest_lists_the_tools_of_the_default_settings(written: dict[str, Any]) -> None:
    offered = [
        {"name": name, "description": tool["description"]}
        for name, tool in (await tool_schemas()).items()
        if tool["annotations"]["readOnlyHint"]
    ]
    assert written["tools"] == offered


async def test_the_manifest_has_the_version_licence_and_python_versions_of_the_package(written: dict[str, Any]) -> None:
    found = written["version"], written["license"], written["compatibility"]["runtimes"]["python"]
    assert found == (__version__, "MIT", ">=3.11")


def test_each_setting_of_the_bundle_reaches_a_setting_of_the_server() -> None:
    known = {str(field.validation_alias) for field in Config.model_fields.values()}
    assert set(ENVIRONMENT) <= known
    assert [*ENVIRONMENT.values()] == [f"${{user_config.{name}}}" for name in USER_CONFIG]


def test_only_the_key_is_required_and_it_is_secret() -> None:
    required = [name for name, option in USER_CONFIG.items() if option["required"]]
    secret = [name for name, option in USER_CONFIG.items() if option.get("sensitive")]
    assert (required, secret) == (["api_key"], ["api_key"])


@pytest.mark.parametrize("allow_retry", ["", "false", "${user_config.allow_retry}"])
def test_blank_settings_are_unset(allow_retry: str) -> None:
    environ = {**ENVIRONMENT, "WRITER_JOBS_ALLOW_RETRY": allow_retry}
    assert Config.from_env(environ) == Config.from_env({})


@pytest.mark.parametrize("ticked", ["true", "True", "1"])
def test_the_checkbox_allows_retries(ticked: str) -> None:
    assert Config.from_env({"WRITER_JOBS_ALLOW_RETRY": ticked}).allow_retry


async def test_a_prompts_text_names_only_its_own_arguments(written: dict[str, Any]) -> None:
    for prompt in written["prompts"]:
        named = set(re.findall(r"\$\{arguments\.(\w+)\}", prompt["text"]))
        assert named == set(prompt["arguments"]), prompt["name"]


def test_the_icon_is_a_png_of_512_by_512() -> None:
    head = (BUNDLE / "icon.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")) == (512, 512)


def test_the_bundle_tool_is_pinned() -> None:
    needed = json.loads((BUNDLE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in needed.values())
