"""What is worth asking next: complete calls of tools that exist, the most telling first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from writer_jobs_mcp.client.ids import is_usable_id
from writer_jobs_mcp.results.base import ResultModel, format_timestamp
from writer_jobs_mcp.results.triage_coverage import read_back_to, until_for_unread_jobs
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.triage.find_application import ResolvedApplication
from writer_jobs_mcp.triage.gather import Gathered
from writer_jobs_mcp.triage.report import Report, Window

_SUGGESTIONS = 3
_MOST_JOBS = 1_000_000


class NextCall(ResultModel):
    """A call worth making next."""

    tool: str
    arguments: dict[str, Any]
    why: str

    def as_text(self) -> str:
        said = ", ".join(f"{name}={json_quote(value)}" for name, value in self.arguments.items())
        return f"- {self.tool}({said}): {self.why}"


@dataclass(frozen=True, slots=True)
class TriageRequest:
    """The call that a report answers."""

    application: ResolvedApplication
    window: Window
    now: datetime
    max_jobs: int
    offers_retry: bool
    """Whether the server has a tool to retry jobs."""
    assumed_utc: tuple[str, ...] = ()
    """The arguments that gave a time without a time zone, which was read as UTC."""


def next_calls(report: Report, gathered: Gathered, request: TriageRequest) -> list[NextCall]:
    """At most three calls, with no id in them that is not what it shows."""
    return list(islice(filter(_can_be_made, _calls(report, gathered, request)), _SUGGESTIONS))


def _can_be_made(call: NextCall) -> bool:
    given = call.arguments
    ids = [given.get("application_id"), given.get("job_id"), *given.get("job_ids", ())]
    return all(is_usable_id(each) for each in ids if each is not None)


def _calls(report: Report, gathered: Gathered, request: TriageRequest) -> Iterator[NextCall]:
    if not gathered.coverage.reached(request.window.since) and (call := _continue_call(gathered, request)):
        yield call
    yield from _explain(report, request.application.id)
    retryable = [group for group in report.failures if group.cause and group.cause.retry == "worth_it"]
    if retryable and request.offers_retry:
        arguments = {"job_ids": list(retryable[0].newest_ids), "dry_run": True}
        yield NextCall(tool="retry_jobs", arguments=arguments, why="the cause may have been temporary")
    if report.stuck_count > len(report.stuck):
        arguments = {"application_id": request.application.id, "status": "in_progress"}
        yield NextCall(tool="list_application_jobs", arguments=arguments, why="the other stuck jobs")


def _explain(report: Report, application_id: str) -> Iterator[NextCall]:
    """The whole error of the group that is new or rising, else of the largest."""
    with_text = [group for group in report.failures if group.has_text]
    for group in sorted(with_text, key=lambda group: (group.trend != "new", group.trend != "rising"))[:1]:
        which = f"a {group.trend} group" if group.trend in {"new", "rising"} else "the largest group"
        arguments = {"job_id": group.newest_ids[0], "application_id": application_id}
        yield NextCall(tool="get_job_error", arguments=arguments, why=f"the whole error of {which}")


def _continue_call(gathered: Gathered, request: TriageRequest) -> NextCall | None:
    """The call that goes on where this one stopped."""
    coverage, window = gathered.coverage, request.window
    arguments: dict[str, Any] = {"application_id": request.application.id}
    arguments |= {"since": format_timestamp(window.since)} if window.since else {}
    back_to = read_back_to(coverage)
    goes_on = coverage.oldest is not None and coverage.oldest < (window.until or request.now)
    if goes_on:
        arguments["until"] = until_for_unread_jobs(coverage)
    elif window.until:
        arguments["until"] = format_timestamp(window.until)
    # Each call reads from the newest job on, so it has to read more than this one did.
    if coverage.stopped_by == "max_jobs":
        arguments["max_jobs"] = min(coverage.jobs_read + request.max_jobs, _MOST_JOBS)
        if arguments["max_jobs"] <= request.max_jobs:
            return None
        why = f"the jobs created before {back_to}" if goes_on else "reads more jobs"
    elif coverage.stopped_by == "upstream_error":
        why = "the rest, which Writer did not return" if goes_on else "try again: Writer did not return all jobs"
    elif goes_on:
        why = f"the jobs created before {back_to}"
    else:
        return None
    return NextCall(tool="triage_application_jobs", arguments=arguments, why=why)
