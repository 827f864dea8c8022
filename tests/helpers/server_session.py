"""A client of the server as a subprocess, in front of the second API; at its end, the key must not have leaked."""

import hashlib
import json
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.fakes.second_api import SecondApi
from tests.helpers.mcp import call_tool, call_tool_error
from tests.helpers.stdio_server import SERVER, TIMEOUT, environment_without_settings

KEY = "Wr1ter_4f9c-TQz8.Lm2bXyV07"


@dataclass
class ServerSession:
    """A client, and the results that it received."""

    client: Client
    results: list[str]

    async def structure(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Return the structured content of a successful call."""
        structure = await call_tool(self.client, tool, arguments)
        self.results.append(json.dumps(structure))
        return structure

    async def error(self, tool: str, **arguments: Any) -> str:
        """Return the message of a call that must fail."""
        message = await call_tool_error(self.client, tool, arguments)
        self.results.append(message)
        return message


@asynccontextmanager
async def server_session(api: SecondApi, **environ: str) -> AsyncGenerator[ServerSession]:
    """Run the server with a client; at the end, no part of the key may be in its log or in a result."""
    with api.serve() as url, tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        given = {"WRITER_API_KEY": KEY, "WRITER_BASE_URL": url, "WRITER_JOBS_LOG_LEVEL": "DEBUG", **environ}
        environment = {**environment_without_settings(), **{name: value for name, value in given.items() if value}}
        server = StdioServerParameters(command=SERVER[0], args=SERVER[1:], env=environment)
        with anyio.fail_after(TIMEOUT):
            async with Client(stdio_client(server, errlog=log)) as client:
                session = ServerSession(client, [])
                yield session
        log.seek(0)
        output = log.read() + "\n".join(session.results)
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    parts = [KEY[at : at + 4] for at in range(len(KEY) - 3)] + [digest[:8], digest[-8:]]
    assert [part for part in parts if part in output] == []
    assert "Traceback" not in output
