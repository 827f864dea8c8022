"""Selects the failed jobs that the arguments of a call describe."""

from collections.abc import Callable
from datetime import datetime

from mcp.server.mcpserver import Context

from writer_jobs_mcp.context import App
from writer_jobs_mcp.triage.find_application import ResolvedApplication, resolve_and_call
from writer_jobs_mcp.triage.known_errors import read_example
from writer_jobs_mcp.triage.report import Window
from writer_jobs_mcp.triage.scan import Progress
from writer_jobs_mcp.triage.select_failed import SelectedJobs, Selection, select_failed_jobs


async def select(
    ctx: Context[App],
    application_id: str,
    window: Window,
    now: datetime,
    selection: Selection,
    on_read: Callable[[int], None] = lambda _: None,
) -> tuple[SelectedJobs, ResolvedApplication]:
    """Read and select jobs, with progress for the client and for ``on_read``; as :func:`select_with_progress`."""

    async def progress(read: int, _: int | None) -> None:
        on_read(read)
        await ctx.report_progress(read, None, f"read {read:,} jobs")

    app = ctx.request_context.lifespan_context
    return await select_with_progress(app, application_id, window, now, selection, progress)


async def select_with_progress(
    app: App,
    application_id: str,
    window: Window,
    now: datetime,
    selection: Selection,
    progress: Progress | None,
) -> tuple[SelectedJobs, ResolvedApplication]:
    """Read and select jobs. Return them, and the application.

    Raises:
        InvalidArguments: The job ``like`` has not failed.
        WriterError: Writer could not be asked.
    """
    if selection.like is not None:
        example = await read_example(app.client, app.known_errors, selection.like, application_id)
        selection = selection._replace(example=example)
    return await resolve_and_call(
        app.client,
        application_id,
        lambda id_: select_failed_jobs(app.client, id_, window, now, selection, progress),
    )
