"""The failed jobs of a window, page by page, with the groups that they belong to."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.results.base import IfKnown, NextCall, ResultModel
from writer_jobs_mcp.results.failed_coverage import FailedCoverage
from writer_jobs_mcp.results.formatting import (
    format_application,
    join_lines,
    join_words,
    pluralize,
    quote_unless_plain,
    zone_sentence,
)
from writer_jobs_mcp.results.window import WindowSummary
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import truncate
from writer_jobs_mcp.triage.find_application import ResolvedApplication
from writer_jobs_mcp.triage.next_calls import SuggestedCall, can_be_made, window_arguments
from writer_jobs_mcp.triage.report import Window
from writer_jobs_mcp.triage.select_failed import FailedJob, SelectedGroup, SelectedJobs, Selection
from writer_jobs_mcp.triage.timestamps import format_timestamp

DEFAULT_LIMIT = 50
_SIGNATURES = (160, 100, 60)  # characters, from the longest down; many groups begin with a shorter one
_MANY_GROUPS = 5
_MAX_LENGTH = 30_000  # characters that a list stays under as JSON and as text, whatever the jobs hold


class SelectedGroupRow(ResultModel):
    """Failed jobs whose errors say the same; ``count`` is of all that were selected."""

    signature: str
    category: Category
    retry: Retry
    count: int

    @classmethod
    def of(cls, group: SelectedGroup, length: int) -> "SelectedGroupRow":
        """Show a group, with a signature of at most so many characters."""
        return cls(
            signature=truncate(group.signature, length),
            category=group.cause.category,
            retry=group.cause.retry,
            count=len(group.jobs),
        )

    def as_text(self) -> str:
        return f"{self.count:,} {self.category} {self.retry} {json_quote(self.signature)}"


class OmittedGroups(ResultModel):
    """The groups that are not shown, taken together."""

    groups: int
    jobs: int

    @classmethod
    def of(cls, groups: Sequence[SelectedGroup]) -> "OmittedGroups | None":
        """Count the groups and their jobs; None without any."""
        return cls(groups=len(groups), jobs=sum(len(group.jobs) for group in groups)) if groups else None

    def as_text(self) -> str:
        return f"{pluralize(self.jobs, 'job')} in {pluralize(self.groups, 'group')} on other pages"


class FailedJobRow(ResultModel):
    """One failed job; ``group`` is the position of its group in ``groups``, where there are several."""

    id: str
    created_at: str
    group: IfKnown[int] = None
    error: IfKnown[str] = None

    def as_text(self) -> str:
        return join_words(
            self.created_at[11:16],
            quote_unless_plain(self.id),
            None if self.group is None else f"#{self.group}",
            self.error and json_quote(self.error),
        )


class FailedPage(ResultModel):
    """Where a page stands among the jobs that were selected; without ``next_offset`` it is the last."""

    offset: int
    limit: int
    returned: int
    next_offset: IfKnown[int] = None

    def as_text(self) -> str:
        shown = f"offset={self.offset}, limit={self.limit}, returned={self.returned}"
        return f"{shown}." if self.next_offset is None else f"{shown}, next_offset={self.next_offset}."


class FailedJobList(ResultModel):
    """The result of ``list_failed_jobs``; ``groups`` are those of the jobs shown, the largest first."""

    application_id: str
    application_name: IfKnown[str] = None
    window: WindowSummary
    matched: int
    groups: list[SelectedGroupRow]
    groups_omitted: IfKnown[OmittedGroups] = None
    jobs: list[FailedJobRow]
    page: FailedPage
    coverage: FailedCoverage
    next: IfKnown[list[NextCall]] = None

    def as_text(self) -> str:
        days = groupby(self.jobs, key=lambda row: row.created_at[:10])
        columns = join_words(
            "Created (UTC, to the minute), id" + (", group" if len(self.groups) > 1 else ""),
            any(row.error is not None for row in self.jobs) and "and error (the job's own words, quoted)",
        )
        return join_lines(
            self._head(),
            *self._groups(),
            bool(self.jobs) and f"{columns}:",
            *(join_lines(day, *(row.as_text() for row in rows)) for day, rows in days),
            self.page.as_text(),
            self.coverage.as_text(),
            self.next is not None and "Next:",
            *(call.as_text() for call in self.next or ()),
        )

    def _head(self) -> str:
        application, window = format_application(self.application_id, self.application_name), self.window
        failed, matched = self.coverage.failed_in_window, self.matched
        where = join_words(
            f"of application {application}, created", window.since and f"from {window.since}", f"until {window.until}"
        )
        if matched == failed:
            what = f"{pluralize(failed, 'failed job') if failed else 'no failed job'} {where}"
        else:
            of = f"{f'{matched:,}' if matched else 'none'} of {pluralize(failed, 'failed job')}"
            what = f"{of} {where}, {'matches' if matched == 1 else 'match'}"
        if not self.coverage.complete:
            what = f"as far as could be read, {what}"
        return f"{what[0].upper()}{what[1:]}{self._shown()}."

    def _shown(self) -> str:
        page = self.page
        if page.returned == self.matched:
            return ""
        if not page.returned:
            return f"; none at offset {page.offset:,}"
        first, last = page.offset + 1, page.offset + page.returned
        return f"; number {first:,} shown" if first == last else f"; {first:,} to {last:,} shown"

    def _groups(self) -> list[str]:
        rows, omitted = [row.as_text() for row in self.groups], self.groups_omitted
        numbered = rows if len(rows) == 1 else [f"#{number} {row}" for number, row in enumerate(rows)]
        more = [omitted.as_text()] if omitted else []
        return ["Groups: jobs, cause, retry, what the errors say (quoted)", *numbered, *more] if rows else more


@dataclass(frozen=True, slots=True)
class ListRequest:
    """The call that a list answers."""

    application: ResolvedApplication
    window: Window
    now: datetime
    selection: Selection
    offset: int
    limit: int
    error_chars: int
    assumed_utc: tuple[str, ...] = ()  # the arguments that gave a time without a time zone, which was read as UTC


def failed_job_list(selected: SelectedJobs, request: ListRequest) -> FailedJobList:
    """Show a page of the jobs: if it is too long, signatures are shortened first, then jobs are left for the next."""
    jobs = selected.newest_first[request.offset : request.offset + request.limit]
    jobs = list(_first_that_may_fit(jobs, request.error_chars))
    begin = min(len({position for _, position in jobs}) // _MANY_GROUPS, len(_SIGNATURES) - 1)
    while True:
        length = 0
        for signature_length in _SIGNATURES[begin:]:
            listed = _list(selected, jobs, request, signature_length)
            length = _length(listed)
            # One job always fits: its id, its error and the arguments of the next call are bounded.
            if len(jobs) <= 1 or length < _MAX_LENGTH:
                return listed
        jobs = jobs[: max(1, min(len(jobs) - 1, len(jobs) * _MAX_LENGTH // length))]


def _first_that_may_fit(jobs: Iterable[tuple[FailedJob, int]], error_chars: int) -> Iterator[tuple[FailedJob, int]]:
    """Yield the first jobs, until they alone are too long; to write the others would only take time."""
    length = 0
    for job, position in jobs:
        if length > _MAX_LENGTH:
            return
        length += _length(_row(job, None, error_chars))
        yield job, position


def _length(result: ResultModel) -> int:
    return max(len(result.model_dump_json(exclude_none=True)), len(result.as_text()))


def whole_failed_job_list(selected: SelectedJobs, request: ListRequest) -> FailedJobList:
    """Show all jobs in one page, whatever its length; ``offset`` and ``limit`` of the request do not matter."""
    jobs = selected.newest_first
    return _list(selected, jobs, replace(request, offset=0, limit=len(jobs)), _SIGNATURES[0])


def _list(
    selected: SelectedJobs, jobs: Sequence[tuple[FailedJob, int]], request: ListRequest, signature_length: int
) -> FailedJobList:
    positions = sorted({position for _, position in jobs})
    others = [group for position, group in enumerate(selected.groups) if position not in positions]
    end = request.offset + len(jobs)
    next_offset = end if jobs and end < selected.matched else None
    numbers = {position: number for number, position in enumerate(positions)} if len(positions) > 1 else {}
    return FailedJobList(
        application_id=display_id(request.application.id),
        application_name=request.application.name,
        window=WindowSummary.of(request.window, _end(selected.until, request.now)),
        matched=selected.matched,
        groups=[SelectedGroupRow.of(selected.groups[position], signature_length) for position in positions],
        groups_omitted=OmittedGroups.of(others),
        jobs=[_row(job, numbers.get(position), request.error_chars) for job, position in jobs],
        page=FailedPage(offset=request.offset, limit=request.limit, returned=len(jobs), next_offset=next_offset),
        coverage=FailedCoverage.of(selected, request.window.since, zone_sentence(request.assumed_utc)),
        next=None if next_offset is None else _next_page(selected, request, next_offset),
    )


def _end(until: datetime, now: datetime) -> datetime:
    """Return the end of an open window; if Writer's clock is ahead, the second after the newest job."""
    is_ahead = until > now and until.microsecond
    return until.replace(microsecond=0) + timedelta(seconds=1) if is_ahead else until


def _row(job: FailedJob, group: int | None, error_chars: int) -> FailedJobRow:
    error = job.shortened_error(error_chars) or None
    return FailedJobRow(id=display_id(job.id), created_at=format_timestamp(job.created_at), group=group, error=error)


def _next_page(selected: SelectedJobs, request: ListRequest, next_offset: int) -> list[NextCall] | None:
    arguments = window_arguments(request.application.id, request.window.since, selected.until)
    arguments |= request.selection.arguments() | {"offset": next_offset}
    arguments |= {"limit": request.limit} if request.limit != DEFAULT_LIMIT else {}
    arguments |= {"error_chars": request.error_chars} if request.error_chars else {}
    call = SuggestedCall("list_failed_jobs", arguments, "the next page; if jobs were retried since, begin at offset 0")
    return [NextCall.of(call)] if can_be_made(call) else None
