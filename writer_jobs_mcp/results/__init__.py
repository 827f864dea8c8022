"""What the agent gets: typed results, and the same facts as compact text."""

from writer_jobs_mcp.results.base import View, schema
from writer_jobs_mcp.results.job_error import JobError, job_error
from writer_jobs_mcp.results.job_list import ApplicationList, JobList, application_list, job_list
from writer_jobs_mcp.results.job_output import JobOutput, JobWait, job_output, job_wait
from writer_jobs_mcp.results.next_calls import Asked
from writer_jobs_mcp.results.raw_json import as_said
from writer_jobs_mcp.results.retry import Outcome, RetryReport, RetryRow, retry_report, retry_row
from writer_jobs_mcp.results.triage import TriageReport, triage_report
from writer_jobs_mcp.results.triage_app_meta import page_meta

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
