"""The outcome of a retry for each job."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from writer_jobs_mcp.client.ids import display_id, is_usable_id
from writer_jobs_mcp.results.base import IfKnown, NextCall, ResultModel
from writer_jobs_mcp.results.formatting import join_lines, join_words, pluralize, quote_unless_plain, safe_label

if TYPE_CHECKING:
    from writer_jobs_mcp.failures import Cause


Outcome = Literal["would_retry", "accepted", "already_sent", "not_failed", "not_found", "declined", "unknown", "error"]


class RetryRow(ResultModel):
    """One job; ``before`` is its status before anything was sent."""

    job_id: str
    before: IfKnown[str] = None
    outcome: Outcome
    detail: IfKnown[str] = None

    def as_text(self) -> str:
        before = self.before and f"(was {quote_unless_plain(self.before)})"
        return join_words(f"- {quote_unless_plain(self.job_id)}", before, f"{self.outcome}.", self.detail)


class RetryReport(ResultModel):
    """The result of ``retry_jobs``; ``retried`` counts the jobs that Writer accepted."""

    dry_run: bool
    jobs: list[RetryRow]
    retried: int
    next: IfKnown[list[NextCall]] = None

    def as_text(self) -> str:
        outcomes = Counter(row.outcome for row in self.jobs)
        jobs = pluralize(len(self.jobs), "job")
        head = f"{self.retried} of {jobs} retried."
        if self.dry_run:
            head = f"Dry run, nothing was sent: {outcomes['would_retry']} of {jobs} would be retried."
        return join_lines(
            head,
            *(row.as_text() for row in self.jobs),
            self.next is not None and "Next:",
            *(call.as_text() for call in self.next or ()),
        )


def retry_row(job_id: str, before: str | None, outcome: Outcome, detail: str | None = None) -> RetryRow:
    """Show the outcome for one job."""
    return RetryRow(job_id=display_id(job_id), before=before and safe_label(before), outcome=outcome, detail=detail)


def retry_report(
    rows: Sequence[RetryRow], *, dry_run: bool, causes: "Mapping[str, Cause] | None" = None
) -> RetryReport:
    """Show the outcomes for all jobs, in the given order.

    The report on a dry run suggests the call that sends. ``causes`` says why jobs failed, by the ids of the rows; a row
    warns where a retry will likely fail again.
    """
    unfixed = {each: cause for each, cause in (causes or {}).items() if cause.retry == "after_a_fix"}
    return RetryReport(
        dry_run=dry_run,
        jobs=_with_warnings(rows, unfixed),
        retried=sum(row.outcome == "accepted" for row in rows),
        next=_real_call(rows, unfixed) if dry_run else None,
    )


def _with_warnings(rows: Sequence[RetryRow], unfixed: "Mapping[str, Cause]") -> list[RetryRow]:
    """Add a warning to each row whose retry will likely fail again; the advice for a cause is given once."""
    warned: list[RetryRow] = []
    advised: set[str] = set()
    for row in rows:
        cause = unfixed.get(row.job_id) if row.outcome == "would_retry" else None
        if cause is None:
            warned.append(row)
            continue
        warning = f"Cause: {cause.category}. Retrying will likely fail again until it is fixed"
        warning += ", as above." if cause.category in advised else f": {cause.advice}"
        advised.add(cause.category)
        warned.append(row.model_copy(update={"detail": join_words(row.detail, warning)}))
    return warned


def _real_call(rows: Sequence[RetryRow], unfixed: "Mapping[str, Cause]") -> list[NextCall] | None:
    """Suggest the call that sends what this dry run would have sent."""
    ids = [row.job_id for row in rows if row.outcome == "would_retry" and is_usable_id(row.job_id)]
    if not ids:
        return None
    again = sum(job_id in unfixed for job_id in ids)
    warning = f"; {again} will likely fail again until the cause is fixed" if again else ""
    why = f"retry {pluralize(len(ids), 'job')}, once the user agrees{warning}"
    return [NextCall(tool="retry_jobs", arguments={"job_ids": ids, "dry_run": False}, why=why)]
