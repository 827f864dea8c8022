"""The documents match the code."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from evaluation.dialogue import PAGE, write_page
from scripts.snapshots import tool_schemas
from tests.helpers.secret_table import innocent_rows, rates, secret_rows
from writer_jobs_mcp import __version__
from writer_jobs_mcp.config import Config, Setting, settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def table(heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading of the README."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| `")
    ]


async def test_the_tool_table_matches_the_server() -> None:
    written = {row[0].strip("`"): re.findall(r"`(\w+)`", row[1]) for row in table("Tools")}
    assert written == {name: list(tool["inputSchema"]["properties"]) for name, tool in (await tool_schemas()).items()}


def test_the_settings_table_matches_help() -> None:
    written = [Setting(*(cell.replace("`", "") for cell in row)) for row in table("Settings")]
    assert written == settings()


def test_the_commands_table_names_every_option() -> None:
    texts = [help_text(*command) for command in ([], ["triage"], ["failures"], ["check"], ["demo"], ["sandbox"])]
    offered = {option for text in texts for option in re.findall(r"--[a-z][a-z-]+", text)}
    written = set(re.findall(r"--[a-z][a-z-]+", str(table("Commands"))))
    assert written == offered - {"--help"}


def help_text(*command: str) -> str:
    program = [sys.executable, "-m", "writer_jobs_mcp", *command, "--help"]
    return subprocess.run(program, capture_output=True, encoding="utf-8", check=True).stdout  # noqa: S603 - our own command


def test_the_example_configuration_lacks_only_the_key() -> None:
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
def test_json_and_toml_blocks_are_valid(page: Path) -> None:
    for kind, block in re.findall(r"```(json|toml)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        assert json.loads(block) if kind == "json" else tomllib.loads(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_named_in_a_document_exists(page: Path) -> None:
    known = {str(field.validation_alias) for field in Config.model_fields.values()}
    assert set(re.findall(r"\bWRITER_[A-Z_]+\b", page.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_every_tool_called_in_a_document_exists(page: Path) -> None:
    called = set(re.findall(r"^→ (\w+)\(", await anyio.Path(page).read_text(encoding="utf-8"), re.MULTILINE))
    assert called <= (await tool_schemas()).keys()


async def test_the_ten_questions_page_matches_the_server() -> None:
    assert await write_page() == PAGE.read_text(encoding="utf-8"), (
        "if this is intended: make docs-questions, and review the diff"
    )


def test_every_test_named_in_the_threat_model_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 20
    assert named - set(re.findall(r"^(?:async )?def (test_\w+)\(", tests, re.MULTILINE)) == set()


def test_the_threat_model_gives_the_rates_that_are_measured() -> None:
    text = " ".join((ROOT / "SECURITY.md").read_text(encoding="utf-8").split())
    secrets, innocent = secret_rows(held_out=True), innocent_rows(held_out=True)
    all_secrets, all_innocent = (
        len(secrets + secret_rows(held_out=False)),
        len(innocent + innocent_rows(held_out=False)),
    )
    shown = rates(secrets, lambda row: row.is_shown)["all"]
    spoilt = rates(innocent, lambda row: row.is_spoilt)["all"]
    assert f"{all_secrets} realistic texts with made-up credentials and {all_innocent} innocent texts" in text
    assert f"{shown.percent:.1f} % of {shown.total} credentials are shown" in text
    assert f"{spoilt.percent:.1f} % of {spoilt.total} innocent texts are spoilt" in text


def test_every_error_in_troubleshooting_is_in_the_code() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    section = page.split("\n## Each tool answers with an error\n")[1].split("\n## ")[0]
    quoted = [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines()[3:] if line]
    pieces = {piece.strip() for each in quoted for piece in each.split("…")} - {""}
    texts = [text for path in (ROOT / "writer_jobs_mcp").rglob("*.py") for text in string_literals(path)]
    assert len(pieces) > 15
    assert {piece for piece in pieces if not any(piece in text for text in texts)} == set()


def string_literals(path: Path) -> Iterator[str]:
    """Yield the strings of a module, each part of an f-string by itself."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_the_documented_span_attributes_match_the_code() -> None:
    written = set(
        re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", (ROOT / "docs" / "observability.md").read_text(encoding="utf-8"))
    )
    package = ROOT / "writer_jobs_mcp"
    sources = (package / "telemetry" / name for name in ("middleware.py", "http.py", "recording.py"))
    recorded = {
        text for path in sources for text in string_literals(path) if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", text)
    }
    assert written == recorded


def test_the_changelog_has_the_version() -> None:
    assert f"\n## {__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_linked_files_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / ".ci" / "run", *(ROOT / ".github").rglob("*.*")], ids=lambda page: page.name
)
def test_every_make_target_named_in_a_document_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^|run: )make ([a-z-]+)", text, re.MULTILINE)) <= {*targets}


def test_the_readme_has_at_most_200_lines() -> None:
    assert README.count("\n") <= 200
