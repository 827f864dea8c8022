"""A Writer API in which every text comes from an attacker."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from tests.conftest import NOW
from tests.data.hostile_texts import MARKER


@dataclass
class HostileApi:
    """An ASGI app for an in-process transport that puts one text into every field of every response."""

    text: str = MARKER
    rejects: bool = False
    """Whether every request gets a 400 with that text."""
    looks: int = 0
    """How often the running jobs of application "waited" were requested: of three, two have ended every other time."""

    @property
    def short_text(self) -> str:
        """The text as it stands in fields that a response repeats."""
        return self.text[:20_000]

    def job(self, status: str, minutes_ago: int = 30, number: int = 0) -> dict[str, Any]:
        whole = self.text if number == 0 else self.short_text
        return {
            "id": f"{self.short_text}{number or ''}",
            "status": status,
            "application_id": self.short_text,
            "created_at": (NOW - timedelta(minutes=minutes_ago)).isoformat(),
            "error": whole,
            "data": {"title": self.short_text, "suggestion": whole},
        }

    def _response_to(self, method: str, path: str, offset: int) -> dict[str, Any]:
        if method == "POST":
            return {"id": f"{self.short_text} again"}
        if path == "/v1/applications":
            row = {"id": self.short_text, "name": self.short_text, "type": self.short_text, "status": self.short_text}
            return {"data": [row, {"id": None, "name": self.short_text}], "has_more": True, "last_id": self.short_text}
        if path == "/v1/applications/waited/jobs":
            self.looks += 1
            ages = [5, 5, 300] if self.looks % 2 else [300]
            rows = [self.job("in_progress", age, 3 - len(ages) + number) for number, age in enumerate(ages)]
            return {"result": rows[offset:], "totalCount": len(rows), "pagination": {"limit": 100}}
        if path.endswith("/jobs"):
            statuses = ["failed", "failed", self.short_text, "in_progress", "completed"]
            jobs = [self.job(status, 30 + number, number) for number, status in enumerate(statuses)]
            rows = [*jobs, {self.short_text: self.short_text, "status": self.short_text}]
            return {"result": rows[offset:], "totalCount": len(rows)}
        return {**self.job("failed"), self.short_text: {self.short_text: self.short_text}}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        offset = int(parse_qs(scope["query_string"].decode()).get("offset", ["0"])[0])
        error = {
            "tpe": self.short_text,
            "errors": [{"description": self.text, "key": self.short_text}],
            "message": self.short_text,
        }
        body = error if self.rejects else self._response_to(scope["method"], scope["path"], offset)
        status = 400 if self.rejects else 202 if scope["method"] == "POST" else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})
