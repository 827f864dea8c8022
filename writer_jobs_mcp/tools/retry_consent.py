"""Asks the user before ``retry_jobs`` sends anything: one question, only about jobs that failed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated

import anyio
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp_types import ClientCapabilities
from pydantic import BaseModel, Field

from writer_jobs_mcp.client.ids import is_usable_id
from writer_jobs_mcp.client.sent_retries import is_same_id
from writer_jobs_mcp.context import App
from writer_jobs_mcp.deadlines import NAMES_RESERVE, QUESTION_RESERVE, scope_with_reserve
from writer_jobs_mcp.errors import BudgetExceeded, WriterError
from writer_jobs_mcp.results.retry_question import MAX_APPLICATIONS, FailedJob, Question, distinct_jobs, question_text
from writer_jobs_mcp.triage.find_application import try_get_application
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job

_MAX_QUESTIONS = 100


class Consent(BaseModel):
    """What the user is asked before a job is retried."""

    retry: bool = Field(description="Start these jobs again")


@dataclass(slots=True)
class RetryPreview:
    """The jobs of a call as they were read before the user is asked."""

    jobs: dict[str, "Job"] = field(default_factory=dict[str, "Job"])
    """By the ids that the call gave."""
    errors: dict[str, WriterError] = field(default_factory=dict[str, WriterError])
    """Why an id could not be read; an id in neither was not read in time."""
    question: Question | None = None
    """None if no job can be retried."""


def supports_forms(capabilities: ClientCapabilities | None) -> bool:
    """Return True if the client can show the user a form."""
    elicitation = capabilities.elicitation if capabilities else None
    # Older clients name no mode, and support only forms.
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


async def preview_retry(ctx: Context[App], job_ids: list[str], dry_run: bool) -> RetryPreview | None:
    """Read each job and prepare the question; return None if the user is not asked.

    From protocol revision 2026-07-28 on, the client repeats the call with the answer, so this runs twice. If no job
    failed in another way meanwhile, it returns the question that the user has answered; otherwise a new one, for which
    the SDK discards the answer.
    """
    if dry_run or not supports_forms(ctx.client_capabilities):
        return None
    app, ids = ctx.request_context.lifespan_context, tuple(dict.fromkeys(job_ids))
    preview = RetryPreview()
    with await scope_with_reserve(QUESTION_RESERVE):
        async with anyio.create_task_group() as tasks:
            for job_id in ids:
                tasks.start_soon(_read_job, app.client, job_id, preview)
    jobs = {job_id: job for job_id in ids if (job := preview.jobs.get(job_id)) and _may_be_sent(app, job, job_id)}
    if not jobs:
        return preview
    failed = await run_in_worker(lambda: _describe_failures(jobs))
    asked = [each for each in reversed(app.questions) if each.ids == ids] if ctx.input_responses is not None else []
    preview.question = await run_in_worker(lambda: next((each for each in asked if each.covers(failed)), None))
    if preview.question is None:
        text = await _write_question(app.client, failed)
        # Other jobs may have failed in the same way meanwhile: the answer still covers only those of the question.
        preview.question = next((each for each in asked if each.base_text == text), None)
        preview.question = preview.question or _remember(app.questions, Question(ids, text, failed))
    return preview


def _remember(questions: list[Question], new: Question) -> Question:
    """Remember a question instead of one about the same failures; count those with the same text before it."""
    same_text = [each for each in questions if (each.ids, each.base_text) == (new.ids, new.base_text)]
    same = next((each for each in same_text if each.is_about_the_same(new)), None)
    if same:
        questions.remove(same)
    earlier = same.earlier if same else max((each.earlier + 1 for each in same_text), default=0)
    questions.append(replace(new, earlier=earlier))
    del questions[:-_MAX_QUESTIONS]
    return questions[-1]


def ask_user(preview: Annotated[RetryPreview | None, Resolve(preview_retry)]) -> Consent | Elicit[Consent]:
    """Ask the question, if there is one."""
    return Elicit(preview.question.text, Consent) if preview and preview.question else Consent(retry=True)


async def _read_job(client: "WriterClient", job_id: str, preview: RetryPreview) -> None:
    try:
        preview.jobs[job_id] = await client.get_job(job_id)
    except BudgetExceeded:
        return
    except WriterError as exc:
        preview.errors[job_id] = exc


def _may_be_sent(app: App, job: "Job", job_id: str) -> bool:
    if job.status != "failed" or not (is_same_id(job.id, job_id) or is_usable_id(job.id)):
        return False
    earlier = app.sent_retries.find_earlier(job)
    return earlier is None or not app.sent_retries.is_in_cooldown(earlier)


def _describe_failures(jobs: Mapping[str, "Job"]) -> dict[str, FailedJob]:
    described: dict[str, FailedJob] = {}
    for job_id, job in jobs.items():
        check_cancelled()
        described[job_id] = FailedJob.from_job(job)
    return described


async def _write_question(client: "WriterClient", failed: Mapping[str, FailedJob]) -> str:
    jobs = list(distinct_jobs(failed.values()))
    by_application = Counter(job.application_id for job in jobs)
    names: dict[str, str] = {}

    async def read_name(application_id: str) -> None:
        application = await try_get_application(client, application_id)
        if application and application.name:
            names[application_id] = application.name

    with await scope_with_reserve(NAMES_RESERVE):
        async with anyio.create_task_group() as tasks:
            for application_id, _ in by_application.most_common(MAX_APPLICATIONS):
                tasks.start_soon(read_name, application_id)
    return await run_in_worker(lambda: question_text(jobs, names, check_cancelled))
