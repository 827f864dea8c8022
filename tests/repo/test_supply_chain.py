"""Dependencies are bounded or pinned, and workflows have no more rights than they need."""

import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
THIRD_PARTY_FOLDERS = {"node_modules", ".venv", ".bench-venv", ".frameworks", ".git"}


def found(pattern: str) -> list[Path]:
    paths: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = set(folders) - THIRD_PARTY_FOLDERS
        paths += [path for name in names if (path := Path(folder, name)).match(pattern)]
    return sorted(paths)


# Python ---------------------------------------------------------------------------------------------------------------

BOUNDED = re.compile(r"[A-Za-z0-9_.-]+(?:\[[a-z,]+\])?>=\d[\d.]*(?:b\d+)?,<\d[\d.]*")


def requirements() -> Iterator[str]:
    declared = tomllib.loads(PYPROJECT)
    yield from declared["build-system"]["requires"]
    yield from declared["project"]["dependencies"]
    for names in (declared["project"].get("optional-dependencies", {}), declared["dependency-groups"]):
        yield from (each for name in names.values() for each in name)


def test_every_dependency_has_both_bounds_and_a_reason() -> None:
    listed = list(requirements())
    assert len(listed) > 20
    assert [each for each in listed if not BOUNDED.fullmatch(each)] == []
    reasons = {match[1]: match[2].strip() for match in re.finditer(r'^\s*"([^"]+)",\s*#(.*)$', PYPROJECT, re.MULTILINE)}
    assert [each for each in listed if len(reasons.get(each, "")) < 8] == []


@pytest.mark.parametrize("path", found("requirements*.txt"), ids=lambda path: path.parent.name)
def test_benchmark_requirements_have_both_bounds_and_a_reason(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(rf"{BOUNDED.pattern}\s+# .{{8,}}", line), line


@pytest.mark.parametrize(
    "loose", ["mcp", "mcp>=2.3", "mcp<3", "mcp==2.3", "mcp>=2.3,!=2.4", "mcp @ https://x.example/y"]
)
def test_a_loose_requirement_is_detected(loose: str) -> None:
    assert not BOUNDED.fullmatch(loose)


# npm ------------------------------------------------------------------------------------------------------------------

EXACT = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?")


@pytest.mark.parametrize("path", found("package.json"), ids=lambda path: path.parent.name)
def test_npm_packages_are_pinned_to_one_version(path: Path) -> None:
    package: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    kinds = [name for name in package if name.lower().endswith("dependencies")]
    pins: dict[str, str] = {name: version for kind in kinds for name, version in package[kind].items()}
    assert pins
    assert {name: pin for name, pin in pins.items() if not EXACT.fullmatch(pin)} == {}
    assert package["private"] is True, "it could be published by mistake"


@pytest.mark.parametrize("loose", ["^2.0.0", "~2.0.0", "2.x", "2", "latest", "*", ">=2.0.0", "git+ssh://x.example"])
def test_a_loose_pin_is_detected(loose: str) -> None:
    assert not EXACT.fullmatch(loose)


def test_a_lock_file_holds_hashes_and_no_addresses() -> None:
    patterns = ("*lock*.json", "*.lock", "*lock*.yaml", "pylock*.toml")
    locks = [path for pattern in patterns for path in found(pattern)]
    assert [path.name for path in locks] == ["package-lock.json"]
    for path in locks:
        text = path.read_text(encoding="utf-8")
        packages: dict[str, dict[str, Any]] = json.loads(text)["packages"]
        assert '"resolved"' not in text
        unhashed = [name for name, package in packages.items() if name and not hashed(package)]
        assert unhashed == []


def hashed(package: dict[str, Any]) -> bool:
    return str(package.get("integrity", "")).startswith("sha512-")


# What CI runs ---------------------------------------------------------------------------------------------------------


def workflow_problems(workflow: str) -> list[str]:
    """Return what is wrong with a workflow: unpinned actions, unlimited rights, pull requests that get its secrets."""
    problems: list[str] = []
    lines = [re.sub(r"(?:^|\s)#.*$", "", line) for line in workflow.splitlines()]
    for line in lines:
        used = re.search(r"""\buses["']?\s*:\s*["']?([^\s"'}]+)""", line)
        if used and not re.fullmatch(r"\./.+|[^@]+@[0-9a-f]{40}|docker://.+@sha256:[0-9a-f]{64}", used[1]):
            problems.append(f"not pinned by a commit: {used[1]}")
    if not any(line.startswith("permissions:") for line in lines):
        problems.append("no permissions for the whole workflow")
    if any(re.search(r"\bwrite-all\b", line) for line in lines):
        problems.append("every permission")
    if any("pull_request_target" in line for line in lines):
        problems.append("runs other people's pull requests with this repository's rights")
    return problems


COMMIT = "08c6903cd8c0fde910a37f88322edcfb5dd907a8"
GOOD = f"""\
name: gate
on: [push, pull_request]
permissions:
  contents: read
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@{COMMIT} # v5
      - uses: ./.github/actions/ours
      - run: make check
"""


def test_workflows_are_pinned_and_have_no_more_rights_than_they_need() -> None:
    workflows = found(".github/workflows/*.y*ml")
    assert workflows
    problems = {path.name: workflow_problems(path.read_text(encoding="utf-8")) for path in workflows}
    assert {name: each for name, each in problems.items() if each} == {}


def test_a_good_workflow_has_no_problems() -> None:
    assert workflow_problems(GOOD) == []


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        (f"@{COMMIT} # v5", "@v5", "not pinned"),
        (f"@{COMMIT} # v5", "@main", "not pinned"),
        (f"@{COMMIT} # v5", "", "not pinned"),
        (f"@{COMMIT} # v5", f"@{COMMIT[:12]} # {COMMIT}", "not pinned"),
        (f"- uses: actions/checkout@{COMMIT}", '- {name: x, "uses": "actions/checkout@v5"}', "not pinned"),
        ("./.github/actions/ours", "docker://alpine:3", "not pinned"),
        ("permissions:\n  contents: read\n", "", "no permissions"),
        ("permissions:\n  contents: read\n", "# permissions:\n", "no permissions"),
        ("permissions:\n  contents: read\n", "permissions: write-all\n", "every permission"),
        ("pull_request]", "pull_request_target]", "runs other people's"),
    ],
)
def test_a_bad_workflow_is_detected(good: str, bad: str, fault: str) -> None:
    assert good in GOOD
    (problem,) = workflow_problems(GOOD.replace(good, bad))
    assert problem.startswith((fault, f"{fault} by a commit"))
