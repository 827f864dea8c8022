"""Count the running jobs of an application that are stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from writer_jobs_mcp.errors import WriterError
from writer_jobs_mcp.triage.scan import scan_jobs
from writer_jobs_mcp.triage.stuck_limit import find_stuck_limit

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job
    from writer_jobs_mcp.triage.durations import RunningJobs

_MAX_RUNNING, _PAGES_AHEAD = 1_000, 2


class StuckCount(NamedTuple):
    """How many jobs are stuck; None where that is not known, with the reason as a sentence."""

    number: int | None
    error: str = ""


async def read_and_count_stuck(client: WriterClient, application_id: str, running: RunningJobs) -> StuckCount:
    """Read the running jobs through the status filter, and count the stuck ones.

    ``running`` has those that the list of all jobs has shown: if a long-running one is not among those read, the filter
    leaves jobs out.
    """
    ids: set[str] = set()

    def on_job(job: Job) -> None:
        ids.add(job.id)
        running.add(job, is_listed=False)

    try:
        coverage = await scan_jobs(
            client, application_id, on_job, status="in_progress", max_jobs=_MAX_RUNNING, pages_ahead=_PAGES_AHEAD
        )
    except WriterError as exc:
        return StuckCount(None, str(exc))
    if coverage.stopped_by == "max_jobs":
        return StuckCount(None, f"More than {_MAX_RUNNING:,} jobs are running.")
    if not coverage.complete:
        return StuckCount(None, coverage.why_incomplete)
    if running.long_listed() - ids:
        return StuckCount(None, "Writer's list of running jobs is incomplete: its list of all jobs has more.")
    return await count_stuck(client, application_id, running)


async def count_stuck(client: WriterClient, application_id: str, running: RunningJobs) -> StuckCount:
    """Count the stuck jobs, where all running ones are known."""
    seconds = [job.seconds for job in running.longer_than(0)]
    limit = await find_stuck_limit(client, application_id, seconds)
    if limit is None:
        return StuckCount(None, "How long its jobs take could not be read.")
    return StuckCount(sum(each > limit for each in seconds))
