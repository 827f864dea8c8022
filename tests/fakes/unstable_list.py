"""A list of jobs that gives wrong totals, repeats pages and changes while it is read; an ASGI app."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import anyio
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Move = Callable[["UnstableListApi"], None]


@dataclass
class UnstableListApi:
    """A list of jobs, newest first, that can change before each request."""

    ids: list[int]
    job_fields: Callable[[int], dict[str, Any]] = lambda _: {}
    """More fields of the job with this number."""
    moves: Sequence[Move | None] = ()
    cap: int = 100
    total: Callable[["UnstableListApi", int], int | None] = lambda api, _: len(api.ids)
    reports_limit: bool = True
    fail_request: Callable[[int], tuple[int, dict[str, str]] | None] = lambda _: None
    """The status and headers of an error response, given how many requests came before; None for a page."""
    request_count: int = 0
    """Requests for the whole list so far."""
    filtered_request_count: int = 0
    """Requests for the jobs of one status so far."""
    honours_status: bool = True
    """Whether it filters by the requested status."""
    application: dict[str, Any] | None = None
    """The application's fields; 404 without any."""
    present_throughout: set[int] = field(default_factory=set[int])
    present_ever: set[int] = field(default_factory=set[int])
    new_statuses: dict[int, str] = field(default_factory=dict[int, str])
    """The statuses that have changed, by the job's number."""
    statuses_ever: dict[int, set[str]] = field(default_factory=dict[int, set[str]])
    """All statuses that a job has had, of the jobs whose status has changed."""

    def __post_init__(self) -> None:
        self.present_throughout, self.present_ever = set(self.ids), set(self.ids)
        self._next_id = max(self.ids, default=0) + 1

    def arrive(self) -> None:
        self.ids.insert(0, self._next_id)
        self.present_ever.add(self._next_id)
        self._next_id += 1

    def change(self, share: float, before: str, after: str) -> None:
        """Change the status of a job that has the status ``before``."""
        matching = [number for number in self.ids if self.status(number) == before]
        if matching:
            number = matching[int(share * (len(matching) - 1))]
            self.statuses_ever.setdefault(number, {before}).add(after)
            self.new_statuses[number] = after

    def leave(self, share: float) -> None:
        if self.ids:
            gone = self.ids.pop(int(share * (len(self.ids) - 1)))
            self.present_throughout.discard(gone)

    def page(self, offset: int, limit: int, status: str | None = None) -> dict[str, Any]:
        limit = min(limit, self.cap)
        if status is None or not self.honours_status:
            rows = [self.job(each) for each in self.ids[offset : offset + limit]]
        else:
            matching = (number for number in self.ids if self.status(number) == status)
            rows = [self.job(each) for each in islice(matching, offset, offset + limit)]
        page: dict[str, Any] = {"result": rows}
        total = self.total(self, len(rows))
        if total is not None:
            page["totalCount"] = total
        if self.reports_limit:
            page["pagination"] = {"offset": offset, "limit": limit}
        return page

    def status(self, number: int) -> str:
        """Return the status of a job: a filter asks for the status of each job, for each page."""
        return self.new_statuses.get(number) or self.job_fields(number).get("status", "completed")

    def job(self, number: int) -> dict[str, Any]:
        created_at = (NOON + timedelta(seconds=number)).isoformat()
        known = {"id": f"job-{number}", "status": "completed", "application_id": "a", "created_at": created_at}
        changed = {"status": self.new_statuses[number]} if number in self.new_statuses else {}
        return known | self.job_fields(number) | changed

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if not scope["path"].endswith("/jobs"):
            await respond(send, 404 if self.application is None else 200, self.application)
            return
        query = dict(part.split("=") for part in scope["query_string"].decode().split("&"))
        by_status = "status" in query
        earlier = self.request_count + self.filtered_request_count
        move = self.moves[earlier] if earlier < len(self.moves) else None
        self.filtered_request_count += by_status
        self.request_count += not by_status
        # Requests that overlap in time reach the list in any order.
        for _ in range(earlier * 7 % 5):
            await anyio.lowlevel.checkpoint()
        if move is not None:
            move(self)
        error = None if by_status else self.fail_request(self.request_count - 1)
        if error:
            await respond(send, error[0], None, error[1])
            return
        await respond(send, 200, self.page(int(query.get("offset", 0)), int(query["limit"]), query.get("status")))


async def respond(send: Send, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
    """Send JSON, or an empty body for None."""
    more = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": more})
    await send({"type": "http.response.body", "body": b"" if body is None else json.dumps(body).encode()})


TOTALS: dict[str, Callable[["UnstableListApi", int], int | None]] = {
    "right": lambda api, _: len(api.ids),
    "missing": lambda _api, _rows: None,
    "too small": lambda _api, _rows: 7,
    "too large": lambda api, _: len(api.ids) + 500,
    "counts the page": lambda _api, rows: rows,
    "zero": lambda _api, _rows: 0,
}
"""What ``totalCount`` may mean, given the list and the number of rows of the page."""


def newest_first(count: int) -> list[int]:
    """Return the numbers of this many jobs."""
    return list(range(count, 0, -1))


def arrivals(times: int) -> Move:
    def move(api: UnstableListApi) -> None:
        for _ in range(times):
            api.arrive()

    return move


def departures(times: int, share: float) -> Move:
    def move(api: UnstableListApi) -> None:
        for _ in range(times):
            api.leave(share)

    return move


def exchange(share: float) -> Move:
    def move(api: UnstableListApi) -> None:
        api.leave(share)
        api.arrive()

    return move


def changes(share: float, before: str, after: str) -> Move:
    return lambda api: api.change(share, before, after)


CHANGES = st.one_of(
    st.builds(changes, st.floats(0, 1), st.just("in_progress"), st.sampled_from(["completed", "failed"])),
    st.builds(changes, st.floats(0, 1), st.just("failed"), st.sampled_from(["completed", "in_progress"])),
)
"""A job that finishes, is retried, or both since the last request."""

MOVES = st.one_of(
    st.none(),
    st.none(),
    st.builds(arrivals, st.integers(1, 3) | st.integers(90, 130)),
    st.builds(departures, st.integers(1, 3) | st.integers(20, 130), st.floats(0, 1)),
    st.builds(exchange, st.floats(0, 1)),
)
