"""A peer with a document for each endpoint of Writer's, sent to whoever asks for anything there."""

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
"""What a Writer in order says of its applications, of an application's jobs, of a job, and to a retry."""


@dataclass
class CannedResponses(RawHttpServer):
    """Whoever tells them; it keeps its connections, so that many calls are cheap."""

    responses: dict[str, Document] = field(default_factory=lambda: VALID_RESPONSES)
    """What is said by endpoint, or of the job with an id."""
    status: str | None = None
    """What each answer has for its status, where that is not the right one."""

    async def handle_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            head = await reader.readuntil(b"\r\n\r\n")
            await Exchange(head, reader, writer).send(self._response_to(head.decode()))

    def _response_to(self, head: str) -> bytes:
        method, target, _ = head.split(" ", 2)
        path, _, query = target.partition("?")
        match path.split("/")[3:]:
            case []:
                said, status = self.responses["applications"], "200 OK"
            case ["jobs", _, "retry"] if method == "POST":
                said, status = self.responses["started"], "202 Accepted"
            case ["jobs", id_]:
                said, status = self.responses.get(id_, self.responses["job"]), "200 OK"
            case _:
                said, status = self._page(query), "200 OK"
        # A wait that is too long to begin keeps those who are refused from asking again.
        return http_response(json.dumps(said).encode(), self.status or status, "Retry-After: 60")

    def _page(self, query: str) -> Document:
        """All jobs on the first page, and none after it."""
        asked = query.split("&")
        return self.responses["jobs"] if "offset=0" in asked or "offset" not in query else {"result": []}
