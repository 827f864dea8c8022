"""The report on the retry of selected jobs."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.results.base import NextCall
from writer_jobs_mcp.results.failed_jobs import selection_arguments
from writer_jobs_mcp.results.formatting import join_words
from writer_jobs_mcp.results.retry import (
    Outcome,
    RetryReport,
    RetryRow,
    count_outcomes,
    group_fields,
    retry_row,
    why_retry,
)
from writer_jobs_mcp.triage.next_calls import DEFAULT_MAX_RETRIED, MOST_RETRIED
from writer_jobs_mcp.triage.retry_plan import RecentlySent, RetryPlan
from writer_jobs_mcp.triage.select_failed import FailedJob
from writer_jobs_mcp.triage.timestamps import format_timestamp

_MAX_ROWS = 20
_SHOWN_FIRST: tuple[Outcome, ...] = ("unknown", "error", "not_failed", "not_found", "already_sent")


def dry_run_report(plan: RetryPlan, *sentences: str) -> RetryReport:
    """Show what a call would send, and suggest that call: it is about the same jobs, whenever it is made."""
    return _report(plan, {}, [], _real_calls(plan), *sentences, dry_run=True)


def declined_report(plan: RetryPlan) -> RetryReport:
    """Show that the user did not agree."""
    outcomes = {"declined": len(plan.to_send)}
    return _report(plan, outcomes, [], [], "The user did not agree; nothing was sent.", dry_run=False)


def selection_report(
    plan: RetryPlan, rows: Mapping[str, RetryRow], not_handled: Collection[str], *sentences: str
) -> RetryReport:
    """Show what became of the jobs that were to be sent.

    ``rows`` has the outcome of each job by its id; nothing was sent for those ``not_handled``, and another call may.
    """
    outcomes = Counter(row.outcome for row in rows.values())
    rest = plan.rest(not_handled)
    calls = [*_rest_call(plan, rest), *_wait_call(plan, outcomes["accepted"])]
    shown = [row for row in rows.values() if row.outcome != "accepted"]
    return _report(plan, outcomes, shown, calls, *sentences, dry_run=False, left=len(rest))


def _report(
    plan: RetryPlan,
    outcomes: Mapping[str, int],
    rows: list[RetryRow],
    calls: list[NextCall],
    *sentences: str,
    dry_run: bool,
    left: int | None = None,
) -> RetryReport:
    counts = Counter(outcomes)
    counts["already_sent"] += len(plan.recently_sent)
    rows = [*rows, *(_recently_sent(each) for each in plan.recently_sent)]
    rows.sort(key=lambda row: _SHOWN_FIRST.index(row.outcome))
    return RetryReport(
        dry_run=dry_run,
        application_id=display_id(plan.application.id),
        application_name=plan.application.name,
        selected=plan.selected,
        would_retry=len(plan.to_send) if dry_run else None,
        outcomes=count_outcomes(counts),
        jobs=rows[:_MAX_ROWS],
        left=(len(plan.later) if left is None else left) or None,
        message=join_words(*sentences, plan.doubt and f"Not every failed job could be selected. {plan.doubt}") or None,
        next=calls or None,
        **group_fields(plan.groups),
    )


def _recently_sent(each: RecentlySent) -> RetryRow:
    at = format_timestamp(each.sent.sent_at)
    detail = f"It failed again after its retry of {at}." if each.has_failed_again else f"A retry was sent at {at}."
    return retry_row(each.job.id, "failed", "already_sent", detail)


def _real_calls(plan: RetryPlan) -> list[NextCall]:
    """Suggest the call that sends what this dry run would have sent, and the one that sends more at once."""
    if not plan.to_send:
        return []
    unfixed = sum(len(group.jobs) for group in plan.groups if group.cause and group.cause.retry == "after_a_fix")
    arguments = selection_arguments(plan.application.id, plan.since, plan.until, plan.selection)
    calls = [_call(arguments, plan.max_jobs, why_retry(len(plan.to_send), unfixed))]
    if plan.later and plan.max_jobs < MOST_RETRIED:
        ready = len(plan.to_send) + len(plan.later)
        at_once = min(ready, MOST_RETRIED)
        calls.append(_call(arguments, at_once, f"retry {at_once:,} of the {ready:,} at once"))
    return calls


def _rest_call(plan: RetryPlan, rest: list[FailedJob]) -> list[NextCall]:
    if not rest:
        return []
    selection = plan.selection._replace(like=rest[0].id) if plan.selection.like else plan.selection
    arguments = selection_arguments(plan.application.id, plan.since, plan.next_until(rest), selection)
    return [_call(arguments, plan.max_jobs, "the jobs that are left, once the user agrees")]


def _call(arguments: dict[str, Any], max_jobs: int, why: str) -> NextCall:
    more = {"max_jobs": max_jobs} if max_jobs != DEFAULT_MAX_RETRIED else {}
    return NextCall(tool="retry_jobs", arguments={**arguments, **more, "dry_run": False}, why=why)


def _wait_call(plan: RetryPlan, accepted: int) -> list[NextCall]:
    if not accepted:
        return []
    arguments = {"application_id": plan.application.id}
    return [NextCall(tool="wait_for_jobs", arguments=arguments, why="until the retried jobs have finished")]
