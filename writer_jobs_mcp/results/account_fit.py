"""Write the overview of an account, as detailed as its limits of size allow."""

from collections.abc import Sequence
from typing import NamedTuple

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.results.account import AccountReport, OmittedApplications
from writer_jobs_mcp.results.account_parts import (
    AccountApplication,
    AccountCoverage,
    AccountGroupRow,
    JobsBefore,
    JobsOfApplication,
    SkippedRow,
)
from writer_jobs_mcp.results.base import NextCall
from writer_jobs_mcp.results.failure_rows import failure_rows, json_length, omitted_failures
from writer_jobs_mcp.results.formatting import join_words, pluralize, rounded_share, zone_sentence
from writer_jobs_mcp.results.triage_parts import comparison_limits
from writer_jobs_mcp.results.window import WindowSummary
from writer_jobs_mcp.sanitize.truncate import preview, truncate
from writer_jobs_mcp.triage.account_next_calls import AccountRequest, account_next_calls
from writer_jobs_mcp.triage.account_summary import AccountSummary, ApplicationSummary
from writer_jobs_mcp.triage.failed_groups import FailedGroup
from writer_jobs_mcp.triage.shown_groups import select_groups
from writer_jobs_mcp.triage.timestamps import format_timestamp

_MAX_REASON = 160  # characters of one application's
_MAX_TEXT, _MAX_JSON = 4_600, 5_250  # characters; with so many ids as here, 2.4 and 2.6 make one token


class _Size(NamedTuple):
    """How much is shown."""

    applications: int
    groups: int
    level: int = 5  # of the groups; a higher one is shorter
    applications_of_group: int = 2
    skipped: int = 3
    name: int = 40  # characters


_SIZES = (
    _Size(20, 12, level=0, applications_of_group=5, skipped=5, name=60),
    _Size(20, 9, level=3, applications_of_group=3, skipped=5, name=60),
    _Size(20, 8, level=4, applications_of_group=3, skipped=5, name=60),
    _Size(20, 7, applications_of_group=3),
    _Size(20, 6, applications_of_group=3),
    _Size(20, 6),
    _Size(16, 6),
    _Size(14, 6),
    _Size(12, 6),
    _Size(10, 5),
    _Size(10, 5, applications_of_group=1),
    _Size(9, 5, applications_of_group=1),
    _Size(8, 5, applications_of_group=1),
    _Size(8, 4, skipped=2),
    _Size(6, 3, level=6, skipped=1),
    _Size(3, 1, level=6, skipped=1, name=20),
)
"""From the most to the least."""


def account_report(summary: AccountSummary, request: AccountRequest) -> AccountReport:
    """Show what is known of an account: if it is too long, with fewer groups and applications."""
    report = _report(summary, request, _SIZES[0])
    for size in _SIZES[1:]:
        if json_length(report) < _MAX_JSON and len(report.as_text()) < _MAX_TEXT:
            break
        report = _report(summary, request, size)
    return report


def _report(summary: AccountSummary, request: AccountRequest, size: _Size) -> AccountReport:
    groups = select_groups(summary.failures.groups, size.groups)
    calls = account_next_calls(summary, groups.shown, request)
    coverage = AccountCoverage(
        applications=summary.listed,
        complete=summary.complete,
        skipped=[
            SkippedRow(id=display_id(each.id), name=_name(each.name, size), why=truncate(each.why, _MAX_REASON))
            for each in summary.skipped[: size.skipped]
        ]
        or None,
        message=_message(summary, request, size) or None,
    )
    coverage.note_list(is_whole=not summary.list_error)
    report = AccountReport(
        window=WindowSummary.of(request.window, request.now),
        coverage=coverage,
        applications=[_application(each, size) for each in summary.applications[: size.applications]],
        applications_omitted=_omitted(summary.applications[size.applications :]),
        by_category={**summary.failures.by_category},
        failures=_groups(groups.shown, summary.failed, size),
        failures_omitted=omitted_failures(groups),
        next=[NextCall.of(call) for call in calls] or None,
    )
    report.note_for_headline(
        shows_largest=groups.has_largest, jobs_before=summary.jobs_before or 0, not_whole=len(summary.skipped)
    )
    return report


def _name(name: str | None, size: _Size) -> str | None:
    return (name and preview(name, size.name)) or None


def _application(each: ApplicationSummary, size: _Size) -> AccountApplication:
    before = each.before
    return AccountApplication(
        id=display_id(each.id),
        name=_name(each.name, size),
        complete=None if each.is_whole else False,
        read_back_to=each.read_back_to and format_timestamp(each.read_back_to),
        jobs=each.jobs,
        failed=each.failed,
        failure_rate=rounded_share(each.failed, each.jobs) if each.jobs and each.failed else None,
        before=JobsBefore(jobs=before.jobs, failed=before.failed)
        if before and (each.failed or before.failed)
        else None,
        stuck_count=each.stuck,
        top=each.top,
        new_groups=each.new_groups,
    )


def _omitted(rows: Sequence[ApplicationSummary]) -> OmittedApplications | None:
    if not rows:
        return None
    jobs = [each.jobs for each in rows]
    return OmittedApplications(
        applications=len(rows),
        failing=sum(each.failed > 0 for each in rows) or None,
        jobs=None if None in jobs else sum(filter(None, jobs)),
        failed=sum(each.failed for each in rows),
    )


def _groups(groups: list[FailedGroup], failed: int, size: _Size) -> list[AccountGroupRow]:
    return [
        AccountGroupRow(
            **dict(row),
            applications=[
                JobsOfApplication(id=display_id(id_), count=count)
                for id_, count in _largest(group)[: size.applications_of_group]
            ],
            more_applications=max(0, len(group.applications) - size.applications_of_group) or None,
        )
        for group, row in zip(groups, failure_rows(groups, failed, level=size.level), strict=True)
    ]


def _largest(group: FailedGroup) -> list[tuple[str, int]]:
    return sorted(group.applications.items(), key=lambda item: (-item[1], item[0]))


def _message(summary: AccountSummary, request: AccountRequest, size: _Size) -> str:
    unlisted = len(summary.skipped) - size.skipped
    uncounted, not_stuck, one_by_one = summary.uncounted, summary.not_stuck_counted, summary.read_one_by_one
    return join_words(
        summary.list_error and truncate(summary.list_error, _MAX_REASON),
        unlisted > 0
        and f"{len(summary.skipped):,} applications were not read whole, of which {size.skipped} are listed.",
        bool(uncounted) and _left_out("jobs", uncounted),
        bool(not_stuck) and _left_out("stuck_count", not_stuck),
        bool(one_by_one)
        and f"All jobs of {pluralize(len(one_by_one), 'application')} were read one by one, which takes longer: "
        + truncate(one_by_one[0], _MAX_REASON),
        bool(summary.doubts)
        and f"The end of the list is doubtful in {pluralize(len(summary.doubts), 'application')}: {summary.doubts[0]}",
        bool(summary.no_trend) and f"No trend is given: {truncate(summary.no_trend, 2 * _MAX_REASON)}.",
        summary.has_unknown_new
        and "Not all earlier failures were read, so a group without a trend may be new or have been seen before.",
        comparison_limits(summary.failures),
        zone_sentence(request.assumed_utc),
    )


def _left_out(field: str, reasons: Sequence[str]) -> str:
    return f"{field} is left out in {pluralize(len(reasons), 'application')}: {truncate(reasons[0], _MAX_REASON)}"
