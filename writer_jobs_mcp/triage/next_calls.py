"""Which calls are worth making after a triage: complete calls of tools that exist, the most useful first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from writer_jobs_mcp.client.ids import is_usable_id
from writer_jobs_mcp.triage.failed_groups import FailedGroup
from writer_jobs_mcp.triage.find_application import ResolvedApplication
from writer_jobs_mcp.triage.gather import Gathered
from writer_jobs_mcp.triage.report import Report, Window
from writer_jobs_mcp.triage.timestamps import format_exact_timestamp, format_timestamp

DEFAULT_MAX_JOBS = 5_000  # that one call reads

_MAX_CALLS = 3
_MAX_JOBS = 1_000_000


@dataclass(frozen=True, slots=True)
class TriageRequest:
    """The call that a report answers."""

    application: ResolvedApplication
    window: Window
    now: datetime
    max_jobs: int
    offers_retry: bool  # whether the server has a tool to retry jobs
    assumed_utc: tuple[str, ...] = ()  # the arguments that gave a time without a time zone, which was read as UTC


class SuggestedCall(NamedTuple):
    """A tool call worth making next."""

    tool: str
    arguments: dict[str, Any]
    why: str


def next_calls(
    report: Report, shown: Sequence[FailedGroup], gathered: Gathered, request: TriageRequest
) -> list[SuggestedCall]:
    """Suggest at most three calls; they name only jobs of the ``shown`` groups."""
    return list(islice(filter(_can_be_made, _calls(report, shown, gathered, request)), _MAX_CALLS))


def _can_be_made(call: SuggestedCall) -> bool:
    given = call.arguments
    ids = [given.get("application_id"), given.get("job_id"), *given.get("job_ids", ())]
    return all(is_usable_id(each) for each in ids if each is not None)


def _calls(
    report: Report, shown: Sequence[FailedGroup], gathered: Gathered, request: TriageRequest
) -> Iterator[SuggestedCall]:
    application_id = request.application.id
    if not gathered.coverage.reached(request.window.since) and (call := _continue_call(report, gathered, request)):
        yield call
    yield from _explain(shown, application_id)
    retryable = [group for group in shown if group.cause and group.cause.retry == "worth_it"]
    if retryable and request.offers_retry:
        arguments = {"job_ids": list(retryable[0].newest_ids), "dry_run": True}
        yield SuggestedCall("retry_jobs", arguments, "the cause may have been temporary")
    if report.stuck_count > len(report.stuck):
        arguments = {"application_id": application_id, "status": "in_progress"}
        yield SuggestedCall("list_application_jobs", arguments, "the other stuck jobs")


def _explain(shown: Sequence[FailedGroup], application_id: str) -> Iterator[SuggestedCall]:
    """Suggest to read the whole error of the group that is new or rising, or else of the largest."""
    with_text = [group for group in shown if group.has_text]
    for group in sorted(with_text, key=lambda group: (group.trend != "new", group.trend != "rising"))[:1]:
        which = f"a {group.trend} group" if group.trend in {"new", "rising"} else "the largest group"
        arguments = {"job_id": group.newest_ids[0], "application_id": application_id}
        yield SuggestedCall("get_job_error", arguments, f"the whole error of {which}")


def _continue_call(report: Report, gathered: Gathered, request: TriageRequest) -> SuggestedCall | None:
    """Suggest the call that reads the rest or, if it is not known where that begins, reads the window again."""
    coverage, window = gathered.coverage, request.window
    until, back_to, max_jobs = coverage.continue_until, coverage.oldest_rounded_up, request.max_jobs
    if until and back_to and _contains(window, until, request.now):
        rest = "the rest, which Writer did not return" if coverage.stopped_by == "upstream_error" else "the rest"
        why = (
            f"{rest}: jobs created before {format_timestamp(back_to)}; counts, by_category and equal signatures add up"
        )
    elif coverage.stopped_by == "upstream_error" and (window.until is None or report.jobs):
        until, why = window.until, "try again: Writer did not return all jobs"
    elif coverage.stopped_by == "max_jobs" and max_jobs < _MAX_JOBS:
        # Nothing says how far back the jobs go that were read, so the next call has to read them as well.
        until, why, max_jobs = window.until, "reads more jobs", min(coverage.jobs_read + max_jobs, _MAX_JOBS)
    else:
        return None
    arguments: dict[str, Any] = {"application_id": request.application.id}
    arguments |= {"since": format_exact_timestamp(window.since)} if window.since else {}
    arguments |= {"until": format_exact_timestamp(until)} if until else {}
    arguments |= {"max_jobs": max_jobs} if max_jobs != DEFAULT_MAX_JOBS else {}
    return SuggestedCall("triage_application_jobs", arguments, why)


def _contains(window: Window, moment: datetime, now: datetime) -> bool:
    return moment < (window.until or now) and (window.since is None or moment > window.since)
