"""What the agent gets: typed results, and the same facts as compact text."""

from writer_jobs_mcp.views.failure import JobError, job_error
from writer_jobs_mcp.views.form import View, schema
from writer_jobs_mcp.views.job import JobOutput, JobWait, job_output, job_wait
from writer_jobs_mcp.views.lists import ApplicationList, JobList, application_list, job_list
from writer_jobs_mcp.views.page import page_meta
from writer_jobs_mcp.views.retry import Outcome, RetryReport, RetryRow, retry_report, retry_row
from writer_jobs_mcp.views.said import as_said
from writer_jobs_mcp.views.suggestion import Asked
from writer_jobs_mcp.views.triage import TriageReport, triage_report

__all__ = [
    "ApplicationList",
    "Asked",
    "JobError",
    "JobList",
    "JobOutput",
    "JobWait",
    "Outcome",
    "RetryReport",
    "RetryRow",
    "TriageReport",
    "View",
    "application_list",
    "as_said",
    "job_error",
    "job_list",
    "job_output",
    "job_wait",
    "page_meta",
    "retry_report",
    "retry_row",
    "schema",
    "triage_report",
]
