"""The tools: each takes valid arguments, asks the client or a scan, and answers with a view."""

from collections.abc import Callable
from dataclasses import dataclass

from writer_jobs_mcp.tools.reading import get_job_error, get_job_output, list_application_jobs, list_applications
from writer_jobs_mcp.tools.result import App
from writer_jobs_mcp.tools.retry_jobs import retry_jobs
from writer_jobs_mcp.tools.triage_application_jobs import triage_application_jobs
from writer_jobs_mcp.tools.wait_for_job import wait_for_job

__all__ = ["TOOLS", "TRIAGE_PAGE_URI", "App", "ToolDefinition"]

TRIAGE_PAGE_URI = "ui://writer-jobs/triage"


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as it is offered."""

    title: str
    fn: Callable[..., object]
    changes_jobs: bool = False
    """Whether it changes anything at Writer; if so it is offered only where that is allowed."""
    page_uri: str | None = None
    """The page that hosts with MCP Apps draw its answer with."""


TOOLS: tuple[ToolDefinition, ...] = (
    ToolDefinition("List applications", list_applications),
    ToolDefinition("Triage an application's jobs", triage_application_jobs, page_uri=TRIAGE_PAGE_URI),
    ToolDefinition("List an application's jobs", list_application_jobs),
    ToolDefinition("Explain a job's failure", get_job_error),
    ToolDefinition("Read a job's output", get_job_output),
    ToolDefinition("Wait for a job", wait_for_job),
    ToolDefinition("Retry failed jobs", retry_jobs, changes_jobs=True),
)
"""Each tool, in the order in which they are offered."""
