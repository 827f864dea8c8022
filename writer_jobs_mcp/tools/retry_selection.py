"""The jobs that a call of ``retry_jobs`` selects: its arguments are checked, its jobs read and its plan made."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from mcp.server.mcpserver import Context

from writer_jobs_mcp.context import App
from writer_jobs_mcp.deadlines import QUESTION_RESERVE, scope_with_reserve
from writer_jobs_mcp.errors import BudgetExceeded, InvalidArguments
from writer_jobs_mcp.failures import Category
from writer_jobs_mcp.tools.selection import select
from writer_jobs_mcp.tools.window import parse_window
from writer_jobs_mcp.triage.dry_runs import RetryCall
from writer_jobs_mcp.triage.retry_plan import RetryPlan, plan_retry
from writer_jobs_mcp.triage.select_failed import Selection


class SelectionArguments(NamedTuple):
    """The arguments of a call that selects its jobs."""

    application_id: str | None
    since: datetime | timedelta | None
    until: datetime | timedelta | None
    like: str | None
    category: Category | None
    contains: str | None
    max_jobs: int


def check_arguments(job_ids: Sequence[str] | None, arguments: SelectionArguments) -> None:
    """Check that a call says which jobs it means, in one way.

    Raises:
        InvalidArguments: It says nothing, or contradicts itself, or means every job that ever failed.
    """
    application_id, since, until, *narrowing, max_jobs = arguments
    is_narrowed = any(each is not None for each in (since, *narrowing))
    if job_ids is not None and (application_id is not None or until is not None or is_narrowed):
        raise InvalidArguments("job_ids says which jobs are meant; the other arguments select jobs.", "Pass only one.")
    if job_ids is not None and len(set(job_ids)) > max_jobs:
        raise InvalidArguments("max_jobs limits a selection, not job_ids.", "Pass fewer job_ids.")
    if job_ids is None and application_id is None:
        raise InvalidArguments(
            "retry_jobs takes either job_ids, or application_id with since, like, category or contains.", "Pass one."
        )
    if job_ids is None and not is_narrowed:
        raise InvalidArguments(
            "Every failed job of the application would be selected.", "Pass since, like, category or contains as well."
        )


async def make_plan(ctx: Context[App], arguments: SelectionArguments, *, dry_run: bool) -> RetryPlan:
    """Read and select the jobs, and decide which of them this call sends; leave time to send them unless ``dry_run``.

    Raises:
        InvalidArguments: The window or the example is not valid.
        BudgetExceeded: Nothing could be read in time.
        WriterError: Writer could not be asked.
    """
    if dry_run:
        return await _make_plan(ctx, arguments)
    with await scope_with_reserve(QUESTION_RESERVE):
        return await _make_plan(ctx, arguments)
    raise BudgetExceeded("The time for this call ended before the jobs were read; nothing was sent.", "Call again.")


async def _make_plan(ctx: Context[App], arguments: SelectionArguments) -> RetryPlan:
    app = ctx.request_context.lifespan_context
    application_id, since, until, like, category, contains, max_jobs = arguments
    if application_id is None:
        raise InvalidArguments("A selection needs application_id.")
    now = app.clock()
    window = parse_window(since, until, now)
    selection = Selection(like, category, contains)
    read = [0]
    selected, application = await select(ctx, application_id, window, now, selection, read.append)
    suggested_for = None
    if isinstance(until, datetime):
        # Its window alone would not do: jobs of it may have failed since, and its end may be ahead of this clock.
        call = RetryCall(application.id, window.since, until, like, category, contains)
        suggested_for = app.dry_runs.get(call)
    plan = plan_retry(selected, application, window.since, selection, max_jobs, app.sent_retries, suggested_for)
    return plan._replace(jobs_read=max(read))
