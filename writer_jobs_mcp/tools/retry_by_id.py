"""Retries the jobs whose ids a call gives: each is read by itself, checked and sent."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from writer_jobs_mcp.client.ids import display_id, is_usable_id
from writer_jobs_mcp.client.sent_retries import Failure, SentRetry, is_same_id, job_key
from writer_jobs_mcp.context import App
from writer_jobs_mcp.errors import BudgetExceeded, WriterError
from writer_jobs_mcp.results.formatting import join_words
from writer_jobs_mcp.results.retry import Outcome, RetryRow, retry_row
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.tools.retry_consent import RetryPreview
from writer_jobs_mcp.tools.send_retry import JOB_CHANGED, Attempt, outcome_of, send_retry
from writer_jobs_mcp.triage.error_text import error_text
from writer_jobs_mcp.triage.select_failed import FailedJob
from writer_jobs_mcp.triage.timestamps import format_timestamp
from writer_jobs_mcp.worker_threads import run_in_worker

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job

_TIME_UP_BEFORE_START = "The time for this call ended before this job was handled; nothing was sent for it. Call again."
_TIME_UP_WHILE_WAITING = (
    "Another call was retrying this job, and the time for this call ended before the job was handled; nothing was sent "
    "for it. Look at the job (get_job_error) before you call again."
)
_DECLINED = "The user did not agree; nothing was sent."
_UNUSABLE_ID = "This server cannot use that id in a request, so nothing was sent. Report it."


class RetryById:
    """One call, and the result so far for each id.

    A job is read, checked and posted under a lock, so that concurrent calls never post it twice. Only Writer's response
    shows which job an id belongs to: Writer may return a job with another id, and the same job for two ids.
    """

    def __init__(self, app: App, preview: RetryPreview | None, *, dry_run: bool, agreed: bool) -> None:
        """Begin with no result; ``preview`` is None if the user was not asked, and then ``agreed`` is true."""
        self._client, self._sent, self._known_errors = app.client, app.sent_retries, app.known_errors
        self._preview = preview
        self._asked_about: Mapping[str, FailedJob] = preview.question.jobs if preview and preview.question else {}
        """The failures that the user was asked about, if the user was asked."""
        self._dry_run = dry_run
        self._agreed = agreed
        self._rows: dict[str, RetryRow] = {}
        """The row of each id; while the id is handled, the row to report if the time ends now."""
        self._may_have_started: dict[str, str] = {}
        """The ids whose retry was sent, or may have been, each with the id of its job."""
        self._handled: dict[str, tuple[str, Job, RetryRow]] = {}
        self.failed: dict[str, FailedJob] = {}
        """The failed jobs that were sent, or that a dry run would send, by their ids as displayed."""

    async def retry_all(self, ids: list[str]) -> None:
        """Handle all ids concurrently, but different spellings of one id one after the other."""
        variants: dict[str, list[str]] = {}
        for job_id in ids:
            variants.setdefault(job_key(job_id), []).append(job_id)
        async with anyio.create_task_group() as tasks:
            for same in variants.values():
                tasks.start_soon(self._retry_spellings, same)

    def row(self, job_id: str) -> RetryRow:
        """Return the row of an id, even if the time ended before it was handled."""
        if job_id in self._rows:
            return self._rows[job_id]
        first_id = self._first_that_may_have_started(job_id)
        return retry_row(job_id, None, "error", _not_handled(first_id) if first_id else _TIME_UP_BEFORE_START)

    def _set_provisional_row(self, job_id: str, before: str | None, outcome: Outcome, detail: str | None) -> None:
        self._rows[job_id] = retry_row(job_id, before, outcome, detail)

    def _first_that_may_have_started(self, any_id: str) -> str | None:
        """Return the first id of this call under which a retry of the same job may have started."""
        started = self._may_have_started.items()
        return next((job_id for job_id, own_id in started if job_key(any_id) in _keys(job_id, own_id)), None)

    async def _retry_spellings(self, ids: list[str]) -> None:
        for job_id in ids:
            try:
                self._rows[job_id] = await self._retry(job_id)
            except BudgetExceeded as exc:
                # A row set meanwhile says more than that Writer did not respond in time.
                self._rows.setdefault(job_id, _error_row(job_id, None, exc))
            except WriterError as exc:
                self._rows[job_id] = _error_row(job_id, None, exc)

    async def _retry(self, job_id: str) -> RetryRow:
        if self._preview and (job_id not in self._asked_about or not self._agreed):
            return await self._row_without_consent(job_id, self._preview)
        if self._dry_run:
            return await self._handle(job_id, await self._client.get_job(job_id))
        async with self._locked(job_id, job_id):
            job = await self._client.get_job(job_id)
            if is_same_id(job.id, job_id):
                return await self._handle(job_id, job)
        # Hold one lock at a time, since two calls could deadlock otherwise; so read the job again.
        async with self._locked(job_id, job.id):
            again = await self._client.get_job(job_id)
            if is_same_id(again.id, job.id):
                return await self._handle(job_id, again)
        detail = (
            f"Writer returned job {json_quote(display_id(job.id))} for this id, then job "
            f"{json_quote(display_id(again.id))}, "
            "so nothing was sent. Pass the id of the job itself."
        )
        return retry_row(job_id, None, "error", detail)

    async def _row_without_consent(self, job_id: str, preview: RetryPreview) -> RetryRow:
        """Return the row of a job that the user was not asked about, or did not agree to retry."""
        if job_id in preview.jobs:
            return await self._handle(job_id, preview.jobs[job_id])
        if job_id in preview.errors:
            raise preview.errors[job_id]
        return retry_row(job_id, None, "error", _TIME_UP_BEFORE_START)

    @asynccontextmanager
    async def _locked(self, job_id: str, own_id: str) -> AsyncGenerator[None]:
        if self._sent.is_locked(own_id):
            self._set_provisional_row(job_id, None, "error", _TIME_UP_WHILE_WAITING)
        async with self._sent.lock(own_id):
            if first_id := self._first_that_may_have_started(own_id):
                self._set_provisional_row(job_id, None, "error", _not_handled(first_id))
            yield

    async def _handle(self, job_id: str, job: "Job") -> RetryRow:
        key = job_key(job.id)
        if key in self._handled:
            first_id, first, row = self._handled[key]
            # Letter case may matter in ids: two ids with different failures are two jobs.
            if first.id == job.id or Failure.of(first).is_same_as(Failure.of(job)):
                return _duplicate_row(job_id, first_id, row)
        is_another = not is_same_id(job.id, job_id)
        if is_another and not is_usable_id(job.id):
            row = retry_row(job_id, job.status, "error", _UNUSABLE_ID)
        else:
            row = await self._decide(job_id, job)
        self._handled[key] = (job_id, job, row)
        return (
            row.model_copy(update={"detail": join_words(_other_job_returned(job), row.detail)}) if is_another else row
        )

    async def _decide(self, job_id: str, job: "Job") -> RetryRow:
        earlier = self._sent.find_earlier(job)
        note = _describe_earlier_retry(earlier) if earlier else None
        is_in_cooldown = earlier is not None and self._sent.is_in_cooldown(earlier)
        if earlier and is_in_cooldown and (job.is_running or job.status == "failed"):
            return retry_row(job_id, job.status, "already_sent", f"{note} {_describe_cooldown(job, earlier)}")
        if job.status != "failed":
            return retry_row(job_id, job.status, "not_failed", note)
        if self._dry_run:
            await self._note_failed(job_id, job)
            return retry_row(job_id, job.status, "would_retry", note and f"{note} The failure looks unchanged.")
        if self._preview and not await self._was_asked_about(job_id, job):
            return retry_row(job_id, job.status, "error", JOB_CHANGED)
        if not self._agreed:
            return retry_row(job_id, job.status, "declined", _DECLINED)
        await self._note_failed(job_id, job)
        return await self._post(job_id, job, note)

    async def _note_failed(self, job_id: str, job: "Job") -> None:
        text = await run_in_worker(lambda: error_text(job)) if job.error else ""
        self.failed[display_id(job_id)] = FailedJob.from_job(job, text)
        self._known_errors.remember(job_id, text)

    async def _was_asked_about(self, job_id: str, job: "Job") -> bool:
        asked = self._asked_about.get(job_id)
        return asked is not None and await run_in_worker(
            lambda: asked.is_same_as(FailedJob.from_job(job, error_text(job)))
        )

    async def _post(self, job_id: str, job: "Job", note: str | None) -> RetryRow:
        def on_change(attempt: Attempt) -> None:
            if attempt.may_have_started:
                self._may_have_started[job_id] = job.id
            else:
                self._may_have_started.pop(job_id, None)
            self._set_provisional_row(job_id, job.status, attempt.outcome, attempt.detail)

        was_asked = self._preview is not None
        sent = await send_retry(self._client, self._sent, job, on_change, was_asked=was_asked)
        detail = join_words(note, sent.detail) if sent.outcome == "accepted" else sent.detail
        return retry_row(job_id, job.status, sent.outcome, detail or None)


def _error_row(job_id: str, before: str | None, exc: WriterError) -> RetryRow:
    return retry_row(job_id, before, outcome_of(exc), str(exc))


def _keys(*ids: str) -> set[str]:
    return {job_key(each) for each in ids}


def _not_handled(first_id: str) -> str:
    return (
        f"Not handled: the time for this call ended, and a retry of {json_quote(display_id(first_id))} may have "
        "started. Look at the job (get_job_error) first."
    )


def _other_job_returned(job: "Job") -> str:
    return f"Writer returned job {json_quote(display_id(job.id))} for this id."


def _describe_earlier_retry(earlier: SentRetry) -> str:
    """Say when an earlier retry was attempted, and what is known about its result."""
    result = "whether the job was started is not known"
    if earlier.is_accepted:
        runs_as = f", and it runs as job {json_quote(display_id(earlier.runs_as))}" if earlier.runs_as else ""
        result = f"Writer accepted it{runs_as}"
    return f"A retry was attempted at {format_timestamp(earlier.sent_at)}: {result}."


def _describe_cooldown(job: "Job", earlier: SentRetry) -> str:
    if job.is_running:
        return "The job is running: use wait_for_job."
    until = format_timestamp(earlier.cooldown_end)
    return f"It is not sent again before {until}: look at the job (get_job_error, wait_for_job)."


def _duplicate_row(job_id: str, first_id: str, first: RetryRow) -> RetryRow:
    """Return the row of an id for which Writer returned the same job as for an earlier id of this call."""
    detail = f"This is the same job as {json_quote(display_id(first_id))} in this call"
    match first.outcome:
        case "accepted":
            return retry_row(job_id, first.before, "already_sent", f"{detail}; it was sent once.")
        case "would_retry":
            return retry_row(job_id, first.before, "already_sent", f"{detail}; it would be sent once.")
        case _:
            return retry_row(job_id, first.before, first.outcome, join_words(f"{detail}.", first.detail))
