"""The page saves failed jobs as CSV: all of them, and nothing in it that a spreadsheet runs."""

import csv
import io
from datetime import timedelta
from typing import Any

import anyio
from playwright.async_api import Browser, expect

from tests.conftest import NOW
from tests.data.triage_pages import failed_job_list, failure_group, result_server, triage_result, triage_structure
from tests.helpers.browser import RenderedPage, open_triage_page
from tests.helpers.triage_page import ALIAS, CannedTool, Draw, Show, canned_tools, violations
from writer_jobs_mcp.sandbox import SANDBOX_KEY, SandboxStore

GROUP = triage_structure([failure_group(0, 3)])
FORMULAS = ["=HYPERLINK(A1)", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\r=1", "\uff1d1+1"]


async def read_saved(drawn: RenderedPage) -> tuple[str, list[list[str]]]:
    """Click on the button, and return the name and the rows of the file that the host saves."""
    async with drawn.host.expect_download() as download:
        await drawn.page.get_by_role("button", name="Save as CSV").click()
    file = await download.value
    text = (await anyio.Path(await file.path()).read_bytes()).decode("utf-8-sig")
    return file.suggested_filename, list(csv.reader(io.StringIO(text, newline=""), strict=True))


async def test_all_jobs_of_a_group_are_saved_with_their_errors(draw: Draw, store: SandboxStore) -> None:
    jobs = [
        store.add(ALIAS, error=f'=cmd|"/C calc"!A0, "{seconds}"\nfor ü', created_at=NOW - timedelta(seconds=seconds))
        for seconds in range(60, 270)
    ]
    async with draw(since="24h") as drawn:
        await drawn.page.locator(".bar").first.click()
        await drawn.page.get_by_role("button", name="List all 210 jobs").click()
        await drawn.page.get_by_label("with the errors").check()
        name, (head, *rows) = await read_saved(drawn)
        await expect(drawn.page.locator(".csv .note").last).to_have_text(
            "Saved failed-jobs.csv: 210 jobs, at most 500 characters of each error."
        )
    assert (name, head) == ("failed-jobs.csv", ["id", "created_at", "category", "retry", "signature", "error"])
    assert [row[0] for row in rows] == [job.id for job in jobs]
    assert [row[-1] for row in rows] == [f"'{job.fixed_text}" for job in jobs]
    assert {row[4][:6] for row in rows} == {"'=<…> "}


async def test_a_cell_that_could_be_a_formula_begins_with_an_apostrophe(show: Show) -> None:
    jobs = [{"id": each, "created_at": each, "error": "a-b =c"} for each in FORMULAS]
    groups = [{"signature": FORMULAS[0], "category": FORMULAS[1], "retry": FORMULAS[2], "count": 7}]
    piece = failed_job_list([], matched=7, jobs=jobs, groups=groups, page={})
    rows = await saved_of(show, piece)
    expected = [f"'{each}" for each in FORMULAS]
    assert [row[0] for row in rows] == [row[1] for row in rows] == expected
    assert [*rows[0][2:]] == [expected[1], expected[2], expected[0]]


async def saved_of(show: Show, piece: dict[str, Any]) -> list[list[str]]:
    listed = CannedTool("list_failed_jobs", piece)
    async with show(result_server(triage_result(GROUP))) as drawn, canned_tools(drawn, listed):
        await drawn.page.locator(".bar").click()
        await drawn.page.get_by_role("button", name="List all 3 jobs").click()
        _, (_, *rows) = await read_saved(drawn)
    return rows


async def test_a_file_that_may_not_have_all_jobs_says_so_in_its_name(show: Show) -> None:
    partly = {"complete": False, "failed_in_window": 5}
    pieces = [failed_job_list(["a", "b"], matched=3, coverage=partly), failed_job_list(["b"], matched=3, offset=2)]
    listed = CannedTool("list_failed_jobs", pieces[0], *pieces)
    async with show(result_server(triage_result(GROUP))) as drawn, canned_tools(drawn, listed):
        await drawn.page.locator(".bar").click()
        await drawn.page.get_by_role("button", name="List all 3 jobs").click()
        await expect(drawn.page.locator(".job")).to_have_count(2)
        name, (_, *rows) = await read_saved(drawn)
        await expect(drawn.page.locator(".csv .note").last).to_have_text(
            "Saved failed-jobs-incomplete.csv: 2 jobs. Not all failed jobs of the window were read: more may match. "
            "The server counted 3."
        )
    assert (name, [row[0] for row in rows]) == ("failed-jobs-incomplete.csv", ["a", "b"])
    assert [(call["offset"], call["limit"]) for call in listed.calls[1:]] == [(0, 200), (2, 200)]


async def test_a_host_that_saves_no_files_shows_the_text_to_copy(chromium: Browser) -> None:
    listed = CannedTool("list_failed_jobs", failed_job_list(["a", "b", "c"], matched=3))
    server = result_server(triage_result(GROUP))
    async with (
        open_triage_page(chromium, server, without="downloadFile") as drawn,
        canned_tools(drawn, listed),
    ):
        await drawn.page.locator(".bar").click()
        await drawn.page.get_by_role("button", name="List all 3 jobs").click()
        await drawn.page.get_by_role("button", name="Save as CSV").click()
        text = drawn.page.get_by_label("The jobs as CSV, to copy")
        assert (await text.input_value()).count("\n") == 4
        await expect(drawn.page.locator(".csv .note").last).to_contain_text(
            "If failed-jobs.csv was not saved, this host forbids downloads: copy the text instead. 3 jobs."
        )
        assert await violations(drawn.page) == []


async def test_a_list_that_fails_midway_saves_nothing(show: Show) -> None:
    first = failed_job_list(["a", "b"], matched=3)
    listed = CannedTool("list_failed_jobs", first, first, "Writer is unavailable.")
    async with show(result_server(triage_result(GROUP))) as drawn, canned_tools(drawn, listed):
        await drawn.page.locator(".bar").click()
        await drawn.page.get_by_role("button", name="List all 3 jobs").click()
        await drawn.page.get_by_role("button", name="Save as CSV").click()
        failed = drawn.page.locator(".csv .failed-call")
        await expect(failed).to_have_text("Writer is unavailable. Nothing was saved.")


async def test_the_api_key_is_neither_listed_nor_saved(draw: Draw, store: SandboxStore) -> None:
    for minute in range(3):
        error = f"Refused: Authorization Bearer {SANDBOX_KEY} of tenant 7"
        store.add(ALIAS, error=error, created_at=NOW - timedelta(minutes=minute + 1))
    async with draw(since="24h") as drawn:
        await drawn.page.locator(".groups > li", has_text="of tenant").locator(".bar").click()
        await drawn.page.get_by_role("button", name="List all 3 jobs").click()
        await drawn.page.locator(".job-list .job").first.click()
        await expect(drawn.page.locator(".details pre")).to_contain_text("of tenant 7")
        await drawn.page.get_by_label("with the errors").check()
        _, rows = await read_saved(drawn)
        shown = await drawn.page.locator("main").text_content() or ""
    assert len(rows) == 4
    assert SANDBOX_KEY not in shown + str(rows)
