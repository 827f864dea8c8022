"""How long jobs took or have run: median and 95th percentile, and which running ones are stuck."""

import math
from collections.abc import Container, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job


class TimedJob(NamedTuple):
    """A job and how long it took, or has run so far."""

    id: str
    created_at: datetime
    seconds: float


def p95(ordered: Sequence[float]) -> float | None:
    """Return the smallest of these ascending values that at least 95 % of them do not exceed; None of none."""
    return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else None


# The module `statistics` would be imported at every start, and with it fractions and decimals.
def median(ordered: Sequence[float]) -> float | None:
    """Return the median of these ascending values; None of none."""
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


_MIN_STUCK_SECONDS, MAX_STUCK_SECONDS = 600.0, 3_600.0
_STUCK_TIMES_P95 = 3


def stuck_after(p95_seconds: float | None) -> float:
    """Return the seconds after which a running job is stuck.

    Three times the 95th percentile of the finished jobs, but at least ten minutes and at most one hour: the duration
    of a retried job runs from its first creation, so a few of them could put the limit out of reach.
    """
    if p95_seconds is None:
        return _MIN_STUCK_SECONDS
    return min(max(_MIN_STUCK_SECONDS, _STUCK_TIMES_P95 * p95_seconds), MAX_STUCK_SECONDS)


class RunningJobs:
    """The running jobs, each with how long it has run: since the later of its creation and its last update."""

    def __init__(self, now: datetime) -> None:
        self._now = now  # the end of their run so far
        self._jobs: dict[str, TimedJob] = {}
        self._listed: set[str] = set()

    def add(self, job: "Job", *, is_listed: bool) -> None:
        """Add a running job, which may be known; ``is_listed`` if it is from the application's whole list."""
        if is_listed:
            self._listed.add(job.id)
        seconds = (self._now - job.running_since).total_seconds()
        known = self._jobs.get(job.id)
        if known is None or seconds < known.seconds:  # a retry between two readings starts it again
            self._jobs[job.id] = TimedJob(job.id, job.created_at, seconds)

    def remove(self, job_id: str) -> None:
        """Remove a job that has finished since it was added, if it was."""
        self._jobs.pop(job_id, None)

    def keep(self, job_ids: Container[str]) -> None:
        """Remove all jobs but these."""
        self._jobs = {id_: job for id_, job in self._jobs.items() if id_ in job_ids}

    def longer_than(self, seconds: float) -> list[TimedJob]:
        """Return the jobs that have run for longer than ``seconds``."""
        return [job for job in self._jobs.values() if job.seconds > seconds]

    def long_listed(self) -> set[str]:
        """Return the ids of the jobs from the whole list that have run for more than ten minutes."""
        return {job.id for job in self.longer_than(_MIN_STUCK_SECONDS)} & self._listed
