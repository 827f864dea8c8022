"""One that answers by tool calls alone, and counts what they cost it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mcp.client import Client
from mcp_types import TextContent
from pydantic_core import to_json

from writer_jobs_mcp.client import in_process
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import SANDBOX_KEY, World, build_app
from writer_jobs_mcp.server import build_server

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""When the questions are asked."""

CHARACTERS_A_TOKEN = 2.7
"""Of such JSON, with its many ids, in the vocabulary of current models (o200k)."""


def world() -> World:
    """The world that the questions are about: always the same, and nothing in it moves."""
    return World(now=NOW, clock=lambda: NOW)


@asynccontextmanager
async def agent(*, allow_retry: bool = False) -> AsyncGenerator["Agent"]:
    """An agent that is connected to a server over that world."""
    environ = {"WRITER_API_KEY": SANDBOX_KEY, "WRITER_BASE_URL": "http://localhost"}
    config = Config.from_env(environ | {"WRITER_JOBS_ALLOW_RETRY": str(allow_retry)})
    server = build_server(config, transport=in_process(build_app(world())), clock=lambda: NOW)
    async with Client(server) as client:
        yield Agent(client)


@dataclass(frozen=True, slots=True)
class Heard:
    """One call, and the text of its answer."""

    tool: str
    arguments: dict[str, Any]
    text: str


@dataclass(slots=True)
class Agent:
    """Calls tools, and reads no more of an answer than a client hands to its model: the structure, as compact JSON."""

    client: Client
    characters: int = 0
    heard: list[Heard] = field(default_factory=list[Heard])

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structure of an answer, or ``{"error": its text}``."""
        result = await self.client.call_tool(tool, arguments)
        text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
        self.heard.append(Heard(tool, arguments, text))
        answer: dict[str, Any] = result.structured_content or {"error": text}
        self.characters += len(to_json(answer).decode())
        return answer

    @property
    def calls(self) -> int:
        """How many there were."""
        return len(self.heard)

    @property
    def tokens(self) -> int:
        """About how many tokens the answers came to."""
        return round(self.characters / CHARACTERS_A_TOKEN)
