"""The jobs of the sandbox, generated for a week: busy days, quiet nights, three incidents, unfinished jobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal, NamedTuple

from writer_jobs_mcp.sandbox.applications import SandboxApplication, format_api_timestamp
from writer_jobs_mcp.sandbox.sample_errors import NEW_ERROR, OUTAGE_ERROR, RISING_ERROR, SampleError, draw_by_weight
from writer_jobs_mcp.sandbox.sample_outputs import sample_output
from writer_jobs_mcp.sandbox.seeded import random_uuid, seeded_random

SandboxJobStatus = Literal["in_progress", "failed", "completed"]


@dataclass(slots=True, eq=False)
class SandboxJob:
    """A job with its whole future; its status is computed from the current time. The API shows only `as_json`."""

    id: str  # a UUID
    application: SandboxApplication
    created_at: datetime
    ends_at: datetime | None  # when it completes or fails; None for a stuck job
    sample_error: SampleError | None = None  # None for a job that completes
    fixed_text: str | None = None  # its output or error; None to generate it from the id
    retried_at: datetime | None = None  # the last time

    def status(self, now: datetime) -> SandboxJobStatus:
        """Return the status at this time."""
        if self.ends_at is None or now < self.ends_at:
            return "in_progress"
        return "completed" if self.sample_error is None else "failed"

    def as_json(self, now: datetime) -> dict[str, object]:
        """Return the vendor's `get_async_application_job_response` at this time.

        The same job at the same time always gives the same JSON. Optional fields without a value are absent from
        some jobs and null in others, because the documents do not say which.
        """
        rng = seeded_random(self.id)
        has_nulls, has_updated_at, has_title = (rng.random() < odds for odds in (0.6, 0.75, 0.9))
        status = self.status(now)
        ended_at = None if status == "in_progress" else self.ends_at
        fields: dict[str, object] = {
            "id": self.id,
            "status": status,
            "application_id": self.application.id,
            "created_at": format_api_timestamp(self.created_at),
        }
        if has_updated_at:
            fields["updated_at"] = format_api_timestamp(ended_at or self.retried_at or self.created_at)
        if ended_at or has_nulls:
            fields["completed_at"] = format_api_timestamp(ended_at) if ended_at else None
        if status == "completed":
            title = {"title": self.application.output_name} if has_title else {}
            text = sample_output(rng, self.application.output_texts) if self.fixed_text is None else self.fixed_text
            fields["data"] = title | {"suggestion": text}
        elif has_nulls:
            fields["data"] = None
        if status == "failed":
            error = self._error(rng)
            fields |= {} if error is None else {"error": error}
        elif has_nulls:
            fields["error"] = None
        return fields

    def _error(self, rng: Random) -> str | None:
        return self.sample_error.render(rng) if self.fixed_text is None and self.sample_error else self.fixed_text


WINDOW_HOURS = 7 * 24
"""The age of the oldest possible job."""

LONGEST_DURATION = timedelta(seconds=400)
"""Every job that ends has ended after this time."""

_ORDINARY_FAILURE_SHARE = 0.18
_STUCK_SHARE, _RUNNING_SHARE = 0.0075, 0.015
_RISING_SHARE, _NEW_SHARE, _OUTAGE_SHARE = 0.035, 0.02, 0.015  # shares of all jobs, one per incident

# Relative load of each hour of the day (UTC), from midnight.
_HOURLY_LOAD = (3, 2, 2, 2, 2, 3, 5, 8, 11, 13, 14, 13, 11, 12, 14, 14, 13, 11, 8, 6, 5, 5, 4, 3)


class _Draft(NamedTuple):
    """A job before it has an id."""

    age: timedelta
    duration: timedelta | None
    sample_error: SampleError | None = None


def generate_jobs(
    rng: Random, application: SandboxApplication, count: int, now: datetime, *, with_new_error: bool
) -> list[SandboxJob]:
    """Generate the last seven days of an application: exactly `count` jobs, newest first, none created after `now`.

    A fifth to a quarter of them fail. `with_new_error` adds an error that occurs only in the last six hours.
    """
    drafts = [*_unfinished_jobs(rng, count), *_incident_jobs(rng, count, with_new_error=with_new_error)][:count]
    drafts += _ordinary_jobs(rng, count - len(drafts), now)
    drafts.sort(key=lambda draft: draft.age)
    return [_to_job(rng, application, draft, now) for draft in drafts]


def draw_duration(rng: Random, error: SampleError | None) -> timedelta:
    """Draw the time until a job fails with this error, or completes: mostly after twenty seconds, rarely minutes."""
    if error is not None:
        return timedelta(seconds=rng.uniform(*error.duration_range))
    return min(timedelta(seconds=2.5 + rng.lognormvariate(3.0, 0.6)), LONGEST_DURATION)


def hourly_loads(now: datetime) -> list[int]:
    """Return the relative load of each hour before `now`, the latest first."""
    return [_HOURLY_LOAD[(now - timedelta(hours=hours + 0.5)).hour] for hours in range(WINDOW_HOURS)]


def _unfinished_jobs(rng: Random, count: int) -> Iterator[_Draft]:
    """Generate stuck jobs, and jobs that will finish soon."""
    for _ in range(_job_count(count, _STUCK_SHARE, at_most=5)):
        yield _Draft(timedelta(hours=rng.uniform(3, 60)), duration=None)
    for _ in range(_job_count(count, _RUNNING_SHARE, at_most=60)):
        age, left = timedelta(seconds=rng.uniform(1, 90)), timedelta(seconds=rng.uniform(5, 180))
        yield _Draft(age, duration=age + left)


def _incident_jobs(rng: Random, count: int, *, with_new_error: bool) -> Iterator[_Draft]:
    for _ in range(_job_count(count, _RISING_SHARE)):
        yield _failed_job(rng, RISING_ERROR, hours=0.1 + 48 * rng.random() ** 2.2)
    for _ in range(_job_count(count, _OUTAGE_SHARE)):
        yield _failed_job(rng, OUTAGE_ERROR, hours=rng.uniform(74, 76))
    for _ in range(_job_count(count, _NEW_SHARE) if with_new_error else 0):
        yield _failed_job(rng, NEW_ERROR, hours=rng.uniform(0.2, 5.8))


def _ordinary_jobs(rng: Random, count: int, now: datetime) -> list[_Draft]:
    ages = [hours + rng.random() for hours in rng.choices(range(WINDOW_HOURS), hourly_loads(now), k=count)]
    errors = draw_by_weight(rng, round(count * _ORDINARY_FAILURE_SHARE))
    failures = [_failed_job(rng, error, hours) for error, hours in zip(errors, ages, strict=False)]
    return failures + [_Draft(timedelta(hours=hours), draw_duration(rng, None)) for hours in ages[len(errors) :]]


def _failed_job(rng: Random, error: SampleError, hours: float) -> _Draft:
    return _Draft(timedelta(hours=hours), draw_duration(rng, error), error)


def _job_count(count: int, share: float, at_most: int | None = None) -> int:
    """Return how many jobs make up a share: at least 1 from a hundred jobs on."""
    number = round(count * share) or min(1, count // 100)
    return number if at_most is None else min(number, at_most)


def _to_job(rng: Random, application: SandboxApplication, draft: _Draft, now: datetime) -> SandboxJob:
    created_at = now - draft.age
    ends_at = None if draft.duration is None else created_at + draft.duration
    return SandboxJob(random_uuid(rng), application, created_at, ends_at, draft.sample_error)
