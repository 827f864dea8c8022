"""The exact counts of a window of `benchmarks.jobs`, to compare the server's answer with."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from benchmarks.jobs import Jobs

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Counts:
    """How many jobs a window has, how many of them failed, and how many are running."""

    jobs: int
    failed: int
    running: int


def count_jobs(jobs: Jobs, since: datetime | None, until: datetime) -> Counts:
    """Count the jobs that were created at ``since`` or later, and before ``until``."""
    first = _first_before(jobs, until)
    end = jobs.count if since is None else _first_before(jobs, since)
    failed, running = (_between(jobs.positions[status], first, end) for status in ("failed", "in_progress"))
    return Counts(end - first, failed, running)


def wrong_counts(jobs: Jobs, answer: Any) -> list[str]:
    """Return a sentence for each count of a triage's answer that is not exact, or that is missing."""
    since, until = (_exact(answer["window"].get(name)) for name in ("since", "until"))
    assert until
    expected, counts = count_jobs(jobs, since, until), answer["counts"]
    pairs = {
        "jobs": (sum(counts.values()), expected.jobs),
        "jobs_in_window": (answer["coverage"]["jobs_in_window"], expected.jobs),
        "failed": (counts.get("failed", 0), expected.failed),
        "in_progress": (counts.get("in_progress", 0), expected.running),
        "failures by category": (sum(answer.get("by_category", {}).values()), expected.failed),
    }
    if since is not None:
        shown = answer.get("before", {})
        before = count_jobs(jobs, _exact(shown.get("since")) or since, since)
        pairs["before.jobs"] = (shown.get("jobs"), before.jobs)
        pairs["before.failed"] = (shown.get("failed"), before.failed)
    wrong = [f"{name} is {given}, not {right}" for name, (given, right) in pairs.items() if given != right]
    if not answer["coverage"]["complete"]:
        wrong.append(f"incomplete, stopped by {answer['coverage']['stopped_by']}")
    return wrong


def _first_before(jobs: Jobs, moment: datetime) -> int:
    """Return the first position whose job was created before ``moment``; the list is newest first."""
    return bisect_left(range(jobs.count), True, key=lambda position: jobs.created(position) < moment)


def _between(positions: Sequence[int], first: int, end: int) -> int:
    return bisect_left(positions, end) - bisect_left(positions, first)


def _exact(shown: str | None) -> datetime | None:
    """Return a time from which on the jobs are those of the exact time, of which the answer shows the whole second.

    The exact time of an age is a fraction later; jobs are created in whole seconds, so none lies in between.
    """
    return datetime.fromisoformat(shown) + _SECOND if shown else None
