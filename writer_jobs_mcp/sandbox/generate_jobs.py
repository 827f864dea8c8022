"""Generates a week of jobs: busy days, quiet nights, ordinary failures, three incidents and unfinished jobs."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from writer_jobs_mcp.sandbox.applications import SandboxApplication
from writer_jobs_mcp.sandbox.jobs import SandboxJob
from writer_jobs_mcp.sandbox.sample_errors import NEW_ERROR, OUTAGE_ERROR, RISING_ERROR, SampleError, draw_by_weight
from writer_jobs_mcp.sandbox.seeded import random_uuid

WINDOW_HOURS = 7 * 24
"""The age of the oldest possible job."""

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


def _completion_time(rng: Random) -> timedelta:
    """Draw the duration of a job that completes: mostly about twenty seconds, rarely minutes."""
    return timedelta(seconds=min(2.5 + rng.lognormvariate(3.0, 0.6), 400))


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
    weights = [_HOURLY_LOAD[(now - timedelta(hours=hours + 0.5)).hour] for hours in range(WINDOW_HOURS)]
    ages = [hours + rng.random() for hours in rng.choices(range(WINDOW_HOURS), weights, k=count)]
    errors = draw_by_weight(rng, round(count * _ORDINARY_FAILURE_SHARE))
    failures = [_failed_job(rng, error, hours) for error, hours in zip(errors, ages, strict=False)]
    return failures + [_Draft(timedelta(hours=hours), _completion_time(rng)) for hours in ages[len(errors) :]]


def _failed_job(rng: Random, error: SampleError, hours: float) -> _Draft:
    return _Draft(timedelta(hours=hours), timedelta(seconds=rng.uniform(*error.duration_range)), error)


def _job_count(count: int, share: float, at_most: int | None = None) -> int:
    """Return how many jobs make up a share: at least 1 from a hundred jobs on."""
    number = round(count * share) or min(1, count // 100)
    return number if at_most is None else min(number, at_most)


def _to_job(rng: Random, application: SandboxApplication, draft: _Draft, now: datetime) -> SandboxJob:
    created_at = now - draft.age
    ends_at = None if draft.duration is None else created_at + draft.duration
    return SandboxJob(random_uuid(rng), application, created_at, ends_at, draft.sample_error)
