"""The failed jobs of a window, page by page, with the groups that they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.results.base import IfKnown, NextCall, ResultModel, UnreadableRows
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
from writer_jobs_mcp.sanitize.truncate import elide_middle, truncate
from writer_jobs_mcp.triage.find_application import ResolvedApplication
from writer_jobs_mcp.triage.report import Window
from writer_jobs_mcp.triage.select_failed import FailedJob, SelectedGroup, SelectedJobs, Selection
from writer_jobs_mcp.triage.timestamps import format_exact_timestamp, format_timestamp

DEFAULT_LIMIT = 50
_SIGNATURES = (160, 100, 60)  # characters, from the longest down
_MIN_TWO_ENDS = 200  # characters from which on the end of a long error is shown as well
_MAX_LIST_JSON = 30_000  # characters of JSON that a list stays under, whatever the jobs hold


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
            category=group.cause.category if group.cause else "unknown",
            retry=group.cause.retry if group.cause else "unknown",
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


class FailedJobRow(ResultModel):
    """One failed job; ``group`` is the position of its group in ``groups``, where there are several."""

    id: str
    created_at: str
    group: IfKnown[int] = None
    error: IfKnown[str] = None

    def as_text(self) -> str:
        return join_words(
            self.created_at[11:19],
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


class FailedCoverage(ResultModel):
    """How much of the window was read: ``failed_in_window`` are its failed jobs, whether selected or not."""

    complete: bool
    failed_in_window: int
    read_back_to: IfKnown[str] = None
    unreadable: IfKnown[UnreadableRows] = None
    message: IfKnown[str] = None

    @classmethod
    def of(cls, selected: SelectedJobs, since: datetime | None, *sentences: str) -> "FailedCoverage":
        """Show what was read, why no more, and what else has to be said."""
        coverage = selected.coverage
        is_whole = coverage.complete_since(since)
        back_to = None if is_whole else coverage.oldest_rounded_up
        why = "" if is_whole else coverage.why_incomplete
        return cls(
            complete=is_whole and not selected.doubt,
            failed_in_window=selected.failed_in_window,
            read_back_to=back_to and format_timestamp(back_to),
            unreadable=UnreadableRows(count=coverage.unreadable, reason=coverage.unreadable_reason)
            if coverage.unreadable
            else None,
            message=join_words(why, selected.how_read, selected.doubt, *sentences) or None,
        )

    def as_text(self) -> str:
        return join_words(
            f"Coverage: {'complete' if self.complete else 'NOT complete'};",
            f"{pluralize(self.failed_in_window, 'failed job')} read"
            + (f", back to {self.read_back_to}." if self.read_back_to else "."),
            self.unreadable and self.unreadable.as_text(),
            self.message,
        )


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
            "Created (UTC), id" + (", group" if len(self.groups) > 1 else ""),
            any(row.error is not None for row in self.jobs) and "and error (the job's own words, quoted)",
        )
        return join_lines(
            self._head(),
            *self._groups(),
            bool(self.jobs) and f"{columns}:",
            *(join_lines(day, *(row.as_text() for row in rows)) for day, rows in days),
            self.coverage.as_text(),
            self.next is not None and "Next:",
            *(call.as_text() for call in self.next or ()),
        )

    def _head(self) -> str:
        application, window = format_application(self.application_id, self.application_name), self.window
        of = "" if self.coverage.complete else " that could be read"
        where = join_words(
            f"of application {application}{of}, created",
            window.since and f"from {window.since}",
            f"until {window.until}",
        )
        failed = self.coverage.failed_in_window
        if self.matched == failed:
            return f"{pluralize(failed, 'failed job') if failed else 'No failed job'} {where}{self._shown()}."
        matched = f"{self.matched:,}" if self.matched else "None"
        verb = "matches" if self.matched == 1 else "match"
        return f"{matched} of {pluralize(failed, 'failed job')} {where}, {verb}{self._shown()}."

    def _shown(self) -> str:
        page = self.page
        if page.returned == self.matched:
            return ""
        if not page.returned:
            return f"; none at offset {page.offset:,}"
        return f"; {page.offset + 1:,} to {page.offset + page.returned:,} shown"

    def _groups(self) -> list[str]:
        rows = [row.as_text() for row in self.groups]
        if not rows:
            return []
        numbered = rows if len(rows) == 1 else [f"#{number} {row}" for number, row in enumerate(rows)]
        omitted = self.groups_omitted
        more = (
            omitted and f"and {pluralize(omitted.jobs, 'job')} in {pluralize(omitted.groups, 'group')} on other pages"
        )
        return ["Groups: jobs, cause, retry, what the errors say (quoted)", *numbered, *([more] if more else [])]


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
    while True:
        for length in _SIGNATURES:
            listed = _list(selected, jobs, request, length)
            if len(listed.model_dump_json(exclude_none=True)) < _MAX_LIST_JSON:
                return listed
        jobs = jobs[: max(1, len(jobs) * 3 // 4)] if len(jobs) > 1 else []


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
        window=WindowSummary.of(request.window, request.now),
        matched=selected.matched,
        groups=[SelectedGroupRow.of(selected.groups[position], signature_length) for position in positions],
        groups_omitted=OmittedGroups.of(others),
        jobs=[_row(job, numbers.get(position), request.error_chars) for job, position in jobs],
        page=FailedPage(offset=request.offset, limit=request.limit, returned=len(jobs), next_offset=next_offset),
        coverage=FailedCoverage.of(selected, request.window.since, zone_sentence(request.assumed_utc)),
        next=None if next_offset is None else [_next_page(selected, request, next_offset)],
    )


def _row(job: FailedJob, group: int | None, error_chars: int) -> FailedJobRow:
    shorten = elide_middle if error_chars >= _MIN_TWO_ENDS else truncate
    error = shorten(job.error, error_chars) if error_chars and job.error else None
    return FailedJobRow(
        id=display_id(job.id), created_at=format_timestamp(job.created_at), group=group, error=error or None
    )


def _next_page(selected: SelectedJobs, request: ListRequest, next_offset: int) -> NextCall:
    arguments: dict[str, Any] = selection_arguments(
        request.application.id, request.window.since, selected.until, request.selection
    )
    arguments["offset"] = next_offset
    arguments |= {"limit": request.limit} if request.limit != DEFAULT_LIMIT else {}
    arguments |= {"error_chars": request.error_chars} if request.error_chars else {}
    return NextCall(tool="list_failed_jobs", arguments=arguments, why="the next page, of the same jobs")


def selection_arguments(
    application_id: str, since: datetime | None, until: datetime, selection: Selection
) -> dict[str, Any]:
    """Return the arguments of a call about the same jobs, whenever it is made."""
    return {
        "application_id": application_id,
        **({"since": format_exact_timestamp(since)} if since else {}),
        "until": format_exact_timestamp(until),
        **selection.arguments(),
    }
