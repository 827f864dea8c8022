"""What a retry asks the user, and its outcome for each job."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Literal

from writer_jobs_mcp import failures
from writer_jobs_mcp.client.ids import display_id, is_usable_id
from writer_jobs_mcp.client.sent_retries import job_key
from writer_jobs_mcp.results.base import IfKnown, NextCall, ResultModel
from writer_jobs_mcp.results.formatting import join_lines, join_words, pluralize, quote_unless_plain, safe_label
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.triage.retry_question import FailedJob

if TYPE_CHECKING:
    from writer_jobs_mcp.failures import Cause

_MAX_LENGTH = 600
_MAX_CAUSES = 3
# How many applications and errors are shown, and how many characters of each: the first that fits.
_DETAIL_LEVELS = ((3, 3, 60, 100), (3, 3, 40, 60), (3, 2, 30, 40), (2, 1, 20, 30), (1, 1, 20, 20))
MAX_APPLICATIONS = _DETAIL_LEVELS[0][0]


def question_text(
    jobs: Sequence["FailedJob"], names: Mapping[str, str], check: Callable[[], None] = lambda: None
) -> str:
    """Ask whether to retry these jobs: how many, of which applications, why they failed, what their errors say.

    ``names`` are the known names of their applications, by id. ``check`` is called every few milliseconds; what it
    raises ends the work.
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
        if len(text) <= _MAX_LENGTH:
            break
    return text


def _common_text(errors: Sequence[str], signature: str) -> str:
    """Return the errors' text if it is the same in all and not JSON, otherwise what they have in common."""
    first = errors[0]
    return signature if first[0] in "{[" or any(error != first for error in errors) else first


def _count_causes(jobs: Sequence["FailedJob"], check: Callable[[], None]) -> list[tuple[str, Counter[str]]]:
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


def distinct_jobs(jobs: Iterable["FailedJob"]) -> Iterable["FailedJob"]:
    """Yield each job once; several ids of a call may lead to one job."""
    seen: dict[str, list[FailedJob]] = {}
    for job in jobs:
        same_key = seen.setdefault(job_key(job.id), [])
        if not any(other.id == job.id or other.failure.is_same_as(job.failure) for other in same_key):
            same_key.append(job)
            yield job


Outcome = Literal["would_retry", "accepted", "already_sent", "not_failed", "not_found", "declined", "unknown", "error"]


class RetryRow(ResultModel):
    """One job; ``before`` is its status before anything was sent."""

    job_id: str
    before: IfKnown[str] = None
    outcome: Outcome
    detail: IfKnown[str] = None

    def as_text(self) -> str:
        before = self.before and f"(was {quote_unless_plain(self.before)})"
        return join_words(f"- {quote_unless_plain(self.job_id)}", before, f"{self.outcome}.", self.detail)


class RetryReport(ResultModel):
    """The result of ``retry_jobs``; ``retried`` counts the jobs that Writer accepted."""

    dry_run: bool
    jobs: list[RetryRow]
    retried: int
    next: IfKnown[list[NextCall]] = None

    def as_text(self) -> str:
        outcomes = Counter(row.outcome for row in self.jobs)
        jobs = pluralize(len(self.jobs), "job")
        head = f"{self.retried} of {jobs} retried."
        if self.dry_run:
            head = f"Dry run, nothing was sent: {outcomes['would_retry']} of {jobs} would be retried."
        return join_lines(
            head,
            *(row.as_text() for row in self.jobs),
            self.next is not None and "Next:",
            *(call.as_text() for call in self.next or ()),
        )


def retry_row(job_id: str, before: str | None, outcome: Outcome, detail: str | None = None) -> RetryRow:
    """Show the outcome for one job."""
    return RetryRow(job_id=display_id(job_id), before=before and safe_label(before), outcome=outcome, detail=detail)


def retry_report(
    rows: Sequence[RetryRow], *, dry_run: bool, causes: "Mapping[str, Cause] | None" = None
) -> RetryReport:
    """Show the outcomes for all jobs, in the given order.

    The report on a dry run suggests the call that sends. ``causes`` says why jobs failed, by the ids of the rows; a row
    warns where a retry will likely fail again.
    """
    unfixed = {each: cause for each, cause in (causes or {}).items() if cause.retry == "after_a_fix"}
    return RetryReport(
        dry_run=dry_run,
        jobs=_with_warnings(rows, unfixed),
        retried=sum(row.outcome == "accepted" for row in rows),
        next=_real_call(rows, unfixed) if dry_run else None,
    )


def _with_warnings(rows: Sequence[RetryRow], unfixed: "Mapping[str, Cause]") -> list[RetryRow]:
    """Add a warning to each row whose retry will likely fail again; the advice for a cause is given once."""
    warned: list[RetryRow] = []
    advised: set[str] = set()
    for row in rows:
        cause = unfixed.get(row.job_id) if row.outcome == "would_retry" else None
        if cause is None:
            warned.append(row)
            continue
        warning = f"Cause: {cause.category}. Retrying will likely fail again until it is fixed"
        warning += ", as above." if cause.category in advised else f": {cause.advice}"
        advised.add(cause.category)
        warned.append(row.model_copy(update={"detail": join_words(row.detail, warning)}))
    return warned


def _real_call(rows: Sequence[RetryRow], unfixed: "Mapping[str, Cause]") -> list[NextCall] | None:
    """Suggest the call that sends what this dry run would have sent."""
    ids = [row.job_id for row in rows if row.outcome == "would_retry" and is_usable_id(row.job_id)]
    if not ids:
        return None
    again = sum(job_id in unfixed for job_id in ids)
    warning = f"; {again} will likely fail again until the cause is fixed" if again else ""
    why = f"retry {pluralize(len(ids), 'job')}, once the user agrees{warning}"
    return [NextCall(tool="retry_jobs", arguments={"job_ids": ids, "dry_run": False}, why=why)]
