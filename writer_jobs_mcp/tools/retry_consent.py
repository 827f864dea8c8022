"""Ask the user before failed jobs are retried: one question, only about jobs that failed."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import anyio
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp_types import ClientCapabilities
from pydantic import BaseModel, Field

from writer_jobs_mcp import failures
from writer_jobs_mcp.client.ids import display_id, is_usable_id
from writer_jobs_mcp.client.sent_retries import Failure, is_same_id, job_key
from writer_jobs_mcp.deadlines import NAMES_RESERVE, QUESTION_RESERVE, scope_with_reserve
from writer_jobs_mcp.errors import BudgetExceeded, WriterError
from writer_jobs_mcp.results.formatting import pluralize
from writer_jobs_mcp.sanitize.text import json_quote, preview
from writer_jobs_mcp.tools.result import App
from writer_jobs_mcp.triage.error_text import error_text
from writer_jobs_mcp.triage.find_job import try_get_application
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job

_MAX_QUESTIONS = 100
_MAX_QUESTION_LENGTH = 600
_MAX_CAUSES = 3


class Consent(BaseModel):
    """What the user is asked before a job is retried."""

    retry: bool = Field(description="Start these jobs again")


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A failure of a job that the user is asked about."""

    id: str
    application_id: str
    failure: Failure
    error: str
    """Cleaned; empty where Writer gives no error text."""

    @classmethod
    def from_job(cls, job: "Job") -> "FailedJob":
        """Describe a failed job; cleaning a long error takes milliseconds."""
        return cls(job.id, job.application_id, Failure.of(job), error_text(job))

    def is_same_as(self, other: "FailedJob") -> bool:
        """Whether both are the same failure with the same error, ids and numbers in it aside."""
        if not is_same_id(self.id, other.id) or not self.failure.is_same_as(other.failure):
            return False
        if self.error == other.error:
            return True
        return bool(self.error and other.error) and len(failures.group_failures([self.error, other.error])) == 1


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the user, and the failed jobs that it is about, by the ids that the call gave."""

    ids: tuple[str, ...]
    """All ids of the call."""
    base_text: str
    jobs: Mapping[str, FailedJob]
    earlier: int = 0
    """How many questions of the same wording were put before for these ids, about other failures."""

    @property
    def text(self) -> str:
        """What the user reads; no two questions about other failures of the same ids read the same.

        The SDK knows by its text to which question an answer belongs.
        """
        if not self.earlier:
            return self.base_text
        times = "once" if self.earlier == 1 else f"{self.earlier} times"
        return f"{self.base_text} You were asked {times} before, about other failures."

    def covers(self, failed: Mapping[str, FailedJob]) -> bool:
        """Whether it is about these failures, and perhaps about others too."""
        return all(job_id in self.jobs and self.jobs[job_id].is_same_as(job) for job_id, job in failed.items())

    def is_about_the_same(self, other: "Question") -> bool:
        """Whether both are about the same failures, as far as their times tell."""
        return self.jobs.keys() == other.jobs.keys() and all(
            job.failure.is_same_as(other.jobs[job_id].failure) for job_id, job in self.jobs.items()
        )


@dataclass(slots=True)
class RetryPreview:
    """The state of the jobs of a call before the user is asked."""

    jobs: dict[str, "Job"] = field(default_factory=dict[str, "Job"])
    """By the ids that the call gave."""
    errors: dict[str, WriterError] = field(default_factory=dict[str, WriterError])
    """Why an id could not be read; an id in neither was not read in time."""
    question: Question | None = None
    """None where no job failed that may be sent."""


def supports_forms(capabilities: ClientCapabilities | None) -> bool:
    """Whether the client can show the user a form."""
    elicitation = capabilities.elicitation if capabilities else None
    # Without a mode named, forms are meant: older clients know no other.
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


async def preview_retry(ctx: Context[App], job_ids: list[str], dry_run: bool) -> RetryPreview | None:
    """Read the state of each job and prepare the question; None where the user is not asked.

    From protocol revision 2026-07-28 on, the client makes the call again with the answer, so this runs twice. As long
    as no job fails in another way than before, the question is then the one that the user has answered; otherwise the
    SDK discards the answer and puts the new question.
    """
    if dry_run or not supports_forms(ctx.client_capabilities):
        return None
    app, ids = ctx.request_context.lifespan_context, tuple(dict.fromkeys(job_ids))
    look = RetryPreview()
    with await scope_with_reserve(QUESTION_RESERVE):
        async with anyio.create_task_group() as tasks:
            for job_id in ids:
                tasks.start_soon(_read_job, app.client, job_id, look)
    may_be_sent = {job_id: job for job_id in ids if (job := look.jobs.get(job_id)) and _may_be_sent(app, job, job_id)}
    if not may_be_sent:
        return look
    failed = await run_in_worker(lambda: _describe_failures(may_be_sent))
    asked = [each for each in reversed(app.questions) if each.ids == ids] if ctx.input_responses is not None else []
    look.question = await run_in_worker(lambda: next((each for each in asked if each.covers(failed)), None))
    if look.question is None:
        wording = await _write_question(app.client, failed)
        # Other jobs of the call may have failed meanwhile in the same way: the answer is about those of the question.
        look.question = next((each for each in asked if each.base_text == wording), None)
        look.question = look.question or _remember(app.questions, Question(ids, wording, failed))
    return look


def _remember(questions: list[Question], new: Question) -> Question:
    """Remember a question, in the place of one about the same failures, and count those that would read the same."""
    alike = [each for each in questions if (each.ids, each.base_text) == (new.ids, new.base_text)]
    same = next((each for each in alike if each.is_about_the_same(new)), None)
    if same:
        questions.remove(same)
    earlier = same.earlier if same else max((each.earlier + 1 for each in alike), default=0)
    questions.append(replace(new, earlier=earlier))
    del questions[:-_MAX_QUESTIONS]
    return questions[-1]


def ask_user(preview: Annotated[RetryPreview | None, Resolve(preview_retry)]) -> Consent | Elicit[Consent]:
    """Put the question, if there is one."""
    return Elicit(preview.question.text, Consent) if preview and preview.question else Consent(retry=True)


async def _read_job(client: "WriterClient", job_id: str, look: RetryPreview) -> None:
    try:
        look.jobs[job_id] = await client.get_job(job_id)
    except BudgetExceeded:
        return
    except WriterError as exc:
        look.errors[job_id] = exc


def _may_be_sent(app: App, job: "Job", job_id: str) -> bool:
    if job.status != "failed" or not (is_same_id(job.id, job_id) or is_usable_id(job.id)):
        return False
    earlier = app.sent_retries.find_earlier(job)
    return earlier is None or not app.sent_retries.is_held(earlier)


def _describe_failures(jobs: Mapping[str, "Job"]) -> dict[str, FailedJob]:
    described: dict[str, FailedJob] = {}
    for job_id, job in jobs.items():
        check_cancelled()
        described[job_id] = FailedJob.from_job(job)
    return described


# The question ---------------------------------------------------------------------------------------------------------

# How many applications and errors are shown, and how many characters of each: the first that fits.
_DETAIL_LEVELS = ((3, 3, 60, 100), (3, 3, 40, 60), (3, 2, 30, 40), (2, 1, 20, 30), (1, 1, 20, 20))


async def _write_question(client: "WriterClient", failed: Mapping[str, FailedJob]) -> str:
    jobs = list(_distinct(failed.values()))
    by_application = Counter(job.application_id for job in jobs)
    names: dict[str, str] = {}

    async def read_name(application_id: str) -> None:
        application = await try_get_application(client, application_id)
        if application and application.name:
            names[application_id] = application.name

    with await scope_with_reserve(NAMES_RESERVE):
        async with anyio.create_task_group() as tasks:
            for application_id, _ in by_application.most_common(_DETAIL_LEVELS[0][0]):
                tasks.start_soon(read_name, application_id)
    return await run_in_worker(lambda: question_text(jobs, names, check_cancelled))


def _distinct(jobs: Iterable[FailedJob]) -> Iterable[FailedJob]:
    """Each job once, though several ids of a call may lead to it."""
    seen: dict[str, list[FailedJob]] = {}
    for job in jobs:
        same_key = seen.setdefault(job_key(job.id), [])
        if not any(other.id == job.id or other.failure.is_same_as(job.failure) for other in same_key):
            same_key.append(job)
            yield job


def question_text(jobs: Sequence[FailedJob], names: Mapping[str, str], check: Callable[[], None] = lambda: None) -> str:
    """Ask whether to retry these jobs: how many, of which applications, why they failed, what their errors say.

    Args:
        jobs: Each failed job once.
        names: The names of their applications by id, where they are known.
        check: Called every few milliseconds; what it raises ends the work.
    """
    with_text = [job.error for job in jobs if job.error]
    groups = [
        (_common_text([with_text[member] for member in group.members], group.signature), group.count)
        for group in failures.group_failures(with_text)
    ]
    causes = _count_causes(jobs, check)
    text = ""
    for applications, errors, name_length, error_length in _DETAIL_LEVELS:

        def name(application_id: str, length: int = name_length) -> str:
            return json_quote(preview(names.get(application_id) or display_id(application_id), length))

        shown = [(json_quote(preview(words, error_length)), number) for words, number in groups[:errors]]
        text = f"{_describe_jobs(causes, name, applications)}? {_describe_errors(shown, len(jobs), len(with_text))}"
        if len(text) <= _MAX_QUESTION_LENGTH:
            break
    return text


def _common_text(errors: Sequence[str], signature: str) -> str:
    """Return an error's own words where all say exactly the same and it is no JSON, else what they have in common."""
    first = errors[0]
    return signature if first[0] in "{[" or any(error != first for error in errors) else first


def _count_causes(jobs: Sequence[FailedJob], check: Callable[[], None]) -> list[tuple[str, Counter[str]]]:
    """Count the causes of each application, the application with the most jobs first."""
    found: dict[str, Counter[str]] = {}
    for job in jobs:
        check()
        category = failures.classify_error(job.error).category if job.error else "unknown"
        found.setdefault(job.application_id, Counter())[category] += 1
    return sorted(found.items(), key=lambda item: -item[1].total())


def _describe_jobs(ordered: Sequence[tuple[str, Counter[str]]], name: Callable[[str], str], shown: int) -> str:
    whole = f"Retry {pluralize(sum(causes.total() for _, causes in ordered), 'failed job')}"
    if len(ordered) == 1:
        ((application_id, causes),) = ordered
        return f"{whole} of {name(application_id)} ({_describe_causes(causes)})"
    parts = [
        f"{causes.total()} of {name(application_id)} ({_describe_causes(causes)})" for application_id, causes in ordered
    ]
    if others := ordered[shown:]:
        number = sum(causes.total() for _, causes in others)
        parts[shown:] = [f"{number} of {pluralize(len(others), 'other application')}"]
    return f"{whole}: {', '.join(parts)}"


def _describe_causes(causes: Counter[str]) -> str:
    ordered = causes.most_common()
    if len(ordered) == 1:
        return _cause_name(ordered[0][0])
    parts = [f"{number} {_cause_name(category)}" for category, number in islice(ordered, _MAX_CAUSES)]
    others = sum(number for _, number in ordered[_MAX_CAUSES:])
    return ", ".join([*parts, f"{others} other"] if others else parts)


def _cause_name(category: str) -> str:
    return "unknown cause" if category == "unknown" else category


def _describe_errors(shown: Sequence[tuple[str, int]], jobs: int, with_text: int) -> str:
    if jobs == 1:
        return f"Its error says: {shown[0][0]}." if shown else "It has no error text."
    if not shown:
        return "None has an error text."
    sentences = ["Their errors say: " + ", ".join(f"{words} ({number})" for words, number in shown) + "."]
    if others := with_text - sum(number for _, number in shown):
        sentences.append(f"{others} other{'s say' if others > 1 else ' says'} something else.")
    if silent := jobs - with_text:
        sentences.append(f"{silent} {'have' if silent > 1 else 'has'} no error text.")
    return " ".join(sentences)
