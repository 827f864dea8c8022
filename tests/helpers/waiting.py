"""Running jobs of the sandbox, and the progress of a wait."""

from datetime import timedelta

import anyio
from mcp.server import MCPServer

from tests.conftest import ALIAS, NOW, Clock, config_for
from writer_jobs_mcp.context import App
from writer_jobs_mcp.sandbox import SandboxStore
from writer_jobs_mcp.server.build import build_server

CLOCK_STEP = timedelta(seconds=10)
"""The clock advances by it at each request, so that no test waits for jobs to end."""


class ProgressRecorder:
    """A progress callback that keeps every update."""

    def __init__(self) -> None:
        self.updates: list[tuple[float, float | None, str | None]] = []
        self.first_update = anyio.Event()

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        self.updates.append((progress, total, message))
        self.first_update.set()


def server_with_clock(url: str, clock: Clock, **environ: str) -> MCPServer[App]:
    """Return a server for the API at ``url``."""
    return build_server(config_for(url, **environ), clock=clock)


def add_running_job(store: SandboxStore, steps: float | None = None, error: str | None = None) -> str:
    """Add a job that ends after so many requests, or never, and return its id."""
    return store.add(ALIAS, created_at=NOW, duration=None if steps is None else CLOCK_STEP * steps, error=error).id
