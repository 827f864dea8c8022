"""How much of a job's error is read, and what caused it."""

from typing import TYPE_CHECKING, NamedTuple

from writer_jobs_mcp import failures
from writer_jobs_mcp.sanitize.slices import sanitize_ends
from writer_jobs_mcp.sanitize.text import sanitize
from writer_jobs_mcp.sanitize.truncate import elide_middle

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job
    from writer_jobs_mcp.failures import Cause

MAX_GROUPED = 4_000  # characters of an error that are grouped
_MAX_SHOWN = 6_000
_MAX_END = 8_000  # characters of either end of a long error that are read: more than is shown or classified


def error_text(job: "Job") -> str:
    """Return as much of a job's error as is grouped, sanitized; empty where Writer gives none."""
    return sanitize(elide_middle(job.error, MAX_GROUPED)).strip() if job.error else ""


class ErrorReading(NamedTuple):
    """One job's error, and what caused it."""

    shown: str  # sanitized, without the middle of a long error; empty where there is none
    chars: int | None  # the length of the whole error; None where ``shown`` is whole
    cause: "Cause | None"  # why the job failed, as far as the error says; None where it did not fail or has no error


def read_error(job: "Job") -> ErrorReading:
    """Read a job's error whole, as far as it may be shown, and classify it."""
    if not job.error:
        return ErrorReading("", None, None)
    start, end = sanitize_ends(job.error, _MAX_END)
    shown = elide_middle(start, _MAX_SHOWN, tail_source=end, total=len(job.error))
    chars = len(job.error) if end is not None or len(shown) < len(start) else None
    if job.status != "failed" or not shown:
        return ErrorReading(shown, chars, None)
    return ErrorReading(shown, chars, failures.classify_error(start if end is None else f"{start}\n{end}"))
