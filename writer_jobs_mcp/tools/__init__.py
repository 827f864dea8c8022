"""The tools: one file each, which takes valid arguments, asks Writer and returns a result."""

from collections.abc import Callable
from dataclasses import dataclass

from writer_jobs_mcp.tools.get_job_error import get_job_error
from writer_jobs_mcp.tools.get_job_output import get_job_output
from writer_jobs_mcp.tools.list_application_jobs import list_application_jobs
from writer_jobs_mcp.tools.list_applications import list_applications
from writer_jobs_mcp.tools.list_failed_jobs import list_failed_jobs
from writer_jobs_mcp.tools.retry_jobs import retry_jobs
from writer_jobs_mcp.tools.triage_all_applications import triage_all_applications
from writer_jobs_mcp.tools.triage_application_jobs import triage_application_jobs
from writer_jobs_mcp.tools.wait_for_job import wait_for_job
from writer_jobs_mcp.tools.wait_for_jobs import wait_for_jobs

__all__ = ["TOOLS", "TRIAGE_PAGE_URI", "ToolDefinition"]

TRIAGE_PAGE_URI = "ui://writer-jobs/triage"


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool: its function, and what clients learn of it beside its signature and docstring."""

    title: str
    fn: Callable[..., object]
    changes_jobs: bool = False
    """Whether it changes anything at Writer; if so, it is offered only where the settings allow it."""
    page_uri: str | None = None
    """The page with which hosts that support MCP Apps show its result."""


TOOLS: tuple[ToolDefinition, ...] = (
    ToolDefinition("List applications", list_applications),
    ToolDefinition("Triage all applications", triage_all_applications, page_uri=TRIAGE_PAGE_URI),
    ToolDefinition("Triage an application's jobs", triage_application_jobs, page_uri=TRIAGE_PAGE_URI),
    ToolDefinition("List an application's jobs", list_application_jobs),
    ToolDefinition("List failed jobs", list_failed_jobs),
    ToolDefinition("Explain a job's failure", get_job_error),
    ToolDefinition("Read a job's output", get_job_output),
    ToolDefinition("Wait for a job", wait_for_job),
    ToolDefinition("Wait for running jobs", wait_for_jobs),
    ToolDefinition("Retry failed jobs", retry_jobs, changes_jobs=True),
)
"""Every tool, in the order in which clients see them."""
