"""Read every job of an application: several pages at once, each dropped after use, none missed while the list moves.

:mod:`.prefetch` requests pages ahead, :mod:`.overlap` decides whether two pages join, :mod:`.stop_rules` when to stop.
Each page begins with the last row of the one before, so that a gap between them shows:

    offset  0                   99                  198                 297
    page 1  [--------------------]
    page 2                      [--------------------]
    page 3                                          [--------------------]

    a job arrives: every row moves right, and page 2 begins with more rows of page 1: nothing is missing
    a job leaves:  every row moves left, and page 2 may miss a row between: the scan reads that boundary again

A scan that stops early stops between two times: of several jobs created at the same time all are passed on, or none, so
that the jobs created before the last one can be read by another scan.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import anyio

from writer_jobs_mcp.client.job_status import JobStatus
from writer_jobs_mcp.deadlines import MIN_SCAN_RESERVE, SCAN_RESERVE, scope_with_reserve
from writer_jobs_mcp.errors import BudgetExceeded, WriterError
from writer_jobs_mcp.triage.coverage import Coverage, total_error
from writer_jobs_mcp.triage.overlap import PageEnd, row_keys
from writer_jobs_mcp.triage.pages import PAGE_SIZE, list_page, no_first_page
from writer_jobs_mcp.triage.prefetch import Prefetcher, Request
from writer_jobs_mcp.triage.stop_rules import Stop, StopRules
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job, JobPage, ListedJob, UnreadableRow

_MAX_HELD = 1_000  # jobs created at the same time; a scan may stop between more of them

Progress = Callable[[int, int | None], Awaitable[None]]


async def scan_jobs(
    client: WriterClient,
    application_id: str,
    on_job: Callable[[Job], None],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    max_jobs: int | None = None,
    min_older: int = 0,
    status: JobStatus | None = None,
    offset: int = 0,
    first_page: JobPage | None = None,
    pages_ahead: int | None = None,
    progress: Progress | None = None,
) -> Coverage:
    """Pass every job of an application to ``on_job``, once each. Return how much of the list that was.

    A job that is in the list during the whole scan is not missed, whatever arrives, finishes or leaves around it.
    Memory holds the ids of the jobs read, and as many pages as may be requested at once.

    Args:
        client: Sends as many requests at once as it allows.
        application_id: The id or alias.
        on_job: Called in a worker thread if a job of the page has an error; not called after the deadline.
        since: Where reading may stop. Ignored unless the list is newest first.
        until: Jobs created at or after it are skipped: they are not passed on, and not counted.
        max_jobs: A list of exactly that many is read to its end.
        min_older: How many jobs created before ``since`` to read as well; ``max_jobs`` does not limit them.
        status: Only jobs of this status. A row of another status stops the scan: the filter is ignored.
        offset: How many jobs of the list to skip.
        first_page: The page at ``offset``, if it has just been read.
        pages_ahead: How many pages to request at once, of which those behind the end of the scan are for nothing; by
            default as many as the client sends at once.
        progress: Awaited after each page with the number of jobs read, and the number expected if known.

    Raises:
        WriterError: Nothing could be read. A later error stops the scan and is reported in the coverage.
    """
    rules = StopRules(since, max_jobs, offset, min_older)
    # Two more than may be in flight, so that they can start while the first one is handled.
    ahead = client.concurrency + 2 if pages_ahead is None else pages_ahead
    scan = _Scan(client, application_id, on_job, rules, until, status, progress, ahead)
    with await scope_with_reserve(SCAN_RESERVE, at_least=MIN_SCAN_RESERVE) as scope:
        await scan.run(first_page)
    return scan.finish(is_time_over=scope.cancelled_caught)


class _Scan:
    """One scan of a list: takes the pages in turn, and decides where to go on."""

    def __init__(
        self,
        client: WriterClient,
        application_id: str,
        on_job: Callable[[Job], None],
        rules: StopRules,
        until: datetime | None,
        status: JobStatus | None,
        progress: Progress | None,
        pages_ahead: int,
    ) -> None:
        self._client, self._application_id, self._on_job = client, application_id, on_job
        self._rules, self._until, self._progress = rules, until, progress
        self._status: JobStatus | None = status
        self._coverage = Coverage()
        self._seen: set[str] = set()
        self._held: list[ListedJob] = []  # the last jobs, created at the same time, as the next one may be
        self._divided: datetime | None = None  # a time of so many jobs that they could not be held back
        self._passed_back_to: datetime | None = None  # when the job was created that was passed on last
        self._oldest: datetime | None = None  # of the jobs taken
        self._newest: datetime | None = None
        self._is_newest_first = True  # as far as the jobs taken show
        self._pages = Prefetcher(self._fetch, pages_ahead, rules.expects_row_at)
        self._last: PageEnd | None = None  # of the pages that were taken
        self._stride = 1  # pages that the next step back covers
        self._is_stopped = False

    async def run(self, first_page: JobPage | None) -> None:
        # The first page alone: it shows how large a page is, and whether there is more to read.
        await self._take(self._rules.start, first_page or await self._fetch(self._rules.start))
        async with anyio.create_task_group() as tasks:
            while not self._is_stopped:
                await self._handle(await self._pages.next(tasks))
            tasks.cancel_scope.cancel()
        if self._coverage.reached_end:
            await self._pass_on_held()

    def finish(self, *, is_time_over: bool) -> Coverage:
        """Return how much was read; raise an error if time ran out before the first page."""
        if is_time_over:
            if self._last is None:
                raise no_first_page()
            self._stop(Stop("time_budget"))
        coverage, order, total = self._coverage, self._rules.order, self._rules.total
        if coverage.jobs_read:
            is_exact = not coverage.reached_end and self._is_newest_first and self._passed_back_to != self._divided
            coverage.continue_until = self._passed_back_to if is_exact else None
        else:
            self._pass_on(self._held)  # all were created at the same time
        coverage.total, coverage.read_back_to, coverage.oldest = total, order.read_back_to, order.oldest
        is_whole_list = self._status is None and self._rules.start == 0
        if is_whole_list and coverage.stopped_by == "end":
            coverage.error = total_error(total or 0, coverage.rows)
        return coverage

    def _stop(self, stop: Stop) -> None:
        if not self._is_stopped:
            self._is_stopped = True
            self._coverage.stopped_by, self._coverage.error = stop

    async def _fetch(self, offset: int) -> JobPage:
        return await list_page(self._client, self._application_id, self._status, offset)

    async def _handle(self, request: Request) -> None:
        offset, page = request.offset, request.page
        try:
            if page is None:
                raise request.error or BudgetExceeded("The call budget is over.")
            if not page.rows:
                self._handle_empty_page(offset)
            elif await self._joins_last(offset, page):
                await self._take(offset, page)
            else:
                self._step_back_from(offset)
        except BudgetExceeded as exc:
            self._stop(Stop("time_budget", str(exc)))
        except WriterError as exc:
            self._stop(Stop("upstream_error", str(exc)))

    def _handle_empty_page(self, offset: int) -> None:
        reached = self._last.next_offset if self._last else 0
        if offset in {0, reached}:
            self._stop(Stop("end"))
        elif offset > reached:
            # The list is shorter than expected; what lies between the last page and this offset is still unknown.
            self._pages.restart(reached - 1, one_at_a_time=True)
        else:
            # The last job that was taken is no longer there: those behind it have moved to the front of it.
            self._step_back_from(offset)

    async def _joins_last(self, offset: int, page: JobPage) -> bool:
        """Return whether no job can be missing before this page. If in doubt, read the page between, and take it."""
        last, page_size = self._last, self._pages.page_size
        if last is None or offset == 0 or page_size == 1 or last.joins(page):  # pages of one row cannot overlap
            return True
        between = await self._fetch(max(0, offset - page_size // 2))
        if not last.joins_through(between, page):
            return False
        await self._take_new(between)
        return True

    def _step_back_from(self, offset: int) -> None:
        """Go back, further each time, until a page joins the last one; at the front, every page does."""
        if stop := self._rules.note_step_back():
            self._stop(stop)
        else:
            self._pages.restart(max(0, offset - self._stride * self._pages.page_size), one_at_a_time=True)
            self._stride *= 2

    async def _take(self, offset: int, page: JobPage) -> None:
        """Take a page that joins the last one, and decide where to go on."""
        coverage, rules, end = self._coverage, self._rules, PageEnd.of(page, offset)
        has_changed = rules.note_total(page.total, end.next_offset)
        coverage.moved |= has_changed or self._stride > 1 or self._has_boundary_row_changed(offset, page)
        self._stride = 1
        is_repeated = self._last is not None and self._last.is_repeated_by(page)
        unreadable = self._new_unreadable(offset, page, is_repeated=is_repeated)
        new_jobs = await self._take_new(page)
        rules.note_page(is_repeated=is_repeated, new_jobs=new_jobs, has_unreadable=bool(unreadable))
        coverage.unreadable += len(unreadable)
        if unreadable:
            coverage.unreadable_reason = unreadable[0].reason
        self._last = end
        if stop := rules.after_page(page, end.next_offset, self._pages.page_size, len(self._seen)):
            self._stop(stop)
        else:
            self._go_on(len(page.rows), end.next_offset, has_new_jobs=new_jobs > 0)
        if self._progress:
            await self._progress(len(self._seen), rules.expected_total)

    def _new_unreadable(self, offset: int, page: JobPage, *, is_repeated: bool) -> list[UnreadableRow]:
        """Return the unreadable rows of a page that were not on the last one."""
        # Equal rows look alike: a page of them may be another page, even if it looks like the last one.
        keys_are_unique = len(row_keys(page)) == len(page.rows)
        if is_repeated and (keys_are_unique or page.total is None or self._rules.total_is_wrong):
            return []
        unreadable = page.unreadable
        is_first_known = self._overlaps_last(offset, page) and page.rows[0] in unreadable[:1]
        return unreadable[1:] if is_first_known else unreadable

    def _overlaps_last(self, offset: int, page: JobPage) -> bool:
        return self._last is not None and offset == self._last.next_offset - 1 and bool(page.rows)

    def _has_boundary_row_changed(self, offset: int, page: JobPage) -> bool:
        """Return whether a different row is now at the offset where the last page ended."""
        last = self._last
        return last is not None and self._overlaps_last(offset, page) and page.rows[0].row_key != last.last_row_key

    async def _take_new(self, page: JobPage) -> int:
        before, stopped_at = len(self._seen), None
        for job in page.jobs:
            if job.id in self._seen or (self._until and job.created_at >= self._until):
                continue
            stop = self._rules.before_job(job.created_at)
            if stop and (not self._is_newest_first or job.created_at != self._newest):
                self._stop(stop)
                stopped_at = job.created_at
                self._is_newest_first &= self._oldest is None or stopped_at <= self._oldest
                break
            self._seen.add(job.id)
            self._held.append(job)
            self._newest = self._newest or job.created_at
            self._is_newest_first &= self._oldest is None or job.created_at <= self._oldest
            self._oldest = job.created_at
        await self._pass_on_held(except_of=(stopped_at or self._oldest) if self._is_newest_first else None)
        return len(self._seen) - before

    async def _pass_on_held(self, except_of: datetime | None = None) -> None:
        """Pass on the jobs that were held back, except those created at ``except_of``."""
        if len(self._held) > _MAX_HELD or except_of == self._divided:
            self._divided, except_of = except_of, None
        ready = [job for job in self._held if job.created_at != except_of]
        self._held = self._held[len(ready) :]
        if any(job.error for job in ready):
            await run_in_worker(lambda: self._pass_on(ready, check_cancelled))
        else:
            self._pass_on(ready)

    def _pass_on(self, jobs: Sequence[Job], check: Callable[[], None] = lambda: None) -> None:
        for job in jobs:
            check()
            self._on_job(job)
            self._rules.order.note(job.created_at)
            self._passed_back_to = job.created_at
            self._coverage.jobs_read += 1

    def _go_on(self, size: int, reached: int, *, has_new_jobs: bool) -> None:
        """Continue behind the page just taken, which has ``size`` rows and ends at the offset ``reached``."""
        pages = self._pages
        if reached == self._rules.start + size or size > pages.page_size:
            # The first page, or a larger one than before: pages of this size follow, and overlap by a row. If it is
            # shorter than requested, the list ends here or the server returns fewer rows at a time.
            pages.page_size = size
            pages.restart(max(reached - 1, 1), one_at_a_time=size < PAGE_SIZE)
        elif size < pages.page_size:
            # Short pages come at the end; if this was not the end, the server has begun to return fewer rows.
            pages.page_size = size if has_new_jobs else pages.page_size
            pages.restart(reached - 1 if has_new_jobs and size > 1 else reached, one_at_a_time=True)
        else:
            pages.one_at_a_time = False
