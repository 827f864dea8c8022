"""A Writer API whose jobs finish, fail, are retried, arrive and vanish as its clock advances; an ASGI app."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import Any
from urllib.parse import parse_qs

import anyio.lowlevel
from starlette.types import Receive, Scope, Send

from tests.conftest import NOW

Change = tuple[float, str | None]
Total = Callable[[int, int], int | None]


def _matching(matching: int, _rows: int) -> int | None:
    return matching


def _missing(_matching: int, _rows: int) -> int | None:
    return None


def _page(_matching: int, rows: int) -> int | None:
    return rows


def _application(_matching: int, _rows: int) -> int | None:
    return 5_000


LIST_TOTALS: dict[str, Total] = {
    "right": _matching,
    "missing": _missing,
    "counts the page": _page,
    "counts the application": _application,
}
"""What ``totalCount`` may mean, given the number of jobs with the requested status, and of rows on the page."""


@dataclass
class ChangingJob:
    """A job whose status changes.

    Attributes:
        id: Its id.
        changes: When it gets which status, in seconds after NOW; None while Writer does not have it.
        created_at: When it was created, in seconds after NOW.
        error: Its error, while it is failed.
        is_readable: Whether its row can be parsed.
    """

    id: str
    changes: Sequence[Change]
    created_at: float = -60
    error: str | None = "Request timed out after 30 seconds"
    is_readable: bool = True

    def status(self, seconds: float) -> str | None:
        return next((status for at, status in reversed(self.changes) if at <= seconds), None)

    def statuses(self, start: float, end: float) -> set[str | None]:
        """Return every status that it has at some time from ``start`` to ``end``."""
        return {self.status(start), *(status for at, status in self.changes if start < at <= end)}

    def begins(self, seconds: float) -> float:
        """Return since when it has its status."""
        return max((at for at, _ in self.changes if at <= seconds), default=-inf)


def running_until(seconds: float, status: str = "completed", *, id_: str, **fields: Any) -> ChangingJob:
    """Return a job that has run since its creation, and then has this status."""
    return ChangingJob(id_, [(-inf, "in_progress"), (seconds, status)], **fields)


@dataclass
class FinishingJobsApi:
    """The API of one application, ``a``; its time advances with each request, and by `advance`.

    Attributes:
        jobs: All jobs that it ever has.
        seconds_per_request: How far the clock advances before each response.
        cap: How many rows a page has at most.
        total: The ``totalCount`` of a page, as in `LIST_TOTALS`.
        reports_limit: Whether pages have ``pagination``.
        honours_status: Whether it filters by the requested status.
        serves_single_jobs: Whether it has the endpoint for one job.
        fail: The status of an error response, given the request and how many came before; None for a normal one.
        lines: All requests.
    """

    jobs: list[ChangingJob]
    seconds_per_request: float = 1
    cap: int = 100
    total: Total = _matching
    reports_limit: bool = True
    honours_status: bool = True
    serves_single_jobs: bool = True
    fail: Callable[[str, int], int | None] = lambda _line, _number: None
    seconds: float = 0
    lines: list[str] = field(default_factory=list[str])

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        """Advance the clock, without waiting."""
        await anyio.lowlevel.checkpoint()
        self.seconds += seconds

    def requests(self, part: str = "") -> list[str]:
        """Return the requests that contain ``part``."""
        return [line for line in self.lines if part in line]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        path, query = scope["path"], scope["query_string"].decode()
        line = f"{path}?{query}"
        self.seconds += self.seconds_per_request
        self.lines.append(line)
        status = self.fail(line, len(self.lines) - 1)
        body: object = {}
        if status is None:
            status, body = self._respond(path, {name: values[0] for name, values in parse_qs(query).items()})
        await send({"type": "http.response.start", "status": status, "headers": [(b"retry-after", b"0")]})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    def _respond(self, path: str, query: Mapping[str, str]) -> tuple[int, object]:
        match path.removeprefix("/v1/applications").split("/"):
            case [""]:
                return 200, {"data": [{"id": "a", "name": "The application"}], "has_more": False}
            case ["", "a", "jobs"]:
                return 200, self._page(query)
            case ["", "jobs", job_id] if self.serves_single_jobs:
                found = [job for job in self.jobs if job.id == job_id and job.status(self.seconds)]
                return (200, self._row(found[0])) if found else (404, {})
            case _:
                return 404, {}

    def _page(self, query: Mapping[str, str]) -> object:
        status, offset, limit = query.get("status"), int(query.get("offset", 0)), min(int(query["limit"]), self.cap)
        filtered = {None: None, "in_progress": {"in_progress", "queued"}}.get(status, {status})
        matching = [
            job
            for job in self.jobs
            if (now := job.status(self.seconds)) and (filtered is None or now in filtered or not self.honours_status)
        ]
        matching.sort(key=lambda job: (job.created_at, job.id), reverse=True)
        rows = [self._row(job) for job in matching[offset : offset + limit]]
        total = self.total(len(matching), len(rows))
        page: dict[str, object] = {"result": rows}
        page |= {} if total is None else {"totalCount": total}
        return page | ({"pagination": {"offset": offset, "limit": limit}} if self.reports_limit else {})

    def _row(self, job: ChangingJob) -> dict[str, object]:
        status, begins = job.status(self.seconds), max(job.begins(self.seconds), job.created_at)
        row: dict[str, object] = {"id": job.id, "status": status, "application_id": "a", "updated_at": _time(begins)}
        row |= {"created_at": _time(job.created_at)} if job.is_readable else {}
        row |= {"error": job.error} if status == "failed" else {}
        return row if status == "in_progress" else row | {"completed_at": _time(begins)}


def _time(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat()
