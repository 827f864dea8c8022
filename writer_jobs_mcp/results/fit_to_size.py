"""Write the report on an application, as detailed as its limit of size allows."""

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.results.base import NextCall
from writer_jobs_mcp.results.failure_groups import GoneGroupRow
from writer_jobs_mcp.results.failure_rows import SHORTEST_SIGNATURE, failure_rows, json_length, omitted_failures
from writer_jobs_mcp.results.formatting import rounded_share
from writer_jobs_mcp.results.triage import TriageReport
from writer_jobs_mcp.results.triage_parts import (
    BeforeSummary,
    DurationSummary,
    FailedOverTime,
    LongestJob,
    StuckJob,
    coverage_summary,
)
from writer_jobs_mcp.results.window import WindowSummary
from writer_jobs_mcp.sanitize.truncate import preview, truncate
from writer_jobs_mcp.triage.failed_groups import GoneGroup
from writer_jobs_mcp.triage.gather import Gathered
from writer_jobs_mcp.triage.next_calls import TriageRequest, next_calls
from writer_jobs_mcp.triage.report import Report
from writer_jobs_mcp.triage.shown_groups import select_groups, select_statuses, select_steps
from writer_jobs_mcp.triage.timeline import Histogram
from writer_jobs_mcp.triage.timestamps import format_timestamp

_MAX_GROUPS = 12
_MAX_NAME = 80


MAX_REPORT_JSON = 12_000
"""Characters of JSON that a report stays under, whatever the jobs hold."""


def triage_report(report: Report, gathered: Gathered, request: TriageRequest) -> TriageReport:
    """Show a report: if it is too long, its values and signatures are shortened first, then it shows fewer groups."""
    shown = _report(report, gathered, request, _MAX_GROUPS)
    for groups in range(_MAX_GROUPS - 1, 0, -1):
        if json_length(shown) < MAX_REPORT_JSON:
            break
        shown = _report(report, gathered, request, groups)
    return shown


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
        by_category={**failures.by_category} or None,
        failed_over_time=_over_time(select_steps(report.failed_timeline, gathered.coverage, window.since)),
        stuck=[StuckJob.of(job) for job in report.stuck],
        stuck_count=report.stuck_count if gathered.all_running_read else None,
        stuck_after=round(report.stuck_after, 1),
        failures=failure_rows(groups.shown, report.failed),
        failures_omitted=omitted_failures(groups),
        gone=[_gone(group) for group in failures.gone] or None,
        next=[NextCall.of(call) for call in calls] or None,
    )
    result.note_largest(is_shown=groups.has_largest)
    return result


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
        signature=truncate(group.signature, SHORTEST_SIGNATURE),
        category=group.cause.category,
        before=group.before,
    )
