"""Errors as real services write them, each with the cause that a reader would give it."""

import json
from pathlib import Path
from typing import NamedTuple

from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.failures.classify.categories import DEFAULT_RETRY


class LabelledError(NamedTuple):
    """A row of ``causes.jsonl``."""

    claim: str
    error: str
    category: Category
    retry: Retry


_ROWS = map(json.loads, Path(__file__).with_name("causes.jsonl").read_text(encoding="utf-8").splitlines())
LABELLED = [
    LabelledError(row["claim"], row["error"], row["category"], row.get("retry", DEFAULT_RETRY[row["category"]]))
    for row in _ROWS
]
KNOWN = [row for row in LABELLED if row.category != "unknown"]
UNKNOWN = [row for row in LABELLED if row.category == "unknown"]
