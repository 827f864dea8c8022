"""The tool that changes something: it retries failed jobs, each once and never on doubt."""

from typing import TYPE_CHECKING, Annotated

import anyio
from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp_types import CallToolResult, ClientCapabilities
from pydantic import BaseModel, Field

from writer_jobs_mcp import views
from writer_jobs_mcp.deadlines import all_but
from writer_jobs_mcp.errors import DoubtfulRetry, NotFound, WriterError
from writer_jobs_mcp.ids import shown_id
from writer_jobs_mcp.text import preview, quoted
from writer_jobs_mcp.tools.answering import App, answer
from writer_jobs_mcp.tools.arguments import JobIds
from writer_jobs_mcp.views.form import count

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient

_RESERVE = 0.1  # of the time that is left: what became of a job that was sent must be told, however busy the machine
_CUT_OFF = (
    "The time for one call was over: it may have been started. Look at the job (get_job_error) before you retry it."
)
_TOO_LATE = "The time for one call was over before Writer had answered; nothing was sent. Call again."
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
    client = ctx.request_context.lifespan_context.client
    agreed = isinstance(consent, AcceptedElicitation) and consent.data.retry
    rows: dict[str, views.RetryRow] = {}

    async def deal_with(job_id: str) -> None:
        rows[job_id] = await _retry(client, job_id, dry_run=dry_run, agreed=agreed)

    ids = list(dict.fromkeys(job_ids))
    with await all_but(_RESERVE):
        async with anyio.create_task_group() as tasks:
            for job_id in ids:
                tasks.start_soon(deal_with, job_id)
    outcome, detail = ("unknown", _CUT_OFF) if agreed and not dry_run else ("error", _TOO_LATE)
    for job_id in ids:
        if job_id not in rows:
            rows[job_id] = views.retry_row(job_id, None, outcome, detail)
    return answer(views.retry_report([rows[job_id] for job_id in ids], dry_run=dry_run))


_OUTCOMES: dict[type[WriterError], views.Outcome] = {NotFound: "not_found", DoubtfulRetry: "unknown"}


async def _retry(client: "WriterClient", job_id: str, *, dry_run: bool, agreed: bool) -> views.RetryRow:
    before = None
    try:
        before = (await client.get_job(job_id)).status
        if before != "failed":
            return views.retry_row(job_id, before, "not_failed")
        if dry_run:
            return views.retry_row(job_id, before, "would_retry")
        if not agreed:
            return views.retry_row(job_id, before, "declined", "The user did not agree; nothing was sent.")
        started = await client.retry_job(job_id)
    except WriterError as exc:
        return views.retry_row(job_id, before, _OUTCOMES.get(type(exc), "error"), str(exc))
    moved = f"It runs as job {quoted(shown_id(started))}." if started and started != job_id else None
    return views.retry_row(job_id, before, "accepted", moved)
