"""``python -m benchmarks.api`` serves Writer's list of jobs as fast as possible, so that only the clients are measured.

A scenario is the first part of the path: ``/n1200-o2048-d50-r400`` has 1,200 jobs with outputs of 2,048 characters,
responds after 50 ms, and rejects more than 400 requests per minute. ``/n1000000-o2048-d50-r400-f1-tapplication`` also
says that 1 % of the jobs have failed, as `benchmarks.jobs` describes, and what ``totalCount`` counts: the jobs that the
filter ``matches`` (the default), those of the whole ``application``, or ``none``: it is left out.

``/<scenario>/requests`` returns the number of requests and resets it, and the allowance of requests too;
``/<scenario>/ready`` moves the jobs to the present and returns that time, when all jobs are rendered, so that a page is
only a join. More than 100,000 jobs are rendered when they are requested, within the response time (3 ms a page).
"""

import asyncio
import json
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from urllib.parse import parse_qs, urlsplit

from benchmarks.jobs import APPLICATION_ID, Jobs

MAX_LIMIT = 100
BURST = 20
"""Requests that may come at once under a limit per minute."""

_NOW = datetime.now(UTC).replace(microsecond=0)
_SCENARIO_PATH = re.compile(
    r"/n(\d+)-o(\d+)-d(\d+)-r(\d+)(?:-f(?P<failed>\d+))?(?:-t(?P<total>matches|application|none))?(?P<path>/.*)"
)
_REQUEST = re.compile(rb"GET (\S+) HTTP/1\.1\r\n.*?\r\n\r\n", re.DOTALL)


_APPLICATION = {
    "id": APPLICATION_ID,
    "name": "Product descriptions",
    "type": "generation",
    "status": "deployed",
    "last_deployed_at": "2026-10-30T08:15:00Z",
}


@dataclass
class Scenario:
    """A scenario: its jobs, its delay, its rate limit, what its total counts, and its request counts."""

    jobs: Jobs
    delay: float
    per_minute: int
    total: str = "matches"
    request_count: int = 0
    rejected_count: int = 0
    _tokens: float = BURST
    _refilled_at: float = 0.0

    def respond(self, path: str, now: float) -> tuple[bytes, float]:
        """Return the whole response, and after how many seconds to send it."""
        if path == "/requests":
            body = json.dumps({"requests": self.request_count, "rejected": self.rejected_count}).encode()
            self.request_count = self.rejected_count = 0
            self._tokens = BURST
            return _response(b"200 OK", body), 0
        if path == "/ready":
            self.jobs.restart(datetime.now(UTC).replace(microsecond=0))
            self.jobs.prepare()
            return _response(b"200 OK", json.dumps({"now": self.jobs.now.isoformat()}).encode()), 0
        self.request_count += 1
        if self.per_minute and (wait := self._wait(now)):
            self.rejected_count += 1
            return _response(b"429 Too Many Requests", b'{"message":"slow down"}', b"retry-after: %d\r\n" % wait), 0
        return self._rendered(path), self.delay

    def _wait(self, now: float) -> int:
        """Return the whole seconds until a request is allowed; 0 if one is allowed now, and count it."""
        pace = self.per_minute / 60
        self._tokens = min(BURST, self._tokens + (now - self._refilled_at) * pace)
        self._refilled_at = now
        if self._tokens < 1:
            return ceil((1 - self._tokens) / pace)
        self._tokens -= 1
        return 0

    def _rendered(self, path: str) -> bytes:
        parts = urlsplit(path)
        if parts.path == "/v1/applications":
            return _response(b"200 OK", json.dumps({"data": [_APPLICATION], "has_more": False}).encode())
        if parts.path == f"/v1/applications/{APPLICATION_ID}":
            return _response(b"200 OK", json.dumps(_APPLICATION).encode())
        if parts.path.startswith("/v1/applications/jobs/"):
            id_ = parts.path.rsplit("/", 1)[1]
            found = [position for position in range(self.jobs.count) if self.jobs.id(position) == id_]
            return _response(b"200 OK", self.jobs.job(found[0])) if found else _response(b"404 Not Found", b"")
        return _response(b"200 OK", self._page({name: values[0] for name, values in parse_qs(parts.query).items()}))

    def _page(self, query: dict[str, str]) -> bytes:
        positions = self.jobs.positions[query["status"]] if "status" in query else range(self.jobs.count)
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 50)), MAX_LIMIT)
        rows = b",".join(self.jobs.job(position) for position in positions[offset : offset + limit])
        totals = {"matches": len(positions), "application": self.jobs.count}
        total = f'"totalCount":{totals[self.total]},' if self.total in totals else ""
        return b'{"result":[' + rows + f'],{total}"pagination":{{"offset":{offset},"limit":{limit}}}}}'.encode()


def _response(status: bytes, body: bytes, more: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n"
    return head % (status, more, len(body)) + body


_scenarios: dict[str, Scenario] = {}


def _respond(target: str, now: float) -> tuple[bytes, float]:
    found = _SCENARIO_PATH.fullmatch(target)
    if not found:
        return _response(b"404 Not Found", b""), 0
    count, output_chars, delay, per_minute = map(int, found.groups()[:4])
    failed, path = found["failed"], found["path"]
    address = target.removesuffix(path)
    if address not in _scenarios:
        jobs = Jobs(count, output_chars, _NOW, int(failed) if failed else None)
        _scenarios[address] = Scenario(jobs, delay / 1000, per_minute, found["total"] or "matches")
    return _scenarios[address].respond(path, now)


class _Connection(asyncio.Protocol):
    """Enough of HTTP/1.1 for clients that send one request at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport, self._received = transport, b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        if request := _REQUEST.match(self._received):
            self._received = self._received[request.end() :]
            loop = asyncio.get_running_loop()
            now = loop.time()
            answer, delay = _respond(request[1].decode(), now)
            if delay:
                loop.call_at(now + delay, self._send, answer)
            else:
                self._send(answer)

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def main() -> None:
    """Serve on a free loopback port, print the port, and stop when stdin closes."""
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
