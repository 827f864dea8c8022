"""Decide when a scan stops: at the end of the list, at ``since``, at ``max_jobs``, or where it is stuck."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from writer_jobs_mcp.triage.coverage import StoppedBy

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import JobPage

_PROOF = 10  # jobs in a row that must be old enough, since a single one may have a wrong date
_ANY_GAP = timedelta(days=1)  # between neighbours; a gap so short is no sign of a wrong date
_MAX_REPEATED_PAGES = 3  # in a row; a list that moves by a page between two requests causes one, hardly two
_MAX_STEPS_BACK = 20  # each twice as far as the one before, so that they lead to the front of any list


class Stop(NamedTuple):
    """Why a scan stops."""

    by: StoppedBy
    error: str = ""


_NO_OVERLAP = Stop(
    "upstream_error", "Writer's pages do not overlap, so jobs between them may be missing; the rest cannot be read."
)
_SAME_JOBS = Stop("upstream_error", "Writer returned the same jobs for different offsets; the rest cannot be read.")


@dataclass(slots=True)
class TimeOrder:
    """Whether the jobs come newest first, as far as those seen show."""

    _recent: deque[datetime] = field(default_factory=lambda: deque(maxlen=_PROOF))
    _first: datetime | None = None
    _falls: bool = False
    _rises: bool = False

    def note(self, created_at: datetime) -> None:
        """Note when the next job was created."""
        self._first = self._first or created_at
        if self._recent:
            self._falls |= created_at < self._recent[-1]
            self._rises |= created_at > self._recent[-1]
        self._recent.append(created_at)

    @property
    def read_back_to(self) -> datetime | None:
        """All jobs created later than this were seen; None where that is not known."""
        return self._recent[0] if self.is_newest_first and len(self._recent) == _PROOF else None

    @property
    def oldest(self) -> datetime | None:
        """When the last job was created; None where the jobs do not come newest first."""
        if not self._recent or self._rises or self._first is None:
            return None
        before, last = (self._first, *self._recent)[-2:]
        # The last job has a wrong date if it is further from its neighbour than that is from the first.
        return last if before - last <= max(self._first - before, _ANY_GAP) else self._recent[0]

    @property
    def is_newest_first(self) -> bool:
        """Whether some job was older than the one before it, and none newer."""
        return self._falls and not self._rises

    def is_past(self, moment: datetime) -> bool:
        """Return whether the last ten jobs were all created before ``moment``, in a list that is newest first."""
        return len(self._recent) == _PROOF and self._recent[0] < moment


@dataclass(slots=True)
class StopRules:
    """What the pages read so far say about where to stop."""

    since: datetime | None = None
    max_jobs: int | None = None
    start: int = 0  # the offset of the first page
    min_older: int = 0  # jobs created before ``since`` that are to be read as well
    order: TimeOrder = field(default_factory=TimeOrder)
    total: int | None = None  # the length of the list, as Writer last gave it
    total_is_wrong: bool = False
    _end_of_older: int | None = None  # the offset behind the last of the ``min_older`` jobs, once that is known
    _counted: int = 0  # jobs so far that ``max_jobs`` limits
    _older: int = 0  # other jobs so far, created before ``since``
    _repeated_pages: int = 0  # in a row
    _pages_without_new: int = 0  # in a row
    _steps_back: int = 0  # since a page last had a new job

    @property
    def expected_total(self) -> int | None:
        """The length of the list, unless what Writer gives has turned out to be wrong."""
        return None if self.total_is_wrong else self.total

    def expects_row_at(self, offset: int) -> bool:
        """Return whether the scan will probably read a row at ``offset``."""
        limit = None if self.max_jobs is None or self._older else self.start + self.max_jobs
        return all(offset < end for end in (self.expected_total, limit, self._end_of_older) if end is not None)

    def before_job(self, created_at: datetime) -> Stop | None:
        """Return why the scan stops before a job; None if it goes on, and the job counts as read.

        ``max_jobs`` does not limit the ``min_older`` jobs.
        """
        is_older = self.since is not None and created_at < self.since
        if self.min_older and is_older:
            self._older += 1
        elif self._counted == self.max_jobs:
            return Stop("max_jobs")
        else:
            self._counted += 1
        return None

    def note_total(self, total: int | None, next_offset: int) -> bool:
        """Note the total of a page that ends at ``next_offset``. Return whether the list has changed."""
        if total is None:
            return False
        has_changed = False
        if total < next_offset:
            self.total_is_wrong = True  # it counts something else, or the list shrank
        elif not self.total_is_wrong:
            has_changed = self.total not in {None, total}
        self.total = total
        return has_changed

    def note_page(self, *, is_repeated: bool, new_jobs: int, has_unreadable: bool) -> None:
        """Note what a page that joins the one before has brought."""
        self._repeated_pages = self._repeated_pages + 1 if is_repeated else 0
        self._pages_without_new = 0 if new_jobs or has_unreadable else self._pages_without_new + 1
        self._steps_back = 0 if new_jobs else self._steps_back

    def note_step_back(self) -> Stop | None:
        """Count a step back to find a page that overlaps. Return why the scan stops, if it does."""
        self._steps_back += 1
        return _NO_OVERLAP if self._steps_back > _MAX_STEPS_BACK else None

    def after_page(self, page: "JobPage", next_offset: int, page_size: int, jobs_read: int) -> Stop | None:
        """Return why the scan stops after this page; None if it goes on."""
        if not page.rows or self._is_last(page, next_offset, page_size):
            return Stop("end")
        is_past = self.since is not None and self.order.is_newest_first and self.order.is_past(self.since)
        if is_past and self._older >= self.min_older:
            return Stop("since")
        if self._older:
            self._end_of_older = next_offset + max(0, self.min_older - self._older)
        # The scan has reread more rows, without a new job, than its steps back can explain.
        is_circling = self._pages_without_new * page_size > jobs_read + _MAX_STEPS_BACK * page_size
        if self._repeated_pages >= _MAX_REPEATED_PAGES or is_circling:
            return Stop("end") if self.total == jobs_read else _SAME_JOBS
        return None

    def _is_last(self, page: "JobPage", next_offset: int, page_size: int) -> bool:
        if self.total_is_wrong or page.total != next_offset:
            return False
        # A total may count the page instead of the list, or be a round number without meaning. It is believed if the
        # page is also shorter than the limit that the server reports, or than the pages before.
        limit = page.limit if page.limit is not None else (page_size if next_offset > len(page.rows) else 0)
        return len(page.rows) < limit
