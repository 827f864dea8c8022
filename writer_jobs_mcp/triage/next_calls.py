"""Which calls are worth making after a triage: complete calls of tools that exist, the most useful first."""

from collections.abc import Callable, Iterator, Sequence
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

DEFAULT_MAX_JOBS = 5_000  # that one call of a triage reads
DEFAULT_MAX_RETRIED, MOST_RETRIED = 50, 200  # jobs of a selection that one call retries

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
    return list(islice(filter(can_be_made, _calls(report, shown, gathered, request)), _MAX_CALLS))


def can_be_made(call: SuggestedCall) -> bool:
    """Return whether the tools take the ids of a call."""
    given = call.arguments
    ids = [given[name] for name in ("application_id", "job_id", "like") if name in given]
    return all(map(is_usable_id, ids))


def window_arguments(application_id: str, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """Return the arguments of a call about a window of an application; None is not given."""
    times = {"since": since, "until": until}
    return {"application_id": application_id} | {
        name: format_exact_timestamp(when) for name, when in times.items() if when is not None
    }


def explain_call(shown: Sequence[FailedGroup], application_of: Callable[[FailedGroup], str]) -> Iterator[SuggestedCall]:
    """Suggest to read the whole error of the group that is new or rising, or else of the largest."""
    with_text = [group for group in shown if group.has_text]
    for group in sorted(with_text, key=lambda group: (group.trend != "new", group.trend != "rising", -group.count))[:1]:
        which = f"a {group.trend} group" if group.trend in {"new", "rising"} else "the largest group"
        arguments = {"job_id": group.newest_ids[0], "application_id": application_of(group)}
        yield SuggestedCall("get_job_error", arguments, f"the whole error of {which}")


def _calls(
    report: Report, shown: Sequence[FailedGroup], gathered: Gathered, request: TriageRequest
) -> Iterator[SuggestedCall]:
    application_id = request.application.id
    if not gathered.coverage.reached(request.window.since) and (call := _continue_call(report, gathered, request)):
        yield call
    yield from explain_call(shown, lambda _: application_id)
    retryable = [group for group in shown if group.cause.retry == "worth_it"]
    if retryable and request.offers_retry:
        yield _retry_call(retryable[0], request)
    if report.stuck_count > len(report.stuck):
        arguments = {"application_id": application_id, "status": "in_progress"}
        yield SuggestedCall("list_application_jobs", arguments, "the other stuck jobs")


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
    arguments = window_arguments(request.application.id, window.since, until)
    arguments |= {"max_jobs": max_jobs} if max_jobs != DEFAULT_MAX_JOBS else {}
    return SuggestedCall("triage_application_jobs", arguments, why)


def _retry_call(group: FailedGroup, request: TriageRequest) -> SuggestedCall:
    arguments = window_arguments(request.application.id, *request.window) | {"like": group.newest_ids[0]}
    if group.count > DEFAULT_MAX_RETRIED:
        arguments |= {"max_jobs": min(group.count, MOST_RETRIED)}
    jobs = "job" if group.count == 1 else f"{group.count:,} jobs"
    return SuggestedCall("retry_jobs", arguments, f"a dry run for the {jobs} of a group whose cause may be temporary")


def _contains(window: Window, moment: datetime, now: datetime) -> bool:
    return moment < (window.until or now) and (window.since is None or moment > window.since)
