"""The question that a user is asked before jobs are retried: its text, and which failures it is about.

An answer is used only for the failures that it was given for.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from writer_jobs_mcp import failures
from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.client.sent_retries import job_key
from writer_jobs_mcp.results.formatting import pluralize
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.triage.retry_plan import RetryPlan
from writer_jobs_mcp.triage.select_failed import FailedJob

_MAX_LENGTH = 600
_MAX_CAUSES = 3
# How many applications and errors are shown, and how many characters of each: the first that fits.
_DETAIL_LEVELS = ((3, 3, 60, 100), (3, 3, 40, 60), (3, 2, 30, 40), (2, 1, 20, 30), (1, 1, 20, 20))
MAX_APPLICATIONS = _DETAIL_LEVELS[0][0]


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the user about failed jobs."""

    asked_by: tuple[object, ...]  # the arguments of the call that it belongs to
    base_text: str
    jobs: Mapping[str, FailedJob]  # the failed jobs, by the ids of the call
    plan: "RetryPlan | None" = None  # of a call that selects its jobs
    earlier: int = 0  # how many questions with the same base text were asked before by this call, about other failures

    @property
    def text(self) -> str:
        """What the user reads; it differs between questions of the same call about different failures.

        The SDK finds by this text the question that an answer belongs to.
        """
        if not self.earlier:
            return self.base_text
        times = "once" if self.earlier == 1 else f"{self.earlier} times"
        return f"{self.base_text} You were asked {times} before, about other failures."

    def covers(self, failed: Mapping[str, FailedJob]) -> bool:
        """Return True if it asks about all of these failures; it may ask about more."""
        return all(job_id in self.jobs and self.jobs[job_id].is_same_as(job) for job_id, job in failed.items())

    def is_about_the_same(self, other: "Question") -> bool:
        """Return True if both are about the same failures, judged by their times."""
        return self.jobs.keys() == other.jobs.keys() and all(
            job.failure.is_same_as(other.jobs[job_id].failure) for job_id, job in self.jobs.items()
        )


def question_text(
    jobs: Sequence["FailedJob"], names: Mapping[str, str], check: Callable[[], None] = lambda: None
) -> str:
    """Ask whether to retry these jobs: how many, of which applications, why they failed, what their errors say.

    ``names`` are the known names of their applications, by id. ``check`` is called every few milliseconds; what it
    raises ends the work.
    """
    with_text = [job for job in jobs if job.error]
    found = failures.group_failures([job.error for job in with_text], check)
    groups = [
        (_common_text([with_text[member].error for member in group.members], group.signature), group.count)
        for group in found
    ]
    causes = _count_causes(
        [(with_text[member].application_id, group.cause.category) for group in found for member in group.members]
        + [(job.application_id, "unknown") for job in jobs if not job.error]
    )
    text = ""
    for applications, errors, name_length, error_length in _DETAIL_LEVELS:

        def name(application_id: str, length: int = name_length) -> str:
            return json_quote(preview(names.get(application_id) or display_id(application_id), length))

        shown = [(json_quote(preview(words, error_length)), number) for words, number in groups[:errors]]
        text = f"{_describe_jobs(causes, name, applications)}? {_describe_errors(shown, len(jobs), len(with_text))}"
        if len(text) <= _MAX_LENGTH:
            break
    return text


def _common_text(errors: Sequence[str], signature: str) -> str:
    """Return the errors' text if it is the same in all and not JSON, otherwise what they have in common."""
    first = errors[0]
    return signature if first[0] in "{[" or any(error != first for error in errors) else first


def _count_causes(jobs: Sequence[tuple[str, str]]) -> list[tuple[str, Counter[str]]]:
    """Count the categories of each application, the application with the most jobs first."""
    found: dict[str, Counter[str]] = {}
    for application_id, category in jobs:
        found.setdefault(application_id, Counter())[category] += 1
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


def distinct_jobs(jobs: Iterable["FailedJob"]) -> Iterable["FailedJob"]:
    """Yield each job once; several ids of a call may lead to one job."""
    seen: dict[str, list[FailedJob]] = {}
    for job in jobs:
        same_key = seen.setdefault(job_key(job.id), [])
        if not any(other.id == job.id or other.failure.is_same_as(job.failure) for other in same_key):
            same_key.append(job)
            yield job
