"""What a report shows of what was found: which groups of failures, statuses and steps of time."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from writer_jobs_mcp.client.job_status import KNOWN_STATUSES
from writer_jobs_mcp.triage.coverage import Coverage
from writer_jobs_mcp.triage.failed_groups import FailedGroup
from writer_jobs_mcp.triage.timeline import OTHER, Histogram

_MAX_STATUSES = 8
_STATUS = re.compile(r"(?=.{1,24}\Z)[A-Za-z]+(?:[ _-][A-Za-z0-9]+){0,3}", re.ASCII)
"""A few short words at most, so that the name of a status can say nothing else."""


class ShownGroups(NamedTuple):
    """Which groups of failures a report shows."""

    shown: list[FailedGroup]  # the largest first
    omitted: list[FailedGroup]

    @property
    def has_largest(self) -> bool:
        """Whether the largest of all groups is shown; new ones may have taken its place."""
        largest_omitted = max((group.count for group in self.omitted), default=0)
        return largest_omitted <= max((group.count for group in self.shown), default=0)


def select_groups(groups: Sequence[FailedGroup], limit: int) -> ShownGroups:
    """Choose at most ``limit`` groups to show: new ones before others, then the largest."""
    ranked = sorted(range(len(groups)), key=lambda i: groups[i].trend != "new")
    return ShownGroups([groups[i] for i in sorted(ranked[:limit])], [groups[i] for i in ranked[limit:]])


def select_statuses(counts: dict[str, int]) -> dict[str, int]:
    """Count the jobs by at most eight statuses, documented ones first; the rest are counted as "other"."""
    shown: dict[str, int] = {}
    for status in sorted(counts, key=lambda status: status not in KNOWN_STATUSES):
        if len(shown) < _MAX_STATUSES and _STATUS.fullmatch(status):
            shown[status] = counts[status]
    rest = sum(counts.values()) - sum(shown.values())
    by_number = sorted(shown.items(), key=lambda row: -row[1])
    return dict(by_number) | ({OTHER: rest + shown.get(OTHER, 0)} if rest else {})


def select_steps(failed: Histogram | None, coverage: Coverage, since: datetime | None) -> Histogram | None:
    """Choose the steps of the failed jobs that were read; None for fewer than two failures."""
    if failed is None or sum(counts := failed.counts.get("failed", ())) < 2:  # noqa: PLR2004 - one failure has its time
        return None
    first = 0
    if not coverage.reached(since):
        # Steps that were not read would look as if nothing had failed in them.
        oldest = coverage.oldest
        first_failed = next(step for step, count in enumerate(counts) if count)
        first = first_failed if oldest is None else int((oldest - failed.start).total_seconds()) // failed.seconds
        first = max(0, min(first, first_failed))
    start = failed.start + timedelta(seconds=first * failed.seconds)
    return Histogram(start, failed.seconds, {"failed": counts[first:]})
