"""``writer-jobs-mcp triage``: the reports of the two triage tools for people, cron and CI."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from writer_jobs_mcp.commands.direct_call import CommandFailed, call_directly
from writer_jobs_mcp.commands.output import FAILURE_RATE_TOO_HIGH, INCOMPLETE, format_json, print_error, print_result
from writer_jobs_mcp.commands.progress_bar import ShowProgress
from writer_jobs_mcp.context import App
from writer_jobs_mcp.results.account import AccountReport
from writer_jobs_mcp.results.formatting import pluralize
from writer_jobs_mcp.results.triage import TriageReport
from writer_jobs_mcp.results.triage_markdown import account_markdown, triage_markdown
from writer_jobs_mcp.tools.triage_all_applications import triage_all
from writer_jobs_mcp.tools.triage_application_jobs import triage

_MAX_JOBS = 1_000_000  # the most that the tool takes: here no client is kept waiting


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the exit status depends on."""

    failed: int
    jobs: int | None  # None if not all were counted
    is_complete: bool


def run_triage(
    environ: Mapping[str, str],
    *,
    application: str | None,
    since: datetime | timedelta | None,
    until: datetime | timedelta | None,
    output_format: str,
    fail_above: Decimal | None,
    sandbox: bool,
) -> int:
    """Print the report on an application, or on all if none is given.

    Return 1 if there is no report, 3 if too many jobs failed, and 4 if not all jobs were read or counted.
    Incomplete coverage comes first: the failure rate is not known then.

    Raises:
        ConfigError: Settings or arguments are invalid, so nothing was asked.
    """

    async def report_on(app: App, progress: ShowProgress) -> TriageReport | AccountReport:
        if application is None:
            return (await triage_all(app, since, until, progress)).result
        return (await triage(app, application, since, until, max_jobs=_MAX_JOBS, progress=progress)).result

    try:
        unit = "steps" if application is None else "jobs"
        report = call_directly(report_on, environ, texts=(application,), unit=unit, sandbox=sandbox)
    except CommandFailed as exc:
        print_error(str(exc))
        return 1
    print_result(_format(report, output_format))
    return _exit_status(_outcome(report), fail_above)


def _format(report: TriageReport | AccountReport, output_format: str) -> str:
    match output_format:
        case "json":
            return format_json(report.as_structure())
        case "markdown":
            return triage_markdown(report) if isinstance(report, TriageReport) else account_markdown(report)
        case _:
            return report.as_text() + "\n"


def _outcome(report: TriageReport | AccountReport) -> _Outcome:
    coverage = report.coverage
    if isinstance(report, AccountReport):
        failed, jobs, _ = report.sums()
        return _Outcome(failed, jobs, coverage.complete)
    return _Outcome(report.counts.get("failed", 0), report.coverage.jobs_in_window, coverage.complete)


def _exit_status(outcome: _Outcome, fail_above: Decimal | None) -> int:
    """Return the exit status; one that is not 0 is explained on stderr."""
    of = "" if outcome.jobs is None else f" of {pluralize(outcome.jobs, 'job')}"
    failed = f"{outcome.failed:,}{of} failed"
    if outcome.jobs is None or not outcome.is_complete:
        print_error(f"not all jobs of the window were read or counted (see the coverage); of those read, {failed}.")
        return INCOMPLETE
    if fail_above is not None and 100 * outcome.failed > fail_above * outcome.jobs:
        print_error(f"{failed}, which is more than {fail_above} %.")
        return FAILURE_RATE_TOO_HIGH
    return 0
