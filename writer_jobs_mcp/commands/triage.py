"""``writer-jobs-mcp triage``: the report of triage_application_jobs for people, cron and CI."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from writer_jobs_mcp.commands.direct_call import CommandFailed, call_directly
from writer_jobs_mcp.commands.output import FAILURE_RATE_TOO_HIGH, INCOMPLETE, format_json, print_error, print_result
from writer_jobs_mcp.context import App
from writer_jobs_mcp.errors import ConfigError
from writer_jobs_mcp.results.formatting import pluralize
from writer_jobs_mcp.results.triage import TriageReport
from writer_jobs_mcp.results.triage_markdown import triage_markdown
from writer_jobs_mcp.tools.triage_application_jobs import triage
from writer_jobs_mcp.triage.scan import Progress

_MAX_JOBS = 1_000_000  # the most that the tool takes: here no client is kept waiting


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the exit status depends on."""

    failed: int
    jobs: int
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
    """Print the report. Return 1 if there is none, 3 if too many jobs failed, and 4 if not all jobs were read.

    Incomplete coverage comes first: the failure rate is not known then.

    Raises:
        ConfigError: Settings or arguments are invalid, so nothing was asked.
    """
    if application is None:
        raise ConfigError("APPLICATION is missing: an id, an alias or an exact name.")

    async def report_on(app: App, progress: Progress | None) -> TriageReport:
        found = await triage(app, application, since, until, max_jobs=_MAX_JOBS, progress=progress)
        return found.result

    try:
        report = call_directly(report_on, environ, texts=(application,), sandbox=sandbox)
    except CommandFailed as exc:
        print_error(str(exc))
        return 1
    print_result(_format(report, output_format))
    coverage = report.coverage
    outcome = _Outcome(report.counts.get("failed", 0), coverage.jobs_in_window, coverage.complete)
    return _exit_status(outcome, fail_above)


def _format(report: TriageReport, output_format: str) -> str:
    match output_format:
        case "json":
            return format_json(report.as_structure())
        case "markdown":
            return triage_markdown(report)
        case _:
            return report.as_text() + "\n"


def _exit_status(outcome: _Outcome, fail_above: Decimal | None) -> int:
    """Return the exit status; one that is not 0 is explained on stderr."""
    failed = f"{outcome.failed:,} of {pluralize(outcome.jobs, 'job')} failed"
    if not outcome.is_complete:
        print_error(f"not all jobs of the window could be read (see the coverage); of those read, {failed}.")
        return INCOMPLETE
    if fail_above is not None and 100 * outcome.failed > fail_above * outcome.jobs:
        print_error(f"{failed}, which is more than {fail_above} %.")
        return FAILURE_RATE_TOO_HIGH
    return 0
