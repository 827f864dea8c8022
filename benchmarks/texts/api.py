"""A Writer API on loopback with the jobs of one case, and the texts that its jobs hold."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

APPLICATION = "3f0b6c1e-9d24-4a57-8c83-5be0d7a41f92"


def nested_json(rng: Random) -> str:
    """Return an error of about 6 kB, as services nest them: JSON in JSON strings, three levels deep."""
    trace = [
        {"service": rng.choice(("gateway", "retriever", "planner")), "span": f"{rng.getrandbits(64):016x}", "ms": n}
        for n in range(26)
    ]
    inner: dict[str, Any] = {
        "error": {
            "type": "rate_limit_error",
            "message": f"Rate limit reached for model palmyra-x5: limit 25000, used {rng.randrange(20_000, 25_000)}.",
            "request_id": str(UUID(int=rng.getrandbits(128), version=4)),
            "trace": trace,
        }
    }
    for service in ("retriever", "gateway"):
        inner = {
            "status": "error",
            "service": service,
            "detail": f"Upstream returned 429 after {rng.randrange(100, 900)} ms",
            "response": {"headers": {"content-type": "application/json", "x-attempt": "1"}, "body": json.dumps(inner)},
            "context": [{"key": f"field_{n}", "value": "some ordinary words of a brief"} for n in range(14)],
        }
    return json.dumps(inner)


def different_error(rng: Random) -> str:
    """Return an error of about 1 kB that is like no other."""
    return " ".join("".join(rng.choices("abcdefghijklmnopqrst", k=rng.randrange(3, 10))) for _ in range(150))


def repeat(make: Callable[[Random], str], number: int) -> list[str]:
    """Return as many texts, the same in every run."""
    rng = Random(7)  # noqa: S311 - see above
    return [make(rng) for _ in range(number)]


@dataclass
class Responses:
    """What the API returns: a list of jobs, one page at a time, and a single job by its path."""

    jobs: list[bytes] = field(default_factory=list[bytes])
    single: bytes = b"{}"


def failed_job(number: int, error: str) -> bytes:
    """Return a failed job; the newest has the lowest number."""
    created = datetime.now(UTC) - timedelta(minutes=1 + number / 10)
    job = {
        "id": str(UUID(int=number + 1, version=4)),
        "status": "failed",
        "application_id": APPLICATION,
        "created_at": created.isoformat(),
        "completed_at": (created + timedelta(seconds=4)).isoformat(),
        "error": error,
    }
    return json.dumps(job).encode()


class _Handler(BaseHTTPRequestHandler):
    served: Responses  # `responses` is a name of the base class
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: int(values[0]) for name, values in parse_qs(parts.query).items() if values[0].isdigit()}
        if parts.path.endswith(f"{APPLICATION}/jobs"):
            rows = self.served.jobs[query.get("offset", 0) :][: min(query.get("limit", 50), 100)]
            body = b'{"result":[' + b",".join(rows) + b'],"totalCount":%d}' % len(self.served.jobs)
        else:
            body = self.served.single
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        pass


@contextmanager
def api(responses: Responses) -> Generator[str]:
    """Serve the responses on loopback, and yield the address."""
    handler = type("Handler", (_Handler,), {"served": responses})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
