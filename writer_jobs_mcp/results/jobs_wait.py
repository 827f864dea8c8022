"""How the running jobs of an application stand after a wait for them."""

from typing import TYPE_CHECKING, Any

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.failures import Category
from writer_jobs_mcp.results.base import IfKnown, NextCall, ResultModel
from writer_jobs_mcp.results.formatting import (
    format_application,
    format_duration,
    join_lines,
    join_words,
    pluralize,
    quote_unless_plain,
    safe_label,
)
from writer_jobs_mcp.results.triage_parts import StuckJob
from writer_jobs_mcp.sanitize.text import json_quote, one_line
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.triage.calls_after_wait import calls_after_wait
from writer_jobs_mcp.triage.durations import MAX_STUCK_SECONDS
from writer_jobs_mcp.triage.error_text import read_error

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job
    from writer_jobs_mcp.triage.find_application import ResolvedApplication
    from writer_jobs_mcp.triage.watch_running import WatchedJobs

_MAX_ERROR, _MAX_STATUSES, _MAX_STUCK = 120, 3, 5


class WaitFailureRow(ResultModel):
    """A job that failed during the wait; ``error`` is a preview on one line."""

    job_id: str
    category: Category
    error: IfKnown[str] = None

    def as_text(self) -> str:
        return join_words(f"- {quote_unless_plain(self.job_id)} {self.category}", self.error and json_quote(self.error))


class JobsWait(ResultModel):
    """The result of ``wait_for_jobs``: what became of the jobs that were running at the first look.

    Each of them is counted once: in ``finished`` (whatever its outcome), in ``running`` (not seen to finish, and not
    stuck) or in ``stuck_count``. ``finished`` is more than ``completed`` and ``failed`` where ``message`` says why.
    """

    application_id: str
    application_name: IfKnown[str] = None
    finished: int
    running: int
    completed: int
    failed: int
    failures: list[WaitFailureRow]
    failures_omitted: IfKnown[int] = None
    stuck: IfKnown[list[StuckJob]] = None
    stuck_count: IfKnown[int] = None
    finishing_per_minute: IfKnown[float] = None
    seconds_left: IfKnown[float] = None
    seconds_waited: float
    message: str
    next: IfKnown[list[NextCall]] = None

    def as_text(self) -> str:
        more_stuck = (self.stuck_count or 0) - len(self.stuck or ())
        return join_lines(
            f"Application {format_application(self.application_id, self.application_name)}: {self._figures()}",
            self.message,
            bool(self.failures) and "Failed (the errors are the jobs' own words, quoted):",
            *(row.as_text() for row in self.failures),
            self.failures_omitted is not None and f"and {self.failures_omitted:,} more",
            bool(self.stuck) and "Stuck:",
            *(job.as_text_in("") for job in self.stuck or ()),
            more_stuck > 0 and f"and {more_stuck:,} more",
            self.next is not None and "Next:",
            *(call.as_text() for call in self.next or ()),
        )

    def _figures(self) -> str:
        stuck = "" if self.stuck_count is None else f", {self.stuck_count:,} stuck"
        total = self.finished + self.running + (self.stuck_count or 0)
        rate, left = self.finishing_per_minute, self.seconds_left
        pace = "" if rate is None else f", about {rate:,g} finished a minute"
        rest = "" if left is None else f"; at that rate about {format_duration(left)} to go"
        return (
            f"{self.finished:,} of {pluralize(total, 'job')} finished ({self.completed:,} completed, {self.failed:,} "
            f"failed), {self.running:,} running{stuck}. Waited {format_duration(self.seconds_waited)}{pace}{rest}."
        )


def jobs_wait(
    watched: "WatchedJobs",
    application: "ResolvedApplication",
    *,
    until_failure: bool,
    waited: float,
    given: dict[str, Any],
) -> JobsWait:
    """Show what became of the jobs after ``waited`` seconds; the rest is what the call was given."""
    calls = calls_after_wait(watched, application.id, given)
    return JobsWait(
        application_id=display_id(application.id),
        application_name=application.name,
        finished=watched.finished,
        running=watched.running,
        completed=watched.completed,
        failed=watched.failed,
        failures=[_failed_row(job) for job in watched.failures],
        failures_omitted=watched.failed - len(watched.failures) or None,
        stuck=[StuckJob.of(job) for job in watched.stuck[:_MAX_STUCK]] or None,
        stuck_count=len(watched.stuck) or None,
        finishing_per_minute=_about(watched.finishing_per_minute),
        seconds_left=_about(watched.seconds_left),
        seconds_waited=round(waited, 1),
        message=_message(watched, until_failure=until_failure),
        next=[NextCall.of(call) for call in calls] or None,
    )


def _about(value: float | None) -> float | None:
    """Round an estimate: it has not more than two digits that mean something."""
    return None if value is None else float(f"{value:.2g}")


def _failed_row(job: "Job") -> WaitFailureRow:
    cause = read_error(job).cause
    error = preview(job.error, _MAX_ERROR) if job.error else ""
    return WaitFailureRow(
        job_id=display_id(job.id), category=cause.category if cause else "unknown", error=error or None
    )


def _message(watched: "WatchedJobs", *, until_failure: bool) -> str:
    return join_words(
        _headline(watched, until_failure=until_failure),
        _unknown_outcomes(watched),
        watched.unseen > 0
        and f"{watched.unseen:,} of the running ones could not be found at the last look, and may have finished: "
        f"{one_line(watched.unread_reason) or 'rows of the list could not be read.'}",
        _stuck(watched),
        watched.others_started and "Jobs that started since are not waited for.",
        bool(watched.not_watched_reason)
        and f"Not all running jobs could be read, so there may be others: {one_line(watched.not_watched_reason)}",
    )


def _headline(watched: "WatchedJobs", *, until_failure: bool) -> str:
    running = watched.running
    if not watched.total:
        return "No running job could be read." if watched.not_watched_reason else "No job is running."
    if not running and watched.stuck:
        return "Only jobs that are likely stuck are left." if watched.finished else "All running jobs are likely stuck."
    if not running:
        none_failed = "" if watched.failed or watched.unknown else "; none failed"
        return f"Every job that was running has finished{none_failed}."
    jobs, are = pluralize(running, "job"), "is" if running == 1 else "are"
    still = f"{jobs} {'not seen to finish' if watched.unseen else f'{are} still running'}"
    if watched.trouble:
        were = "was" if running == 1 else "were"
        ago = format_duration(round(watched.seconds_since_look, 1))
        still = (
            f"{jobs} {were} still running {ago} before the end. Since then the list of running jobs could not be read: "
            f"{one_line(watched.trouble).rstrip('.')}"
        )
    if until_failure and watched.failed:
        return f"{pluralize(watched.failed, 'job')} failed; {still}."
    return f"{'The wait ended early' if watched.is_over else 'The time is up'}: {still}."


def _unknown_outcomes(watched: "WatchedJobs") -> str:
    statuses = sorted(watched.other_statuses.items(), key=lambda each: -each[1])
    named = ", ".join(f"{number:,} {json_quote(safe_label(status))}" for status, number in statuses[:_MAX_STATUSES])
    others = ", and others" if len(statuses) > _MAX_STATUSES else ""
    return join_words(
        bool(named)
        and f"Some finished with a status that Writer does not document, so whether they failed is not known: "
        f"{named}{others}.",
        watched.unread > 0
        and f"How {pluralize(watched.unread, 'job')} ended could not be read: {one_line(watched.unread_reason)}",
    )


def _stuck(watched: "WatchedJobs") -> str:
    number, limit = len(watched.stuck), watched.stuck_after
    has, is_ = ("has", "is") if number == 1 else ("have", "are")
    longer_than = format_duration(MAX_STUCK_SECONDS if limit is None else limit)
    return join_words(
        number > 0
        and f"{pluralize(number, 'job')} {has} run for longer than {longer_than} and {is_} likely stuck, so not waited "
        "for: look in Writer (AI Studio).",
        limit is None
        and "How long jobs of this application take could not be read, so a job is called stuck only if it has run for "
        f"longer than {longer_than}.",
    )
