"""Plan the retry of selected jobs: which are sent by this call, which wait, and what remains for another call."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from writer_jobs_mcp.client.ids import is_usable_id
from writer_jobs_mcp.triage.dry_runs import RetryCall
from writer_jobs_mcp.triage.span import just_after

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from writer_jobs_mcp.client.sent_retries import Failure, SentRetries, SentRetry
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
    failures: Mapping[str, Failure]  # all that were selected, by the ids of their jobs
    to_send: tuple[FailedJob, ...]  # newest first
    groups: tuple[SelectedGroup, ...]  # of the jobs to send, the largest first
    recently_sent: tuple[RecentlySent, ...]
    later: int  # how many jobs there are beyond ``max_jobs``
    first_later: FailedJob | None  # the newest of them
    sent_before: int  # jobs to send whose same failure was sent before, but not recently
    left_out: int  # jobs not selected, since they or their failures are not those that this call was suggested for
    continue_until: datetime | None  # the end of the window's rest, if there was no time to read it
    doubt: str  # why other jobs may have had to be selected; empty if there is no doubt
    jobs_read: int = 0  # how many were read, as the client was told

    @property
    def selected(self) -> int:
        """How many jobs were selected."""
        return len(self.failures)

    def suggested_call(self) -> RetryCall:
        """Return the call that is about the same jobs, whenever it is made."""
        return self._call(self.until, self.selection.like)

    def first_left(self, not_handled: Sequence[FailedJob]) -> FailedJob | None:
        """Return the newest job that is left."""
        return not_handled[0] if not_handled else self.first_later

    def call_for_rest(self, not_handled: Sequence[FailedJob]) -> RetryCall | None:
        """Return the call for the jobs that are left: not handled, or beyond ``max_jobs``; None if none is.

        Its window ends after the newest of them, since the others could be sent again once they have waited long
        enough. One of them is its example: it fails still, while the example of this call may have been retried.
        """
        first = self.first_left(not_handled)
        if first is None:
            return None
        is_usable = self.selection.like is not None and is_usable_id(first.id)
        return self._call(just_after(first.created_at), first.id if is_usable else self.selection.like)

    def call_for_unread(self) -> RetryCall | None:
        """Return the call for the part of the window that there was no time to read; None if all was read."""
        return self._call(self.continue_until, self.selection.like) if self.continue_until else None

    def _call(self, until: datetime, like: str | None) -> RetryCall:
        selection = self.selection
        return RetryCall(self.application.id, self.since, until, like, selection.category, selection.contains)


def plan_retry(
    selected: SelectedJobs,
    application: ResolvedApplication,
    since: datetime | None,
    selection: Selection,
    max_jobs: int,
    sent: SentRetries,
    suggested_for: Mapping[str, Failure] | None,
) -> RetryPlan:
    """Choose the newest jobs that may be sent, at most ``max_jobs``.

    ``suggested_for`` are the failures that a dry run suggested this call for, if one did: no others are selected.
    """
    jobs = [each for each in selected.newest_first if suggested_for is None or _is_in(suggested_for, each[0])]
    recently_sent: list[RecentlySent] = []
    ready: list[tuple[FailedJob, int]] = []
    for job, group in jobs:
        last = sent.find_earlier(job) or sent.find_last(job.id)
        if last and sent.is_in_cooldown(last):
            recently_sent.append(RecentlySent(job, last))
        else:
            ready.append((job, group))
    to_send, later = ready[:max_jobs], ready[max_jobs:]
    return RetryPlan(
        application=application,
        since=since,
        until=selected.until,
        selection=selection,
        max_jobs=max_jobs,
        failures={job.id: job.failure for job, _ in jobs},
        to_send=tuple(job for job, _ in to_send),
        groups=_groups_of(to_send, selected),
        recently_sent=tuple(recently_sent),
        later=len(later),
        first_later=later[0][0] if later else None,
        sent_before=sum(sent.find_earlier(job) is not None for job, _ in to_send),
        left_out=selected.matched - len(jobs),
        continue_until=None if selected.coverage.reached(since) else selected.coverage.continue_until,
        doubt=_doubt(selected, since),
    )


def _is_in(failures: Mapping[str, Failure], job: FailedJob) -> bool:
    failure = failures.get(job.id)
    return failure is not None and failure.is_same_as(job.failure)


def _groups_of(jobs: Sequence[tuple[FailedJob, int]], selected: SelectedJobs) -> tuple[SelectedGroup, ...]:
    members: dict[int, list[FailedJob]] = {}
    for job, group in jobs:
        members.setdefault(group, []).append(job)
    groups = [selected.groups[position]._replace(jobs=tuple(each)) for position, each in members.items()]
    return tuple(sorted(groups, key=lambda group: -len(group.jobs)))


def _doubt(selected: SelectedJobs, since: datetime | None) -> str:
    coverage, why = selected.coverage, ""
    if not coverage.complete_since(since):
        why = f"Not all failed jobs could be read. {coverage.why_incomplete}"
    elif coverage.stopped_by == "end":
        why = coverage.error
    return " ".join(filter(None, [why, selected.doubt]))
