"""What became of each job that was to be retried."""

from collections import Counter
from typing import Literal

from writer_jobs_mcp.ids import shown_id
from writer_jobs_mcp.views.form import Maybe, View, count, label, lines, spaced, word

Outcome = Literal["would_retry", "accepted", "already_sent", "not_failed", "not_found", "declined", "unknown", "error"]


class RetryRow(View):
    """One job; ``before`` is its status before anything was sent."""

    job_id: str
    before: Maybe[str] = None
    outcome: Outcome
    detail: Maybe[str] = None

    def as_text(self) -> str:
        before = self.before and f"(was {word(self.before)})"
        return spaced(f"- {word(self.job_id)}", before, f"{self.outcome}.", self.detail)


class RetryReport(View):
    """The result of ``retry_jobs``; ``retried`` counts the jobs that Writer accepted."""

    dry_run: bool
    jobs: list[RetryRow]
    retried: int

    def as_text(self) -> str:
        outcomes = Counter(row.outcome for row in self.jobs)
        jobs = count(len(self.jobs), "job")
        head = f"{self.retried} of {jobs} retried."
        if self.dry_run:
            head = f"Dry run, nothing was sent: {outcomes['would_retry']} of {jobs} would be retried."
        return lines(head, *(row.as_text() for row in self.jobs))


def retry_row(job_id: str, before: str | None, outcome: Outcome, detail: str | None = None) -> RetryRow:
    """What became of one job."""
    return RetryRow(job_id=shown_id(job_id), before=before and label(before), outcome=outcome, detail=detail)


def retry_report(rows: list[RetryRow], *, dry_run: bool) -> RetryReport:
    """What became of all of them, in the order they were given."""
    return RetryReport(dry_run=dry_run, jobs=rows, retried=sum(row.outcome == "accepted" for row in rows))
