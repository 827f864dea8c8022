"""CSV of failed jobs: complete, one line a job, and no formula however a spreadsheet cuts it."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.hostile_texts import TEXTS
from writer_jobs_mcp.results.failed_jobs import (
    FailedCoverage,
    FailedJobList,
    FailedJobRow,
    FailedPage,
    SelectedGroupRow,
)
from writer_jobs_mcp.results.failed_jobs_csv import COLUMNS, failed_jobs_csv
from writer_jobs_mcp.results.window import WindowSummary
from writer_jobs_mcp.sanitize.text import sanitize

FORMULA = re.compile(r"[\s\"]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
STARTS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "  =", "\u00a0=", "\u3000=", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
PARTS = st.sampled_from([*STARTS, ";", ",", '"', '""', "'", "\r\n", "\n", "\t", "a", " ", "cmd|' /C calc'!A0"])
CELLS = st.one_of(st.lists(PARTS, max_size=9).map("".join), TEXTS).map(sanitize)


def csv_of(*jobs: tuple[str, str], signature: str = "Rate limit reached") -> str:
    """Return the CSV of jobs with these ids and errors."""
    group = SelectedGroupRow(signature=signature, category="rate_limit", retry="worth_it", count=len(jobs))
    listed = FailedJobList(
        application_id="a",
        window=WindowSummary(until="2026-11-23T12:00:00Z"),
        matched=len(jobs),
        groups=[group],
        jobs=[FailedJobRow(id=id_, created_at="2026-11-23T11:00:00Z", error=error or None) for id_, error in jobs],
        page=FailedPage(offset=0, limit=len(jobs), returned=len(jobs)),
        coverage=FailedCoverage(complete=True, failed_in_window=len(jobs)),
    )
    return failed_jobs_csv(listed)


def test_each_job_is_a_row_with_its_group() -> None:
    written = csv_of(("7", 'It said "no", twice'), ("8", ""))
    assert written == (
        "id,created_at,group,category,retry,signature,error\r\n"
        '7,2026-11-23T11:00:00Z,0,rate_limit,worth_it,Rate limit reached,"It said ""no"", twice"\r\n'
        "8,2026-11-23T11:00:00Z,0,rate_limit,worth_it,Rate limit reached,\r\n"
    )


def test_an_error_of_several_lines_is_on_one() -> None:
    (row,) = list(csv.DictReader(io.StringIO(csv_of(("7", "Traceback:\n\tline 1\r\n  line 2")))))
    assert row["error"] == "Traceback: line 1 line 2"


@pytest.mark.parametrize("start", STARTS, ids=repr)
def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(start: str) -> None:
    text = f'{start}HYPERLINK("https://evil.example")'
    (row,) = list(csv.DictReader(io.StringIO(csv_of((text, text), signature=text))))
    assert [row[name][0] for name in ("id", "signature", "error")] == ["'"] * 3


@pytest.mark.parametrize("text", ["a = b", "2 + 2", "well-known", "user@example.com", "a; b", "'quoted'", "{=}"])
def test_other_text_is_not_changed(text: str) -> None:
    (row,) = list(csv.DictReader(io.StringIO(csv_of(("7", text)))))
    assert row["error"] == text


@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=repr)
@given(cells=st.lists(CELLS, min_size=3, max_size=3))
def test_no_cell_is_a_formula_whatever_the_separator(separator: str, cells: list[str]) -> None:
    first, second, signature = cells
    written = csv_of((first, second), (second, first), signature=signature)
    found = list(csv.reader(io.StringIO(written, newline=""), delimiter=separator))
    assert [cell for row in found for cell in row if FORMULA.match(cell)] == []
    if separator == ",":
        assert [len(row) for row in found] == [len(COLUMNS)] * 3
