"""Find the place of a time in a list of jobs, by reading few of its pages.

The place of a time is the number of rows that were created at or after it. Since the list is newest first, it can be
searched: the pages read so far say between which offsets the place is, and their times about where. A place is found
when it is inside a page, between two of its rows:

    page at      0    12:00:00 … 11:56:42    a job every 2 s: 09:00 should be near row 5,400
    page at  5,350    09:10:05 … 09:06:47    nearer now: interpolate again
    page at  5,714    09:01:31 … 08:58:13    09:00 comes after the 46th row of this page: its place is 5,760

Nothing depends on the total that Writer gives: it is only the first guess of where a list ends. What is assumed is
checked on each page: that the filter is honoured, that the rows come newest first, also from page to page, that all can
be read, and that different offsets give different rows. Otherwise `NotSearchable` is raised, or `UnreadableResponse` if
the filter is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from math import isqrt
from typing import TYPE_CHECKING

import anyio

from writer_jobs_mcp.triage.pages import list_page
from writer_jobs_mcp.triage.read_pages import ReadPage
from writer_jobs_mcp.triage.run_all import run_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.job_status import JobStatus
    from writer_jobs_mcp.client.models import JobPage

_MAX_ROUNDS = 40
_INTERPOLATED_ROUNDS = 3  # after so many, divide the rest as well: the times are spread too unevenly
_MAX_READINGS = 10  # of the same pages, until they are as they were
_MAX_CONTRADICTIONS = 3  # pages whose times contradict the ones read before; a list that moves causes few
_MIN_PAGE_SIZE = 4  # on shorter pages a place is seldom between two rows
_GROWTH = 4  # how much further a guess is while nothing says where the list ends
_MAX_GROWTH = 1_000  # the same where the times say how far


class NotSearchable(Exception):
    """Why a list cannot be searched by time: a clause without a full stop."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a time lies in a list."""

    offset: int  # how many rows were created at or after it
    is_end: bool  # whether no row follows
    shown_by: tuple[int, ...] = field(default=(), compare=False)
    """The offsets of the pages that show it."""


class JobSearch:
    """A search in an application's list of jobs, or in that of its jobs of one status; it keeps the pages it reads."""

    def __init__(
        self, client: WriterClient, application_id: str, status: JobStatus | None = None, *, page_size: int = 0
    ) -> None:
        """Begin with no pages; ``page_size`` is how many rows a page probably has."""
        self._client, self._application_id = client, application_id
        self._status: JobStatus | None = status
        self._pages: dict[int, ReadPage] = {}
        self._being_read: dict[int, anyio.Event] = {}
        self._pages_read = self._contradictions = 0
        self.page_size = page_size  # rows of the largest page so far
        self.total: int | None = None  # the length of the list, as Writer last gave it; it may mean something else
        self.has_moved = False  # whether rows around a place have changed between two readings
        self._last: tuple[int, JobPage] | None = None  # the page that was read last, with its offset

    async def read(self, offset: int) -> JobPage:
        """Read the page at ``offset``, and keep what it shows.

        Raises:
            NotSearchable: It contradicts what a search assumes.
            WriterError: It cannot be read.
        """
        page = await list_page(self._client, self._application_id, self._status, offset)
        self.add(offset, page)
        return page

    def add(self, offset: int, page: JobPage) -> None:
        """Keep what a page shows, in place of what is known of that offset.

        Raises:
            NotSearchable: It contradicts what a search assumes.
        """
        if page.unreadable:
            raise NotSearchable("not all rows of the list can be read")
        ids, times = [job.id for job in page.jobs], [job.created_at for job in page.jobs]
        if times != sorted(times, reverse=True):
            raise NotSearchable("the list is not in order of time")
        read = ReadPage(offset, ids, times, self._pages_read)
        if ids and any(known.ids[:1] == ids[:1] and abs(known.offset - offset) > known.size for known in self._known):
            raise NotSearchable("Writer returns the same jobs for different offsets")
        self._pages_read += 1
        self.page_size = max(self.page_size, len(ids))
        self.total = page.total
        for known in self._known:
            if known.contradicts(read) or read.contradicts(known):
                del self._pages[known.offset]
                self._contradictions += 1
        if self._contradictions > _MAX_CONTRADICTIONS:
            raise NotSearchable("the list is not in order of time")
        self._pages[offset] = read
        self._last = offset, page

    def forget(self) -> None:
        """Forget the pages read so far, since the list may have changed."""
        self._pages.clear()
        self._last = None

    def reaches_up_to(self, moment: datetime) -> bool:
        """Return whether a job created at or after ``moment`` is on a page that was read."""
        return any(page.rows_since(moment) for page in self._known)

    async def place(self, moment: datetime | None, near: int | None = None) -> Place:
        """Find the place of ``moment``; None is before all times, so its place is the length of the list.

        ``near`` is where it may be, if something says so.

        Raises:
            NotSearchable: The list contradicts what a search assumes.
            WriterError: A page cannot be read.
        """
        for rounds in range(_MAX_ROUNDS):
            low, high = self._bounds(moment)
            if found := self._found(moment, low, high):
                return found
            if self._pages and self.page_size < _MIN_PAGE_SIZE:
                raise NotSearchable("Writer returns too few jobs at a time")
            guesses = [near] if near is not None else self._guesses(moment, low, high)
            if rounds >= _INTERPOLATED_ROUNDS and low:
                guesses += self._guesses_beyond(low, None) if high is None else _thirds(low, high)
            near = None
            await self._read_all({max(0, guess - self.page_size // 2) for guess in guesses})
        raise NotSearchable("the list moved too fast to be searched")

    async def page_before(self, moment: datetime, near: int | None = None) -> tuple[int, JobPage]:
        """Return the offset of a page, and the page, so that a scan from there misses no job created before ``moment``.

        It begins with a job created at or after ``moment``, or with the first one of the list.

        Raises:
            NotSearchable: The list contradicts what a search assumes.
            WriterError: A page cannot be read.
        """
        for _ in range(_MAX_READINGS):
            place = await self.place(moment, near)
            offset, page = self._last or (0, None)
            is_near = page is not None and offset <= place.offset <= offset + len(page.rows)
            if page is None or not is_near or not _can_begin(moment, offset, page):
                offset = max(0, place.offset - max(self.page_size // 2, 1))
                page = await self.read(offset)
            if _can_begin(moment, offset, page):
                return offset, page
            self.forget()
            near = place.offset
        raise NotSearchable("the list moved too fast to be searched")

    async def places(self, moments: Sequence[datetime | None]) -> list[Place]:
        """Find the places of several times as they were at one instant.

        The pages that show them, and the first one, are read again until they are as they were: a job that arrives or
        leaves before the last place moves the rows of one of these pages.

        Raises:
            NotSearchable: The list contradicts what a search assumes, or changes too fast.
            WriterError: A page cannot be read.
        """
        found = await self._find(moments, [None] * len(moments))
        for _ in range(_MAX_READINGS):
            offsets = sorted({0, *(offset for place in found for offset in place.shown_by)})
            rows = self._rows_at(offsets)
            self.forget()
            await self._read_all(offsets)
            if self._rows_at(offsets) == rows:
                return found
            self.has_moved = True
            found = await self._find(moments, [place.offset for place in found])
        raise NotSearchable("jobs arrive or leave faster than they can be counted")

    @property
    def _known(self) -> list[ReadPage]:
        return list(self._pages.values())

    async def _find(self, moments: Sequence[datetime | None], near: Sequence[int | None]) -> list[Place]:
        return await run_all([partial(self.place, *each) for each in zip(moments, near, strict=True)])

    async def _read_all(self, offsets: Collection[int]) -> None:
        await run_all([partial(self._read_once, offset) for offset in offsets])

    async def _read_once(self, offset: int) -> None:
        """Read a page, or wait while another search reads it."""
        if offset in self._being_read:
            await self._being_read[offset].wait()
            return
        self._being_read[offset] = anyio.Event()
        try:
            await self.read(offset)
        finally:
            self._being_read.pop(offset).set()

    def _rows_at(self, offsets: Iterable[int]) -> list[Sequence[str] | None]:
        """Return the ids of the jobs on these pages, as they were read last."""
        return [self._pages[offset].ids if offset in self._pages else None for offset in offsets]

    def _bounds(self, moment: datetime | None) -> tuple[ReadPage | None, ReadPage | None]:
        """Return the last known page that lies before the place of ``moment``, and the first one behind it."""
        while True:
            low = max((page for page in self._known if page.is_newer_than(moment)), key=_end, default=None)
            high = min((page for page in self._known if page.is_older_than(moment)), key=_offset, default=None)
            if low is None or high is None or low.end <= high.offset:
                return low, high
            # The list has moved between the two readings.
            del self._pages[min(low, high, key=lambda page: page.number).offset]

    def _found(self, moment: datetime | None, low: ReadPage | None, high: ReadPage | None) -> Place | None:
        around = [page for page in self._known if 0 < page.rows_since(moment) < page.size]
        if around:
            page = max(around, key=lambda page: page.number)
            return Place(page.offset + page.rows_since(moment), is_end=False, shown_by=(page.offset,))
        if high and not high.offset:
            return Place(0, is_end=not high.ids, shown_by=(0,))
        if low and high and not high.ids and low.end == high.offset:
            return Place(low.end, is_end=True, shown_by=(low.offset, high.offset))
        return None

    def _guesses(self, moment: datetime | None, low: ReadPage | None, high: ReadPage | None) -> list[int]:
        """Return where the place of ``moment`` may be: one offset where times say so, otherwise several."""
        if low is None:
            return [0]
        by_time = self._guess_by_time(moment, low, high)
        if high is None:
            return self._guesses_beyond(low, by_time)
        width = high.offset - low.end
        if not high.ids and low.size < self.page_size:
            return [low.end + self.page_size // 2]  # a short page is probably the last one: is the next one empty?
        if width < self.page_size:
            return [low.end + width // 2]
        if by_time is None or not low.end <= by_time <= high.offset:
            return [isqrt(low.end * high.offset)] if width > _GROWTH**2 * low.end else _thirds(low, high)
        return [by_time]

    def _guesses_beyond(self, low: ReadPage, by_time: int | None) -> list[int]:
        """Return where a place behind all known pages may be."""
        total = self.total if self.total is not None and self.total > low.end else None
        if by_time is not None and (total is None or by_time < total):
            return [by_time]
        if total is not None:
            return [total, total + self.page_size // 2]  # the last rows, and the empty page behind them
        return [low.end * _GROWTH, low.end * _GROWTH**2]

    def _guess_by_time(self, moment: datetime | None, low: ReadPage, high: ReadPage | None) -> int | None:
        if moment is None:
            return None
        if high and high.ids:
            span = low.times[-1] - high.times[0]
            return low.end + int((high.offset - low.end) * ((low.times[-1] - moment) / span)) if span else None
        first = self._pages.get(0, low)
        span = first.times[0] - low.times[-1]
        if not span:
            return None
        return low.end + int((low.end - first.offset) * min((low.times[-1] - moment) / span, _MAX_GROWTH))


def _thirds(low: ReadPage, high: ReadPage) -> list[int]:
    return [low.end + (high.offset - low.end) * part // 3 for part in (1, 2)]


def _can_begin(moment: datetime, offset: int, page: JobPage) -> bool:
    return not offset or (bool(page.jobs) and page.jobs[0].created_at >= moment)


def _end(page: ReadPage) -> tuple[int, int]:
    return page.end, page.offset


def _offset(page: ReadPage) -> int:
    return page.offset
