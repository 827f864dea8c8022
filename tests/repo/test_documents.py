"""The documents tell the truth about what is here."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from evaluation.dialogue import PAGE, write_page
from scripts.snapshots import tool_schemas
from tests.data.credentials import CREDENTIALS, INNOCENT
from tests.e2e.test_cli import run_command
from writer_jobs_mcp import __version__
from writer_jobs_mcp.config import Config, Setting, settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading of the README, without its head."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| `")
    ]


async def test_the_tool_table_is_the_servers() -> None:
    written = {row[0].strip("`"): re.findall(r"`(\w+)`", row[1]) for row in table("Tools")}
    assert written == {name: list(tool["inputSchema"]["properties"]) for name, tool in (await tool_schemas()).items()}


def test_the_settings_table_is_what_help_prints() -> None:
    written = [Setting(*(cell.replace("`", "") for cell in row)) for row in table("Settings")]
    assert written == settings()


def test_the_commands_table_names_every_option() -> None:
    commands = (["--help"], ["check", "--help"], ["demo", "--help"], ["sandbox", "--help"])
    offered = {option for each in commands for option in re.findall(r"--[a-z][a-z-]+", run_command(*each).stdout)}
    written = set(re.findall(r"--[a-z][a-z-]+", str(table("Commands"))))
    assert written == offered - {"--help"}


def test_the_example_configuration_is_whole_but_for_the_key() -> None:
    written = json.loads((ROOT / "claude_desktop_config.example.json").read_text(encoding="utf-8"))
    assert written == {
        "mcpServers": {
            "writer-jobs": {
                "command": "writer-jobs-mcp",
                "args": [],
                "env": {"WRITER_API_KEY": "put-your-writer-api-key-here"},
            }
        }
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_block_of_json_or_toml_is_that(page: Path) -> None:
    for kind, block in re.findall(r"```(json|toml)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        assert json.loads(block) if kind == "json" else tomllib.loads(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_setting_that_a_page_names_exists(page: Path) -> None:
    known = {str(field.validation_alias) for field in Config.model_fields.values()}
    assert set(re.findall(r"\bWRITER_[A-Z_]+\b", page.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_each_tool_that_a_page_calls_exists(page: Path) -> None:
    called = set(re.findall(r"^→ (\w+)\(", await anyio.Path(page).read_text(encoding="utf-8"), re.MULTILINE))
    assert called <= (await tool_schemas()).keys()


async def test_the_ten_questions_are_answered_as_the_page_shows() -> None:
    assert await write_page() == PAGE.read_text(encoding="utf-8"), "if this is meant: make docs, and review the diff"


def test_each_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 20
    assert named - set(re.findall(r"^(?:async )?def (test_\w+)\(", tests, re.MULTILINE)) == set()


def test_the_threat_model_tells_how_many_credentials_were_tried() -> None:
    said = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert f"Of {len(CREDENTIALS)} realistic ones none is shown; of {len(INNOCENT)} texts" in said


def test_each_sentence_that_troubleshooting_explains_is_said_by_the_server() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    section = page.split("\n## Each tool answers with an error\n")[1].split("\n## ")[0]
    quoted = [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines()[3:] if line]
    pieces = {piece.strip() for each in quoted for piece in each.split("…")} - {""}
    said = [text for path in (ROOT / "writer_jobs_mcp").rglob("*.py") for text in string_literals(path)]
    assert len(pieces) > 15
    assert {piece for piece in pieces if not any(piece in text for text in said)} == set()


def string_literals(path: Path) -> Iterator[str]:
    """The texts that a module may say, the parts of formatted ones each for itself."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_the_attributes_that_the_page_names_are_those_of_the_spans() -> None:
    written = set(
        re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", (ROOT / "docs" / "observability.md").read_text(encoding="utf-8"))
    )
    package = ROOT / "writer_jobs_mcp"
    sources = (package / "telemetry" / "middleware.py", package / "telemetry" / "http.py")
    told = {text for path in sources for text in string_literals(path) if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", text)}
    assert written == told


def test_the_changelog_knows_the_version() -> None:
    assert f"\n## {__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_page_links_to_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
