"""The report on an application as Markdown, for an issue or the summary of a CI job: the facts of its text form."""

from writer_jobs_mcp.results.failure_groups import column_names
from writer_jobs_mcp.results.markdown import prose, table
from writer_jobs_mcp.results.triage import TriageReport, headline


def triage_markdown(report: TriageReport) -> str:
    """Return the report: its headline, sentences, a table of the groups of failures, and what follows them."""
    blocks = [f"**{prose(headline(report))}**", *_blocks(report.lines_before_failures())]
    if report.failures:
        blocks.append(_failures(report))
    return "\n\n".join([*blocks, *_blocks(report.lines_after_failures())]) + "\n"


def _blocks(lines: list[str | bool | None]) -> list[str]:
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


def _failures(report: TriageReport) -> str:
    columns = column_names(report.failures)
    rows = [group.cells_in(report.window.year) for group in report.failures]
    shown = [position for position, name in enumerate(columns) if name]
    header, *cells = [[line[position] or "" for position in shown] for line in (columns, *rows)]
    return table(header, cells)
