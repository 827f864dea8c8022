"""Request the pages of a list ahead of the one that is read."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from writer_jobs_mcp.errors import WriterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anyio.abc import TaskGroup

    from writer_jobs_mcp.client.models import JobPage


@dataclass(slots=True, eq=False)
class Request:
    """A request for one page, with its page or its error."""

    offset: int
    done: anyio.Event = field(default_factory=anyio.Event)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    page: JobPage | None = None
    error: WriterError | None = None


class Prefetcher:
    """Requests for the pages ahead."""

    def __init__(
        self, fetch: Callable[[int], Awaitable[JobPage]], pages_ahead: int, expects_row_at: Callable[[int], bool]
    ) -> None:
        self._fetch, self._pages_ahead, self._expects_row_at = fetch, pages_ahead, expects_row_at
        self._window: deque[Request] = deque()
        self._next_offset = 0
        self.page_size = 1  # rows of a full page, as far as is known
        self.one_at_a_time = False  # whether to request no page ahead, since the list may end here

    async def next(self, tasks: TaskGroup) -> Request:
        """Return the next request once it is done; keep those behind it going."""
        while len(self._window) < self._pages_ahead and (not self._window or self._is_worth_requesting()):
            request = Request(self._next_offset)
            self._window.append(request)
            tasks.start_soon(self._run, request)
            self._next_offset += max(1, self.page_size - 1)
        request = self._window.popleft()
        await request.done.wait()
        return request

    def restart(self, offset: int, *, one_at_a_time: bool = False) -> None:
        """Cancel the requests for the pages ahead, and go on from ``offset``."""
        for request in self._window:
            request.scope.cancel()
        self._window.clear()
        self._next_offset, self.one_at_a_time = offset, one_at_a_time

    def _is_worth_requesting(self) -> bool:
        # The first row of a page is the last of the one before.
        return not self.one_at_a_time and self._expects_row_at(self._next_offset + 1)

    async def _run(self, request: Request) -> None:
        with request.scope:
            try:
                request.page = await self._fetch(request.offset)
            except WriterError as exc:
                request.error = exc
        request.done.set()
