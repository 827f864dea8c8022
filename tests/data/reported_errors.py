"""Errors as they are reported in public, each with the cause that a reader gave it, in two halves."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.failures.classify.categories import DEFAULT_RETRY

Half = Literal["tuned", "held_out"]
"""Rules may be made from the tuned half only. The held-out half measures how the rules do on texts they do not know."""

Part = Half | Literal["fresh"]
"""The fresh texts were collected by another reader when the rules were finished; no rule is made from them either."""

PARTS: tuple[Part, ...] = ("tuned", "held_out", "fresh")


class ReportedError(NamedTuple):
    """A row of ``error_texts/*.jsonl``."""

    error: str
    category: Category
    also: Category | None
    """A second category that a reader would accept."""
    retry: Retry
    language: str
    source: str
    """Where such a text is reported; the text itself is the smallest form of it, with names made up."""


def reported_errors(part: Part) -> Sequence[ReportedError]:
    """Return the texts of one part, sorted by language, category and text."""
    lines = (Path(__file__).parent / "error_texts" / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        ReportedError(
            row["error"],
            row["category"],
            row.get("also"),
            row.get("retry", DEFAULT_RETRY[row["category"]]),
            row["language"],
            row["source"],
        )
        for row in map(json.loads, lines)
    ]
