"""A host for the triage page, for whoever has no client that draws one: a page on loopback that relays to a server."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from json import JSONDecodeError
from typing import Any

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

from writer_jobs_mcp.commands.self_server import self_server_parameters
from writer_jobs_mcp.server.triage_app import PAGES_DIRECTORY

APPS_EXTENSION = advertise(EXTENSION_ID, {"mimeTypes": [APP_MIME_TYPE]})
"""What a client says of itself that draws pages."""


@asynccontextmanager
async def sandbox_app_host(environ: Mapping[str, str]) -> AsyncGenerator[Starlette]:
    """The host page over this server as a subprocess, on the embedded Writer API."""
    async with Client(
        stdio_client(self_server_parameters(environ, "--sandbox")), extensions=[APPS_EXTENSION]
    ) as client:
        yield app_host(client)


def app_host(client: Client) -> Starlette:
    """The host page, and the relay by which it asks the server that ``client`` is connected to.

    The relay takes JSON from pages of its own address alone: a page from elsewhere may not send that without leave,
    and a name that only points here is refused.
    """

    async def page(_: Request) -> Response:
        return FileResponse(
            PAGES_DIRECTORY / "host.html", media_type="text/html", headers={"cache-control": "no-store"}
        )

    async def relay(request: Request) -> Response:
        if request.headers.get("content-type") != "application/json":
            return JSONResponse(_error("The relay takes JSON."), 415)
        try:
            asked = _RpcRequest.model_validate(await request.json())
            result = await _METHODS[asked.method](client, asked.params)
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
