"""``writer-jobs-mcp demo --page``: a host for the triage page, on loopback, for users without an MCP Apps client."""

import os
import threading
import webbrowser
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from json import JSONDecodeError
from typing import Any

import anyio
from mcp.client import Client
from mcp.client.extension import advertise
from mcp.client.stdio import stdio_client
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from mcp.shared.exceptions import MCPError
from mcp_types import Result
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from writer_jobs_mcp.commands.output import print_text
from writer_jobs_mcp.commands.self_server import self_server_parameters
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.sandbox import serve_forever
from writer_jobs_mcp.server.triage_app import PAGES_DIRECTORY

APPS_EXTENSION = advertise(EXTENSION_ID, {"mimeTypes": [APP_MIME_TYPE]})
"""What a client that supports MCP Apps declares."""


def show_triage_page(environ: Mapping[str, str]) -> int:
    """Serve the page and open it in a browser, until the process is stopped."""

    def announce(url: str) -> None:
        print_text(f"The triage page, with jobs of the embedded Writer API: {url} (Ctrl-C stops it)")
        try:
            browser = webbrowser.get()
        except webbrowser.Error:
            print_text("No browser was found. Open the address yourself.")
        else:  # in a thread: some browsers block until they are closed, and need the page before
            threading.Thread(target=browser.open, args=[url], daemon=True).start()

    async def serve_page() -> None:
        async with sandbox_app_host(environ) as app:
            await serve_forever(app, announce)

    for name in [name for name in os.environ if name.startswith("WRITER_API_KEY")]:
        del os.environ[name]  # a browser needs no key
    Config.from_env(environ)  # invalid settings are reported here rather than in the log of the subprocess
    anyio.run(serve_page)
    return 0


@asynccontextmanager
async def sandbox_app_host(environ: Mapping[str, str]) -> AsyncGenerator[Starlette]:
    """Run this server on the embedded Writer API, and yield the app that serves the host page for it."""
    async with Client(
        stdio_client(self_server_parameters(environ, "--sandbox")), extensions=[APPS_EXTENSION]
    ) as client:
        yield app_host(client)


def app_host(client: Client) -> Starlette:
    """Build the app: the host page, and the relay of its requests to the server that ``client`` is connected to.

    Only pages of this address can use the relay: it takes nothing but JSON, which browsers do not let other sites send
    without permission, and it rejects other host names, which may point here by DNS rebinding.
    """

    async def page(_: Request) -> Response:
        return FileResponse(
            PAGES_DIRECTORY / "host.html", media_type="text/html", headers={"cache-control": "no-store"}
        )

    async def relay(request: Request) -> Response:
        if request.headers.get("content-type") != "application/json":
            return JSONResponse(_error("The relay takes JSON."), 415)
        try:
            rpc = _RpcRequest.model_validate(await request.json())
            result = await _METHODS[rpc.method](client, rpc.params)
        except (JSONDecodeError, ValidationError, LookupError):
            return JSONResponse(_error("The relay takes tools/list, tools/call and resources/read."), 400)
        except MCPError as exc:
            return JSONResponse(_error(exc.error.message))
        return JSONResponse({"result": result.model_dump(mode="json", by_alias=True, exclude_none=True)})

    return Starlette(
        routes=[Route("/", page), Route("/rpc", relay, methods=["POST"])],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


class _RpcRequest(BaseModel):
    model_config = ConfigDict(frozen=True)

    method: str
    params: dict[str, Any]


async def _list_tools(client: Client, _: dict[str, Any]) -> Result:
    return await client.list_tools()


async def _call_tool(client: Client, params: dict[str, Any]) -> Result:
    return await client.call_tool(str(params["name"]), params.get("arguments", {}))


async def _read_resource(client: Client, params: dict[str, Any]) -> Result:
    return await client.read_resource(str(params["uri"]))


_METHODS: Mapping[str, Callable[[Client, dict[str, Any]], Awaitable[Result]]] = {
    "tools/list": _list_tools,
    "tools/call": _call_tool,
    "resources/read": _read_resource,
}


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message}}
