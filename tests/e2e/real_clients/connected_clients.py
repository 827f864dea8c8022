"""Clients that call tools on request: the SDKs, the Inspector, and Codex."""

import json
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mcp import client as python_sdk
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.e2e.real_clients.checks import ClientUnderTest, expect
from tests.e2e.real_clients.documented_commands import documented_arguments
from tests.e2e.real_clients.installations import CODEX, FOLDER, INSPECTOR, NODE, NODE_22, isolated_environment
from tests.e2e.real_clients.programs import JsonLinesProgram, run_program, start_program

_TOOL_ERROR_STATUS = 5  # the Inspector's exit status for an isError result

Connect = Callable[[Sequence[str], Path], AbstractAsyncContextManager[ClientUnderTest]]
"""Connects to the server that a command starts, with its own home folder."""


def python(mode: Literal["auto", "legacy"]) -> Connect:
    """Connect the official Python SDK's client, in one protocol era."""

    @asynccontextmanager
    async def connect(server: Sequence[str], home: Path) -> AsyncGenerator[ClientUnderTest]:
        parameters = StdioServerParameters(command=server[0], args=list(server[1:]), env=isolated_environment(home))
        async with python_sdk.Client(stdio_client(parameters), mode=mode) as client:
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
    """Connect one of the two official TypeScript SDK clients, on the installed Node."""

    @asynccontextmanager
    async def connect(server: Sequence[str], home: Path) -> AsyncGenerator[ClientUnderTest]:
        command = [NODE, str(FOLDER / "typescript_sdk.mjs"), generation, *server]
        async with start_program(command, home) as conversation:
            yield _TypeScript(conversation)

    return connect


@dataclass(frozen=True, slots=True)
class _TypeScript:
    conversation: JsonLinesProgram

    async def tools(self) -> list[str]:
        answer: Any = await self.conversation.request("tools")
        return answer

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return await self.conversation.request("call", name=tool, arguments=arguments)


# The AI SDK waits one second for the response to `server/discover`, then sends `initialize` on the same pipe.
_SLOW_START = "import os, sys, time; time.sleep(1.5); os.execv(sys.argv[1], sys.argv[1:])"


@asynccontextmanager
async def ai_sdk(server: Sequence[str], home: Path) -> AsyncGenerator[ClientUnderTest]:
    """Connect the AI SDK's client to a server that starts too slowly for the newest protocol."""
    command = [NODE_22, str(FOLDER / "ai_sdk.mjs"), sys.executable, "-c", _SLOW_START, *server]
    async with start_program(command, home) as conversation:
        version: Any = await conversation.request("version")
        expect(version == "2025-11-25", f"the response came in time, so the check shows nothing: version {version}")
        yield _TypeScript(conversation)


def inspector(era: Literal["modern", "legacy"]) -> Connect:
    """Use the MCP Inspector's command line: one process per call, strict about schemas."""

    @asynccontextmanager
    async def connect(server: Sequence[str], home: Path) -> AsyncGenerator[ClientUnderTest]:
        yield _Inspector([*INSPECTOR, *server, "--protocol-era", era], home)

    return connect


@dataclass(frozen=True, slots=True)
class _Inspector:
    command: Sequence[str]
    home: Path

    async def tools(self) -> list[str]:
        listed = await run_program([*self.command, "--method", "tools/list", "--strict"], self.home)
        expect(not listed.err, f"it rejects the schemas: {listed.err}")
        return [tool["name"] for tool in json.loads(listed.out)["tools"]]

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        asked = ["--method", "tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments)]
        answered = await run_program([*self.command, *asked], self.home, statuses=(0, _TOOL_ERROR_STATUS))
        result: dict[str, Any] = json.loads(answered.out)
        seen = answered.status == _TOOL_ERROR_STATUS
        expect(seen is result["isError"], f"it ended with {answered.status} after {result}")
        return result


@asynccontextmanager
async def codex(server: Sequence[str], home: Path) -> AsyncGenerator[ClientUnderTest]:
    """Connect Codex through its app server; configured by its own command, without a login."""
    await run_program([*CODEX, *documented_arguments("codex"), *server], home)
    async with start_program([*CODEX, "app-server"], home) as conversation:
        who = {"name": "writer-jobs-mcp-tests", "title": "writer-jobs-mcp tests", "version": "1"}
        await conversation.request("initialize", clientInfo=who)
        await conversation.notify({"method": "initialized"})
        thread = (await conversation.request("thread/start"))["thread"]["id"]
        yield _Codex(conversation, thread)


@dataclass(frozen=True, slots=True)
class _Codex:
    conversation: JsonLinesProgram
    thread: str

    async def tools(self) -> list[str]:
        (status,) = (await self.conversation.request("mcpServerStatus/list"))["data"]
        return list(status["tools"])

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return await self.conversation.request(
            "mcpServer/tool/call", threadId=self.thread, server="writer-jobs", tool=tool, arguments=arguments
        )
