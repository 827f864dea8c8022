"""What error messages say: which of them say the same, and what caused them; any program's messages."""

from writer_jobs_mcp.failures.categories import Category, Retry
from writer_jobs_mcp.failures.causes import Cause, classify
from writer_jobs_mcp.failures.grouping import FailureGroup, FailureGroups, Tally, group_failures

__all__ = ["Category", "Cause", "FailureGroup", "FailureGroups", "Retry", "Tally", "classify", "group_failures"]
