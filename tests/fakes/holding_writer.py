"""A correct Writer API with one application that counts requests and can stop at a chosen point of a response."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fakes.raw_http_server import Behaviour, Exchange, ScriptedServer, http_response

APPLICATION = "a"
HoldPoint = Literal["before the head", "in the head", "in the body", "before another try", "while it asks to wait"]
_RETRY_RESPONSES: dict[str, bytes] = {
    "before another try": http_response(b"", "503 Away"),
    "while it asks to wait": http_response(b"", "429 Slow", "Retry-After: 30"),
}


@dataclass
class HoldingWriter(ScriptedServer):
    """Job ids are numbers; job 0 never ends."""

    jobs: int = 250
    text: str = "Upstream timed out"
    """The error and the output of each job."""
    keep_alive: bool = True
    """Whether a connection stays open for the next request."""
    in_flight: int = 0
    max_in_flight: int = 0
    is_held: asyncio.Event = field(default_factory=asyncio.Event)
    _behaviour: Behaviour | None = None

    async def handle(self, exchange: Exchange) -> None:
        self.request_heads.append(exchange.head)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            await (self._behaviour or self.respond)(exchange)
        finally:
            self.in_flight -= 1

    def hold(self, point: HoldPoint, after: int = 0) -> None:
        """Respond to ``after`` requests, and stop all others at ``point``."""
        self.is_held.clear()
        count = 0

        async def behave(exchange: Exchange) -> None:
            nonlocal count
            count += 1
            if count <= after:
                await self.respond(exchange)
            elif point in _RETRY_RESPONSES:
                await exchange.send(_RETRY_RESPONSES[point])
                self.is_held.set()
            else:
                whole = self.response_to(exchange.head)
                await exchange.send(whole[: {"before the head": 0, "in the head": 20}.get(point, -5)])
                self.is_held.set()
                await exchange.wait_for_close()

        self._behaviour = behave

    def hold_until(self, number: int) -> None:
        """Respond only when this many requests are in flight."""
        arrived = asyncio.Barrier(number)

        async def behave(exchange: Exchange) -> None:
            await arrived.wait()
            self.release()
            await self.respond(exchange)

        self._behaviour = behave

    def release(self) -> None:
        self._behaviour = None

    async def respond(self, exchange: Exchange) -> None:
        response = self.response_to(exchange.head)
        await exchange.send(response if self.keep_alive else response.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        if not self.keep_alive:
            await exchange.wait_for_close()

    def response_to(self, head: bytes) -> bytes:
        """Return the complete response to a request."""
        method, _, rest = head.decode("latin-1").partition(" ")
        path, _, query = rest.partition(" ")[0].partition("?")
        match path.split("/")[3:]:
            case []:
                return _json({"data": [{**_DATES, "id": APPLICATION, "name": self.text}], "has_more": False})
            case ["jobs", number, "retry"] if method == "POST":
                return _json({"id": number, "status": "in_progress"}, "202 Accepted")
            case ["jobs", number] if number.isdigit():
                return _json(self._job(int(number)))
            case [_, "jobs"]:
                parameters = dict(part.split("=") for part in query.split("&"))
                first, limit = int(parameters.get("offset", 0)), int(parameters["limit"])
                rows = [self._job(each) for each in range(first, min(self.jobs, first + limit))]
                return _json({"result": rows, "totalCount": self.jobs})
            case _:
                return http_response(b"", "404 Where")

    def _job(self, number: int) -> dict[str, Any]:
        state = {"status": "failed", "error": self.text, "data": {"suggestion": self.text}}
        return {**_DATES, "id": str(number), "application_id": APPLICATION, **(state if number else _RUNNING)}


_DATES = dict.fromkeys(("created_at", "updated_at"), "2026-11-23T10:00:00Z")
_RUNNING = {"status": "in_progress"}


def _json(body: dict[str, Any], status: str = "200 OK") -> bytes:
    return http_response(json.dumps(body).encode(), status)
