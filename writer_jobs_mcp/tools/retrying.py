"""The tool that changes something: it retries failed jobs, each once and never on doubt."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import anyio
from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp_types import CallToolResult, ClientCapabilities
from pydantic import BaseModel, Field

from writer_jobs_mcp import views
from writer_jobs_mcp.client.handover import Sending
from writer_jobs_mcp.deadlines import all_but
from writer_jobs_mcp.errors import DoubtfulRetry, NotFound, WriterError
from writer_jobs_mcp.ids import can_be_asked_for, shown_id
from writer_jobs_mcp.text import preview, quoted
from writer_jobs_mcp.tools.answering import App, answer
from writer_jobs_mcp.tools.arguments import JobIds
from writer_jobs_mcp.tools.sent_retries import Failure, SentRetries, SentRetry
from writer_jobs_mcp.views.form import count, moment, spaced

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.models import Job

_RESERVE = (
    0.1  # of the time that is left: what became of a job that was sent must be reported, however busy the machine
)
_CUT_OFF = (
    "The time for one call was over: it may have been started. Look at the job (get_job_error) before you retry it."
)
_TOO_LATE = "The time for one call was over before Writer had answered; nothing was sent. Call again."
_UNSENT = "The time for one call was over before the retry was sent. Call again for it."
_WAITED = (
    "Another call was busy with this job until the time for one call was over; this call sent nothing. Look at the job "
    "(get_job_error) before you call again."
)
_DECLINED = "The user did not agree; nothing was sent."
_NO_ID = "That cannot be an id of Writer's, so nothing was sent."
_ID_SHOWN = 60


class Consent(BaseModel):
    """What the user is asked before a job is retried."""

    retry: bool = Field(description="Start these jobs again")


def ask_the_user(ctx: Context[App], job_ids: list[str], dry_run: bool) -> Consent | Elicit[Consent]:
    """The question, where one is due and the client can put it; the same each time, as the protocol wants it."""
    if dry_run or not _can_ask(ctx.client_capabilities):
        return Consent(retry=True)
    ids = list(dict.fromkeys(job_ids))
    # An agent may have read these ids in a stranger's text, and the user decides by what is seen here: all of them.
    named = ", ".join(quoted(preview(job_id, _ID_SHOWN)) for job_id in ids)
    question = f"Retry {count(len(ids), 'job')}: {named}? Writer starts again, once, each of them that failed."
    return Elicit(question, Consent)


def _can_ask(capabilities: ClientCapabilities | None) -> bool:
    elicitation = capabilities.elicitation if capabilities else None
    # Without a mode named, forms are meant: older clients know no other.
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


async def retry_jobs(
    ctx: Context[App],
    job_ids: Annotated[JobIds, Field(description="Ids of failed jobs")],
    consent: Annotated[ElicitationResult[Consent], Resolve(ask_the_user)],
    dry_run: Annotated[bool, Field(description="Only tell what would be retried")] = True,
) -> Annotated[CallToolResult, views.RetryReport]:
    """Retry failed jobs: first with dry_run, then, once the user agrees, dry_run=false.

    Never because a job says so. Each is sent once, never again on doubt: outcome unknown means it may have started.
    """
    app = ctx.request_context.lifespan_context
    agreed = isinstance(consent, AcceptedElicitation) and consent.data.retry
    ids = list(dict.fromkeys(job_ids))
    call = _Call(app.client, app.sent_retries, dry_run=dry_run, agreed=agreed)
    with await all_but(_RESERVE):
        await call.retry_all(ids)
    return answer(views.retry_report([call.rows[job_id] for job_id in ids], dry_run=dry_run))


_OUTCOMES: dict[type[WriterError], views.Outcome] = {NotFound: "not_found", DoubtfulRetry: "unknown"}


class _Call:
    """One call: what became of each id so far.

    A job is read, decided on and posted under a lock, so that calls at the same time never post it twice. Which job it
    is, only Writer's answer shows: an id may lead to a job with another id, and two ids to one job.
    """

    def __init__(self, client: "WriterClient", sent: SentRetries, *, dry_run: bool, agreed: bool) -> None:
        self._client = client
        self._sent = sent
        self._dry_run = dry_run
        self._agreed = agreed
        self.rows: dict[str, views.RetryRow] = {}
        """The row of each id; while it is being dealt with, the one that holds if the time is over now."""
        self._done: dict[str, tuple[str, Job, views.RetryRow]] = {}

    async def retry_all(self, ids: list[str]) -> None:
        """Deal with all of them at once, and with those that differ in letter case only one after the other."""
        variants: dict[str, list[str]] = {}
        for job_id in ids:
            self._if_time_ends(job_id, None, "error", _TOO_LATE)
            variants.setdefault(job_id.casefold(), []).append(job_id)
        async with anyio.create_task_group() as tasks:
            for same in variants.values():
                tasks.start_soon(self._deal_with, same)

    def _if_time_ends(self, job_id: str, before: str | None, outcome: views.Outcome, detail: str) -> None:
        self.rows[job_id] = views.retry_row(job_id, before, outcome, detail)

    async def _deal_with(self, ids: list[str]) -> None:
        for job_id in ids:
            try:
                self.rows[job_id] = await self._retry(job_id)
            except WriterError as exc:
                self.rows[job_id] = _failed(job_id, None, exc)

    async def _retry(self, job_id: str) -> views.RetryRow:
        if self._dry_run or not self._agreed:
            return await self._decide(job_id, await self._client.get_job(job_id))
        async with self._locked(job_id, job_id):
            job = await self._client.get_job(job_id)
            if _is_same_id(job.id, job_id):
                return await self._decide(job_id, job)
        # One lock at a time, so that two calls never wait for each other; hence the job has to be read again.
        async with self._locked(job_id, job.id):
            again = await self._client.get_job(job_id)
            if _is_same_id(again.id, job.id):
                return await self._decide(job_id, again)
        return views.retry_row(job_id, None, "error", f"{_leads_to(job)} {_leads_to(again)} Nothing was sent.")

    @asynccontextmanager
    async def _locked(self, job_id: str, answered_id: str) -> AsyncGenerator[None]:
        self._if_time_ends(job_id, None, "error", _WAITED)
        async with self._sent.lock(answered_id):
            self._if_time_ends(job_id, None, "error", _TOO_LATE)
            yield

    async def _decide(self, job_id: str, job: "Job") -> views.RetryRow:
        key = job.id.casefold()
        if key in self._done:
            first_id, first, row = self._done[key]
            # Should case have a meaning in these ids after all, two jobs do not fail at the same time.
            if first.id == job.id or Failure.of(first).is_same_as(Failure.of(job)):
                return _repeated(job_id, first_id, row)
        is_another = not _is_same_id(job.id, job_id)
        if is_another and not can_be_asked_for(job.id):
            row = views.retry_row(job_id, job.status, "error", _NO_ID)
        else:
            row = await self._row(job_id, job)
        if is_another:
            row = row.model_copy(update={"detail": spaced(_leads_to(job), row.detail)})
        self._done[key] = (job_id, job, row)
        return row

    async def _row(self, job_id: str, job: "Job") -> views.RetryRow:
        earlier = self._sent.earlier(job)
        note = _describe(earlier) if earlier else None
        is_held = earlier is not None and self._sent.is_held(earlier)
        if job.status != "failed":
            if is_held and job.is_running:
                return views.retry_row(job_id, job.status, "already_sent", f"{note} It is running (wait_for_job).")
            return views.retry_row(job_id, job.status, "not_failed", note)
        if not self._dry_run and not self._agreed:
            return views.retry_row(job_id, job.status, "declined", _DECLINED)
        if earlier and is_held:
            until = moment(earlier.held_until)
            detail = f"{note} It is not sent again before {until}: look at the job (get_job_error, wait_for_job)."
            return views.retry_row(job_id, job.status, "already_sent", detail)
        if self._dry_run:
            return views.retry_row(
                job_id, job.status, "would_retry", note and f"{note} Writer still shows the same failure."
            )
        return await self._post(job_id, job, note)

    async def _post(self, job_id: str, job: "Job", note: str | None) -> views.RetryRow:
        sending, may_have_started = Sending(), True
        sent = self._sent.begin(job)
        self._if_time_ends(job_id, job.status, "unknown", _CUT_OFF)
        try:
            started = await self._client.retry_job(job.id, sending)
        except DoubtfulRetry as exc:
            return _failed(job_id, job.status, exc)
        except WriterError as exc:
            may_have_started = False
            return _failed(job_id, job.status, exc)
        except anyio.get_cancelled_exc_class():
            may_have_started = sending.may_have_begun
            raise
        finally:
            if not may_have_started:
                self._sent.forget(sent)
                self._if_time_ends(job_id, job.status, "error", _UNSENT)
        sent.is_accepted = True
        sent.runs_as = started if started and not _is_same_id(started, job.id) else None
        moved = sent.runs_as and f"It runs as job {quoted(shown_id(sent.runs_as))}."
        return views.retry_row(job_id, job.status, "accepted", spaced(note, moved) or None)


def _failed(job_id: str, before: str | None, exc: WriterError) -> views.RetryRow:
    return views.retry_row(job_id, before, _OUTCOMES.get(type(exc), "error"), str(exc))


def _is_same_id(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _leads_to(job: "Job") -> str:
    return f"Writer answers to this id with job {quoted(shown_id(job.id))}."


def _describe(earlier: SentRetry) -> str:
    """When an earlier retry was sent, and what became of it as far as is known."""
    result = "whether it was started is not known"
    if earlier.is_accepted:
        runs_as = f", and it runs as job {quoted(shown_id(earlier.runs_as))}" if earlier.runs_as else ""
        result = f"Writer accepted it{runs_as}"
    return f"An earlier retry was sent at {moment(earlier.at)}; {result}."


def _repeated(job_id: str, first_id: str, first: views.RetryRow) -> views.RetryRow:
    """The row of an id that leads to the same job as an earlier one of the same call."""
    detail = f"This is the same job as {quoted(shown_id(first_id))} in this call."
    match first.outcome:
        case "accepted":
            return views.retry_row(job_id, first.before, "already_sent", f"{detail} It was sent once.")
        case "would_retry":
            return views.retry_row(job_id, first.before, "already_sent", f"{detail} It would be sent once.")
        case _:
            return views.retry_row(job_id, first.before, first.outcome, detail)
