"""The outcome of a retry: for each job that was named, or for a selection in numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from writer_jobs_mcp.client.ids import display_id, is_usable_id
from writer_jobs_mcp.results.base import IfKnown, NextCall, ResultModel
from writer_jobs_mcp.results.failed_jobs import OmittedGroups, SelectedGroupRow
from writer_jobs_mcp.results.formatting import (
    format_application,
    join_lines,
    join_words,
    pluralize,
    quote_unless_plain,
    safe_label,
)
from writer_jobs_mcp.triage.timestamps import format_timestamp

if TYPE_CHECKING:
    from writer_jobs_mcp.triage.select_failed import FailedJob, SelectedGroup

Outcome = Literal["would_retry", "accepted", "already_sent", "not_failed", "not_found", "declined", "unknown", "error"]

_MAX_GROUPS, _MAX_SIGNATURE = 12, 120


class RetryRow(ResultModel):
    """One job; ``before`` is its status before anything was sent."""

    job_id: str
    before: IfKnown[str] = None
    outcome: Outcome
    detail: IfKnown[str] = None

    def as_text(self) -> str:
        before = self.before and f"(was {quote_unless_plain(self.before)})"
        return join_words(f"- {quote_unless_plain(self.job_id)}", before, f"{self.outcome}.", self.detail)


class RetryGroupRow(SelectedGroupRow):
    """Jobs whose errors say the same, that were sent or would be; ``advice`` is what to do about their cause.

    Where a group above it has the same advice, it is ``As above.``
    """

    advice: IfKnown[str] = None


class RetryReport(ResultModel):
    """The result of ``retry_jobs``: ``outcomes`` counts jobs by outcome, except those that would be retried."""

    dry_run: bool
    application_id: IfKnown[str] = None
    application_name: IfKnown[str] = None
    selected: int
    would_retry: IfKnown[int] = None
    outcomes: IfKnown[dict[str, int]] = None
    groups: list[RetryGroupRow]
    groups_omitted: IfKnown[OmittedGroups] = None
    oldest: IfKnown[str] = None
    newest: IfKnown[str] = None
    jobs: list[RetryRow]
    left: IfKnown[int] = None
    message: IfKnown[str] = None
    next: IfKnown[list[NextCall]] = None

    def as_text(self) -> str:
        omitted = self.groups_omitted
        return join_lines(
            self._head(),
            self._figures(),
            self.message,
            bool(self.groups) and "Jobs, cause, retry, what the errors say (quoted):",
            *(f"- {group.as_text()}" for group in self.groups),
            omitted and f"and {pluralize(omitted.jobs, 'job')} in {pluralize(omitted.groups, 'other group')}",
            *self._advice(),
            bool(self.jobs) and self._rows_title(),
            *(row.as_text() for row in self.jobs),
            self.next is not None and "Next:",
            *(call.as_text() for call in self.next or ()),
        )

    def _advice(self) -> list[str]:
        """Give the advice for each cause once."""
        groups = [group for group in self.groups if group.advice and group.advice != AS_ABOVE]
        return [f"{group.category} {group.retry}: {group.advice}" for group in groups]

    def _head(self) -> str:
        of = pluralize(self.selected, "job")
        if self.application_id is not None:
            application = format_application(self.application_id, self.application_name)
            if not self.selected:
                return f"No failed job of application {application} was selected; nothing was sent."
            of = f"{pluralize(self.selected, 'selected failed job')} of application {application}"
        if self.dry_run:
            return f"Dry run, nothing was sent: {self.would_retry or 0:,} of {of} would be retried."
        return f"{(self.outcomes or {}).get('accepted', 0):,} of {of} retried."

    def _figures(self) -> str:
        others = ", ".join(f"{outcome} {number:,}" for outcome, number in self._other_outcomes())
        span = self.oldest if self.oldest == self.newest else f"{self.oldest} to {self.newest}"
        grouped = sum(group.count for group in self.groups) + (self.groups_omitted.jobs if self.groups_omitted else 0)
        created = "Created" if grouped == self.selected else f"Those of the groups below ({grouped:,}) were created"
        return join_words(
            self.oldest and f"{created} {span}.",
            others and f"Others: {others}.",
            bool(self.left) and f"{pluralize(self.left or 0, 'job')} left, for which nothing was sent.",
        )

    def _other_outcomes(self) -> list[tuple[str, int]]:
        return [(outcome, number) for outcome, number in (self.outcomes or {}).items() if outcome != "accepted"]

    def _rows_title(self) -> str:
        others = sum(number for _, number in self._other_outcomes())
        if self.application_id is None:
            return "Each job:"
        return "Not accepted:" if len(self.jobs) == others else f"Not accepted, {len(self.jobs)} of {others:,}:"


def retry_row(job_id: str, before: str | None, outcome: Outcome, detail: str | None = None) -> RetryRow:
    """Show the outcome for one job."""
    return RetryRow(job_id=display_id(job_id), before=before and safe_label(before), outcome=outcome, detail=detail)


AS_ABOVE = "As above."
"""The advice of a group whose cause has had it already."""


def group_fields(groups: "Sequence[SelectedGroup]") -> dict[str, Any]:
    """Return the fields of a report that show the groups, the largest first, and when their jobs were created."""
    created = [job.created_at for group in groups for job in group.jobs]
    return {
        "groups": _groups(groups[:_MAX_GROUPS]),
        "groups_omitted": OmittedGroups.of(groups[_MAX_GROUPS:]),
        "oldest": format_timestamp(min(created)) if created else None,
        "newest": format_timestamp(max(created)) if created else None,
    }


def _groups(groups: "Sequence[SelectedGroup]") -> list[RetryGroupRow]:
    """Show the groups, and each advice once."""
    rows, given = list[RetryGroupRow](), set[str | None]()
    for group in groups:
        advice = group.cause.advice if group.has_text else None
        shown = AS_ABOVE if advice in given and advice else advice
        rows.append(RetryGroupRow(**SelectedGroupRow.of(group, _MAX_SIGNATURE).model_dump(), advice=shown))
        given.add(advice)
    return rows


def count_outcomes(outcomes: "Mapping[str, int]") -> dict[str, int] | None:
    """Return the outcomes that a report counts; None without any."""
    return {outcome: number for outcome, number in outcomes.items() if number and outcome != "would_retry"} or None


def retry_report(
    rows: Sequence[RetryRow], groups: "Sequence[SelectedGroup]", failed: "Mapping[str, FailedJob]", *, dry_run: bool
) -> RetryReport:
    """Show the outcomes for all jobs that a call named, in the given order.

    The report on a dry run suggests the call that sends; a row warns where a retry will likely fail again. ``groups``
    are those of the ``failed`` jobs, which are given by the ids of the rows.
    """
    causes = {job.id: group.cause for group in groups for job in group.jobs}
    unfixed = {
        shown: cause.category
        for shown, job in failed.items()
        if (cause := causes.get(job.id)) and cause.retry == "after_a_fix"
    }
    outcomes = Counter(row.outcome for row in rows)
    return RetryReport(
        dry_run=dry_run,
        selected=len(rows),
        would_retry=outcomes["would_retry"] if dry_run else None,
        outcomes=count_outcomes(dict(outcomes)),
        jobs=[_with_warning(row, unfixed) for row in rows],
        next=_real_call(rows, unfixed) if dry_run else None,
        **group_fields(groups),
    )


def _with_warning(row: RetryRow, unfixed: Mapping[str, str]) -> RetryRow:
    category = unfixed.get(row.job_id) if row.outcome == "would_retry" else None
    if category is None:
        return row
    warning = f"Cause: {category}. Retrying will likely fail again until it is fixed."
    return row.model_copy(update={"detail": join_words(row.detail, warning)})


def _real_call(rows: Sequence[RetryRow], unfixed: Mapping[str, str]) -> list[NextCall] | None:
    """Suggest the call that sends what this dry run would have sent."""
    ids = [row.job_id for row in rows if row.outcome == "would_retry" and is_usable_id(row.job_id)]
    if not ids:
        return None
    why = why_retry(len(ids), sum(job_id in unfixed for job_id in ids))
    return [NextCall(tool="retry_jobs", arguments={"job_ids": ids, "dry_run": False}, why=why)]


def why_retry(jobs: int, likely_to_fail: int) -> str:
    """Say what a suggested call retries, with a warning where that will likely fail again."""
    warning = f"; {likely_to_fail:,} will likely fail again until the cause is fixed" if likely_to_fail else ""
    return f"retry {pluralize(jobs, 'job')}, once the user agrees{warning}"
