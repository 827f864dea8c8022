"""Count the jobs of one application among many: in as few requests as the other applications' use lets guess."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from writer_jobs_mcp.triage.seek import JobSearch, Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job, JobPage

_MAX_GROWTH = 1_000  # how many times as many jobs as the first page has a guess may be


class ArrivalPattern:
    """How the jobs of the applications counted so far are spread over time.

    The applications of an account are mostly used at the same hours of the same days, so one tells where the times may
    lie in the list of the next. A wrong guess costs requests, and changes no count.
    """

    def __init__(self) -> None:
        self._lists: dict[int, list[list[float]]] = defaultdict(list)
        """For each number of times, where they were found in each list: in units of the place of the oldest time at a
        steady pace."""

    def guess(self, first: JobPage, moments: Sequence[datetime | None]) -> list[int] | None:
        """Return where these times, newest first, may lie in the list that begins with ``first``; None if unknown."""
        steady, known = _at_steady_pace(first, moments[-1]), self._lists[len(moments)]
        if steady is None or not known:
            return None
        middle = sorted(known, key=lambda places: places[-1])[len(known) // 2]
        end = first.total if first.total is not None and first.total > len(first.rows) else steady * _MAX_GROWTH
        shortened = min(1, end / (steady * middle[-1]))
        return [int(steady * place * shortened) for place in middle]

    def note(self, first: JobPage, moments: Sequence[datetime | None], places: Sequence[Place]) -> None:
        """Note where these times were found."""
        oldest, steady = places[-1], _at_steady_pace(first, moments[-1])
        if steady and oldest.offset and not oldest.is_end:
            self._lists[len(places)].append([place.offset / steady for place in places])


def _at_steady_pace(first: JobPage, moment: datetime | None) -> float | None:
    """Return where ``moment`` lies if jobs always came as often as those of the first page; None if that is unknown."""
    if moment is None or len(first.jobs) < 2:  # noqa: PLR2004 - one job has no pace
        return None
    newest, last = first.jobs[0].created_at, first.jobs[-1].created_at
    if newest <= last or moment >= last:
        return None
    return len(first.jobs) * min((newest - moment) / (newest - last), _MAX_GROWTH)


class CountingSearch(JobSearch):
    """A search in the list of all jobs that notes what else its pages show."""

    def __init__(self, client: WriterClient, application_id: str, first: JobPage) -> None:
        """Begin with the first page.

        Raises:
            NotSearchable: It contradicts what a search assumes.
        """
        super().__init__(client, application_id)
        self._first = first
        self._end = 0  # of the pages read so far
        self._totals: set[int | None] = set()
        self.failed: dict[int, list[Job]] = {}
        """The failed jobs on its pages, by the offset of the page."""
        self.add(0, first)

    def add(self, offset: int, page: JobPage) -> None:
        """Keep what a page shows, as `JobSearch.add` does."""
        super().add(offset, page)
        self._end = max(self._end, offset + len(page.rows))
        self._totals.add(page.total)
        self.failed[offset] = [job for job in page.jobs if job.status == "failed"]

    async def count(self, moments: Sequence[datetime | None], pattern: ArrivalPattern) -> list[int]:
        """Return how many jobs were created between each two of these times, newest first.

        Raises:
            NotSearchable: The list contradicts what a search assumes, or changes too fast.
            WriterError: A page cannot be read.
        """
        guesses = pattern.guess(self._first, moments) or [None] * len(moments)
        newest = self._rows_at([0])
        found: list[Place] = []
        # The oldest first: how many jobs there are since then says most about the times between.
        for moment, guess in reversed(list(zip(moments, guesses, strict=True))):
            found.insert(0, await self.place(moment, guess if self._is_unknown(moment) else None))
        if self._is_total_constant:
            await self.read(0)
        if not self._is_total_constant or self._rows_at([0]) != newest:
            found = await self.places(moments)  # reads their pages again, until none has changed
        pattern.note(self._first, moments, found)
        return [older.offset - newer.offset for newer, older in pairwise(found)]

    def _is_unknown(self, moment: datetime | None) -> bool:
        """Return whether the pages read so far do not show the place of ``moment``."""
        return self._found(moment, *self._bounds(moment)) is None

    @property
    def _is_total_constant(self) -> bool:
        """Whether every page had the same total, and one that can be right: so no job arrived or left between them."""
        total = next(iter(self._totals)) if len(self._totals) == 1 else None
        return total is not None and total >= self._end
