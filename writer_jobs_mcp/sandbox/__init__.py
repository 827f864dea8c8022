"""An embedded Writer API: realistic jobs, the vendor's routes and error responses, and faults on demand.

    store = SandboxStore(now=now, clock=clock)
    app = build_app(store)
    async with serve(app) as url:
        ...  # any HTTP client, with SANDBOX_KEY as the bearer token

`httpx.ASGITransport(app)` serves it in process, without the faults that break connections.
"""

from writer_jobs_mcp.sandbox.app import SANDBOX_KEY, ReceivedRequest, SandboxApp, build_app
from writer_jobs_mcp.sandbox.applications import APPLICATIONS
from writer_jobs_mcp.sandbox.http_server import serve, serve_forever
from writer_jobs_mcp.sandbox.injected_faults import (
    CannedResponse,
    Delay,
    DroppedConnection,
    FaultScript,
    InjectedFault,
    NotHttp,
    StalledBody,
    TruncatedBody,
    WrongContentType,
)
from writer_jobs_mcp.sandbox.jobs import SandboxJob, SandboxJobStatus
from writer_jobs_mcp.sandbox.store import SandboxStore

__all__ = [
    "APPLICATIONS",
    "SANDBOX_KEY",
    "CannedResponse",
    "Delay",
    "DroppedConnection",
    "FaultScript",
    "InjectedFault",
    "NotHttp",
    "ReceivedRequest",
    "SandboxApp",
    "SandboxJob",
    "SandboxJobStatus",
    "SandboxStore",
    "StalledBody",
    "TruncatedBody",
    "WrongContentType",
    "build_app",
    "serve",
    "serve_forever",
]
