"""A Writer API with several applications, each with a list of jobs of its own; an ASGI app."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from tests.fakes.unstable_list import respond

_JOBS = re.compile(r"/v1/applications/([^/]+)/jobs\Z")


@dataclass
class AccountApi:
    """An API with these applications.

    Attributes:
        applications: What serves the jobs of each application, by its id, in the order of the list.
        names: The names of applications by their ids; one without a name here has none.
        page_size: How many applications a page holds at most.
        fail_list: The HTTP status for a page of applications, given the id that it comes after; None for a page.
        requests: The paths of all requests, with the query.
        on_request: Called with the number of the request before each response.
    """

    applications: Mapping[str, ASGIApp]
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    page_size: int = 100
    fail_list: Callable[[str | None], int | None] = lambda _: None
    requests: list[str] = field(default_factory=list[str])
    on_request: Callable[[int], None] = lambda _: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, query = scope["raw_path"].decode().partition("?")[0], scope["query_string"].decode()
        self.requests.append(f"{path}?{query}")
        self.on_request(len(self.requests))
        if found := _JOBS.fullmatch(path):
            jobs = self.applications.get(unquote(found[1]))
            await (jobs(scope, receive, send) if jobs else respond(send, 404, {}))
            return
        after = parse_qs(query).get("after", [None])[0]
        status = self.fail_list(after)
        await respond(send, status or 200, None if status else self._page(after))

    def _page(self, after: str | None) -> dict[str, Any]:
        ids = list(self.applications)
        first = ids.index(after) + 1 if after else 0
        shown = ids[first : first + self.page_size]
        data = [{"id": id_, **({"name": self.names[id_]} if id_ in self.names else {})} for id_ in shown]
        return {"data": data, "has_more": first + len(shown) < len(ids)}


def always(status: int, body: object = None) -> ASGIApp:
    """Return an application that answers each request with this status."""

    async def serve(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    return serve
