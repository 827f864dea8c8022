"""Plan the retry of selected jobs: which are sent by this call, which wait, and what remains for another call."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from writer_jobs_mcp.client.sent_retries import SentRetries, SentRetry
    from writer_jobs_mcp.triage.find_application import ResolvedApplication
    from writer_jobs_mcp.triage.select_failed import FailedJob, SelectedGroup, SelectedJobs, Selection


class RecentlySent(NamedTuple):
    """A selected job that this server has sent so recently that it is not sent again."""

    job: FailedJob
    sent: SentRetry

    @property
    def has_failed_again(self) -> bool:
        """Whether the retry ran and failed; otherwise Writer still shows the failure from before."""
        return not self.sent.failure.is_same_as(self.job.failure)


class RetryPlan(NamedTuple):
    """What one call does about the jobs that were selected."""

    application: ResolvedApplication
    since: datetime | None
    until: datetime
    selection: Selection
    max_jobs: int
    selected: int
    to_send: tuple[FailedJob, ...]  # newest first
    groups: tuple[SelectedGroup, ...]  # of the jobs to send, the largest first
    recently_sent: tuple[RecentlySent, ...]
    later: tuple[FailedJob, ...]  # those beyond ``max_jobs``, newest first
    doubt: str  # why more jobs may have failed than could be selected; empty if none has

    def rest(self, not_handled: Collection[str] = ()) -> list[FailedJob]:
        """Return the jobs for another call: those beyond ``max_jobs``, and those with these ids."""
        return [job for job in self.to_send if job.id in not_handled] + list(self.later)

    def next_until(self, rest: list[FailedJob]) -> datetime:
        """Return the end of the window in which the rest was created, and as few others as possible.

        Once the others have waited long enough, they could be sent again.
        """
        return max(job.created_at for job in rest) + timedelta.resolution


def plan_retry(
    selected: SelectedJobs,
    application: ResolvedApplication,
    since: datetime | None,
    selection: Selection,
    max_jobs: int,
    sent: SentRetries,
) -> RetryPlan:
    """Choose the newest jobs that may be sent, at most ``max_jobs``."""
    recently_sent: list[RecentlySent] = []
    ready: list[tuple[FailedJob, int]] = []
    for job, group in selected.newest_first:
        last = sent.find_earlier(job) or sent.find_last(job.id)
        if last and sent.is_in_cooldown(last):
            recently_sent.append(RecentlySent(job, last))
        else:
            ready.append((job, group))
    chosen: dict[int, list[FailedJob]] = {}
    for job, group in ready[:max_jobs]:
        chosen.setdefault(group, []).append(job)
    groups = [selected.groups[position]._replace(jobs=tuple(jobs)) for position, jobs in chosen.items()]
    coverage = selected.coverage
    why_incomplete = "" if coverage.complete_since(since) else coverage.why_incomplete
    return RetryPlan(
        application=application,
        since=since,
        until=selected.until,
        selection=selection,
        max_jobs=max_jobs,
        selected=selected.matched,
        to_send=tuple(job for job, _ in ready[:max_jobs]),
        groups=tuple(sorted(groups, key=lambda group: -len(group.jobs))),
        recently_sent=tuple(recently_sent),
        later=tuple(job for job, _ in ready[max_jobs:]),
        doubt=" ".join(filter(None, [why_incomplete, selected.doubt])),
    )
