"""Reads the sandbox in its tests: its jobs, and its API over HTTP."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
from starlette.types import ASGIApp

from tests.helpers.sandbox_documents import JobList
from writer_jobs_mcp.sandbox import APPLICATIONS, SANDBOX_KEY, SandboxJob, SandboxJobStatus, SandboxStore, serve

NOW = datetime(2026, 11, 23, 10, 38, 17, 501223, tzinfo=UTC)
FIRST, SECOND, THIRD = APPLICATIONS
JOBS = f"/v1/applications/{FIRST.id}/jobs"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@asynccontextmanager
async def http_client(app: ASGIApp, key: str = SANDBOX_KEY) -> AsyncGenerator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        serve(app) as url,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=5, trust_env=False) as client,
    ):
        yield client


def parse_job_list(response: httpx.Response) -> JobList:
    assert response.status_code == 200
    return JobList.model_validate_json(response.content)


def all_jobs(store: SandboxStore, status: SandboxJobStatus | None = None) -> list[SandboxJob]:
    return [job for application in APPLICATIONS for job in store.jobs(application.id, status)]
