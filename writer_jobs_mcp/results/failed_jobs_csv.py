"""A list of failed jobs as CSV (RFC 4180), in which no text of a job is a formula to a spreadsheet.

Spreadsheets run a cell that begins with ``=``, ``+``, ``-`` or ``@``, full-width forms included, as a formula, also
after blanks; an apostrophe before it makes it text. Where the list separator is a semicolon (in much of Europe), a file
that is opened directly is cut at semicolons and line breaks, whatever is quoted: so each job is one line, and the
apostrophe also stands after a semicolon.
"""

import csv
import io
import re

from writer_jobs_mcp.results.failed_jobs import FailedJobList
from writer_jobs_mcp.sanitize.text import one_line

COLUMNS = ("id", "created_at", "group", "category", "retry", "signature", "error")

_FORMULA = re.compile(r"(\A|;)(?=[\s\"']*[=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20])")


def failed_jobs_csv(listed: FailedJobList) -> str:
    """Return a header row, and a row for each job."""
    written = io.StringIO()
    rows = csv.writer(written)  # ends lines with CRLF, as RFC 4180 has it
    rows.writerow(COLUMNS)
    for job in listed.jobs:
        position = job.group or 0
        group = listed.groups[position]
        cells = (job.id, job.created_at, str(position), group.category, group.retry, group.signature, job.error or "")
        rows.writerow([_text_cell(cell) for cell in cells])
    return written.getvalue()


def _text_cell(text: str) -> str:
    return _FORMULA.sub(r"\1'", one_line(text))
