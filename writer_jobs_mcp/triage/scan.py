"""Every job of an application: pages read at once, each dropped after use, none lost while the list moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

import anyio
from anyio.abc import TaskGroup

from writer_jobs_mcp.deadlines import scope_with_reserve
from writer_jobs_mcp.errors import BudgetExceeded, UnreadableResponse, WriterError
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job, JobPage, ListedJob

Status = Literal["in_progress", "failed", "completed"]
"""What the list endpoint can filter by."""
StoppedBy = Literal["end", "since", "max_jobs", "time_budget", "upstream_error"]
Progress = Callable[[int, int | None], Awaitable[None]]

PAGE_SIZE = 100
"""Jobs asked for at a time; how many Writer gives is learned from what it gives."""

_MATCHING = {"in_progress": {"in_progress", "queued"}, "failed": {"failed"}, "completed": {"completed"}}
_PROOF = 10  # jobs in a row: one with a wrong date is no proof that the list has come so far
_ANY_GAP = timedelta(days=1)  # between neighbours, which shows no wrong date
_STALE_PAGES = 3  # in a row; a list that moves by a page between two requests makes one, hardly two
_MOST_STEPS_BACK = 20  # each twice as far as the one before, so that they lead to the front of any list
_RESERVE, _LEAST_RESERVE = 0.1, 1.0  # share of the time left, and seconds: for the report on the jobs that were read


@dataclass(slots=True)
class Coverage:
    """How much of the list was read, and why no more."""

    jobs_read: int = 0
    unreadable: int = 0
    unreadable_reason: str = ""
    total: int | None = None
    """What Writer said last of how many there are."""
    stopped_by: StoppedBy = "end"
    moved: bool = False
    """Whether jobs arrived or left meanwhile."""
    error: str = ""
    """The sentence of the error that stopped it; where it came to an end, of what speaks against that."""
    read_back_to: datetime | None = None
    """Jobs created later than this were all read, and more than one job shows it; None where the list does not run from
    new to old."""
    oldest: datetime | None = None
    """When the last job that was read was created; None where the list does not run from new to old."""
    next_created_at: datetime | None = None
    """When the job behind it was created, if that is known: it was beyond ``max_jobs``."""

    @property
    def rows(self) -> int:
        """Rows that were read, those that were unreadable included."""
        return self.jobs_read + self.unreadable

    @property
    def reached_end(self) -> bool:
        """Whether the list was read to its end or to ``since``; rows may have been unreadable."""
        return self.stopped_by in {"end", "since"}

    @property
    def complete(self) -> bool:
        """Whether the list was read to its end or to ``since``, and no row was unreadable."""
        return self.reached_end and not self.unreadable

    def reached(self, moment: datetime | None) -> bool:
        """Whether the list was read to its end, to ``since`` or back to ``moment``; rows may have been unreadable."""
        return self.reached_end or (moment is not None and self.read_back_to is not None and self.read_back_to < moment)

    def complete_since(self, moment: datetime | None) -> bool:
        """Whether the list was read to its end, to ``since`` or back to ``moment``, and no row was unreadable."""
        return self.reached(moment) and not self.unreadable


async def scan_jobs(
    client: WriterClient,
    application_id: str,
    on_job: Callable[[Job], None],
    *,
    since: datetime | None = None,
    max_jobs: int | None = None,
    status: Status | None = None,
    offset: int = 0,
    progress: Progress | None = None,
) -> Coverage:
    """Give every job of an application to ``take``, once each, and say how much of the list that was.

    A job that is in the list from the beginning of the scan to its end is not missed, whatever arrives, finishes or
    leaves around it: neighbouring pages overlap by a job, and where they do not, the border is read again. Memory
    holds the ids of the jobs read and as many pages as may be requested at once.

    Args:
        client: Who asks Writer; as many pages are read at once as it may have requests in flight.
        application_id: The id or alias.
        on_job: Called with each job; in a worker thread if any job of the page has an error. Not called after the
            deadline.
        since: Jobs created before this need not be read; reading stops there as long as the list runs from new to old.
        max_jobs: How many jobs to read at most; a list of exactly so many is read to its end.
        status: Read only jobs of this status. A row of another status ends the scan with an error: the filter is
            ignored.
        offset: How many jobs of the list to skip.
        progress: Awaited after each page with the number of jobs read, and of those expected if that is known.

    Raises:
        WriterError: Nothing could be read. An error after that stops the scan and is told in its coverage.
    """
    wanted = _ScanRequest(since, max_jobs, status, offset)
    scan = _Scan(client, application_id, on_job, wanted, progress)
    with await scope_with_reserve(_RESERVE, at_least=_LEAST_RESERVE) as scope:
        await scan.run()
    if scope.cancelled_caught:
        if scan.last is None:
            message = "Writer did not return the first page of jobs within the call budget. Call again."
            raise BudgetExceeded(message)
        scan.stop("time_budget")
    coverage = scan.coverage
    coverage.read_back_to, coverage.oldest = scan.order.read_back_to, scan.order.oldest
    is_whole_list = status is None and offset == 0
    if is_whole_list and coverage.stopped_by == "end" and (coverage.total or 0) > coverage.rows:
        coverage.error = f"Writer counts {coverage.total:,} jobs but returned only {coverage.rows:,}."
    return coverage


class _ScanRequest(NamedTuple):
    since: datetime | None
    max_jobs: int | None
    status: Status | None
    offset: int


@dataclass(slots=True, eq=False)
class _Request:
    """A page that was asked for, and what became of it."""

    offset: int
    done: anyio.Event = field(default_factory=anyio.Event)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    page: JobPage | None = None
    error: WriterError | None = None


class _Taken(NamedTuple):
    """The last page that was taken: where it ends, and what is in it."""

    reached: int
    marks: frozenset[str]
    last_mark: str | None


class _Scan:
    def __init__(
        self,
        client: WriterClient,
        application_id: str,
        take: Callable[[Job], None],
        wanted: _ScanRequest,
        progress: Progress | None,
    ) -> None:
        self.coverage = Coverage()
        self.last: _Taken | None = None
        self._client, self._application_id, self._take = client, application_id, take
        self._since, self._max_jobs, self._status, self._start = wanted
        self._progress = progress
        self._seen: set[str] = set()
        self.order = _Order()
        self._window: deque[_Request] = deque()
        self._next = 0
        self._size = 1  # what a full page is, as far as is known
        self._stale = 0  # pages in a row that were the same as the one before
        self._stride = 1  # pages, of the next step back from a border that cannot be closed
        self._steps_back = 0  # since a page last had a job that was new
        self._old_pages = 0  # in a row, without a job that was new
        self._is_probing = False  # one page at a time, where the end may be
        self._total_is_wrong = False
        self._stopped = False

    def stop(self, by: StoppedBy, error: WriterError | str = "") -> None:
        if not self._stopped:
            self._stopped = True
            self.coverage.stopped_by, self.coverage.error = by, str(error)

    async def run(self) -> None:
        # The first page alone: it tells how large a page is, and whether there is anything to read at all.
        await self._accept(self._start, await self._read(self._start))
        async with anyio.create_task_group() as tasks:
            while not self._stopped:
                self._fill(tasks)
                request = self._window.popleft()
                await request.done.wait()
                await self._deal_with(request)
            tasks.cancel_scope.cancel()

    async def _read(self, offset: int) -> JobPage:
        page = await self._client.list_jobs(self._application_id, status=self._status, offset=offset, limit=PAGE_SIZE)
        if self._status and any(job.status not in _MATCHING[self._status] for job in page.jobs):
            raise UnreadableResponse(f"Writer ignored the filter status={self._status}.")
        return page

    def _fill(self, tasks: TaskGroup) -> None:
        # Two more than may be in flight: they start as soon as a place is free, while the first is still dealt with.
        while len(self._window) < self._client.concurrency + 2 and (not self._window or self._is_expected(self._next)):
            request = _Request(self._next)
            self._window.append(request)
            tasks.start_soon(self._fetch, request)
            self._next += max(1, self._size - 1)

    def _is_expected(self, offset: int) -> bool:
        """Whether a page at ``offset`` is worth asking for before those in front of it have come."""
        ends = [] if self._total_is_wrong or self.coverage.total is None else [self.coverage.total]
        ends += [] if self._max_jobs is None else [self._start + self._max_jobs]
        return not self._is_probing and all(offset + 1 < end for end in ends)  # its first job is its neighbour's last

    async def _fetch(self, request: _Request) -> None:
        with request.scope:
            try:
                request.page = await self._read(request.offset)
            except WriterError as exc:
                request.error = exc
        request.done.set()

    async def _deal_with(self, request: _Request) -> None:
        try:
            if request.page is None:
                raise request.error or BudgetExceeded
            if not request.page.rows:
                self._nothing_at(request.offset)
            elif await self._is_joined(request.offset, request.page):
                await self._accept(request.offset, request.page)
            else:
                self._go_back_from(request.offset)
        except BudgetExceeded as exc:
            self.stop("time_budget", exc)
        except WriterError as exc:
            self.stop("upstream_error", exc)

    def _nothing_at(self, offset: int) -> None:
        reached = self.last.reached if self.last else 0
        if offset in {0, reached}:
            self.stop("end")
        elif offset > reached:
            # The list is shorter than was thought. What lies between the last page and this offset is not known yet.
            self._probe(reached - 1)
        else:
            # Not even the last job that was taken is there any more: those behind it have come to the front of it.
            self._go_back_from(offset)

    async def _is_joined(self, offset: int, page: JobPage) -> bool:
        """Whether nothing can stand between the last page and this one; what is found between is taken.

        The list keeps its order while jobs arrive and leave, so two pages with a job in common leave no gap.
        """
        last, marks = self.last, _marks(page)
        # Pages of a single job cannot overlap.
        if last is None or offset == 0 or self._size == 1 or not marks or not last.marks:
            return True
        ids = {job.id for job in page.jobs}
        # Two rows that cannot be read may look alike and be two: they prove a border where each stands where it should.
        if (ids & last.marks) or page.rows[0].row_key == last.last_mark or (not ids and marks & last.marks):
            return True
        between = await self._read(max(0, offset - self._size // 2))
        found = _marks(between)
        if not (found & last.marks and found & marks):
            return False
        await self._take_new(between)
        return True

    async def _accept(self, offset: int, page: JobPage) -> None:
        self._note_total(page, offset + len(page.rows))
        marks = _marks(page)
        is_stale = self.last is not None and bool(marks) and marks == self.last.marks
        # Rows of one content cannot be told apart: a page of them is no proof that it is the page before again.
        is_told_apart = len(marks) == len(page.rows) or page.total is None or self._total_is_wrong
        unreadable = [] if is_stale and is_told_apart else page.unreadable
        if self.last is not None and offset == self.last.reached - 1 and page.rows:  # its first row is the last again
            self.coverage.moved |= page.rows[0].row_key != self.last.last_mark
            unreadable = unreadable[1:] if page.rows[0] in unreadable[:1] else unreadable
        self.coverage.moved |= self._stride > 1
        self._stride = 1
        news = await self._take_new(page)
        self._steps_back = 0 if news else self._steps_back
        self._old_pages = 0 if news or unreadable else self._old_pages + 1
        self.coverage.unreadable += len(unreadable)
        if unreadable:
            self.coverage.unreadable_reason = unreadable[0].reason
        taken = _Taken(offset + len(page.rows), marks, page.rows[-1].row_key if page.rows else None)
        self._stale = self._stale + 1 if is_stale else 0
        self.last = taken
        self._decide(page, self.last.reached, news)
        if self._progress:
            await self._progress(self.coverage.jobs_read, None if self._total_is_wrong else self.coverage.total)

    async def _take_new(self, page: JobPage) -> int:
        new: list[ListedJob] = []
        for job in page.jobs:
            if job.id in self._seen:
                continue
            if self.coverage.jobs_read + len(new) == self._max_jobs:
                self.stop("max_jobs")
                self.coverage.next_created_at = job.created_at
                break
            self._seen.add(job.id)
            new.append(job)
        if any(job.error for job in new):
            await run_in_worker(lambda: self._take_each(new, check_cancelled))
        else:
            self._take_each(new)
        return len(new)

    def _take_each(self, jobs: list[ListedJob], check: Callable[[], None] = lambda: None) -> None:
        for job in jobs:
            check()
            self._take(job)
            self.order.note(job.created_at)
            self.coverage.jobs_read += 1

    def _note_total(self, page: JobPage, reached: int) -> None:
        if page.total is None:
            return
        if page.total < reached:
            self._total_is_wrong = True  # it counts something else, or the list shrank; it is no guide to the end
        elif not self._total_is_wrong and self.coverage.total not in {None, page.total}:
            self.coverage.moved = True
        self.coverage.total = page.total

    def _decide(self, page: JobPage, reached: int, news: int) -> None:
        """Stop, or plan on from the page just taken."""
        size = len(page.rows)
        if size == 0 or self._is_the_end(page, reached):
            self.stop("end")
        elif self._since and self.order.is_newest_first and self.order.is_past(self._since):
            self.stop("since")
        elif self._stale >= _STALE_PAGES or self._goes_in_circles:
            if self.coverage.total == len(self._seen):
                self.stop("end")
            else:
                self.stop(
                    "upstream_error", "Writer returned the same jobs for different offsets; the rest cannot be read."
                )
        elif reached == self._start + size or size > self._size:
            # The first page, or larger ones than before: from here on, pages of this size that overlap by a job.
            self._size = size
            self._go_on_from(max(reached - 1, 1))
            # Less than was asked for: either the list ends here, or the server gives less at a time.
            self._is_probing = size < PAGE_SIZE
        elif size < self._size:
            # Short pages come at the end; if this was none, the server has begun to give less.
            self._size = size if news else self._size
            self._probe(reached - 1 if news and size > 1 else reached)
        else:
            self._is_probing = False

    @property
    def _goes_in_circles(self) -> bool:
        """Whether more was read again, without a job that is new, than can lie behind the longest way back."""
        return self._old_pages * self._size > self.coverage.jobs_read + _MOST_STEPS_BACK * self._size

    def _is_the_end(self, page: JobPage, reached: int) -> bool:
        if self._total_is_wrong or page.total != reached:
            return False
        # A total may count the page and not the list, or be a round number that means nothing. That the page is also
        # shorter than the limit the server says it kept to, or than the pages before, is proof enough.
        kept_to = page.limit if page.limit is not None else (self._size if reached > len(page.rows) else 0)
        return len(page.rows) < kept_to

    def _go_back_from(self, offset: int) -> None:
        """Read again from further in front, until a page joins the last one; at the front, everything joins."""
        self._steps_back += 1
        if self._steps_back > _MOST_STEPS_BACK:
            self.stop(
                "upstream_error",
                "Writer's pages do not overlap, so jobs between them may be missing; the rest cannot be read.",
            )
            return
        self._probe(max(0, offset - self._stride * self._size))
        self._stride *= 2

    def _probe(self, offset: int) -> None:
        self._go_on_from(offset)
        self._is_probing = True

    def _go_on_from(self, offset: int) -> None:
        for request in self._window:
            request.scope.cancel()
        self._window.clear()
        self._next, self._is_probing = offset, False


def _marks(page: JobPage) -> frozenset[str]:
    return frozenset(row.row_key for row in page.rows)


@dataclass(slots=True)
class _Order:
    """Whether the jobs come from new to old, as far as those seen have shown."""

    _recent: deque[datetime] = field(default_factory=lambda: deque(maxlen=_PROOF))
    _first: datetime | None = None
    _falls: bool = False
    _rises: bool = False

    def note(self, created_at: datetime) -> None:
        self._first = self._first or created_at
        if self._recent:
            self._falls |= created_at < self._recent[-1]
            self._rises |= created_at > self._recent[-1]
        self._recent.append(created_at)

    @property
    def read_back_to(self) -> datetime | None:
        return self._recent[0] if self.is_newest_first and len(self._recent) == _PROOF else None

    @property
    def oldest(self) -> datetime | None:
        if not self._recent or self._rises or self._first is None:
            return None
        before, last = (self._first, *self._recent)[-2:]
        # A last job that is further from its neighbour than that is from the first has a wrong date.
        return last if before - last <= max(self._first - before, _ANY_GAP) else self._recent[0]

    @property
    def is_newest_first(self) -> bool:
        return self._falls and not self._rises

    def is_past(self, moment: datetime) -> bool:
        return len(self._recent) == _PROOF and self._recent[0] < moment
