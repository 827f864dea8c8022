"""An embedded Writer API: lifelike jobs, the vendor's routes and envelopes, and trouble on demand.

    world = World(now=now, clock=clock)
    app = build_app(world)
    async with serve(app) as url:
        ...  # any HTTP client, with SANDBOX_KEY as the bearer token

In process, `httpx.ASGITransport(app)` serves as well, save for the faults that break connections.
"""

from writer_jobs_mcp.sandbox.app import SANDBOX_KEY, Received, Sandbox, build_app
from writer_jobs_mcp.sandbox.applications import APPLICATIONS, Application
from writer_jobs_mcp.sandbox.http_server import serve, serve_forever
from writer_jobs_mcp.sandbox.injected_faults import (
    Answer,
    Cut,
    Delay,
    Drop,
    Exchange,
    Fault,
    Faults,
    Garbage,
    Retype,
    Stall,
)
from writer_jobs_mcp.sandbox.jobs import Job, JobStatus
from writer_jobs_mcp.sandbox.routes import DEFAULT_LIMIT, Total
from writer_jobs_mcp.sandbox.sample_errors import CAUSES, FRESH, OUTAGE, RISING, SILENT, Cause
from writer_jobs_mcp.sandbox.store import World

__all__ = [
    "APPLICATIONS",
    "CAUSES",
    "DEFAULT_LIMIT",
    "FRESH",
    "OUTAGE",
    "RISING",
    "SANDBOX_KEY",
    "SILENT",
    "Answer",
    "Application",
    "Cause",
    "Cut",
    "Delay",
    "Drop",
    "Exchange",
    "Fault",
    "Faults",
    "Garbage",
    "Job",
    "JobStatus",
    "Received",
    "Retype",
    "Sandbox",
    "Stall",
    "Total",
    "World",
    "build_app",
    "serve",
    "serve_forever",
]
