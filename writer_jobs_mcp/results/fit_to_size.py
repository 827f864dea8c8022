"""Write the report on an application, as detailed as its limit of size allows."""

from typing import NamedTuple

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.results.base import NextCall, ResultModel
from writer_jobs_mcp.results.formatting import rounded_share
from writer_jobs_mcp.results.triage import TriageReport
from writer_jobs_mcp.results.triage_parts import (
    BeforeSummary,
    DurationSummary,
    FailedOverTime,
    FailureGroupRow,
    GoneGroupRow,
    LongestJob,
    OmittedFailures,
    PlaceholderRow,
    StuckJob,
    coverage_summary,
)
from writer_jobs_mcp.results.window import WindowSummary
from writer_jobs_mcp.sanitize.truncate import preview, truncate
from writer_jobs_mcp.triage.failed_groups import FailedGroup, GoneGroup
from writer_jobs_mcp.triage.gather import Gathered
from writer_jobs_mcp.triage.next_calls import TriageRequest, next_calls
from writer_jobs_mcp.triage.report import Report
from writer_jobs_mcp.triage.shown_groups import ShownGroups, select_groups, select_statuses, select_steps
from writer_jobs_mcp.triage.timeline import Histogram
from writer_jobs_mcp.triage.timestamps import format_timestamp

_MAX_GROUPS = 12
_MAX_PLACEHOLDER = 60
_MAX_NAME = 80


class _Detail(NamedTuple):
    """How much of each group is shown."""

    signature: int  # characters
    value: int  # characters
    places: int  # placeholders whose values are shown
    values: int  # of each placeholder


# From the most to the least. A group that names two of three missing resources leads to half a repair, so the values
# are shortened after the signatures.
_DETAILS = (
    _Detail(160, 80, 2, 3),
    _Detail(160, 48, 1, 3),
    _Detail(140, 40, 1, 3),
    _Detail(120, 40, 1, 3),
    _Detail(100, 40, 1, 3),
    _Detail(100, 40, 1, 2),
    _Detail(80, 24, 1, 1),
)


_TWO_IDS_UP_TO = 6  # groups; of more, each shows one id
_FEW_GROUPS_JSON, _GROUP_JSON = 3_200, 400
"""Characters of JSON: if all groups together have fewer, none is shortened; and the average for a group."""
_MAX_REPORT_JSON = 12_000  # characters of JSON that a report stays under, whatever the jobs hold


def triage_report(report: Report, gathered: Gathered, request: TriageRequest) -> TriageReport:
    """Show a report: if it is too long, its values and signatures are shortened first, then it shows fewer groups."""
    shown = _report(report, gathered, request, _MAX_GROUPS)
    for groups in range(_MAX_GROUPS - 1, 0, -1):
        if _length(shown) < _MAX_REPORT_JSON:
            break
        shown = _report(report, gathered, request, groups)
    return shown


def _length(result: ResultModel) -> int:
    return len(result.model_dump_json(exclude_none=True))


def _report(report: Report, gathered: Gathered, request: TriageRequest, max_groups: int) -> TriageReport:
    failures, groups = report.failures, select_groups(report.failures.groups, max_groups)
    application, window = gathered.application, request.window
    name = application and application.name and preview(application.name, _MAX_NAME)
    deployed = application and application.last_deployed_at
    before, calls = report.before, next_calls(report, groups.shown, gathered, request)
    result = TriageReport(
        application_id=display_id(request.application.id),
        application_name=name or request.application.name or None,
        last_deployed_at=deployed and format_timestamp(deployed),
        window=WindowSummary.of(window, request.now),
        coverage=coverage_summary(gathered, report, request),
        counts=select_statuses(report.counts),
        failure_rate=_rate(report.failed, report.jobs),
        before=before
        and BeforeSummary(
            since=format_timestamp(before.since),
            jobs=before.jobs,
            failed=before.failed,
            failure_rate=_rate(before.failed, before.jobs),
        ),
        seconds=_durations(report, is_whole=gathered.coverage.complete_since(window.since) and not report.is_sample),
        by_category={**failures.by_category} if failures.by_category else None,
        failed_over_time=_over_time(select_steps(report.failed_timeline, gathered.coverage, window.since)),
        stuck=[
            StuckJob(id=display_id(job.id), created_at=format_timestamp(job.created_at), seconds=round(job.seconds, 1))
            for job in report.stuck
        ],
        stuck_count=report.stuck_count if gathered.all_running_read else None,
        stuck_after=round(report.stuck_after, 1),
        failures=_failures(groups, report.failed),
        failures_omitted=_omitted(groups),
        gone=[_gone(group) for group in failures.gone] or None,
        next=[NextCall(**call._asdict()) for call in calls] or None,
    )
    result.note_largest(is_shown=groups.has_largest)
    return result


def _failures(groups: ShownGroups, failed: int) -> list[FailureGroupRow]:
    rows, ids = list[FailureGroupRow](), 2 if len(groups.shown) <= _TWO_IDS_UP_TO else 1
    for detail in _DETAILS:
        rows = [_group(group, failed, detail, ids=ids) for group in groups.shown]
        if sum(map(_length, rows)) < max(_FEW_GROUPS_JSON, _GROUP_JSON * len(rows)):
            break
    return rows


def _omitted(groups: ShownGroups) -> OmittedFailures | None:
    if not groups.omitted:
        return None
    return OmittedFailures(
        groups=len(groups.omitted),
        jobs=sum(group.count for group in groups.omitted),
        new=sum(group.trend == "new" for group in groups.omitted),
    )


def _rate(failed: int, jobs: int) -> float | None:
    return rounded_share(failed, jobs) if jobs else None


def _durations(report: Report, *, is_whole: bool) -> DurationSummary | None:
    if report.median_seconds is None or report.p95_seconds is None:
        return None
    longest = report.longest if is_whole else None
    return DurationSummary(
        median=round(report.median_seconds, 1),
        p95=round(report.p95_seconds, 1),
        sample=None if is_whole else report.finished,
        longest=longest and LongestJob(id=display_id(longest.id), seconds=round(longest.seconds, 1)),
    )


def _over_time(steps: Histogram | None) -> FailedOverTime | None:
    return steps and FailedOverTime.model_validate(
        {"from": format_timestamp(steps.start), "step": steps.seconds, "counts": list(steps.counts["failed"])}
    )


def _gone(group: GoneGroup) -> GoneGroupRow:
    return GoneGroupRow(
        signature=truncate(group.signature, _DETAILS[-1].signature),
        category=group.cause.category if group.cause else "unknown",
        before=group.before,
    )


def _group(group: FailedGroup, failed: int, detail: _Detail, *, ids: int) -> FailureGroupRow:
    values = [
        PlaceholderRow(
            placeholder=truncate(each.placeholder, _MAX_PLACEHOLDER),
            distinct=each.distinct,
            top=[[truncate(value, detail.value), jobs] for value, jobs in each.top[: detail.values]],
        )
        for each in group.values[: detail.places]
    ]
    return FailureGroupRow(
        signature=truncate(group.signature, detail.signature),
        category=group.cause.category if group.cause else "unknown",
        retry=group.cause.retry if group.cause else "unknown",
        count=group.count,
        share=rounded_share(group.count, failed),
        first_seen=format_timestamp(group.first_seen),
        last_seen=format_timestamp(group.last_seen),
        before=group.before,
        trend=group.trend,
        seen_before=group.seen_before and format_timestamp(group.seen_before),
        values=values or None,
        job_ids=[display_id(each) for each in group.newest_ids[:ids]],
    )
