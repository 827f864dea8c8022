"""Sends the retries of a selection: a few at a time, in step with Writer's rate limit."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import anyio
from mcp.server.mcpserver import Context

from writer_jobs_mcp.context import App
from writer_jobs_mcp.deadlines import MIN_ATTEMPT, REREAD_RESERVE, RETRY_RESERVE, scope_with_reserve
from writer_jobs_mcp.errors import (
    BudgetExceeded,
    Forbidden,
    KeyRejected,
    MissingKey,
    RateLimited,
    Unavailable,
    UncertainRetry,
    WriterError,
)
from writer_jobs_mcp.results.retry import RetryReport, RetryRow, retry_row
from writer_jobs_mcp.results.retry_selected import selection_report
from writer_jobs_mcp.tools.send_retry import JOB_CHANGED, Attempt, send_retry
from writer_jobs_mcp.triage.error_text import error_text
from writer_jobs_mcp.triage.read_failed import read_failed_jobs
from writer_jobs_mcp.triage.report import Window
from writer_jobs_mcp.triage.retry_plan import RetryPlan
from writer_jobs_mcp.triage.select_failed import FailedJob
from writer_jobs_mcp.triage.span import just_after
from writer_jobs_mcp.worker_threads import run_in_worker

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job

_STOPPING = (RateLimited, KeyRejected, MissingKey, Forbidden, Unavailable, BudgetExceeded)
"""Errors that the other jobs would end in as well; nothing was started."""
_MAX_UNCERTAIN = 10  # retries in a row without a clear response, after which no more are sent
_FIRST_WAIT, _LONGEST_WAIT = 0.25, 8.0  # seconds after a 429, if Writer asks for less; the first is doubled each time

_NO_LONGER_FAILED = "It is no longer among the failed jobs; nothing was sent."
_SENT_MEANWHILE = "A retry of this id, in this or another spelling, was sent meanwhile; nothing more was sent."
_TIME_UP = "The time for this call ended before all were sent."
_UNCLEAR = (
    f"No more were sent: Writer gave no clear response to {_MAX_UNCERTAIN} retries in a row. Look at some of those "
    "jobs (get_job_error) first."
)


class SelectionRetry:
    """The sending of one plan, and the outcome so far of each job."""

    def __init__(self, ctx: Context[App], plan: RetryPlan, *, was_asked: bool) -> None:
        """Begin with nothing sent. ``was_asked``: whether a user was asked, and the states have to be read again."""
        self._ctx, self._app = ctx, ctx.request_context.lifespan_context
        self._client, self._sent = self._app.client, self._app.sent_retries
        self._plan, self._was_asked = plan, was_asked
        self._rows: dict[str, RetryRow] = {}
        self._handled = 0
        self._not_read = ""  # why some jobs were not sent although others were, as a sentence
        self._stopped_by = ""  # why no more jobs are sent, as a sentence
        self._stop = anyio.Event()
        self._pause = _Pause()
        self._uncertain = 0  # retries in a row without a clear response

    async def run(self) -> RetryReport:
        """Send what may be sent within the call budget, and report it."""
        plan = self._plan
        with await scope_with_reserve(RETRY_RESERVE):
            jobs = await self._still_failed() if self._was_asked else plan.to_send
            for group in plan.groups:
                self._remember_error(group.jobs[0])
            queue = iter(jobs)
            async with anyio.create_task_group() as tasks:
                for _ in range(min(len(jobs), self._client.concurrency)):
                    tasks.start_soon(self._send_from, queue)
        not_handled = [job for job in plan.to_send if job.id not in self._rows]
        why = (" ".join(filter(None, [self._not_read, self._stopped_by])) or _TIME_UP) if not_handled else ""
        if first := plan.first_left(not_handled):
            self._remember_error(first)  # the example of the suggested call
        if call := plan.call_for_rest(not_handled):
            self._app.dry_runs.remember(call, plan.failures)
        return selection_report(plan, self._rows, not_handled, why)

    def _remember_error(self, job: FailedJob) -> None:
        if self._app.known_errors.get(job.id) is None:
            self._app.known_errors.remember(job.id, job.error)

    async def _still_failed(self) -> Sequence[FailedJob]:
        """Read by pages which jobs still have the failure that the user was asked about; note what became of others."""
        jobs, failures, is_complete = self._plan.to_send, None, False
        with await scope_with_reserve(REREAD_RESERVE):
            try:
                failures, is_complete = await self._read_failures(jobs)
            except WriterError as exc:
                self._not_read = f"The jobs could not be read again before they were sent. {exc}"
        if failures is None:
            self._not_read = self._not_read or _TIME_UP
            return []
        unchanged = await run_in_worker(
            lambda: {job.id for job in jobs if (now := failures.get(job.id)) and now.is_same_as(job)}
        )
        for job in jobs:
            if job.id not in failures and is_complete:
                self._rows[job.id] = retry_row(job.id, None, "not_failed", _NO_LONGER_FAILED)
            elif job.id in failures and job.id not in unchanged:
                self._rows[job.id] = retry_row(job.id, "failed", "error", JOB_CHANGED)
        return [job for job in jobs if job.id in unchanged]

    async def _read_failures(self, jobs: Sequence[FailedJob]) -> tuple[dict[str, FailedJob], bool]:
        """Return those of these jobs that are failed now, by their ids, and whether all could be read."""
        created = [job.created_at for job in jobs]
        window, ids = Window(min(created), just_after(max(created))), frozenset(job.id for job in jobs)
        now, application_id = self._app.clock(), self._plan.application.id
        current, (_, coverage, _) = await read_failed_jobs(
            self._client, application_id, window, now, lambda: _CurrentFailures(ids), with_older=False
        )
        if not coverage.complete:
            self._not_read = f"Some jobs could not be read again before they were sent. {coverage.why_incomplete}"
        return current.jobs, coverage.complete

    async def _send_from(self, queue: Iterator[FailedJob]) -> None:
        """Send one job after another; several of these take from one queue, so that no more are sent than wait for one.

        A job that has its turn counts as sent for other calls, so it must not have to wait for long.
        """
        for job in queue:
            if self._stop.is_set():
                return
            await self._retry(job)
            await self._report_progress()

    async def _report_progress(self) -> None:
        self._handled += 1
        done, of, read = self._handled, len(self._plan.to_send), self._plan.jobs_read
        # The number of a progress never falls, and the client was told how many jobs were read.
        await self._ctx.report_progress(read + done, read + of, f"handled {done:,} of {of:,} jobs")

    async def _retry(self, job: FailedJob) -> None:
        async with self._sent.lock(job.id):
            last = self._sent.find_last(job.id)
            if last and self._sent.is_in_cooldown(last):
                self._rows[job.id] = retry_row(job.id, "failed", "already_sent", _SENT_MEANWHILE)
                return
            while True:
                await self._pause.wait(self._stop)
                if self._stop.is_set():
                    return
                attempt = await send_retry(
                    self._client, self._sent, job, lambda new: self._note(job, new), was_asked=self._was_asked
                )
                if not (isinstance(attempt.error, RateLimited) and self._pause.extend(attempt.error.retry_after)):
                    self._go_on_after(attempt)
                    return

    def _note(self, job: FailedJob, attempt: Attempt) -> None:
        was_nothing_sent = not attempt.may_have_started and (
            attempt.error is None or isinstance(attempt.error, _STOPPING)
        )
        if was_nothing_sent:
            self._rows.pop(job.id, None)
        else:
            self._rows[job.id] = retry_row(job.id, "failed", attempt.outcome, attempt.detail)

    def _go_on_after(self, attempt: Attempt) -> None:
        """Decide whether other jobs may be sent after this one."""
        if isinstance(attempt.error, BudgetExceeded):
            self._stop_sending(_TIME_UP)
        elif isinstance(attempt.error, _STOPPING):
            self._stop_sending(f"No more were sent. {attempt.error}")
        elif not isinstance(attempt.error, UncertainRetry):
            self._uncertain = 0
            self._pause.end()
        else:
            self._uncertain += 1
            if self._uncertain >= _MAX_UNCERTAIN:
                self._stop_sending(_UNCLEAR)

    def _stop_sending(self, why: str) -> None:
        self._stopped_by = self._stopped_by or why
        self._stop.set()


class _Pause:
    """When the next retry may be sent, after Writer has answered 429."""

    def __init__(self) -> None:
        self._until = 0.0  # on anyio's clock
        self._in_a_row = 0

    def extend(self, asked: float | None) -> bool:
        """Wait as long as Writer asks; return False if the time for this call does not allow it."""
        now = anyio.current_time()
        if now >= self._until:  # the others were sent before this pause began
            self._in_a_row += 1
        until = now + max(asked or 0, min(_FIRST_WAIT * 2 ** min(self._in_a_row, 9), _LONGEST_WAIT))
        if until + MIN_ATTEMPT >= anyio.current_effective_deadline():
            return False
        self._until = max(self._until, until)
        return True

    def end(self) -> None:
        """Note a clear response: the next wait is short again."""
        self._in_a_row = 0

    async def wait(self, stop: anyio.Event) -> None:
        """Wait until the next retry may be sent, or none may."""
        with anyio.CancelScope(deadline=self._until):
            await stop.wait()


class _CurrentFailures:
    """The failures of these jobs as they are now."""

    def __init__(self, ids: frozenset[str]) -> None:
        self._ids = ids
        self.jobs: dict[str, FailedJob] = {}

    def add(self, job: "Job") -> None:
        """Take a failed job."""
        if job.id in self._ids:
            self.jobs[job.id] = FailedJob.from_job(job, error_text(job))
