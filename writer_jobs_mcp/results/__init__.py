"""Results of the tools: typed structures, and the same facts as compact text."""

from writer_jobs_mcp.results.applications import ApplicationList, application_list
from writer_jobs_mcp.results.base import ResultModel, result_schema
from writer_jobs_mcp.results.fit_to_size import triage_app_meta, triage_report
from writer_jobs_mcp.results.job_error import JobError, JobWait, job_error, job_wait
from writer_jobs_mcp.results.job_list import JobList, job_list
from writer_jobs_mcp.results.job_output import JobOutput, job_output
from writer_jobs_mcp.results.raw_json import raw_json_text
from writer_jobs_mcp.results.retry import Outcome, RetryReport, RetryRow, retry_report, retry_row
from writer_jobs_mcp.results.triage import TriageReport

__all__ = [
    "ApplicationList",
    "JobError",
    "JobList",
    "JobOutput",
    "JobWait",
    "Outcome",
    "ResultModel",
    "RetryReport",
    "RetryRow",
    "TriageReport",
    "application_list",
    "job_error",
    "job_list",
    "job_output",
    "job_wait",
    "raw_json_text",
    "result_schema",
    "retry_report",
    "retry_row",
    "triage_app_meta",
    "triage_report",
]
