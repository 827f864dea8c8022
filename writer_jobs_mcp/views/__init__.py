"""What the agent gets: typed results, and the same facts as compact text."""

from writer_jobs_mcp.views.failure import JobError, job_error
from writer_jobs_mcp.views.form import View
from writer_jobs_mcp.views.lists import ApplicationList, JobList, application_list, job_list

__all__ = ["ApplicationList", "JobError", "JobList", "View", "application_list", "job_error", "job_list"]
