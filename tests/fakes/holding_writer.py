"""A peer that is Writer with one application: it answers well, counts, and can be told to hold an answer back."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fakes.raw_http_server import Behaviour, Exchange, Wire, answer

APPLICATION = "a"
Point = Literal["before the head", "in the head", "in the body", "before another try", "while it asks to wait"]
_TOO_EARLY: dict[str, bytes] = {
    "before another try": answer(b"", "503 Away"),
    "while it asks to wait": answer(b"", "429 Slow", "Retry-After: 30"),
}


@dataclass
class Writer(Wire):
    """Jobs are called by their numbers; what is under no number is not known, and job 0 never ends."""

    jobs: int = 250
    words: str = "Upstream timed out"
    """The error and the output of each job."""
    keeps: bool = True
    """Whether a connection is kept for the next request."""
    in_flight: int = 0
    most_in_flight: int = 0
    is_held: asyncio.Event = field(default_factory=asyncio.Event)
    _behaviour: Behaviour | None = None

    async def behave(self, exchange: Exchange) -> None:
        self.heads.append(exchange.head)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await (self._behaviour or self.answer)(exchange)
        finally:
            self.in_flight -= 1

    def hold(self, point: Point, after: int = 0) -> None:
        """Answer so many requests, and bring the others as far as ``point`` and no further."""
        self.is_held.clear()
        answered = 0

        async def behave(exchange: Exchange) -> None:
            nonlocal answered
            answered += 1
            if answered <= after:
                await self.answer(exchange)
            elif point in _TOO_EARLY:
                await exchange.send(_TOO_EARLY[point])
                self.is_held.set()
            else:
                whole = self.said(exchange.head)
                await exchange.send(whole[: {"before the head": 0, "in the head": 20}.get(point, -5)])
                self.is_held.set()
                await exchange.gone()

        self._behaviour = behave

    def together(self, number: int) -> None:
        """Answer nothing until so many requests are here at once."""
        here = asyncio.Barrier(number)

        async def behave(exchange: Exchange) -> None:
            await here.wait()
            self.hold_nothing()
            await self.answer(exchange)

        self._behaviour = behave

    def hold_nothing(self) -> None:
        self._behaviour = None

    async def answer(self, exchange: Exchange) -> None:
        said = self.said(exchange.head)
        await exchange.send(said if self.keeps else said.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        if not self.keeps:
            await exchange.gone()

    def said(self, head: bytes) -> bytes:
        """The whole answer to a request."""
        method, _, rest = head.decode("latin-1").partition(" ")
        path, _, query = rest.partition(" ")[0].partition("?")
        match path.split("/")[3:]:
            case []:
                return _json({"data": [{**_DATES, "id": APPLICATION, "name": self.words}], "has_more": False})
            case ["jobs", number, "retry"] if method == "POST":
                return _json({"id": number, "status": "in_progress"}, "202 Accepted")
            case ["jobs", number] if number.isdigit():
                return _json(self._job(int(number)))
            case [_, "jobs"]:
                asked = dict(part.split("=") for part in query.split("&"))
                first, limit = int(asked.get("offset", 0)), int(asked["limit"])
                rows = [self._job(each) for each in range(first, min(self.jobs, first + limit))]
                return _json({"result": rows, "totalCount": self.jobs})
            case _:
                return answer(b"", "404 Where")

    def _job(self, number: int) -> dict[str, Any]:
        state = {"status": "failed", "error": self.words, "data": {"suggestion": self.words}}
        return {**_DATES, "id": str(number), "application_id": APPLICATION, **(state if number else _RUNNING)}


_DATES = dict.fromkeys(("created_at", "updated_at"), "2026-11-23T10:00:00Z")
_RUNNING = {"status": "in_progress"}


def _json(body: dict[str, Any], status: str = "200 OK") -> bytes:
    return answer(json.dumps(body).encode(), status)
