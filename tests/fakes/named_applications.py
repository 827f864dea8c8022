"""A Writer API with many named applications, each with one job; an ASGI app."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.types import Receive, Scope, Send

from tests.helpers.jobs import make_job

_PATH = re.compile(r"/v1/applications(?:/(?P<jobs>jobs)/(?P<job>[^/]+)|/(?P<application>[^/]+)/jobs)?\Z")


@dataclass
class NamedApplicationsApi:
    """An API with named applications.

    Attributes:
        names: The name of each application by its id, in the order of the list.
        page_size: How many applications a page holds at most.
        unknown_status: The HTTP status for an unknown id.
        list_status: The HTTP status for the list of applications.
        honors_after: Whether it pages by ``after``.
        serves_single_jobs: Whether it has the endpoint for one job.
        report_has_more: The value of ``has_more``, given whether more follow; None omits it.
        listed_but_unknown: Ids that are in the list but are unknown to the other endpoints.
        requests: The paths of all requests, with the query.
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
    """More rows for the first page."""
    requests: list[str] = field(default_factory=list[str])

    @property
    def listed_applications(self) -> bool:
        """Whether the list of applications was requested."""
        return any(each.partition("?")[0] == "/v1/applications" for each in self.requests)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        path, query = scope["raw_path"].decode(), scope["query_string"].decode()
        self.requests.append(f"{path}?{query}")
        status, body = self.respond(path, {name: values[0] for name, values in parse_qs(query).items()})
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

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
        rows = [{"id": id_, "name": self.names[id_]} for id_ in shown]
        page: dict[str, object] = {"data": rows if first else [*self.extra_rows, *rows]}
        more = self.report_has_more(first + self.page_size < len(ids))
        return page if more is None else {**page, "has_more": more}

    def jobs(self, id_: str) -> list[dict[str, Any]]:
        """Return the one job of an application."""
        error, data = "Request timed out after 30 seconds", {"suggestion": "a part of the output"}
        return [make_job(0, "failed", error, None, id=f"job of {id_}", application_id=id_, data=data)]
