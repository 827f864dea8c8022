"""A Writer API that sends one JSON document per endpoint, whatever the request."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.raw_http_server import Exchange, RawHttpServer, http_response

Document = Any
JOB: dict[str, Document] = {
    "id": "job-0",
    "status": "failed",
    "application_id": "a",
    "created_at": "2026-11-23T10:00:00Z",
    "completed_at": "2026-11-23T10:00:31Z",
    "error": "Request timed out after 30 seconds",
    "data": {"title": "Half of it", "suggestion": "It begins well, and"},
}
APPLICATION = {
    "id": "a",
    "name": "One",
    "type": "generation",
    "status": "deployed",
    "updated_at": "2026-11-23T10:00:00Z",
}
VALID_RESPONSES: dict[str, Document] = {
    "applications": {"data": [APPLICATION], "has_more": False},
    "jobs": {"result": [JOB], "totalCount": 1},
    "job": JOB,
    "started": {"id": "job-1", "status": "in_progress", "created_at": "2026-11-23T10:05:00Z"},
}
"""Documented responses: the applications, an application's jobs, one job, and a retry."""


@dataclass
class CannedResponses(RawHttpServer):
    """The server; it keeps connections open, so that many calls are cheap."""

    responses: dict[str, Document] = field(default_factory=lambda: VALID_RESPONSES)
    """The document by endpoint, or by job id."""
    status: str | None = None
    """The status of every response, if not the documented one."""
    is_filtering: bool = False
    """Whether the jobs, which all failed, are left out of a list of those in another status."""

    async def handle_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            head = await reader.readuntil(b"\r\n\r\n")
            await Exchange(head, reader, writer).send(self._response_to(head.decode()))

    def _response_to(self, head: str) -> bytes:
        method, target, _ = head.split(" ", 2)
        path, _, query = target.partition("?")
        match path.split("/")[3:]:
            case []:
                body, status = self.responses["applications"], "200 OK"
            case ["jobs", _, "retry"] if method == "POST":
                body, status = self.responses["started"], "202 Accepted"
            case ["jobs", id_]:
                body, status = self.responses.get(id_, self.responses["job"]), "200 OK"
            case _:
                body, status = self._page(query), "200 OK"
        # Too long to wait for, so errors are not retried.
        return http_response(json.dumps(body).encode(), self.status or status, "Retry-After: 60")

    def _page(self, query: str) -> Document:
        """Return all jobs on the first page, and none after it."""
        parameters = query.split("&")
        if self.is_filtering and "status=" in query and "status=failed" not in parameters:
            return {"result": [], "totalCount": 0}
        return self.responses["jobs"] if "offset=0" in parameters or "offset" not in query else {"result": []}
