"""Which calls are worth making after an overview of an account: complete calls of tools that exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from writer_jobs_mcp.triage.next_calls import SuggestedCall, can_be_made, explain_call, window_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from writer_jobs_mcp.triage.account_summary import AccountSummary
    from writer_jobs_mcp.triage.failed_groups import FailedGroup
    from writer_jobs_mcp.triage.report import Window


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """The call that an overview answers."""

    window: Window
    now: datetime
    assumed_utc: tuple[str, ...] = ()  # the arguments that gave a time without a time zone, which was read as UTC


def account_next_calls(
    summary: AccountSummary, shown: Sequence[FailedGroup], request: AccountRequest
) -> list[SuggestedCall]:
    """Suggest at most three calls, about the same window; they name only jobs of the ``shown`` groups."""
    return [call for call in _calls(summary, shown, request) if can_be_made(call)]


def _calls(summary: AccountSummary, shown: Sequence[FailedGroup], request: AccountRequest) -> Iterator[SuggestedCall]:
    worst = summary.applications[0] if summary.applications else None
    if worst and worst.failed:
        yield _triage(worst.id, request, "the application with the most failures")
    elif worst and worst.stuck:
        yield _triage(worst.id, request, "the application with the most stuck jobs")
    yield from explain_call(shown, lambda group: group.newest_application)
    others = [each.id for each in summary.skipped if worst is None or each.id != worst.id]
    uncounted = [each.id for each in summary.applications[1:] if each.is_whole and each.jobs is None]
    if others:
        yield _triage(others[0], request, "an application that was not read whole; likewise for the others")
    elif uncounted:
        yield _triage(uncounted[0], request, "an application whose jobs were not counted; likewise for the others")


def _triage(application_id: str, request: AccountRequest, why: str) -> SuggestedCall:
    since, until = request.window
    arguments = window_arguments(application_id, since, until or request.now)
    return SuggestedCall("triage_application_jobs", arguments, why)
