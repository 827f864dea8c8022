"""An agent that knows only what tool calls return, and counts what they cost."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult, TextContent
from pydantic_core import to_json

from writer_jobs_mcp.client import asgi_transport
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import SANDBOX_KEY, SandboxStore, build_app
from writer_jobs_mcp.server.build import build_server

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""When the questions are asked."""

CHARACTERS_PER_TOKEN = 2.7
"""In JSON with many ids, as current models count tokens (o200k)."""


def world() -> SandboxStore:
    """Create the jobs that the questions are about: always the same, at a fixed time."""
    return SandboxStore(now=NOW, clock=lambda: NOW)


@asynccontextmanager
async def connect_agent(*, allow_retry: bool = False) -> AsyncGenerator["Agent"]:
    """Connect an agent to a server with these jobs; it agrees to what the server asks the user."""
    questions: list[str] = []

    async def agree(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001 - the SDK names both
        questions.append(params.message)
        return ElicitResult(action="accept", content={"retry": True})

    environ = {"WRITER_API_KEY": SANDBOX_KEY, "WRITER_BASE_URL": "http://localhost"}
    config = Config.from_env(environ | {"WRITER_JOBS_ALLOW_RETRY": str(allow_retry)})
    server = build_server(config, transport=asgi_transport(build_app(world())), clock=lambda: NOW)
    async with Client(server, elicitation_callback=agree) as client:
        yield Agent(client, questions)


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call, the text of its result, and what the server asked the user meanwhile."""

    tool: str
    arguments: dict[str, Any]
    text: str
    questions: tuple[str, ...] = ()


@dataclass(slots=True)
class Agent:
    """Calls tools, and reads what a client passes to its model: the structure of the result, as compact JSON."""

    client: Client
    questions: list[str]
    """What the server has asked the user."""
    characters: int = 0
    recorded_calls: list[RecordedCall] = field(default_factory=list[RecordedCall])

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Return the structure of the result, or ``{"error": its text}``."""
        earlier = len(self.questions)
        result = await self.client.call_tool(tool, arguments)
        text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
        self.recorded_calls.append(RecordedCall(tool, arguments, text, tuple(self.questions[earlier:])))
        answer: dict[str, Any] = result.structured_content or {"error": text}
        self.characters += len(to_json(answer).decode())
        return answer

    @property
    def call_count(self) -> int:
        """The number of calls so far."""
        return len(self.recorded_calls)

    @property
    def tokens(self) -> int:
        """The estimated number of tokens of the results."""
        return round(self.characters / CHARACTERS_PER_TOKEN)
