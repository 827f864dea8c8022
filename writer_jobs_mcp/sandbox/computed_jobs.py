"""An application's jobs, computed from their positions at each read: a million of them need no memory."""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate
from random import Random
from typing import NamedTuple, overload

from writer_jobs_mcp.sandbox.applications import SandboxApplication
from writer_jobs_mcp.sandbox.jobs import (
    LONGEST_DURATION,
    SandboxJob,
    SandboxJobStatus,
    draw_duration,
    hourly_loads,
)
from writer_jobs_mcp.sandbox.positions import Ages, Outcomes, PositionIds
from writer_jobs_mcp.sandbox.sample_errors import NEW_ERROR, OUTAGE_ERROR, RISING_ERROR, SAMPLE_ERRORS, SampleError
from writer_jobs_mcp.sandbox.seeded import seeded_key, seeded_random

_STUCK_COUNT, _STUCK_HOURS = 5, (3, 60)


class _Incident(NamedTuple):
    """A time in which one error prevails among the failures."""

    error: SampleError
    newest: float  # age in hours
    oldest: float
    share: float  # of the failures


_INCIDENTS = (
    _Incident(NEW_ERROR, newest=0, oldest=6, share=0.3),
    _Incident(RISING_ERROR, newest=0, oldest=12, share=0.5),
    _Incident(RISING_ERROR, newest=12, oldest=24, share=0.25),
    _Incident(RISING_ERROR, newest=24, oldest=48, share=0.1),
    _Incident(OUTAGE_ERROR, newest=74, oldest=76, share=0.8),
)
_LONG_AGO, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class ComputedJobs:
    """One application's jobs for a week, newest first, of which only those that differ are held.

    A job's age, outcome, id and texts follow from its position, the seed and `now`. Held are jobs that may still run,
    and jobs that were retried, added or removed. Any other job that is read is a new object: compare it by its id.
    The share that fails is the same all week; in the incidents, other errors prevail.
    """

    def __init__(
        self,
        application: SandboxApplication,
        count: int,
        now: datetime,
        *,
        seed: int,
        failed_share: float,
        with_new_error: bool,
    ) -> None:
        self.application = application
        self._now = now
        self._incidents = [each for each in _INCIDENTS if with_new_error or each.error is not NEW_ERROR]
        self._job_key = seeded_key(application.id, seed, "jobs")
        self._ages = Ages(seeded_key(application.id, seed, "ages"), count, hourly_loads(now))
        self._outcomes = Outcomes(
            seeded_key(application.id, seed, "failed"), count, min(round(count * failed_share), count)
        )
        self._ids = PositionIds(seeded_key(application.id, seed, "ids"))
        self._held: dict[int, SandboxJob | None] = {}  # by position; None for a removed job
        self._added: list[tuple[int, SandboxJob]] = []  # newest first, each with the position that it precedes
        self._hold_stuck_jobs()
        self._newest_held = 0  # positions before this one are held
        self._views: dict[SandboxJobStatus | None, Sequence[SandboxJob]] = {}
        self._viewed_from, self._viewed_until = _NEVER, _LONG_AGO

    def with_status(self, status: SandboxJobStatus | None, now: datetime) -> Sequence[SandboxJob]:
        """Return the jobs with this status, or all, newest first."""
        if not self._viewed_from <= now < self._viewed_until:
            self._hold_unfinished_jobs(now)
            ends = (job.ends_at for _, _, job in self._differences() if job and job.status(now) == "in_progress")
            self._viewed_from, self._viewed_until = now, min((end for end in ends if end is not None), default=_NEVER)
            self._views = {}
        if status not in self._views:
            self._views[status] = _JobView(self._parts(status, now), partial(self._job_at, status))
        return self._views[status]

    def find(self, job_id: str) -> SandboxJob | None:
        """Return the job with this id, if there is one."""
        position = self._ids.position(job_id)
        if position is None:
            return next((job for _, job in self._added if job.id == job_id), None)
        if position in self._held:
            return self._held[position]
        return self._compute_job(position) if position < self._outcomes.count else None

    def insert(self, job: SandboxJob) -> None:
        """Add a job at its place in the order of creation."""
        place = self._ages.count_up_to(self._now - job.created_at)
        insort(self._added, (place, job), key=lambda each: -each[1].created_at.timestamp())
        self._invalidate()

    def save(self, job: SandboxJob) -> None:
        """Keep the changes of a job that `find` returned."""
        self._set(job, job)

    def remove(self, job: SandboxJob) -> None:
        """Delete a job that `find` returned."""
        self._set(job, None)
        self._added = [each for each in self._added if each[1] is not job]

    def _set(self, job: SandboxJob, changed: SandboxJob | None) -> None:
        position = self._ids.position(job.id)
        if position is not None:
            self._held[position] = changed
        self._invalidate()

    def _invalidate(self) -> None:
        """Build new views at the next read."""
        self._viewed_until = _LONG_AGO

    def _parts(self, status: SandboxJobStatus | None, now: datetime) -> Iterator[range | SandboxJob]:
        """Yield the jobs with a status in their order: held jobs, and between them ranges of ranks of computed ones."""
        start = 0
        for position, width, job in self._differences():
            if start < position:
                yield self._ranks(status, start, position)
            if job is not None and status in {None, job.status(now)}:
                yield job
            start = position + width
        yield self._ranks(status, start, self._outcomes.count)

    def _differences(self) -> list[tuple[int, int, SandboxJob | None]]:
        """Return what differs from the computed jobs, by position.

        The number is 1 if the job replaces the computed one there (None if that was removed), and 0 if it precedes it.
        """
        added = ((place, 0, job) for place, job in self._added)
        held = ((position, 1, job) for position, job in self._held.items())
        return sorted((*added, *held), key=lambda each: each[:2])

    def _ranks(self, status: SandboxJobStatus | None, start: int, stop: int) -> range:
        """Return the ranks, among the computed jobs with a status, of those from one position to another."""
        if status is None:
            return range(start, stop)
        if status == "in_progress":
            return range(0)
        failed = range(self._outcomes.failed_before(start), self._outcomes.failed_before(stop))
        return failed if status == "failed" else range(start - failed.start, stop - failed.stop)

    def _job_at(self, status: SandboxJobStatus | None, rank: int) -> SandboxJob:
        """Compute a job by its rank among the computed jobs with a status."""
        if status is None:
            return self._compute_job(rank)
        return self._compute_job(
            self._outcomes.failed_at(rank) if status == "failed" else self._outcomes.completed_at(rank)
        )

    def _compute_job(self, position: int) -> SandboxJob:
        age = self._ages.age(position)
        rng = seeded_random(self._job_key.hex(), position)
        error = self._draw_error(rng, age) if self._outcomes.is_failed(position) else None
        created_at = self._now - age
        return SandboxJob(
            self._ids.id(position), self.application, created_at, created_at + draw_duration(rng, error), error
        )

    def _draw_error(self, rng: Random, age: timedelta) -> SampleError:
        """Draw the error of a failed job: that of an incident, or an ordinary one."""
        hours = age / timedelta(hours=1)
        for incident in self._incidents:
            if incident.newest <= hours < incident.oldest and rng.random() < incident.share:
                return incident.error
        return rng.choices(SAMPLE_ERRORS, [error.weight for error in SAMPLE_ERRORS])[0]

    def _hold_stuck_jobs(self) -> None:
        """Let a few jobs that would complete run for ever."""
        rng = seeded_random(self._job_key.hex(), "stuck")
        for _ in range(min(_STUCK_COUNT, self._outcomes.count // 100)):
            place = self._ages.count_up_to(timedelta(hours=rng.uniform(*_STUCK_HOURS)))
            rank = place - self._outcomes.failed_before(place)
            if rank < self._outcomes.completed:
                position = self._outcomes.completed_at(rank)
                job = self._held[position] = self._compute_job(position)
                job.ends_at = None

    def _hold_unfinished_jobs(self, now: datetime) -> None:
        """Hold each job that may still run at this time; all others have ended with their outcome."""
        count = self._ages.count_up_to(self._now - now + LONGEST_DURATION)
        for position in range(self._newest_held, count):
            self._held.setdefault(position, self._compute_job(position))
        self._newest_held = max(self._newest_held, count)


class _JobView(Sequence[SandboxJob]):
    """Held jobs, and ranges of ranks whose jobs are computed when they are read, as one sequence."""

    def __init__(self, parts: Iterable[range | SandboxJob], job_at: Callable[[int], SandboxJob]) -> None:
        self._parts, self._job_at = list(parts), job_at
        self._ends = list(accumulate(len(part) if isinstance(part, range) else 1 for part in self._parts))

    def __len__(self) -> int:
        return self._ends[-1]

    @overload
    def __getitem__(self, index: int) -> SandboxJob: ...
    @overload
    def __getitem__(self, index: slice) -> list[SandboxJob]: ...
    def __getitem__(self, index: int | slice) -> SandboxJob | list[SandboxJob]:
        selected = range(len(self))[index]
        return self._job(selected) if isinstance(selected, int) else list(map(self._job, selected))

    def _job(self, index: int) -> SandboxJob:
        number = bisect_right(self._ends, index)
        part = self._parts[number]
        return self._job_at(part[index - self._ends[number]]) if isinstance(part, range) else part
