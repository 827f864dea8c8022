"""Remember which retries were sent, so that no failure of a job is retried twice."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID
from weakref import WeakValueDictionary

import anyio

RETRY_COOLDOWN = timedelta(minutes=10)
"""How long the same failure of a job is not sent again.

Writer answers 202 before it starts a job, so the old failure may be shown until a queue has emptied; how long that
takes is not documented. A retry that was not started after ten minutes is probably lost, and may be repeated.
"""

REMEMBERED_TIME = timedelta(hours=24)
"""How long an earlier retry is still mentioned once its failure may be sent again."""

MAX_REMEMBERED = 4_096
"""The oldest is forgotten first, but none within :data:`RETRY_COOLDOWN`. All of them take about 2 MB."""


def job_key(job_id: str) -> str:
    """Return a key that is equal for every spelling of a job's id: letter case, and the dashes and braces of a UUID."""
    try:
        return UUID(job_id).hex
    except ValueError:
        return job_id.casefold()


def is_same_id(one: str, other: str) -> bool:
    """Return whether both are spellings of one job's id."""
    return job_key(one) == job_key(other)


class FinishedRun(Protocol):
    """A job, with the times of its last run."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def created_at(self) -> datetime:
        """When it was created."""
        ...

    @property
    def completed_at(self) -> datetime | None:
        """When its last run ended; None if that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure of a job, identified by its times."""

    completed_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, job: FinishedRun) -> "Failure":
        """Return the failure of a failed job."""
        return cls(job.completed_at, job.created_at)

    def is_same_as(self, other: "Failure") -> bool:
        """Return whether this may be the same failure of a job as another.

        If both have a ``completed_at``, it decides: only the end of a run changes it. It is compared to the second,
        since one response may have fractions and another none. Otherwise ``created_at`` decides. ``updated_at`` does
        not count, since a retry may change it while Writer still returns the old failure. Nor does the error text,
        since it may hold the id of a request.
        """
        if self.completed_at and other.completed_at:
            return self.completed_at.replace(microsecond=0) == other.completed_at.replace(microsecond=0)
        return self.created_at == other.created_at


@dataclass(slots=True)
class SentRetry:
    """A retry that was sent, or that may have been."""

    job_key: str
    failure: Failure
    sent_at: datetime
    previous: "SentRetry | None"
    """The previous retry of the same job, as long as that may not be repeated."""
    is_accepted: bool = False
    """Whether Writer accepted it; otherwise its outcome is unknown."""
    runs_as: str | None = None
    """The id of the job that runs instead, if Writer started another one."""

    @property
    def cooldown_end(self) -> datetime:
        """When the same failure may be retried again."""
        return self.sent_at + RETRY_COOLDOWN


class SentRetries:
    """The retries that one running server has sent, with a lock for each job that is being retried."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Start empty; ``clock`` returns the current time, with an offset."""
        self._clock = clock
        self._sent: dict[str, SentRetry] = {}  # oldest first
        self._locks: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()  # each exists while it is in use

    def is_locked(self, job_id: str) -> bool:
        """Return whether :meth:`lock` would have to wait."""
        lock = self._locks.get(job_key(job_id))
        return lock is not None and lock.locked()

    @asynccontextmanager
    async def lock(self, job_id: str) -> AsyncGenerator[None]:
        """Lock a job, so that one call at a time reads it, decides and retries it."""
        lock = self._locks.setdefault(job_key(job_id), anyio.Lock())
        async with lock:
            yield

    def find_earlier(self, job: FinishedRun) -> SentRetry | None:
        """Return the last retry of the current failure of ``job``, or of its last one if it is running again."""
        self._forget_old()
        sent = self._sent.get(job_key(job.id))
        while sent and not sent.failure.is_same_as(Failure.of(job)):
            sent = sent.previous  # a response may be older than the previous one
        return sent

    def find_last(self, job_id: str) -> SentRetry | None:
        """Return the last retry of a job, whichever of its failures that was for."""
        self._forget_old()
        return self._sent.get(job_key(job_id))

    def is_in_cooldown(self, sent: SentRetry) -> bool:
        """Return whether it is too early to retry the same failure again."""
        return self._clock() < sent.cooldown_end

    def record(self, job: FinishedRun) -> SentRetry:
        """Remember a retry before it is sent: it counts as sent, with an unknown outcome, until more is known."""
        key = job_key(job.id)
        previous = self._sent.pop(key, None)
        if previous and previous.previous and not self.is_in_cooldown(previous.previous):
            previous.previous = None
        self._sent[key] = sent = SentRetry(key, Failure.of(job), self._clock(), previous)
        self._forget_old()
        return sent

    def forget(self, sent: SentRetry) -> None:
        """Forget a retry that was not sent, or that Writer rejected."""
        if self._sent.get(sent.job_key) is not sent:
            return
        if sent.previous:
            self._sent[sent.job_key] = sent.previous
        else:
            del self._sent[sent.job_key]

    def _forget_old(self) -> None:
        since = self._clock() - REMEMBERED_TIME
        while self._sent:
            oldest = next(iter(self._sent.values()))
            has_place = len(self._sent) <= MAX_REMEMBERED or self.is_in_cooldown(oldest)
            if has_place and oldest.sent_at > since:
                return
            del self._sent[oldest.job_key]
