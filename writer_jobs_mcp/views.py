"""What the agent gets: typed results, and the same facts as compact text.

Job text is cleaned before it gets here into any result. In the text form it stands only inside a JSON string, so it
keeps to one line, cannot close its own quotation marks, and cannot be taken for our words.
"""

import re
from datetime import UTC, datetime
from itertools import groupby
from typing import TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import SkipJsonSchema

from writer_jobs_mcp.failures import Category, Retry, classify
from writer_jobs_mcp.models import Application, ApplicationPage, Job, JobPage, Unreadable
from writer_jobs_mcp.text import clean, head_and_tail, preview, quoted, shorten, visible

# Lengths of the previews of outputs and errors, from the longest down. Outputs give way first: a list is read for its
# errors.
_PREVIEWS = ((60, 120), (50, 120), (40, 120), (30, 120), (30, 60), (15, 30), (0, 0))
_SHORTENED_FOR_ERRORS = 4  # so many of these only give room to errors, and are tried for a list of the usual size
_ROW_LENGTH, _FRAME_LENGTH = 220, 150
"""Characters of JSON that a row has on average, and what stands around the rows, where outputs need not give way."""
_NAME_LENGTH = 120
_ERROR_LENGTH = 6_000
_LIST_LENGTH = 30_000
"""Characters of JSON that a list of jobs stays under, whatever the jobs hold."""

_PLAIN_WORD = re.compile(r"[\w.:@-]+\Z")

T = TypeVar("T")
# A field that is not known is left out of the result, so it is never null on the wire or in the schema.
Maybe = T | SkipJsonSchema[None]


class View(BaseModel):
    """A result: its fields are the structure, :meth:`as_text` the same facts as text."""

    model_config = ConfigDict(frozen=True)

    def as_structure(self) -> dict[str, object]:
        """The result as JSON values, without what is not known."""
        return self.model_dump(mode="json", exclude_none=True)

    def as_text(self) -> str:
        """The result as compact text."""
        raise NotImplementedError


class UnreadableRows(View):
    """Rows that Writer sent and that could not be read."""

    count: int
    reason: str

    def as_text(self) -> str:
        return f"{self.count} more could not be read ({quoted(self.reason)})."


def _unreadable(rows: list[Unreadable]) -> UnreadableRows | None:
    return UnreadableRows(count=len(rows), reason=rows[0].reason) if rows else None


class ApplicationRow(View):
    """One application."""

    id: str
    name: Maybe[str] = None
    type: Maybe[str] = None
    status: Maybe[str] = None
    updated_at: Maybe[str] = None

    def as_text(self) -> str:
        updated = self.updated_at and f"updated {self.updated_at}"
        name = self.name and quoted(self.name)
        return _spaced(
            _word(self.id), name, self.type and _word(self.type), self.status and _word(self.status), updated
        )


class ApplicationPageInfo(View):
    """Where a page of applications stands; ``after`` is what to pass for the next."""

    returned: int
    has_more: bool
    after: Maybe[str] = None
    unreadable: Maybe[UnreadableRows] = None


class ApplicationList(View):
    """The result of ``list_applications``."""

    applications: list[ApplicationRow]
    page: ApplicationPageInfo

    def as_text(self) -> str:
        page = self.page
        more = "More follow." if page.has_more else "No more follow."
        if page.after:
            more = f"More follow: after={quoted(page.after)}."
        head = _spaced(_count(page.returned, "application") + ".", more, page.unreadable and page.unreadable.as_text())
        return _lines(head, *(row.as_text() for row in self.applications))


def application_list(page: ApplicationPage) -> ApplicationList:
    """A page of applications, as the agent gets it."""
    rows = page.applications
    return ApplicationList(
        applications=[_application_row(row) for row in rows],
        page=ApplicationPageInfo(
            returned=len(rows),
            has_more=page.has_more,
            after=(page.last_id or (rows[-1].id if rows else None)) if page.has_more else None,
            unreadable=_unreadable(page.unreadable),
        ),
    )


def _application_row(application: Application) -> ApplicationRow:
    return ApplicationRow(
        id=visible(application.id),
        name=preview(application.name, _NAME_LENGTH) if application.name else None,
        type=application.type and _label(application.type),
        status=application.status and _label(application.status),
        updated_at=application.updated_at and _moment(application.updated_at),
    )


class JobRow(View):
    """One job of a list; ``output`` and ``error`` are previews on one line."""

    id: str
    status: str
    created_at: str
    seconds: Maybe[float] = None
    output: Maybe[str] = None
    output_chars: Maybe[int] = None
    error: Maybe[str] = None
    error_chars: Maybe[int] = None

    def as_text(self) -> str:
        return _spaced(
            self.created_at[11:19],
            _word(self.id),
            _word(self.status),
            _seconds_text(self.seconds),
            self.error is not None and _spaced(self.status != "failed" and "error", quoted(self.error)),
            self.error_chars is not None and f"({self.error_chars} chars)",
            self.output is not None and _spaced(self.status == "failed" and "output", quoted(self.output)),
            self.output_chars is not None and f"({self.output_chars} chars)",
        )


class JobPageInfo(View):
    """Where a page of jobs stands; ``next_offset`` is there whenever more may follow."""

    offset: int
    limit: int
    returned: int
    total: Maybe[int] = None
    next_offset: Maybe[int] = None
    unreadable: Maybe[UnreadableRows] = None

    def as_text(self) -> str:
        return _spaced(
            f"offset={self.offset}, limit={self.limit}, returned={self.returned}"
            + ("" if self.total is None else f", total={self.total}")
            + ".",
            "The list ends here." if self.next_offset is None else f"More may follow: next_offset={self.next_offset}.",
            self.unreadable and self.unreadable.as_text(),
        )


class JobList(View):
    """The result of ``list_application_jobs``."""

    application_id: str
    status: Maybe[str] = None
    jobs: list[JobRow]
    page: JobPageInfo

    def as_text(self) -> str:
        of_what = f" with status={self.status}" if self.status else ""
        head = f"Jobs of application {_word(self.application_id)}{of_what}: {self.page.as_text()}"
        if not self.jobs:
            return head
        days = groupby(self.jobs, key=lambda row: row.created_at[:10])
        legend = "Created (UTC), id, status, seconds, then the job's own words (error if failed, else output), quoted:"
        return _lines(head, legend, *(_lines(day, *(row.as_text() for row in rows)) for day, rows in days))


def job_list(
    page: JobPage, *, application_id: str, status: str | None, offset: int, limit: int, now: datetime
) -> JobList:
    """A page of jobs, as the agent gets it: previews shrink before the whole grows past its bound."""
    # A server that ignores `limit` sends more; what is cut off here is the next page.
    rows = page.rows[:limit]
    jobs = [row for row in rows if isinstance(row, Job)]
    info = JobPageInfo(
        offset=offset,
        limit=limit,
        returned=len(jobs),
        total=page.total,
        next_offset=_next_offset(page, offset, len(rows)),
        unreadable=_unreadable([row for row in rows if isinstance(row, Unreadable)]),
    )
    listed = JobList(application_id=application_id, status=status, jobs=[], page=info)
    for step, (output_length, error_length) in enumerate(_PREVIEWS):
        listed = listed.model_copy(update={"jobs": [_job_row(job, now, output_length, error_length) for job in jobs]})
        bound = _ROW_LENGTH * len(jobs) + _FRAME_LENGTH if step + 1 < _SHORTENED_FOR_ERRORS else _LIST_LENGTH
        if len(listed.model_dump_json(exclude_none=True)) < bound:
            break
    return listed


def _next_offset(page: JobPage, offset: int, shown: int) -> int | None:
    """Where the next page starts; None only where the list is known to end.

    A page shorter than asked is not the end (the server may cap ``limit``), nor is a total that is smaller than what
    was already seen: such a total counts something else.
    """
    ends_here = page.total == offset + len(page.rows) and shown == len(page.rows)
    return None if not shown or ends_here else offset + shown


def _job_row(job: Job, now: datetime, output_length: int, error_length: int) -> JobRow:
    output, _ = shorten(job.output or "", output_length) if output_length else ("", False)
    error, cut = shorten(job.error or "", error_length) if error_length else ("", bool(job.error))
    return JobRow(
        id=visible(job.id),
        status=_label(job.status),
        created_at=_moment(job.created_at),
        seconds=_seconds(job, now),
        output=output or None,
        output_chars=None if job.output is None else len(job.output),
        error=error or None,
        error_chars=len(job.error) if job.error and cut else None,
    )


class CauseView(View):
    """Why a job failed, as far as its error's own words say."""

    category: Category
    evidence: Maybe[str] = None
    retry: Retry
    advice: str

    def as_text(self) -> str:
        return _lines(
            f"Cause: {self.category}; retry: {self.retry}. {self.advice}",
            self.evidence and f"Decided by these words of the error: {quoted(self.evidence)}",
        )


class JobError(View):
    """The result of ``get_job_error``."""

    job_id: str
    application_id: str
    status: str
    created_at: str
    completed_at: Maybe[str] = None
    seconds: Maybe[float] = None
    error: Maybe[str] = None
    error_chars: Maybe[int] = None
    cause: Maybe[CauseView] = None
    message: Maybe[str] = None

    def as_text(self) -> str:
        length = "" if self.error_chars is None else f" ({self.error_chars} characters in all)"
        return _lines(
            f"Job {_word(self.job_id)} of application {_word(self.application_id)}: {_word(self.status)}.",
            _spaced(
                f"Created {self.created_at}",
                self.completed_at and f"completed {self.completed_at}",
                _seconds_text(self.seconds),
            ),
            self.message,
            self.cause and self.cause.as_text(),
            self.error is not None and f"The error, in the job's own words{length}: {quoted(self.error)}",
        )


def job_error(job: Job, now: datetime) -> JobError:
    """What is known of one job's failure."""
    failed = job.status == "failed"
    error = clean(job.error) if job.error else ""
    shown = head_and_tail(error, _ERROR_LENGTH)
    status = _label(job.status)
    return JobError(
        job_id=visible(job.id),
        application_id=visible(job.application_id),
        status=status,
        created_at=_moment(job.created_at),
        completed_at=job.completed_at and _moment(job.completed_at),
        seconds=_seconds(job, now),
        error=shown or None,
        error_chars=len(job.error) if job.error and len(shown) < len(error) else None,
        cause=_cause(error) if failed and error else None,
        message=_no_error_message(status, failed=failed, has_error=bool(error)),
    )


def _cause(error: str) -> CauseView:
    cause = classify(error)
    return CauseView(category=cause.category, evidence=cause.evidence, retry=cause.retry, advice=cause.advice)


def _no_error_message(status: str, *, failed: bool, has_error: bool) -> str | None:
    match failed, has_error:
        case True, True:
            return None
        case True, False:
            return "This job failed and Writer gives no error text for it, so its cause is not known."
        case False, True:
            return f"This job did not fail: its status is {_word(status)}, although Writer gives an error text with it."
        case _:
            return f"This job did not fail: its status is {_word(status)} and it has no error."


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(job: Job, now: datetime) -> float | None:
    end = job.completed_at or (now if job.status == "in_progress" else None)
    seconds = round((end - job.created_at).total_seconds(), 1) if end else -1
    # Two clocks that disagree can put the end before the start; that says nothing of how long it took.
    return seconds if seconds >= 0 else None


def _seconds_text(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds}s"


def _label(word: str) -> str:
    """A status or type as Writer says it, in a form that cannot be taken for our own sentences."""
    return preview(word, 40)


def _word(text: str) -> str:
    """An id, status or type as it stands where it is a plain word, else as a JSON string."""
    return text if _PLAIN_WORD.match(text) else quoted(text)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _spaced(*parts: str | bool | None) -> str:
    return " ".join(part for part in parts if isinstance(part, str) and part)


def _lines(*parts: str | bool | None) -> str:
    return "\n".join(part for part in parts if isinstance(part, str) and part)
