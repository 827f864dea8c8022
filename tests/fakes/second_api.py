"""A second fake of the Writer API, written from the vendor's documents with the standard library only.

Where the documents are silent, it differs from the sandbox: jobs are listed oldest first, five per page by default,
ids are plain strings, and optional fields are null.
"""

import hashlib
import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

APPLICATION = "marketing copy v2"
"""Neither a UUID nor a slug: the documents only say string."""
EMPTY_APPLICATION = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
Response = tuple[int, dict[str, str], object]
"""Status, headers and JSON body."""

_STATUSES = ("failed", "completed", "in_progress", "completed")
_FIRST_CREATED_AT = datetime(2026, 11, 20, 8, 0, 0, 501223, tzinfo=UTC)
_PATH = re.compile(r"/v1/applications(?:/(?P<jobs>jobs)/(?P<job>[^/]+)|/(?P<application>[^/]+)(?P<list>/jobs)?)?\Z")


@dataclass
class SecondApi:
    """The API's settings, and the requests that it received.

    Attributes:
        key: The one bearer token accepted.
        total_count: What ``totalCount`` counts: the filter's matches, the whole application, or nothing.
        max_limit: The largest page.
        single_job_endpoint: Whether ``GET /v1/applications/jobs/{id}`` exists; without it, 404.
        null_fields: Whether optional fields without a value are null; otherwise they are absent.
        error_statuses: Errors to respond with first, each with its headers; ``repeat_last_error`` keeps the last one.
        requests: As ``GET /path?query``.
    """

    key: str
    total_count: Literal["matches", "all", "missing"] = "matches"
    max_limit: int = 1_000
    single_job_endpoint: bool = True
    null_fields: bool = True
    error_statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list[tuple[int, dict[str, str]]])
    repeat_last_error: bool = False
    requests: list[str] = field(default_factory=list[str])
    job_count: int = 60

    def __post_init__(self) -> None:
        self.jobs = [self._job(number) for number in range(self.job_count)]

    def jobs_with_status(self, status: str | None) -> list[dict[str, Any]]:
        return [job for job in self.jobs if status in {None, job["status"]}]

    @contextmanager
    def serve(self) -> Generator[str]:
        """Serve the API in a thread, and yield its URL."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_class(self))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def respond(self, target: str, authorization: str) -> Response:
        """Return the status, headers and JSON body for one request."""
        self.requests.append(f"GET {target}")
        if self.error_statuses:
            status, headers = (
                self.error_statuses[0]
                if self.repeat_last_error and len(self.error_statuses) == 1
                else self.error_statuses.pop(0)
            )
            return status, headers, {"request_id": "r-1", "message": "try again"}
        if authorization != f"Bearer {self.key}":
            return 401, {}, _key_echoing_error(authorization.removeprefix("Bearer "))
        parts = urlsplit(target)
        found = _PATH.match(parts.path)
        if found is None:
            return _not_found()
        if found["jobs"]:
            return self._single(unquote(found["job"]))
        if found["application"]:
            return self._application(
                unquote(found["application"]), dict(parse_qsl(parts.query)) if found["list"] else None
            )
        page = {"data": [_application(EMPTY_APPLICATION), _application(APPLICATION)], "has_more": False}
        return 200, {}, {**page, "first_id": EMPTY_APPLICATION, "last_id": APPLICATION}

    def _application(self, name: str, query: dict[str, str] | None) -> Response:
        """Return an application, or a page of its jobs if there is a ``query``."""
        if name not in {APPLICATION, EMPTY_APPLICATION}:
            return _not_found()
        if query is None:
            return 200, {}, _application(name)
        return self._list([] if name == EMPTY_APPLICATION else self.jobs_with_status(query.get("status")), query)

    def _list(self, matches: list[dict[str, Any]], query: dict[str, str]) -> Response:
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 5)), self.max_limit)
        page: dict[str, object] = {"result": matches[offset : offset + limit]}
        if self.total_count != "missing":
            page["totalCount"] = len(matches if self.total_count == "matches" else self.jobs)
            page["pagination"] = {"offset": offset, "limit": limit}
        return 200, {}, page

    def _single(self, job_id: str) -> Response:
        found = [job for job in self.jobs if job["id"] == job_id] if self.single_job_endpoint else []
        return (200, {}, found[0]) if found else _not_found()

    def _job(self, number: int) -> dict[str, Any]:
        status = _STATUSES[number % len(_STATUSES)]
        created = _FIRST_CREATED_AT + timedelta(minutes=7 * number)
        job: dict[str, Any] = {
            "id": f"run_{number:04}",
            "status": status,
            "application_id": APPLICATION,
            "created_at": created.isoformat().replace("+00:00", "Z"),
            "updated_at": None,
            "completed_at": None if status == "in_progress" else (created + timedelta(seconds=90.25)).isoformat(),
            "data": None,
            "error": None,
        }
        if status == "completed":
            job["data"] = {"title": "copy", "suggestion": f"Copy {number}. " + "Our kettles boil in a minute. " * 200}
        if status == "failed":
            job["error"] = f"Request {number} timed out after 30 seconds waiting for the model. " + "Trace: … " * 800
        return job if self.null_fields else {name: value for name, value in job.items() if value is not None}


def _application(application_id: str) -> dict[str, object]:
    return {
        "id": application_id,
        "name": f"The application {application_id[:9]}",
        "type": "generation",
        "status": "draft",
        "inputs": [],
        "created_at": "2023-11-07T05:31:56Z",
        "updated_at": "2023-11-07T05:31:56Z",
    }


def _not_found() -> Response:
    error: dict[str, object] = {"description": "Resource is not found", "key": "fail.notFound.resource", "extras": {}}
    return 404, {}, {"tpe": "NotFound", "errors": [error], "extras": {}}


def _key_echoing_error(key: str) -> object:
    """Return the 401 that the real API was seen to send."""
    description = (
        f"Authentication Error, Invalid proxy server token passed. Received API Key = sk-...{key[-4:]}, "
        f"Key Hash (Token) ={hashlib.sha256(key.encode()).hexdigest()}."
    )
    return {
        "tpe": "fail.auth",
        "errors": [{"description": description, "key": "fail.auth.generic", "extras": "key"}],
        "extras": None,
    }


def _handler_class(api: SecondApi) -> type[BaseHTTPRequestHandler]:
    numbers = count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, content = api.respond(self.path, self.headers.get("Authorization", ""))
            body = json.dumps(content, ensure_ascii=False).encode()
            self.send_response(status)
            for name, value in {**headers, "X-Request-Id": str(next(numbers))}.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
            """Stay quiet."""

    return Handler
