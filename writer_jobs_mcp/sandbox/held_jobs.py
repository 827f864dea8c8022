"""An application's jobs, held as objects: simple, and for up to a hundred thousand cheap enough."""

from bisect import insort
from collections.abc import Sequence
from datetime import UTC, datetime

from writer_jobs_mcp.sandbox.applications import SandboxApplication
from writer_jobs_mcp.sandbox.jobs import SandboxJob, SandboxJobStatus

_LONG_AGO, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class HeldJobs:
    """One application's jobs, newest first, with an index by status that is rebuilt only when a status changes."""

    def __init__(self, application: SandboxApplication, jobs: list[SandboxJob]) -> None:
        self.application = application
        self._jobs = jobs
        self._by_id = {job.id: job for job in jobs}
        self._by_status: dict[SandboxJobStatus, list[SandboxJob]] = {}
        self._indexed_from, self._indexed_until = _NEVER, _LONG_AGO

    def with_status(self, status: SandboxJobStatus | None, now: datetime) -> Sequence[SandboxJob]:
        """Return the jobs with this status, or all, newest first."""
        if status is None:
            return self._jobs
        if not self._indexed_from <= now < self._indexed_until:
            self._index_by_status(now)
        return self._by_status[status]

    def find(self, job_id: str) -> SandboxJob | None:
        """Return the job with this id, if there is one."""
        return self._by_id.get(job_id)

    def insert(self, job: SandboxJob) -> None:
        """Add a job at its place in the order of creation."""
        insort(self._jobs, job, key=lambda other: -other.created_at.timestamp())
        self._by_id[job.id] = job
        self._invalidate()

    def save(self, job: SandboxJob) -> None:  # noqa: ARG002 - each job is held: only the index changes
        """Keep the changes of a job that `find` returned."""
        self._invalidate()

    def remove(self, job: SandboxJob) -> None:
        """Delete a job that `find` returned."""
        self._jobs.remove(job)
        del self._by_id[job.id]
        self._invalidate()

    def _invalidate(self) -> None:
        """Rebuild the index at the next read."""
        self._indexed_until = _LONG_AGO

    def _index_by_status(self, now: datetime) -> None:
        self._by_status = {"in_progress": [], "failed": [], "completed": []}
        for job in self._jobs:
            self._by_status[job.status(now)].append(job)
        running = (job.ends_at for job in self._by_status["in_progress"])
        self._indexed_from, self._indexed_until = now, min((end for end in running if end is not None), default=_NEVER)
