"""Asks the user before ``retry_jobs`` sends anything: one question, only about jobs that failed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
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
from writer_jobs_mcp.failures import Category
from writer_jobs_mcp.results.formatting import pluralize
from writer_jobs_mcp.results.retry_question import MAX_APPLICATIONS, Question, distinct_jobs, question_text
from writer_jobs_mcp.tools.retry_selection import SelectionArguments, check_arguments, make_plan
from writer_jobs_mcp.triage.error_text import error_text
from writer_jobs_mcp.triage.find_application import try_get_application
from writer_jobs_mcp.triage.retry_plan import RetryPlan
from writer_jobs_mcp.triage.select_failed import FailedJob
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job

_MAX_QUESTIONS = 20  # each holds its jobs


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
    plan: RetryPlan | None = None
    """Of a call that selects its jobs."""
    error: WriterError | None = None
    """Why the jobs could not be selected."""

    def get_plan(self) -> RetryPlan:
        """Return the plan of a call that selects its jobs.

        Raises:
            WriterError: The jobs could not be selected.
        """
        if self.plan is None:
            raise self.error or BudgetExceeded("The jobs were not read; nothing was sent.", "Call again.")
        return self.plan


def supports_forms(capabilities: ClientCapabilities | None) -> bool:
    """Return True if the client can show the user a form."""
    elicitation = capabilities.elicitation if capabilities else None
    # Older clients name no mode, and support only forms.
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


async def preview_retry(
    ctx: Context[App],
    job_ids: list[str] | None,
    application_id: str | None,
    since: datetime | timedelta | None,
    until: datetime | timedelta | None,
    like: str | None,
    category: Category | None,
    contains: str | None,
    max_jobs: int,
    dry_run: bool,
) -> RetryPreview | None:
    """Read the jobs and prepare the question; return None if the user is not asked.

    From protocol revision 2026-07-28 on, the client repeats the call with the answer, so this runs twice. For the same
    failures it returns the question that the user has answered; otherwise a new one, for which the SDK discards the
    answer.
    """
    if dry_run or not supports_forms(ctx.client_capabilities):
        return None
    arguments = SelectionArguments(application_id, since, until, like, category, contains or None, max_jobs)
    try:
        check_arguments(job_ids, arguments)
        if job_ids is not None:
            return await _preview_ids(ctx, tuple(dict.fromkeys(job_ids)))
        return await _preview_selection(ctx, arguments)
    except WriterError as exc:
        return RetryPreview(error=exc)


async def _preview_ids(ctx: Context[App], ids: tuple[str, ...]) -> RetryPreview:
    app, preview = ctx.request_context.lifespan_context, RetryPreview()
    with await scope_with_reserve(QUESTION_RESERVE):
        async with anyio.create_task_group() as tasks:
            for job_id in ids:
                tasks.start_soon(_read_job, app.client, job_id, preview)
    jobs = {job_id: job for job_id in ids if (job := preview.jobs.get(job_id)) and _may_be_sent(app, job, job_id)}
    if not jobs:
        return preview
    failed = await run_in_worker(lambda: _describe_failures(jobs))
    asked = _asked_by(ctx, ids)
    preview.question = await run_in_worker(lambda: next((each for each in asked if each.covers(failed)), None))
    if preview.question is None:
        text = await _write_question(app.client, failed.values())
        # Other jobs may have failed in the same way meanwhile: the answer still covers only those of the question.
        preview.question = next((each for each in asked if each.base_text == text), None)
        preview.question = preview.question or _remember(app.questions, Question(ids, text, failed))
    return preview


async def _preview_selection(ctx: Context[App], arguments: SelectionArguments) -> RetryPreview:
    """Select the jobs to ask about; a repeated call is about those of its question, since the window has moved."""
    app, asked = ctx.request_context.lifespan_context, _asked_by(ctx, arguments)
    if asked:
        return RetryPreview(question=asked[0], plan=asked[0].plan)
    plan = await make_plan(ctx, arguments, dry_run=False)
    if not plan.to_send:
        return RetryPreview(plan=plan)
    text = await _write_question(app.client, plan.to_send)
    text += f" {pluralize(plan.later, 'more failed job')} would be left for later." if plan.later else ""
    failed = {job.id: job for job in plan.to_send}
    return RetryPreview(question=_remember(app.questions, Question(arguments, text, failed, plan)), plan=plan)


def _asked_by(ctx: Context[App], call: tuple[object, ...]) -> list[Question]:
    """Return the questions of the same call, the last one first, if the client repeats it with an answer."""
    if ctx.input_responses is None:
        return []
    return [each for each in reversed(ctx.request_context.lifespan_context.questions) if each.asked_by == call]


def _remember(questions: list[Question], new: Question) -> Question:
    """Remember a question instead of one about the same failures; count those with the same text before it."""
    same_text = [each for each in questions if (each.asked_by, each.base_text) == (new.asked_by, new.base_text)]
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
        described[job_id] = FailedJob.from_job(job, error_text(job))
    return described


async def _write_question(client: "WriterClient", failed: Iterable[FailedJob]) -> str:
    jobs = list(distinct_jobs(failed))
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
