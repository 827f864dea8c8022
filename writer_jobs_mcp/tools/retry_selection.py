"""Retries the failed jobs that a call selects: read by pages, sent in step with Writer's rate limit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import anyio
from mcp.server.mcpserver import Context

from writer_jobs_mcp.client.sent_retries import Failure
from writer_jobs_mcp.context import App
from writer_jobs_mcp.deadlines import MIN_ATTEMPT, RETRY_RESERVE, scope_with_reserve, seconds_left
from writer_jobs_mcp.errors import (
    BudgetExceeded,
    Forbidden,
    InvalidArguments,
    KeyRejected,
    MissingKey,
    RateLimited,
    Unavailable,
    UncertainRetry,
    WriterError,
)
from writer_jobs_mcp.failures import Category
from writer_jobs_mcp.results.retry import RetryReport, RetryRow, retry_row
from writer_jobs_mcp.results.retry_selected import selection_report
from writer_jobs_mcp.tools.selection import select
from writer_jobs_mcp.tools.send_retry import Attempt, send_retry
from writer_jobs_mcp.tools.window import parse_window
from writer_jobs_mcp.triage.read_failed import read_failed_jobs
from writer_jobs_mcp.triage.report import Window
from writer_jobs_mcp.triage.retry_plan import RetryPlan, plan_retry
from writer_jobs_mcp.triage.select_failed import FailedJob, Selection

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job

_STOPPING = (RateLimited, KeyRejected, MissingKey, Forbidden, Unavailable, BudgetExceeded)
"""Errors that the other jobs would end in as well; nothing was sent."""
_MAX_UNCERTAIN = 10  # retries in a row without a clear response, after which no more are sent
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0  # seconds after a 429, if Writer asks for less

_NO_LONGER_FAILED = "It is no longer among the failed jobs; nothing was sent."
_FAILED_ANEW = "It was run and failed again since it was selected; nothing was sent."
_SENT_MEANWHILE = "Another call has just sent it; it was not sent again."
_TIME_UP = "The time for this call ended before all were sent."


class SelectionArguments(NamedTuple):
    """The arguments of a call that selects its jobs."""

    application_id: str
    since: datetime | timedelta | None
    until: datetime | timedelta | None
    like: str | None
    category: Category | None
    contains: str | None
    max_jobs: int


def check_arguments(job_ids: Sequence[str] | None, arguments: SelectionArguments | None) -> None:
    """Check that a call says which jobs it means, in one way.

    Raises:
        InvalidArguments: It says nothing, or contradicts itself, or means every job that ever failed.
    """
    if (job_ids is None) == (arguments is None):
        raise InvalidArguments(
            "retry_jobs takes either job_ids, or application_id with since, like, category or contains.", "Pass one."
        )
    if arguments and not any(arguments[1:2] + arguments[3:6]):
        raise InvalidArguments(
            "Every failed job of the application would be selected.", "Pass since, like, category or contains as well."
        )


async def make_plan(ctx: Context[App], arguments: SelectionArguments) -> RetryPlan:
    """Read and select the jobs, and decide which of them this call sends.

    Raises:
        InvalidArguments: The window or the example is not valid.
        WriterError: Writer could not be asked.
    """
    app = ctx.request_context.lifespan_context
    now = app.clock()
    window = parse_window(arguments.since, arguments.until, now)
    selection = Selection(arguments.like, arguments.category, arguments.contains)
    selected, application = await select(ctx, arguments.application_id, window, now, selection)
    return plan_retry(selected, application, window.since, selection, arguments.max_jobs, app.sent_retries)


class SelectionRetry:
    """The sending of one plan, and the outcome so far of each job."""

    def __init__(self, ctx: Context[App], plan: RetryPlan, *, was_asked: bool) -> None:
        """Begin with nothing sent. ``was_asked``: whether a user was asked, and the states have to be read again."""
        app = ctx.request_context.lifespan_context
        self._ctx, self._client, self._clock = ctx, app.client, app.clock
        self._sent, self._known_errors = app.sent_retries, app.known_errors
        self._plan, self._was_asked = plan, was_asked
        self._rows: dict[str, RetryRow] = {}
        self._stopped_by = ""  # why no more jobs are sent, as a sentence
        self._uncertain = 0  # retries in a row without a clear response
        self._rate_limited = 0  # times in a row

    async def run(self) -> RetryReport:
        """Send what may be sent within the call budget, and report it."""
        with await scope_with_reserve(RETRY_RESERVE) as scope:
            jobs = await self._still_failed() if self._was_asked else self._plan.to_send
            for group in self._plan.groups:
                self._remember_error(group.jobs[0])
            async with anyio.create_task_group() as tasks:
                for job in jobs:
                    tasks.start_soon(self._retry, job)
        if scope.cancelled_caught:
            self._stopped_by = self._stopped_by or _TIME_UP
        not_handled = {job.id for job in self._plan.to_send} - self._rows.keys()
        return selection_report(self._plan, self._rows, not_handled, self._stopped_by)

    def _remember_error(self, job: FailedJob) -> None:
        if self._known_errors.get(job.id) is None:
            self._known_errors.remember(job.id, job.error)

    async def _still_failed(self) -> list[FailedJob]:
        """Read by pages which jobs still have the failure that the user was asked about; note what became of others."""
        jobs, plan = self._plan.to_send, self._plan
        since, last = min(job.created_at for job in jobs), max(job.created_at for job in jobs)
        window = Window(since, last + timedelta.resolution)
        try:
            current, read = await read_failed_jobs(
                self._client, plan.application.id, window, self._clock(), _CurrentFailures, with_older=False
            )
        except WriterError as exc:
            self._stopped_by = f"The jobs could not be read again before they were sent, so nothing was sent. {exc}"
            return []
        still: list[FailedJob] = []
        for job in jobs:
            failure = current.failures.get(job.id)
            if failure is None and read.coverage.complete:
                self._rows[job.id] = retry_row(job.id, None, "not_failed", _NO_LONGER_FAILED)
            elif failure is None:
                self._stopped_by = f"Some jobs could not be read again. {read.coverage.why_incomplete}"
            elif failure.is_same_as(job.failure):
                still.append(job)
            else:
                self._rows[job.id] = retry_row(job.id, "failed", "error", _FAILED_ANEW)
        return still

    async def _retry(self, job: FailedJob) -> None:
        async with self._sent.lock(job.id):
            last = self._sent.find_last(job.id)
            if last and self._sent.is_in_cooldown(last):
                self._rows[job.id] = retry_row(job.id, "failed", "already_sent", _SENT_MEANWHILE)
                return
            while not self._stopped_by:
                attempt = await send_retry(
                    self._client, self._sent, job, lambda new: self._note(job, new), was_asked=self._was_asked
                )
                if not isinstance(attempt.error, RateLimited) or not await self._wait_for(attempt.error):
                    self._go_on_after(attempt)
                    break
        done = len(self._rows)
        await self._ctx.report_progress(done, len(self._plan.to_send), f"handled {done:,} jobs")

    def _note(self, job: FailedJob, attempt: Attempt) -> None:
        was_nothing_sent = not attempt.may_have_started and (
            attempt.error is None or isinstance(attempt.error, _STOPPING)
        )
        if was_nothing_sent:
            self._rows.pop(job.id, None)
        else:
            self._rows[job.id] = retry_row(job.id, "failed", attempt.outcome, attempt.detail)

    async def _wait_for(self, error: RateLimited) -> bool:
        """Wait as long as Writer asks; return False if the time for this call does not allow it."""
        self._rate_limited += 1
        backoff = min(_FIRST_WAIT * 2 ** (self._rate_limited - 1), _LONGEST_WAIT)
        wait = max(error.retry_after or 0, backoff)
        if wait + MIN_ATTEMPT >= seconds_left():
            return False
        await anyio.sleep(wait)
        return True

    def _go_on_after(self, attempt: Attempt) -> None:
        """Decide whether other jobs may be sent after this one."""
        if isinstance(attempt.error, _STOPPING):
            self._stopped_by = self._stopped_by or f"No more were sent. {attempt.error}"
        if isinstance(attempt.error, UncertainRetry):
            self._uncertain += 1
        elif attempt.outcome == "accepted":
            self._uncertain = self._rate_limited = 0
        if self._uncertain >= _MAX_UNCERTAIN:
            self._stopped_by = (
                f"No more were sent: Writer gave no clear response to {_MAX_UNCERTAIN} retries in a row. Look at some "
                "of those jobs (get_job_error) first."
            )


class _CurrentFailures:
    """The failures of jobs as they are now."""

    def __init__(self) -> None:
        self.failures: dict[str, Failure] = {}

    def add(self, job: "Job") -> None:
        """Take a failed job."""
        self.failures[job.id] = Failure.of(job)
