"""Summarize the reading of an account: its applications, the failing ones first, and the failures of them all."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from writer_jobs_mcp.triage.application_counts import BEGINNING
from writer_jobs_mcp.triage.failed_groups import Period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from writer_jobs_mcp.failures import Category
    from writer_jobs_mcp.triage.account import AccountReading
    from writer_jobs_mcp.triage.account_application import ApplicationReader
    from writer_jobs_mcp.triage.failed_groups import FailedGroup, FailureSummary


class BeforeCounts(NamedTuple):
    """The jobs of the window before."""

    jobs: int
    failed: int


@dataclass(frozen=True, slots=True)
class ApplicationSummary:
    """One application of which something was read; None is not known."""

    id: str
    name: str | None
    jobs: int | None
    failed: int  # those that were read
    is_whole: bool  # whether all failed jobs of the window were read
    read_back_to: datetime | None  # where not: all of those created then or later were; None where that is not known
    before: BeforeCounts | None
    stuck: int | None
    top: Category | None  # the most frequent cause of its failures
    new_groups: int | None  # groups of the account that are new, and have jobs of it


class SkippedApplication(NamedTuple):
    """An application whose failed jobs were not all read."""

    id: str
    name: str | None
    why: str


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """What is known of an account."""

    listed: int  # applications
    list_error: str  # why there may be more; empty if these are all
    applications: Sequence[ApplicationSummary]
    """The failing ones first, by the number of failed jobs; then those with stuck jobs, then the others."""
    skipped: Sequence[SkippedApplication]
    uncounted: Sequence[str]  # for each application whose jobs were not counted, why
    not_stuck_counted: Sequence[str]  # for each whose stuck jobs were not counted, why
    no_trend: str  # why failures have no trend, where that needs a reason
    jobs_before: int | None  # of the window before, in all applications; None where it was not read whole
    has_unknown_new: bool  # whether a group may be new: not all earlier failures were read
    read_one_by_one: Sequence[str]  # for each application whose jobs were all read, why
    doubts: Sequence[str]  # for each application the end of whose list is doubtful, why
    failures: FailureSummary

    @property
    def complete(self) -> bool:
        """Whether every failed job of the account was read, and every job counted."""
        return not (self.list_error or self.skipped or self.uncounted)

    @property
    def failed(self) -> int:
        """The failed jobs that were read."""
        return sum(each.failed for each in self.applications)


def summarize_account(reading: AccountReading, is_time_over: Callable[[], bool]) -> AccountSummary:
    """Summarize what was read; ``is_time_over`` as for `ReportBuilder.build`."""
    readers = reading.readers
    whole = [reader for reader in readers if reader.has_window]
    jobs_before = sum(reader.counts.jobs_before or 0 for reader in readers) if reading.can_compare else None
    failures = reading.failures.summarize(
        sum(reader.counts.jobs or 0 for reader in readers),
        jobs_before,
        earlier_failures_read=frozenset(reader.id for reader in readers if reader.counts.earlier_read),
        is_time_over=is_time_over,
    )
    groups: dict[str, list[FailedGroup]] = defaultdict(list)
    for group in failures.groups:
        for id_ in group.applications:
            groups[id_].append(group)
    rows = [_summarize(reader, groups[reader.id]) for reader in readers if reader.has_window or groups[reader.id]]
    rows.sort(key=lambda row: (-row.failed, -(row.stuck or 0), -(row.jobs or 0)))
    listed = reading.listed
    return AccountSummary(
        listed=len(readers),
        list_error=str(listed.error) if listed.error else _LIST_ROWS if listed.some_unreadable else "",
        applications=rows,
        skipped=[SkippedApplication(r.id, r.application.name, r.counts.error) for r in readers if not r.has_window],
        uncounted=[reader.counts.count_error or reader.counts.error for reader in whole if reader.counts.jobs is None],
        not_stuck_counted=[each.counts.stuck.error for each in whole if each.counts.stuck.number is None],
        no_trend=_no_trend(reading),
        jobs_before=jobs_before,
        has_unknown_new=bool(jobs_before) and any(map(_may_be_new, failures.groups)),
        read_one_by_one=[reader.counts.how_read for reader in readers if reader.counts.how_read],
        doubts=[reader.counts.doubt for reader in readers if reader.counts.doubt],
        failures=failures,
    )


_LIST_ROWS = "Not all applications of Writer's list could be read."


def _summarize(reader: ApplicationReader, groups: Sequence[FailedGroup]) -> ApplicationSummary:
    counts, is_whole = reader.counts, reader.has_window
    failed = sum(group.applications[reader.id] for group in groups)
    back_to = None if is_whole or counts.failed_since in {None, BEGINNING} else counts.failed_since
    return ApplicationSummary(
        id=reader.id,
        name=reader.application.name,
        jobs=counts.jobs if is_whole else None,
        failed=failed,
        is_whole=is_whole,
        read_back_to=back_to,
        before=BeforeCounts(counts.jobs_before or 0, reader.count_failed(Period.BEFORE)) if reader.has_before else None,
        stuck=counts.stuck.number,
        top=_most_frequent_cause(reader.id, groups),
        new_groups=_count_new(groups) if failed else None,
    )


def _most_frequent_cause(application_id: str, groups: Iterable[FailedGroup]) -> Category | None:
    causes: Counter[Category] = Counter()
    for group in groups:
        causes[group.cause.category] += group.applications[application_id]
    return max(causes, key=lambda category: causes[category], default=None)


def _count_new(groups: Sequence[FailedGroup]) -> int | None:
    """Count the new groups; None where it is not known of one whether it is new."""
    if any(group.before is None or _may_be_new(group) for group in groups):
        return None
    return sum(group.trend == "new" for group in groups)


def _may_be_new(group: FailedGroup) -> bool:
    return group.trend is None and group.before == 0 and group.seen_before is None


def _no_trend(reading: AccountReading) -> str:
    """Say why the window before cannot be compared with; empty if it can, or if there is none."""
    if reading.can_compare or reading.times.before_since is None:
        return ""
    readers = reading.readers
    missing = [reader for reader in readers if not reader.has_before]
    if not missing:
        return "not all applications could be listed"
    counts = missing[0].counts
    why = counts.error or counts.count_error or counts.before_error
    return (
        f"the window before was not read whole in {len(missing):,} of {len(readers):,} applications ({why.rstrip('.')})"
    )
