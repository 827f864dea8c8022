"""The reports as Markdown, for an issue or the summary of a CI job: the facts of their text form."""

from collections.abc import Sequence

from writer_jobs_mcp.results.account import AccountReport
from writer_jobs_mcp.results.failure_groups import FailureGroupRow, column_names
from writer_jobs_mcp.results.markdown import prose, table
from writer_jobs_mcp.results.triage import TriageReport, headline


def triage_markdown(report: TriageReport) -> str:
    """Return the report: its headline, sentences, a table of the groups of failures, and what follows them."""
    blocks = [f"**{prose(headline(report))}**", *_blocks(report.lines_before_failures())]
    if report.failures:
        blocks.append(_failures(report.failures, report.window.year))
    return "\n\n".join([*blocks, *_blocks(report.lines_after_failures())]) + "\n"


def account_markdown(report: AccountReport) -> str:
    """Return the overview: as :func:`triage_markdown`, with a table of the applications before the groups."""
    blocks = [f"**{prose(report.headline())}**", *_blocks(report.lines_before_applications())]
    year, numbers = report.window.year, report.numbers
    if report.applications:
        rows = [row.cells_in(year) for row in report.applications]
        numbered = [[f"#{number}", *row] for number, row in enumerate(rows, 1)]
        blocks.append(_table(["application", *report.columns()], numbered))
    if report.applications_omitted:
        blocks.append(prose(report.applications_omitted.as_text()))
    if report.failures:
        where = [group.applications_among(numbers) for group in report.failures]
        blocks.append(_failures(report.failures, year, ("jobs in each application", where)))
    return "\n\n".join([*blocks, *_blocks(report.lines_after_failures())]) + "\n"


def _blocks(lines: Sequence[str | bool | None]) -> list[str]:
    """Make a paragraph of each line, and a list of the items below it."""
    blocks: list[str] = []
    for line in lines:
        if not isinstance(line, str) or not line:
            continue
        if line.startswith("- "):
            separator = "\n" if blocks and blocks[-1].rpartition("\n")[2].startswith("- ") else "\n\n"
            blocks[-1] += f"{separator}- {prose(line[2:])}"
        else:
            blocks.append(prose(line))
    return blocks


def _failures(groups: Sequence[FailureGroupRow], year: str, last: tuple[str, list[str]] | None = None) -> str:
    """Return a table of these groups, with a last column if one is given as its name and its cells."""
    names, rows = column_names(groups), [group.cells_in(year) for group in groups]
    if last is not None:
        names, rows = [*names, last[0]], [[*row, cell] for row, cell in zip(rows, last[1], strict=True)]
    return _table(names, rows)


def _table(names: Sequence[str | None], rows: Sequence[Sequence[str | None]]) -> str:
    """Return a table without the columns that have no name."""
    shown = [position for position, name in enumerate(names) if name]
    header, *cells = [[line[position] or "" for position in shown] for line in (names, *rows)]
    return table(header, cells)
