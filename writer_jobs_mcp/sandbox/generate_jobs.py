"""A week of jobs: busy days and quiet nights, everyday failures, three incidents, some jobs unfinished."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from writer_jobs_mcp.sandbox.applications import Application
from writer_jobs_mcp.sandbox.jobs import Job
from writer_jobs_mcp.sandbox.sample_errors import FRESH, OUTAGE, RISING, Cause, everyday
from writer_jobs_mcp.sandbox.seeded import new_id

HOURS = 7 * 24
"""How far back the oldest job lies."""

_EVERYDAY_FAILURES = 0.18
_STUCK, _RUNNING = 0.0075, 0.015
_RISING, _FRESH, _OUTAGE = 0.035, 0.02, 0.015  # the incidents' shares of all jobs

# How busy an hour of the day is (UTC), from midnight on.
_RHYTHM = (3, 2, 2, 2, 2, 3, 5, 8, 11, 13, 14, 13, 11, 12, 14, 14, 13, 11, 8, 6, 5, 5, 4, 3)


class _Draft(NamedTuple):
    """A job before it has a name."""

    age: timedelta
    lasts: timedelta | None
    cause: Cause | None = None


def populate(rng: Random, application: Application, count: int, now: datetime, *, fresh: bool) -> list[Job]:
    """The last seven days of an application: exactly `count` jobs, newest first, none younger than `now`.

    A fifth to a quarter of them fail. With `fresh`, one cause appears that nobody has seen before the last
    six hours.
    """
    drafts = [*_unfinished(rng, count), *_incidents(rng, count, fresh=fresh)][:count]
    drafts += _everyday(rng, count - len(drafts), now)
    drafts.sort(key=lambda draft: draft.age)
    return [_job(rng, application, draft, now) for draft in drafts]


def _lasting(rng: Random) -> timedelta:
    """How long a job that completes may take: mostly around twenty seconds, seldom minutes."""
    return timedelta(seconds=min(2.5 + rng.lognormvariate(3.0, 0.6), 400))


def _unfinished(rng: Random, count: int) -> Iterator[_Draft]:
    """Jobs that hang, and jobs that are about to finish."""
    for _ in range(_portion(count, _STUCK, at_most=5)):
        yield _Draft(timedelta(hours=rng.uniform(3, 60)), lasts=None)
    for _ in range(_portion(count, _RUNNING, at_most=60)):
        age, left = timedelta(seconds=rng.uniform(1, 90)), timedelta(seconds=rng.uniform(5, 180))
        yield _Draft(age, lasts=age + left)


def _incidents(rng: Random, count: int, *, fresh: bool) -> Iterator[_Draft]:
    for _ in range(_portion(count, _RISING)):
        yield _failure(rng, RISING, hours=0.1 + 48 * rng.random() ** 2.2)
    for _ in range(_portion(count, _OUTAGE)):
        yield _failure(rng, OUTAGE, hours=rng.uniform(74, 76))
    for _ in range(_portion(count, _FRESH) if fresh else 0):
        yield _failure(rng, FRESH, hours=rng.uniform(0.2, 5.8))


def _everyday(rng: Random, count: int, now: datetime) -> list[_Draft]:
    weights = [_RHYTHM[(now - timedelta(hours=hours + 0.5)).hour] for hours in range(HOURS)]
    ages = [hours + rng.random() for hours in rng.choices(range(HOURS), weights, k=count)]
    failing = round(count * _EVERYDAY_FAILURES)
    failures = [_failure(rng, cause, hours) for cause, hours in zip(everyday(rng, failing), ages, strict=False)]
    return failures + [_Draft(timedelta(hours=hours), _lasting(rng)) for hours in ages[failing:]]


def _failure(rng: Random, cause: Cause, hours: float) -> _Draft:
    return _Draft(timedelta(hours=hours), timedelta(seconds=rng.uniform(*cause.seconds)), cause)


def _portion(count: int, share: float, at_most: int | None = None) -> int:
    """A share of the jobs, at least one of a hundred or more."""
    portion = round(count * share) or min(1, count // 100)
    return portion if at_most is None else min(portion, at_most)


def _job(rng: Random, application: Application, draft: _Draft, now: datetime) -> Job:
    created_at = now - draft.age
    ends_at = None if draft.lasts is None else created_at + draft.lasts
    return Job(new_id(rng), application, created_at, ends_at, draft.cause)
