"""Check results: valid against the published schema, or an error message."""

import json
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from jsonschema import Draft202012Validator
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from scripts.snapshots import SCHEMAS
from tests.helpers.mcp import structure_of, text_of

TOOLS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMAS.glob("*.json"))
}
"""Each tool's published definition by name; a test compares these files with the server."""
_VALIDATORS = {name: Draft202012Validator(tool["outputSchema"]) for name, tool in TOOLS.items()}
_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Unicode categories that are invisible or break a line."""


def parse_strict_json(text: str | bytes) -> Any:
    """Parse JSON, and reject NaN and infinities."""
    return json.loads(text, parse_constant=_reject_constant)


def _reject_constant(constant: str) -> float:
    raise AssertionError(f"{constant} is not JSON")


def check_visible(*lines: str) -> None:
    assert {unicodedata.category(letter) for line in lines for letter in line}.isdisjoint(_INVISIBLE_CATEGORIES), ascii(
        lines
    )


def check_error_message(sentence: str) -> None:
    check_visible(sentence)
    assert sentence.endswith("."), sentence
    assert len(sentence) < 1_000, sentence
    assert "a bug in writer-jobs-mcp" not in sentence


def check_result_or_error(result: CallToolResult, tool: str) -> None:
    """Check that a result is valid by the tool's schema, or an error message."""
    if not result.is_error:
        check_valid_result(result, tool)
        return
    assert result.structured_content is None
    check_error_message(text_of(result))


def check_valid_result(result: CallToolResult, tool: str) -> None:
    """Check that a result is valid by the tool's schema, and that structure and text can be encoded."""
    _VALIDATORS[tool].validate(structure_of(result))  # pyright: ignore[reportUnknownMemberType] - its stubs
    assert json.dumps(structure_of(result), allow_nan=False, ensure_ascii=False).encode()
    assert text_of(result).encode()


@contextmanager
def allow_protocol_errors(*codes: int) -> Generator[None]:
    """Accept a protocol error if it has one of these codes and a proper message."""
    try:
        yield
    except MCPError as exc:
        check_error_message(exc.message)
        if exc.code not in codes:
            raise


def check_triage_sums(report: dict[str, Any]) -> None:
    shown = sum(group["count"] for group in report["failures"])
    assert shown + report.get("failures_omitted", {"jobs": 0})["jobs"] == report["counts"].get("failed", 0)
    assert sum(report["counts"].values()) == report["coverage"]["jobs_in_window"] <= report["coverage"]["jobs_read"]
    assert report.get("stuck_count", len(report["stuck"])) >= len(report["stuck"])


def check_detail(detail: str, reason: str, advice: str) -> None:
    """Check that a line of ``check`` gives a reason, then advice."""
    assert reason in detail
    assert advice in detail
    assert detail.index(reason) < detail.index(advice)
    assert detail.endswith(".")
