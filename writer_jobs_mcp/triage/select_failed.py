"""Select the failed jobs of a window by what their errors say: by an example, by cause, by words."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from writer_jobs_mcp import failures
from writer_jobs_mcp.client.sent_retries import Failure, is_same_id
from writer_jobs_mcp.deadlines import COMPARE_SHARE, seconds_left
from writer_jobs_mcp.sanitize.truncate import elide_middle, truncate
from writer_jobs_mcp.triage.earlier_failures import EarlierErrors
from writer_jobs_mcp.triage.error_text import MAX_GROUPED, error_text
from writer_jobs_mcp.triage.error_words import ErrorWords
from writer_jobs_mcp.triage.failed_groups import NO_ERROR_TEXT
from writer_jobs_mcp.triage.read_failed import read_failed_jobs
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job
    from writer_jobs_mcp.failures import Category, CauseKind, FoundGroup
    from writer_jobs_mcp.triage.coverage import Coverage
    from writer_jobs_mcp.triage.report import Window
    from writer_jobs_mcp.triage.scan import Progress

MAX_ERROR = 2_000  # characters that are shown of an error
_MIN_TWO_ENDS = 200  # characters from which on the end of a long error is shown as well


class Selection(NamedTuple):
    """Which failed jobs are meant: those that fit all that is given."""

    like: str | None = None  # the id of an example: jobs whose errors say the same
    category: Category | None = None
    contains: str | None = None
    """Words of the error or of its group's signature; letter case, line breaks and runs of blanks do not matter."""
    example: str | None = None
    """The sanitized error of the job ``like``, empty if it has no text: required with ``like``."""

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a tool call that say this."""
        named = {"like": self.like, "category": self.category, "contains": self.contains}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A failed job, as much of it as is needed to show or to retry it."""

    id: str
    application_id: str
    created_at: datetime
    completed_at: datetime | None
    error: str  # sanitized: as much as is grouped; empty if Writer gives no error text
    error_length: int = 0  # characters of the whole error, if the middle of a long one is left out

    @classmethod
    def from_job(cls, job: Job, text: str) -> Self:
        """Describe a failed job; ``text`` is its `error_text`."""
        length = len(job.error or "")
        cut_length = length if length > MAX_GROUPED else 0
        return cls(job.id, job.application_id, job.created_at, job.completed_at, text, cut_length)

    @property
    def failure(self) -> Failure:
        """The failure of its last run."""
        return Failure.of(self)

    def is_same_as(self, other: FailedJob) -> bool:
        """Return True for the same failure with the same error, apart from ids and numbers in its text."""
        if not is_same_id(self.id, other.id) or not self.failure.is_same_as(other.failure):
            return False
        if self.error == other.error:
            return True
        return bool(self.error and other.error) and len(failures.group_failures([self.error, other.error])) == 1

    def shortened_error(self, limit: int) -> str:
        """Return as much of the error as ``limit`` characters show, of a longer one both ends if there is room."""
        if len(self.error) <= limit or limit < _MIN_TWO_ENDS:
            return truncate(self.error, limit) if limit else ""
        if not self.error_length:
            return elide_middle(self.error, limit)
        return elide_middle(self.error, limit, tail_source=self.error, total=self.error_length)


class SelectedGroup(NamedTuple):
    """Selected jobs whose errors say the same."""

    signature: str
    cause: CauseKind
    jobs: tuple[FailedJob, ...]  # newest first

    @property
    def has_text(self) -> bool:
        """Whether the jobs have an error."""
        return bool(self.jobs[0].error)


class SelectedJobs(NamedTuple):
    """The jobs that were selected."""

    groups: tuple[SelectedGroup, ...]  # the largest first
    until: datetime  # the end of the window, after its newest job where it was left open
    failed_in_window: int  # failed jobs of the window that were read, whether selected or not
    coverage: Coverage  # of the failed jobs, also of those before the window
    how_read: str  # how jobs were read, as a sentence; empty if that needs no remark
    doubt: str  # why jobs that should be selected may be missing although they were read; empty if none is

    @property
    def matched(self) -> int:
        """How many jobs were selected."""
        return sum(len(group.jobs) for group in self.groups)

    @property
    def newest_first(self) -> list[tuple[FailedJob, int]]:
        """The jobs, each with the position of its group."""
        jobs = [(job, position) for position, group in enumerate(self.groups) for job in group.jobs]
        return sorted(jobs, key=lambda item: (item[0].created_at, item[0].id), reverse=True)


async def select_failed_jobs(
    client: WriterClient,
    application_id: str,
    window: Window,
    now: datetime,
    selection: Selection,
    progress: Progress | None = None,
) -> SelectedJobs:
    """Read the failed jobs of a window and select some; the groups are those of a triage of the same window.

    Raises:
        WriterError: Nothing could be read. A later error is reported in the coverage.
    """
    errors, (until, coverage, how_read) = await read_failed_jobs(
        client, application_id, window, now, lambda: FailedJobSelector(window, window.before(now), selection), progress
    )
    end = time.monotonic() + COMPARE_SHARE * seconds_left()
    groups = await run_in_worker(lambda: errors.select(lambda: time.monotonic() >= end))
    return SelectedJobs(groups, until, errors.failed_in_window, coverage, how_read, errors.doubt)


def group_failed_jobs(jobs: Sequence[FailedJob]) -> tuple[SelectedGroup, ...]:
    """Group these jobs by what their errors say, the largest group first; for worker threads."""
    with_text = [job for job in jobs if job.error]
    found = [
        (group.signature, group.cause, [with_text[member] for member in group.members])
        for group in failures.group_failures([job.error for job in with_text])
    ]
    found.append((NO_ERROR_TEXT, failures.UNKNOWN, [job for job in jobs if not job.error]))
    return tuple(SelectedGroup(signature, cause, tuple(members)) for signature, cause, members in found if members)


class _Item(NamedTuple):
    """What is kept of one error."""

    job: FailedJob | None = None  # None outside of the window: such errors only count for what the groups are
    has_words: bool = False
    is_example: bool = False


@dataclass(slots=True)
class _Members:
    """The failed jobs of a group that are in the window."""

    jobs: list[FailedJob] = field(default_factory=list["FailedJob"])
    with_words: set[str] = field(default_factory=set[str])  # ids of the jobs whose errors hold the words
    has_example: bool = False

    def add(self, item: _Item) -> None:
        self.has_example |= item.is_example
        if item.job:
            self.jobs.append(item.job)
            if item.has_words:
                self.with_words.add(item.job.id)

    def merged(self, others: Iterable[Self]) -> Self:
        whole = type(self)([*self.jobs], {*self.with_words}, self.has_example)
        for other in others:
            whole.jobs += other.jobs
            whole.with_words |= other.with_words
            whole.has_example |= other.has_example
        return whole


if TYPE_CHECKING:
    _Group = FoundGroup[_Members]


class FailedJobSelector:
    """Takes failed jobs, newest or oldest first, and selects some by what their errors say."""

    def __init__(self, window: Window, before_since: datetime | None, selection: Selection) -> None:
        """Start with none; ``before_since`` is where the window before begins, as for a triage."""
        self._since, self._before_since, self._selection = window.since, before_since, selection
        self._words = None if selection.contains is None else ErrorWords(selection.contains)
        self._is_time_over: Callable[[], bool] = lambda: False
        self._groups = failures.FailureGroups[_Item, _Members](_Members, self._check_time)
        self._without_text = _Members()
        self._earlier = EarlierErrors()
        self._is_example_read = False
        self._doubts: list[str] = []
        self.failed_in_window = 0

    @property
    def doubt(self) -> str:
        """Why jobs that should be selected may be missing although they were read; empty if none is."""
        return " ".join(self._doubts)

    def add(self, job: Job) -> None:
        """Take a failed job of the window, or an older one."""
        text = error_text(job)
        if self._since is None or job.created_at >= self._since:
            self.failed_in_window += 1
            has_words = self._words is None or self._words.are_in_error(job.error or "", text)
            self._add(text, _Item(FailedJob.from_job(job, text), has_words, self._is_example(job.id)))
        elif self._before_since is None or job.created_at >= self._before_since:
            self._add(text, _Item(is_example=self._is_example(job.id)))
        else:
            self._earlier.add(job, text)

    def _is_example(self, job_id: str) -> bool:
        return self._selection.like is not None and is_same_id(job_id, self._selection.like)

    def _add(self, text: str, item: _Item) -> None:
        self._is_example_read |= item.is_example
        if text:
            self._groups.add(text, item, counted=False)
        else:
            self._without_text.add(item)

    def select(self, is_time_over: Callable[[], bool]) -> tuple[SelectedGroup, ...]:
        """Return what is selected, the largest group first; for worker threads.

        ``is_time_over``: whether there is no more time to compare errors.
        """
        self._is_time_over = is_time_over
        for _, job_id, text in self._earlier.take():
            check_cancelled()
            self._add(text, _Item(is_example=self._is_example(job_id)))
        like, example = self._selection.like, self._selection.example
        if example is not None and not self._is_example_read:
            self._add(example, _Item(is_example=True))
        groups = [*self._groups.groups(), failures.FoundGroup(NO_ERROR_TEXT, failures.UNKNOWN, self._without_text, ())]
        self._doubt_groups()
        wanted = self._selection.category
        selected = [
            SelectedGroup(group.signature, group.cause, chosen)
            for group in groups
            if (like is None or group.tally.has_example)
            and (wanted is None or wanted == group.cause.category)
            and (chosen := self._choose(group))
        ]
        return tuple(sorted(selected, key=lambda group: (-len(group.jobs), group.signature)))

    def _doubt_groups(self) -> None:
        """Say so if errors that say the same may be in different groups, or others in one, and that matters."""
        if not self._groups.all_kept and self._selection.arguments():
            self._doubts.append(
                "Errors were worded in too many ways to compare them all: jobs may be missing, or be here by mistake."
            )
        elif not self._groups.all_compared and self._selection.like:
            self._doubts.append("Time ran out before all errors were compared: jobs like this one may be missing.")

    def _choose(self, group: _Group) -> tuple[FailedJob, ...]:
        members = group.tally
        is_whole = self._words is None or self._words.are_in_signature(group.signature)
        chosen = [job for job in members.jobs if is_whole or job.id in members.with_words]
        return tuple(sorted(chosen, key=_age, reverse=True))

    def _check_time(self) -> None:
        check_cancelled()
        if self._is_time_over():
            raise failures.OutOfTime


def _age(job: FailedJob) -> tuple[datetime, str]:
    return job.created_at, job.id
