"""An application with a name, and calls that pass a name as application_id."""

from typing import Any

from mcp.client import Client

from tests.fakes.named_applications import NamedApplicationsApi
from tests.helpers.mcp import call_tool, call_tool_error, server_for

JOBS = "list_application_jobs"
UUID = "7d1f0c52-6b1e-4c0b-9a57-2f3f5e8a9c10"
OTHER_UUID = "b2c4a9e1-83d7-4f60-8e2b-51d09c7e4a33"
NAME = "Support reply drafter"
ADDRESS = f"https://app.writer.com/aistudio/organization/1/agent/{UUID}/build"


async def list_jobs(api: NamedApplicationsApi, application: str) -> dict[str, Any]:
    """Return the list of the application's jobs."""
    async with Client(server_for(api)) as client:
        return await call_tool(client, JOBS, {"application_id": application})


async def list_jobs_error(api: NamedApplicationsApi, application: str, **environ: str) -> str:
    """Return the error of a list that must fail."""
    async with Client(server_for(api, **environ)) as client:
        return await call_tool_error(client, JOBS, {"application_id": application})
