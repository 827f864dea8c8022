"""Read all applications of an account for one overview: what failed and what runs first, then how many jobs there were.

Writer allows 400 requests a minute. What is read of each application, in this order:

1. The failed jobs of the window and the running ones: three requests for most applications, whatever it takes for all.
2. The number of jobs in the window and in the one before, with the failed jobs of the latter: about five requests more.
   Left out, first for the window before, if 400 requests would not be enough.
3. Earlier failures, only of applications with a kind of failure that was not seen before: without them none is called
   new. At most seven requests, if they are left.

Applications are read at the same time, as many as the client sends requests at once. One that cannot be read costs no
other; when the time is over, what was read stands.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

import anyio

from writer_jobs_mcp.deadlines import (
    FIND_NEW_SHARE,
    MIN_SCAN_RESERVE,
    SCAN_RESERVE,
    scope_with_reserve,
    seconds_left,
)
from writer_jobs_mcp.errors import BudgetExceeded
from writer_jobs_mcp.triage.account_application import ApplicationReader
from writer_jobs_mcp.triage.account_counts import ArrivalPattern
from writer_jobs_mcp.triage.application_counts import Times
from writer_jobs_mcp.triage.failed_groups import GroupedFailures, Period
from writer_jobs_mcp.triage.list_applications import ListedApplications, list_all_applications
from writer_jobs_mcp.triage.run_all import run_all
from writer_jobs_mcp.worker_threads import check_cancelled, run_in_worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job
    from writer_jobs_mcp.triage.report import Window

AccountProgress = Callable[[int, int, str], Awaitable[None]]
"""Awaited with the steps done, all steps, and a sentence."""

NO_REQUESTS_LEFT = "It would have taken more than the 400 requests a minute that Writer allows."

_MAX_REQUESTS = 400
# Requests that a part takes for most applications.
_LEAST_COST = 3  # to count jobs, if they are used as the others
_SPARE = 0.5
_EARLIER_COST = 7


class AccountReading:
    """What was read of an account."""

    def __init__(self, listed: ListedApplications, readers: Sequence[ApplicationReader], times: Times) -> None:
        """Begin with applications of which nothing was read."""
        self.listed, self.readers, self.times = listed, readers, times
        self.failures = GroupedFailures(check_cancelled)
        self._lock = Lock()

    def add_failed(self, job: Job, period: Period, application_id: str) -> None:
        """Take a failed job, in any thread."""
        with self._lock:
            self.failures.add(job, period, application_id)

    @property
    def can_compare(self) -> bool:
        """Whether both windows of every application were read whole."""
        return not self.listed.some_unreadable and all(reader.has_before for reader in self.readers)


async def read_account(
    client: WriterClient, window: Window, now: datetime, progress: AccountProgress
) -> AccountReading:
    """Read all applications that the key can see.

    Raises:
        WriterError: They could not be listed. Any later error ends only a part, and is kept with its application.
    """
    started, reading = client.requests_sent, None
    with await scope_with_reserve(SCAN_RESERVE, at_least=MIN_SCAN_RESERVE):
        listed = await list_all_applications(client)
        readers: list[ApplicationReader] = []
        reading = AccountReading(listed, readers, Times(window, window.before(now), now))
        readers += [
            ApplicationReader(client, application, reading.times, reading.add_failed)
            for application in listed.applications
        ]
        await _Reading(client, reading, started, progress).run()
    if reading is None:
        raise BudgetExceeded("Writer did not list the applications within the call budget.", "Call again.")
    return reading


class _Reading:
    """The requests of one overview, once the applications are known."""

    def __init__(self, client: WriterClient, reading: AccountReading, started: int, progress: AccountProgress) -> None:
        self._client, self._reading, self._started, self._progress = client, reading, started, progress
        self._readers = list(reading.readers)
        self._pattern = ArrivalPattern()
        self._steps = 0
        self._planned = 0.0  # requests that the parts being read will take, as a rule

    async def run(self) -> None:
        await self._for_each(self._readers, ApplicationReader.read_failures, "read")
        await self._read_one_by_one()
        self._readers.sort(key=lambda reader: -reader.count_failed(Period.WINDOW))
        await self._count()
        await self._read_one_by_one()  # those whose pages have shown that the filter leaves jobs out
        await self._read_earlier_failures()

    @property
    def _requests_left(self) -> int:
        return _MAX_REQUESTS - (self._client.requests_sent - self._started)

    async def _for_each(
        self,
        readers: Sequence[ApplicationReader],
        read: Callable[[ApplicationReader], Awaitable[None]],
        verb: str = "",
    ) -> None:
        """Read a part of each of these applications, several at a time."""
        slots, done = anyio.CapacityLimiter(self._client.concurrency), 0

        async def read_one(reader: ApplicationReader) -> None:
            nonlocal done
            async with slots:
                await read(reader)
            done += 1
            if verb:
                self._steps += 1
                sentence = f"{verb} {done:,} of {len(readers):,} applications"
                await self._progress(self._steps, 2 * len(self._readers), sentence)

        await run_all([partial(read_one, reader) for reader in readers])

    async def _read_one_by_one(self) -> None:
        """Read all jobs of the applications whose failed jobs cannot be had through the filter."""
        readers = [reader for reader in self._readers if reader.needs_all_jobs]
        pages = [reader.pages_of_windows() for reader in readers]
        is_affordable = None not in pages and sum(filter(None, pages)) <= self._requests_left // 2
        await self._for_each(readers, partial(ApplicationReader.read_all_jobs, with_before=is_affordable))

    async def _count(self) -> None:
        waiting = [reader for reader in self._readers if reader.has_window and reader.counts.jobs is None]
        has_before = self._reading.times.before_since is not None
        cost = _LEAST_COST  # of both windows, without the failed jobs

        def can_afford_both() -> bool:
            return has_before and self._can_afford(sum(cost + reader.pages_before for reader in waiting))

        async def count(reader: ApplicationReader) -> None:
            waiting.remove(reader)
            await self._count_one(reader, cost if with_before else None, others=len(waiting))

        # Two alone: the first shows where the others may begin to search, the second what they will probably cost.
        sent = 0
        for reader in waiting[:2]:
            with_before, sent = can_afford_both(), self._client.requests_sent + reader.pages_before
            await count(reader)
        if waiting:
            cost = max(self._client.requests_sent - sent, 0) + _SPARE
            with_before = can_afford_both()
            await self._for_each(list(waiting), count, "counted the jobs of")

    async def _count_one(self, reader: ApplicationReader, cost: float | None, *, others: int) -> None:
        """Count the jobs of both windows at this cost, or only of the window."""
        # The number of jobs in each application is worth more than those before in one.
        reserved = others * _LEAST_COST
        if cost is not None and self._can_afford(cost + reader.pages_before + reserved):
            with self._plan(cost + reader.pages_before):
                await reader.count_jobs(self._pattern, with_before=True)
                await reader.read_failures_before()
            return
        if self._reading.times.before_since is not None:
            reader.counts.before_error = NO_REQUESTS_LEFT
        if not self._can_afford(_LEAST_COST):
            reader.counts.count_error = NO_REQUESTS_LEFT
            return
        with self._plan(_LEAST_COST):
            await reader.count_jobs(self._pattern, with_before=False)

    async def _read_earlier_failures(self) -> None:
        if not self._reading.can_compare:
            return
        end = time.monotonic() + FIND_NEW_SHARE * seconds_left()
        find = partial(self._reading.failures.never_seen_before, lambda: time.monotonic() >= end)
        unseen = await run_in_worker(find)

        async def read(reader: ApplicationReader) -> None:
            if self._can_afford(_EARLIER_COST):
                with self._plan(_EARLIER_COST):
                    await reader.read_earlier_failures()

        await self._for_each(list(self._in(unseen)), read)

    def _can_afford(self, requests: float) -> bool:
        return requests <= self._requests_left - self._planned

    @contextmanager
    def _plan(self, requests: float) -> Generator[None]:
        """Plan so many requests; those already sent count twice until the end, on the safe side."""
        self._planned += requests
        try:
            yield
        finally:
            self._planned -= requests

    def _in(self, groups: Sequence[Mapping[str, int]]) -> Iterator[ApplicationReader]:
        """Yield the applications with jobs of these groups, those of the first group first."""
        by_id = {reader.id: reader for reader in self._readers}
        for id_ in dict.fromkeys(id_ for group in groups for id_ in group):
            if not by_id[id_].counts.earlier_read:
                yield by_id[id_]
