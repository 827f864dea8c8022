"""Read the failed jobs of any window through the status filter, from the place of its end on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from writer_jobs_mcp.triage.scan import Progress, scan_jobs
from writer_jobs_mcp.triage.seek import JobSearch, NotSearchable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job, JobPage
    from writer_jobs_mcp.triage.coverage import Coverage
    from writer_jobs_mcp.triage.span import Interval


INCOMPLETE_LIST = "Writer's list of failed jobs is incomplete: its list of all jobs has more"


async def check_listed(
    jobs: Iterable[Job], is_missing: Callable[[Job], bool], read_again: Callable[[], Awaitable[JobPage]]
) -> None:
    """Check that none of the jobs of a page is missing among the failed ones, unless it was retried meanwhile.

    ``read_again`` reads the page again.

    Raises:
        NotSearchable: A missing one is still on the page.
        WriterError: The page could not be read again.
    """
    missing = {job.id for job in jobs if is_missing(job)}
    if missing and any(job.id in missing and is_missing(job) for job in (await read_again()).jobs):
        raise NotSearchable(INCOMPLETE_LIST)


class FailedJobs:
    """The failed jobs that were created before a time, each taken once, however often the list is read."""

    def __init__(
        self, client: WriterClient, application_id: str, until: datetime, on_job: Callable[[Job], None], page_size: int
    ) -> None:
        """Begin with no jobs; each is passed to ``on_job``. ``page_size`` is how many rows a page probably has."""
        self._client, self._application_id, self._until, self._on_job = client, application_id, until, on_job
        self._search = JobSearch(client, application_id, "failed", page_size=page_size)
        self._created: dict[str, datetime] = {}
        self._back_to: datetime | None = None
        self.newer = 0  # failed jobs that were created at or after ``until``

    async def read(
        self,
        since: datetime | None,
        *,
        max_jobs: int | None = None,
        min_older: int = 0,
        pages_ahead: int | None = None,
        progress: Progress | None = None,
    ) -> Coverage:
        """Read the list back to ``since``; the other arguments are as for `scan_jobs`.

        Raises:
            NotSearchable: The place of ``until`` cannot be found.
            WriterError: The list cannot be read.
        """
        self._search.forget()
        offset, page = await self._search.page_before(self._until, self.newer)
        self.newer = offset + sum(job.created_at >= self._until for job in page.jobs)
        return await scan_jobs(
            self._client,
            self._application_id,
            self.take,
            since=since,
            until=self._until,
            max_jobs=max_jobs,
            min_older=min_older if since else 0,
            status="failed",
            offset=offset,
            first_page=page,
            pages_ahead=pages_ahead,
            progress=progress,
        )

    def ignore_before(self, moment: datetime) -> None:
        """Take no more jobs created before ``moment``: reading stopped there."""
        self._back_to = moment

    def take(self, job: Job) -> None:
        """Take a failed job, unless it is known."""
        if job.id not in self._created and not (self._back_to and job.created_at < self._back_to):
            self._created[job.id] = job.created_at
            self._on_job(job)

    def __contains__(self, job_id: str) -> bool:
        """Return whether a job with this id has failed."""
        return job_id in self._created

    def count(self, interval: Interval) -> int:
        """Return how many were created in an interval."""
        return sum(map(interval.has, self._created.values()))
