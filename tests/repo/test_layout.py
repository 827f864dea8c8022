"""A newcomer finds their way: functions and modules are short, few are at the top, test modules stand alone."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("writer_jobs_mcp", "tests", "scripts", "benchmarks")
MODULES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "node_modules" not in path.parts
}
MAX_MODULE, MAX_FUNCTION, MAX_AT_THE_TOP = 300, 45, 9  # lines, lines, modules


def test_no_module_is_longer_than_300_lines() -> None:
    lengths = {name: len(text.splitlines()) for name, text in MODULES.items()}
    assert {name: length for name, length in lengths.items() if length > MAX_MODULE} == {}


def test_no_function_is_longer_than_45_lines() -> None:
    lengths = {
        f"{name}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, text in MODULES.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION} == {}


def test_few_modules_are_at_the_top_of_the_package() -> None:
    assert len(list((ROOT / "writer_jobs_mcp").glob("*.py"))) <= MAX_AT_THE_TOP


def test_no_test_module_is_imported() -> None:
    imported = {
        f"{name} imports {node.module}.{alias.name}"
        for name, text in MODULES.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests")
        for alias in node.names
        if ".test_" in f"{node.module}.{alias.name}"
    }
    assert imported == set()
