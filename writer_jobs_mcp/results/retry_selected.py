"""The report on the retry of selected jobs."""

from collections import Counter
from collections.abc import Mapping, Sequence

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.results.base import NextCall
from writer_jobs_mcp.results.formatting import join_words, pluralize
from writer_jobs_mcp.results.retry import (
    Outcome,
    RetryReport,
    RetryRow,
    count_outcomes,
    group_fields,
    retry_row,
    why_retry,
)
from writer_jobs_mcp.triage.dry_runs import RetryCall
from writer_jobs_mcp.triage.next_calls import (
    DEFAULT_MAX_RETRIED,
    MOST_RETRIED,
    SuggestedCall,
    can_be_made,
    window_arguments,
)
from writer_jobs_mcp.triage.retry_plan import RecentlySent, RetryPlan
from writer_jobs_mcp.triage.select_failed import FailedJob, Selection
from writer_jobs_mcp.triage.timestamps import format_timestamp

_MAX_ROWS = 20
_SHOWN_FIRST: tuple[Outcome, ...] = ("unknown", "error", "not_failed", "not_found", "already_sent")


def dry_run_report(plan: RetryPlan) -> RetryReport:
    """Show what a call would send, and suggest that call."""
    return _report(plan, {}, [], [*_real_calls(plan), *_unread_call(plan)], dry_run=True, left=plan.later)


def declined_report(plan: RetryPlan) -> RetryReport:
    """Show that the user did not agree."""
    outcomes = {"declined": len(plan.to_send)}
    return _report(plan, outcomes, [], [], "The user did not agree; nothing was sent.", dry_run=False, left=plan.later)


def selection_report(
    plan: RetryPlan, rows: Mapping[str, RetryRow], not_handled: Sequence[FailedJob], why: str
) -> RetryReport:
    """Show what became of the jobs that were to be sent.

    ``rows`` has the outcome of each job by its id; nothing was sent for those ``not_handled``, and another call may.
    ``why`` they were not, as a sentence.
    """
    outcomes = Counter(row.outcome for row in rows.values())
    calls = [*_rest_call(plan, not_handled), *_wait_call(plan, outcomes["accepted"])]
    shown = [row for row in rows.values() if row.outcome != "accepted"]
    renamed = sum(row.outcome == "accepted" and row.detail is not None for row in rows.values())
    new_ids = f"Writer runs {renamed:,} of the accepted retries under new ids." if renamed else ""
    return _report(plan, outcomes, shown, calls, why, new_ids, dry_run=False, left=len(not_handled) + plan.later)


def _report(
    plan: RetryPlan,
    outcomes: Mapping[str, int],
    rows: list[RetryRow],
    calls: list[NextCall],
    *sentences: str,
    dry_run: bool,
    left: int,
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
        left=left or None,
        message=join_words(*sentences, *_remarks(plan)) or None,
        next=calls or None,
        **group_fields(plan.groups),
    )


def _remarks(plan: RetryPlan) -> list[str]:
    remarks: list[str] = []
    if before := plan.sent_before:
        remarks.append(
            f"For {before:,} of the jobs to retry, a retry was attempted more than 10 minutes before, and the failure "
            "looked unchanged."
        )
    if left_out := plan.left_out:
        jobs = pluralize(left_out, "failed job")
        remarks.append(
            f"Left out: {jobs} not among the failures that this call was suggested for; a new dry run selects them."
        )
    return [*remarks, plan.doubt]


def _recently_sent(each: RecentlySent) -> RetryRow:
    sent = each.sent
    at, end = format_timestamp(sent.sent_at), format_timestamp(sent.cooldown_end)
    what = "Writer accepted it" if sent.is_accepted else "whether the job was started is not known"
    again = " It has failed again since." if each.has_failed_again else ""
    detail = f"A retry was attempted at {at}: {what}.{again} It is not sent again before {end}."
    return retry_row(each.job.id, "failed", "already_sent", detail)


def _real_calls(plan: RetryPlan) -> list[NextCall]:
    """Suggest the call that sends what this dry run would have sent, and the one that sends more at once."""
    if not plan.to_send:
        return []
    unfixed = sum(len(group.jobs) for group in plan.groups if group.cause.retry == "after_a_fix")
    call = plan.suggested_call()
    calls = _call(call, plan.max_jobs, why_retry(len(plan.to_send), unfixed))
    if plan.later and plan.max_jobs < MOST_RETRIED:
        ready = len(plan.to_send) + plan.later
        at_once = min(ready, MOST_RETRIED)
        which = f"all {ready:,}" if at_once == ready else f"{at_once:,} of the {ready:,}"
        calls += _call(call, at_once, f"retry {which} at once, once the user agrees")
    return calls


def _rest_call(plan: RetryPlan, not_handled: Sequence[FailedJob]) -> list[NextCall]:
    call = plan.call_for_rest(not_handled)
    if call is None:
        return _unread_call(plan)
    return _call(call, plan.max_jobs, "the jobs that are left, once the user agrees")


def _unread_call(plan: RetryPlan) -> list[NextCall]:
    call = plan.call_for_unread()
    return _call(call, plan.max_jobs, "a dry run for the failed jobs that were not read", dry_run=True) if call else []


def _call(call: RetryCall, max_jobs: int, why: str, *, dry_run: bool = False) -> list[NextCall]:
    arguments = window_arguments(call.application_id, call.since, call.until)
    arguments |= Selection(call.like, call.category, call.contains).arguments()
    arguments |= {"max_jobs": max_jobs} if max_jobs != DEFAULT_MAX_RETRIED else {}
    return _if_usable(SuggestedCall("retry_jobs", {**arguments, "dry_run": dry_run}, why))


def _wait_call(plan: RetryPlan, accepted: int) -> list[NextCall]:
    arguments = {"application_id": plan.application.id}
    wait = SuggestedCall("wait_for_jobs", arguments, "until the retried jobs have finished")
    return _if_usable(wait) if accepted else []


def _if_usable(call: SuggestedCall) -> list[NextCall]:
    return [NextCall.of(call)] if can_be_made(call) else []
