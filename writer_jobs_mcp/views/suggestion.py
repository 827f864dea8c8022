"""What is worth asking next: complete calls of tools that exist, the most telling first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from writer_jobs_mcp.ids import can_be_asked_for
from writer_jobs_mcp.scan import Coverage
from writer_jobs_mcp.text import quoted
from writer_jobs_mcp.triage import Report, Window
from writer_jobs_mcp.views.form import View, moment

_SUGGESTIONS = 3
_MOST_JOBS = 1_000_000


class NextCall(View):
    """A call worth making next."""

    tool: str
    arguments: dict[str, Any]
    why: str

    def as_text(self) -> str:
        said = ", ".join(f"{name}={quoted(value)}" for name, value in self.arguments.items())
        return f"- {self.tool}({said}): {self.why}"


@dataclass(frozen=True, slots=True)
class Asked:
    """The call that a report answers."""

    application_id: str
    window: Window
    now: datetime
    max_jobs: int
    offers_retry: bool
    """Whether the server has a tool to retry jobs."""


def next_calls(report: Report, coverage: Coverage, asked: Asked) -> list[NextCall]:
    """At most three calls, with no id in them that is not what it shows."""
    return list(islice(filter(_can_be_made, _calls(report, coverage, asked)), _SUGGESTIONS))


def _can_be_made(call: NextCall) -> bool:
    given = call.arguments
    ids = [given.get("application_id"), given.get("job_id"), *given.get("job_ids", ())]
    return all(can_be_asked_for(each) for each in ids if each is not None)


def _calls(report: Report, coverage: Coverage, asked: Asked) -> Iterator[NextCall]:
    if not coverage.reached(asked.window.since) and (call := _read_on(coverage, asked)):
        yield call
    yield from _explain(report, asked.application_id)
    retryable = [group for group in report.failures if group.cause and group.cause.retry == "worth_it"]
    if retryable and asked.offers_retry:
        arguments = {"job_ids": list(retryable[0].newest), "dry_run": True}
        yield NextCall(tool="retry_jobs", arguments=arguments, why="their cause may have passed")
    if report.stuck_count > len(report.stuck):
        arguments = {"application_id": asked.application_id, "status": "in_progress"}
        yield NextCall(tool="list_application_jobs", arguments=arguments, why="the other stuck jobs")


def _explain(report: Report, application_id: str) -> Iterator[NextCall]:
    """The whole error of the group that is new or rising, else of the largest."""
    spoken = [group for group in report.failures if group.example]
    for group in sorted(spoken, key=lambda group: (group.trend != "new", group.trend != "rising"))[:1]:
        which = f"a {group.trend} group" if group.trend in {"new", "rising"} else "the largest group"
        arguments = {"job_id": group.newest[0], "application_id": application_id}
        yield NextCall(tool="get_job_error", arguments=arguments, why=f"the whole error of {which}")


def _read_on(coverage: Coverage, asked: Asked) -> NextCall | None:
    arguments: dict[str, Any] = {"application_id": asked.application_id}
    arguments |= {"since": moment(asked.window.since)} if asked.window.since else {}
    arguments |= {"until": moment(asked.window.until)} if asked.window.until else {}
    match coverage.stopped_by:
        case "max_jobs":
            arguments["max_jobs"] = min(max(coverage.total or 0, asked.max_jobs * 4), _MOST_JOBS)
            why = "read the jobs that max_jobs left out"
        case "time_budget" if coverage.read_back_to is not None and coverage.read_back_to < asked.now:
            # Every scan begins at the newest job, so what was not read is out of reach; half of what was is not.
            arguments["since"] = moment(asked.now - (asked.now - coverage.read_back_to) / 2)
            why = "a window short enough to be read whole, with its trend"
        case "upstream_error":
            why = "try again; Writer did not answer to the end"
        case _:
            return None
    return NextCall(tool="triage_application_jobs", arguments=arguments, why=why)
