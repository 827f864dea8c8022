"""A Writer API with many named applications, each with one job; an ASGI app, for an in-process transport."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.types import Receive, Scope, Send

from tests.fakes.unstable_list import NOON

_PATH = re.compile(r"/v1/applications(?:/(?P<jobs>jobs)/(?P<job>[^/]+)|/(?P<application>[^/]+)/jobs)?\Z")


@dataclass
class NamedApplicationsApi:
    """What it knows, and what it was asked.

    Attributes:
        names: The name of each application by its id, in the order of the list.
        page_size: How many applications a page holds at most.
        unknown: The status for an id that is not known.
        list_status: The status for the list of applications.
        follows: Whether it keeps to ``after``.
        single_jobs: Whether it serves a job by its own id.
        says_more: What it says of ``has_more``, given whether more follow.
        forgotten: Ids that are listed and yet not known.
        asked: The paths as they were sent, with the query.
    """

    names: dict[str, str | None]
    page_size: int = 100
    unknown_status: int = 404
    list_status: int = 200
    honors_after: bool = True
    serves_single_jobs: bool = True
    report_has_more: Callable[[bool], bool | None] = bool
    listed_but_unknown: frozenset[str] = frozenset()
    extra_rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """More rows of the first page, as they are."""
    requests: list[str] = field(default_factory=list[str])

    @property
    def listed_applications(self) -> bool:
        """Whether it was asked for the list of applications."""
        return any(each.partition("?")[0] == "/v1/applications" for each in self.requests)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        path, query = scope["raw_path"].decode(), scope["query_string"].decode()
        self.requests.append(f"{path}?{query}")
        status, said = self.respond(path, {name: values[0] for name, values in parse_qs(query).items()})
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})

    def respond(self, path: str, query: dict[str, str]) -> tuple[int, object]:
        found = _PATH.match(path.partition("?")[0])
        if found is None:
            return 404, {}
        if found["jobs"]:
            jobs = [job for each in self.names for job in self.jobs(each) if job["id"] == unquote(found["job"])]
            return (200, jobs[0]) if jobs and self.serves_single_jobs else (404, {})
        if found["application"] is None:
            return (200, self.page(query.get("after"))) if self.list_status == 200 else (self.list_status, {})
        id_ = unquote(found["application"])
        if id_ not in self.names or id_ in self.listed_but_unknown:
            return self.unknown_status, {"errors": [{"description": "no"}]}
        jobs = [job for job in self.jobs(id_) if query.get("status") in {None, job["status"]}]
        return 200, {"result": jobs[int(query.get("offset", 0)) :], "totalCount": len(jobs)}

    def page(self, after: str | None) -> dict[str, object]:
        ids = list(self.names)
        first = ids.index(after) + 1 if after and self.honors_after else 0
        shown = ids[first : first + self.page_size]
        said: dict[str, object] = {"data": [{"id": id_, "name": self.names[id_]} for id_ in shown]}
        if not first:
            said["data"] = [*self.extra_rows, *[{"id": id_, "name": self.names[id_]} for id_ in shown]]
        more = self.report_has_more(first + self.page_size < len(ids))
        return said if more is None else {**said, "has_more": more}

    def jobs(self, id_: str) -> list[dict[str, Any]]:
        """The one job of an application."""
        return [
            {
                "id": f"job of {id_}",
                "status": "failed",
                "application_id": id_,
                "created_at": NOON.isoformat(),
                "error": "Request timed out after 30 seconds",
                "data": {"suggestion": "a part of the output"},
            }
        ]
