"""Read how jobs have ended that are no longer in the list of running ones: whether they completed or failed.

A few jobs are read one by one. More of them are looked up in the lists of failed and of completed jobs, where one
request shows up to a hundred; only those that are not found soon are then read one by one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from writer_jobs_mcp.client.sent_retries import is_same_id
from writer_jobs_mcp.errors import NotFound, UnreadableResponse, WriterError
from writer_jobs_mcp.triage.run_all import run_all
from writer_jobs_mcp.triage.scan import scan_jobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.job_status import JobStatus
    from writer_jobs_mcp.client.models import Job

FEW = 8
"""So many jobs, or fewer, are read one by one."""
_MOST = 200  # jobs that are read one by one after the lists
_ROWS_PER_JOB, _MIN_ROWS = 25, 2_000  # of a list: a page costs one request, as one job does
_FAILED: Sequence[JobStatus] = ("failed",)
_ENDED: Sequence[JobStatus] = ("failed", "completed")


class Outcomes:
    """How jobs have ended, as far as that was read."""

    def __init__(self, client: WriterClient, application_id: str, kept_failures: int) -> None:
        """Begin with none; ``kept_failures`` of the failed jobs are kept whole: the newest."""
        self._client, self._application_id, self._kept = client, application_id, kept_failures
        self._wanted: Mapping[str, datetime] = {}
        self._running: dict[str, datetime] = {}
        self._are_lists_read = True  # as far as they have to be, in this reading
        self.statuses: dict[str, str] = {}
        """The status of each job that has ended, by its id."""
        self.failures: list[Job] = []
        """The newest of those that failed."""
        self.not_found: set[str] = set()
        """The jobs that Writer does not know by their ids, and that are not where they should be in the lists."""
        self.error = ""
        """Why the last outcome that could not be read was not, as a sentence."""

    async def read(self, jobs: Mapping[str, datetime], *, only_failed: bool = False) -> dict[str, datetime]:
        """Read how these jobs have ended, each id with its ``created_at``. Return those that run, each since when.

        What could be read is in `statuses`; nothing is raised for the others. With ``only_failed``, of many jobs only
        the failed ones are looked up.
        """
        self._wanted, self._running, self._are_lists_read = jobs, {}, True
        if len(jobs) <= FEW:
            await self._read_each(jobs)
            if self._left() & self.not_found:
                await self._read_lists(_ENDED)
        else:
            await self._read_lists(_FAILED if only_failed else _ENDED)
            if not only_failed:
                await self._read_each(sorted(self._left())[:_MOST])
        self.not_found -= self.statuses.keys() | self._running.keys()
        if not self._are_lists_read:
            self.not_found -= jobs.keys()
        return self._running

    def _left(self) -> set[str]:
        """Return the jobs of which nothing was read."""
        return self._wanted.keys() - self.statuses.keys() - self._running.keys()

    def _note(self, job_id: str, job: Job) -> None:
        if job.is_running:
            self._running[job_id] = job.running_since
        elif job_id not in self.statuses:
            self.statuses[job_id] = job.status
            if job.status == "failed":
                newest_first = sorted([*self.failures, job], key=lambda each: each.created_at, reverse=True)
                self.failures = newest_first[: self._kept]

    async def _read_each(self, ids: Iterable[str]) -> None:
        await run_all([partial(self._read_job, job_id) for job_id in ids])

    async def _read_job(self, job_id: str) -> None:
        try:
            job = await self._client.get_job(job_id)
            if not is_same_id(job.id, job_id):
                raise UnreadableResponse("Writer returned another job for its id.")
            self._note(job_id, job)
        except NotFound as exc:
            self.not_found.add(job_id)
            self.error = exc.what
        except WriterError as exc:
            self.error = str(exc)

    async def _read_lists(self, statuses: Sequence[JobStatus]) -> None:
        await run_all([partial(self._read_list, status) for status in statuses])

    async def _read_list(self, status: JobStatus) -> None:
        """Read the jobs of a status back to the oldest that is wanted, as long as that takes the fewer requests."""
        left = self._left()
        if not left:
            return

        def on_job(job: Job) -> None:
            if job.id in left:
                self._note(job.id, job)

        try:
            coverage = await scan_jobs(
                self._client,
                self._application_id,
                on_job,
                status=status,
                since=min(self._wanted[job_id] for job_id in left),
                max_jobs=max(_MIN_ROWS, _ROWS_PER_JOB * len(left)),
            )
            error = coverage.error
        except WriterError as exc:
            error = str(exc)
        if error:
            self._are_lists_read, self.error = False, error
