"""Call retry_jobs, and disturb the requests that it sends."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
from mcp.client import Client
from mcp.client._memory import InMemoryTransport  # so that a call is cancelled by a message
from mcp.server import MCPServer
from starlette.types import Receive, Scope, Send

from tests.conftest import ALIAS, NOW, Clock, config_for
from tests.helpers.mcp import call_tool
from writer_jobs_mcp.context import App
from writer_jobs_mcp.sandbox import SandboxApp, SandboxStore, serve
from writer_jobs_mcp.sandbox.injected_faults import Exchange
from writer_jobs_mcp.server.build import build_server

POSTS = "^POST"
MAY_HAVE_STARTED = "The retry may have started: look at the job (get_job_error) before you retry it."
ATTEMPTED = "A retry was attempted at 2026-11-23T12:00:00Z"
HELD = "It is not sent again before 2026-11-23T12:10:00Z: look at the job (get_job_error, wait_for_job)."
UNCLEAR = "whether the job was started is not known"

FAILED_JOB = {
    "id": "j",
    "status": "failed",
    "application_id": "a",
    "created_at": "2026-11-23T10:00:00Z",
    "updated_at": "2026-11-23T10:00:31Z",
    "error": "Request timed out after 30 seconds",
}
FAILED_JOB_WITH_END = {**FAILED_JOB, "completed_at": "2026-11-23T10:00:31Z"}


def retry_server(url: str, clock: Callable[[], Any] = lambda: NOW, **environ: str) -> MCPServer[App]:
    """Return a server that may retry jobs of the API at ``url``."""
    return build_server(config_for(url, WRITER_JOBS_ALLOW_RETRY="true", **environ), clock=clock)


@asynccontextmanager
async def retry_client(url: str, clock: Clock, mode: str = "auto", **environ: str) -> AsyncGenerator[Client]:
    """Connect a client, over an in-memory transport, to a server that may retry jobs."""
    async with Client(InMemoryTransport(retry_server(url, clock, **environ)), mode=mode) as client:
        yield client


@asynccontextmanager
async def client_of_aliased_api(
    api: SandboxApp, real_id: Callable[[str], str], clock: Clock, mode: str
) -> AsyncGenerator[Client]:
    """Connect a client to a server whose API takes other ids for its jobs, too."""
    async with serve(AliasedIds(api, real_id)) as url, retry_client(url, clock, mode) as client:
        yield client


def failed_ids(store: SandboxStore, count: int = 1) -> list[str]:
    """Return the ids of the newest failed jobs."""
    return [job.id for job in store.jobs(ALIAS, "failed")[:count]]


def posted_ids(api: SandboxApp) -> list[str]:
    """Return the job id of each retry that the API received."""
    return [request.path.split("/")[4] for request in api.received if request.method == "POST"]


async def retry_jobs(client: Client, ids: Iterable[str], **others: Any) -> dict[str, Any]:
    """Return the report of a call that is not a dry run."""
    return await call_tool(client, "retry_jobs", {"job_ids": list(ids), "dry_run": False, **others})


async def retry_concurrently(calls: int, client: Client, ids: Iterable[str]) -> list[dict[str, Any]]:
    """Return the reports of the same call, made several times at once."""
    reports: list[dict[str, Any]] = []

    async def call() -> None:
        reports.append(await retry_jobs(client, ids))

    async with anyio.create_task_group() as tasks:
        for _ in range(calls):
            tasks.start_soon(call)
    return reports


def outcomes(report: dict[str, Any]) -> list[str]:
    """Return the outcome of each job."""
    return [row["outcome"] for row in report["jobs"]]


def retried(report: dict[str, Any]) -> int:
    """Return how many jobs Writer accepted."""
    return report.get("outcomes", {}).get("accepted", 0)


class FailingConnections(httpx.AsyncBaseTransport):
    """A transport that cannot connect for the first ``times`` POST requests."""

    def __init__(self, transport: httpx.AsyncBaseTransport, times: int) -> None:
        self._transport, self.times, self.failed = transport, times, anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and self.times:
            self.times -= 1
            self.failed.set()
            raise httpx.ConnectError("refused", request=request)
        return await self._transport.handle_async_request(request)


class AliasedIds:
    """An API that takes other ids for its jobs, too, and answers with the real ones."""

    def __init__(self, api: SandboxApp, real_id: Callable[[str], str]) -> None:
        self._api, self._real_id = api, real_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            *start, job_id = scope["path"].removesuffix("/retry").split("/")
            retry = "/retry" if scope["path"].endswith("/retry") else ""
            scope = {**scope, "path": "/".join([*start, self._real_id(job_id)]) + retry}
        await self._api(scope, receive, send)


class HeldRequest:
    """A fault that keeps a request until the test releases it."""

    def __init__(self) -> None:
        self.arrived, self.release = anyio.Event(), anyio.Event()

    async def __call__(self, exchange: Exchange) -> None:
        self.arrived.set()
        await self.release.wait()
        await exchange.proceed()
