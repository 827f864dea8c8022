"""``writer-jobs-mcp failures``: all failed jobs of a window, as list_failed_jobs lists them page by page."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from writer_jobs_mcp.commands.direct_call import CommandFailed, call_directly
from writer_jobs_mcp.commands.output import INCOMPLETE, format_json, print_error, print_result
from writer_jobs_mcp.commands.progress_bar import ShowProgress
from writer_jobs_mcp.context import App
from writer_jobs_mcp.results.failed_jobs import FailedJobList, ListRequest, whole_failed_job_list
from writer_jobs_mcp.results.failed_jobs_csv import failed_jobs_csv
from writer_jobs_mcp.tools.selection import select_with_progress
from writer_jobs_mcp.tools.window import assumed_utc, parse_window
from writer_jobs_mcp.triage.select_failed import MAX_ERROR, Selection
from writer_jobs_mcp.worker_threads import run_in_worker


def run_failures(
    environ: Mapping[str, str],
    *,
    application: str,
    since: datetime | timedelta | None,
    until: datetime | timedelta | None,
    selection: Selection,
    output_format: str,
    sandbox: bool,
) -> int:
    """Print the jobs. Return 1 if Writer could not be asked, and 4 if not all failed jobs could be read.

    Raises:
        ConfigError: Settings or arguments are invalid, so nothing was asked.
    """

    async def list_jobs(app: App, progress: ShowProgress) -> FailedJobList:
        now = app.clock()
        window = parse_window(since, until, now)
        selected, resolved = await select_with_progress(app, application, window, now, selection, progress)
        error_chars = 0 if output_format == "text" else MAX_ERROR
        assumed = assumed_utc(since=since, until=until)
        request = ListRequest(resolved, window, now, selection, 0, 0, error_chars, assumed)
        return await run_in_worker(lambda: whole_failed_job_list(selected, request))

    texts = (application, selection.like, selection.contains)
    try:
        listed = call_directly(list_jobs, environ, texts=texts, unit="failed jobs", sandbox=sandbox)
    except CommandFailed as exc:
        print_error(str(exc))
        return 1
    print_result(_format(listed, output_format))
    if not listed.coverage.complete or (output_format == "csv" and listed.coverage.message):
        print_error(listed.coverage.as_text())
    return 0 if listed.coverage.complete else INCOMPLETE


def _format(listed: FailedJobList, output_format: str) -> str:
    match output_format:
        case "json":
            return format_json(listed.as_structure())
        case "csv":
            return failed_jobs_csv(listed)
        case _:
            return listed.as_text() + "\n"
