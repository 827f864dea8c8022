"""The clients that let themselves be told what to ask: the SDKs, the Inspector, and Codex."""

import json
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mcp import client as python_sdk
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.clients.installed import CODEX, INSPECTOR, NODE, NODE_22, PLACE, at_home
from tests.clients.programs import Conversation, conversing_with, run
from tests.clients.recipes import recipe
from tests.clients.script import Asker, expect

_A_TOOLS_ERROR = 5  # the exit status by which the Inspector tells of it

Connect = Callable[[Sequence[str], Path], AbstractAsyncContextManager[Asker]]
"""Connects to the server that a command starts, with a home of its own."""


def python(mode: Literal["auto", "legacy"]) -> Connect:
    """The official Python SDK's client, in one of the protocol's eras."""

    @asynccontextmanager
    async def connect(server: Sequence[str], home: Path) -> AsyncGenerator[Asker]:
        itself = StdioServerParameters(command=server[0], args=list(server[1:]), env=at_home(home))
        async with python_sdk.Client(stdio_client(itself), mode=mode) as client:
            yield _Python(client)

    return connect


@dataclass(frozen=True, slots=True)
class _Python:
    client: python_sdk.Client

    async def tools(self) -> list[str]:
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return (await self.client.call_tool(tool, arguments)).model_dump(mode="json", by_alias=True)


def typescript(generation: Literal["1", "2"]) -> Connect:
    """The official TypeScript SDK's client, of one of its two lines, on this machine's own Node."""

    @asynccontextmanager
    async def connect(server: Sequence[str], home: Path) -> AsyncGenerator[Asker]:
        command = [NODE, str(PLACE / "typescript_sdk.mjs"), generation, *server]
        async with conversing_with(command, home) as conversation:
            yield _TypeScript(conversation)

    return connect


@dataclass(frozen=True, slots=True)
class _TypeScript:
    conversation: Conversation

    async def tools(self) -> list[str]:
        answer: Any = await self.conversation.ask("tools")
        return answer

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return await self.conversation.ask("call", name=tool, arguments=arguments)


# The AI SDK waits one second for the answer to `server/discover`, and then sends `initialize` on the same pipe.
_STARTS_SLOWLY = "import os, sys, time; time.sleep(1.5); os.execv(sys.argv[1], sys.argv[1:])"


@asynccontextmanager
async def ai_sdk(server: Sequence[str], home: Path) -> AsyncGenerator[Asker]:
    """The AI SDK's client, with a server that takes longer to start than it waits for the newest protocol."""
    command = [NODE_22, str(PLACE / "ai_sdk.mjs"), sys.executable, "-c", _STARTS_SLOWLY, *server]
    async with conversing_with(command, home) as conversation:
        version: Any = await conversation.ask("version")
        expect(version == "2025-11-25", f"it was answered in time, so that nothing is shown: it speaks {version}")
        yield _TypeScript(conversation)


def inspector(era: Literal["modern", "legacy"]) -> Connect:
    """The MCP Inspector's command line, one process a question, strict about the tools' schemas."""

    @asynccontextmanager
    async def connect(server: Sequence[str], home: Path) -> AsyncGenerator[Asker]:
        yield _Inspector([*INSPECTOR, *server, "--protocol-era", era], home)

    return connect


@dataclass(frozen=True, slots=True)
class _Inspector:
    command: Sequence[str]
    home: Path

    async def tools(self) -> list[str]:
        listed = await run([*self.command, "--method", "tools/list", "--strict"], self.home)
        expect(not listed.err, f"the schemas are complained of: {listed.err}")
        return [tool["name"] for tool in json.loads(listed.out)["tools"]]

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        asked = ["--method", "tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments)]
        answered = await run([*self.command, *asked], self.home, statuses=(0, _A_TOOLS_ERROR))
        result: dict[str, Any] = json.loads(answered.out)
        seen = answered.status == _A_TOOLS_ERROR
        expect(seen is result["isError"], f"it ended with {answered.status} after {result}")
        return result


@asynccontextmanager
async def codex(server: Sequence[str], home: Path) -> AsyncGenerator[Asker]:
    """Codex, through the interface its own front ends use; configured by its own command, without a login."""
    await run([*CODEX, *recipe("codex"), *server], home)
    async with conversing_with([*CODEX, "app-server"], home) as conversation:
        who = {"name": "writer-jobs-mcp-tests", "title": "writer-jobs-mcp tests", "version": "1"}
        await conversation.ask("initialize", clientInfo=who)
        await conversation.tell({"method": "initialized"})
        thread = (await conversation.ask("thread/start"))["thread"]["id"]
        yield _Codex(conversation, thread)


@dataclass(frozen=True, slots=True)
class _Codex:
    conversation: Conversation
    thread: str

    async def tools(self) -> list[str]:
        (status,) = (await self.conversation.ask("mcpServerStatus/list"))["data"]
        return list(status["tools"])

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return await self.conversation.ask(
            "mcpServer/tool/call", threadId=self.thread, server="writer-jobs", tool=tool, arguments=arguments
        )
