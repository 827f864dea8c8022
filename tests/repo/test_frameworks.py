"""The frameworks of ``make frameworks``: documented as they are run, and a broken one is noticed."""

from typing import Any

import pytest

from scripts.frameworks.checks import CALLS, judge
from scripts.frameworks.data import PAGE, PROGRAMS, Framework, documented_rows, read_frameworks, recipe
from tests.helpers.result_checks import TOOLS

FRAMEWORKS = read_frameworks()
OFFERED = {name: tool for name, tool in TOOLS.items() if tool["annotations"]["readOnlyHint"]}
each_framework = pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.slug)


def test_the_documented_table_has_the_frameworks_and_versions_that_are_run() -> None:
    written = [(row["framework"], row["version"], row["set"]) for row in documented_rows()]
    assert written == [(each.name, each.version, each.setting) for each in FRAMEWORKS]


def test_the_documented_table_has_no_failure_and_every_tool() -> None:
    for row in documented_rows():
        assert all(row.values())
        assert "FAILED" not in str(row)
        assert row["tools"] == str(len(OFFERED))


@each_framework
def test_the_documented_recipe_is_the_one_that_is_run(framework: Framework) -> None:
    kind = "python" if framework.is_python else "js"
    assert f"```{kind}\n{recipe(framework.program)}\n```\n" in PAGE.read_text(encoding="utf-8")


def test_every_program_is_run() -> None:
    assert {each.program for each in FRAMEWORKS} == {path.name for path in PROGRAMS.glob("use_*")}


def test_every_version_is_exact() -> None:
    versions = [version for each in FRAMEWORKS for version in each.packages.values()]
    assert all(version.replace(".", "").isdigit() for version in versions)


IDS = "0d9c7ad0-5c4a-4b55-9c5c-7a52b0b2a7f1 7f0c0c55-5b0a-4f0e-8f6c-6f7c6f3f9d11"
LIST = f"Jobs of application with status=failed: offset=0, limit=2, returned=2. {IDS}"


def answer(**changed: Any) -> dict[str, Any]:
    """Return what a program prints if all is well."""
    limit = "limit must be a whole number from 1 to 100; got 500."
    unknown = 'Writer does not know job "no-such-job".'
    schemas = {"as it is": {name: tool["inputSchema"] for name, tool in OFFERED.items()}}
    reads = [LIST, "rate_limit 3, missing_resource 2", unknown, limit]
    return {"tools": [*OFFERED], "reads": reads, "schemas": schemas, **changed}


def test_a_right_answer_has_no_failure() -> None:
    expected = dict.fromkeys([call.heading for call in CALLS], "yes")
    tools = str(len(OFFERED))
    assert judge(answer(), OFFERED) == {"tools": tools, "schemas": "as it is", "reads": "text", **expected}


@pytest.mark.parametrize(
    ("read", "form"),
    [
        (LIST, "text"),
        (f'{{"returned":2}} {IDS}', "structure"),
        (f"{{'returned': 2}} {IDS}", "structure"),
        (f'{{\\"returned\\": 2}} {IDS}', "structure"),
        (f'{LIST} "returned":2', "both"),
        (IDS, "FAILED: neither"),
    ],
)
def test_the_form_that_a_model_reads_is_recognized(read: str, form: str) -> None:
    assert judge(answer(reads=[read, *answer()["reads"][1:]]), OFFERED)["reads"] == form


@pytest.mark.parametrize("at", range(len(CALLS)))
def test_a_model_that_reads_something_else_is_a_failure(at: int) -> None:
    reads = list(answer()["reads"])
    reads[at] = "Error: the tool failed."
    assert judge(answer(reads=reads), OFFERED)[CALLS[at].heading] == "FAILED: Error: the tool failed."


def test_an_error_in_the_words_of_the_framework_is_told_from_ours() -> None:
    reads = [*answer()["reads"][:3], "limit: must be <= 100"]
    assert judge(answer(reads=reads), OFFERED)["wrong argument"] == "yes, in its own words"


def test_a_missing_tool_is_a_failure() -> None:
    assert judge(answer(tools=["get_job_error"]), OFFERED)["tools"] == "FAILED: get_job_error"


@pytest.mark.parametrize(
    ("field", "lost"),
    [
        ({"type": "string"}, "a choice"),
        ({"type": "string", "enum": ["in_progress", "failed", "completed"]}, "the description"),
        (None, "has"),
    ],
)
def test_a_converted_schema_that_loses_something_is_a_failure(field: dict[str, Any] | None, lost: str) -> None:
    schema = OFFERED["list_application_jobs"]["inputSchema"]
    others = {name: each for name, each in schema["properties"].items() if name != "status"}
    converted = {**schema, "properties": {**others, **({} if field is None else {"status": field})}}
    schemas = {"as it is": {**answer()["schemas"]["as it is"], "list_application_jobs": converted}}
    assert judge(answer(schemas=schemas), OFFERED)["schemas"].startswith(
        f"FAILED: as it is {'loses ' * bool(field)}{lost}"
    )
