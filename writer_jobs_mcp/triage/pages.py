"""Read one page of an application's jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from writer_jobs_mcp.client.job_status import RUNNING_STATUSES, JobStatus
from writer_jobs_mcp.deadlines import MIN_SCAN_RESERVE, SCAN_RESERVE, scope_with_reserve
from writer_jobs_mcp.errors import BudgetExceeded, UnreadableResponse

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import JobPage

PAGE_SIZE = 100  # jobs requested at a time; how many Writer returns is learned from its pages

_MATCHING = {"in_progress": RUNNING_STATUSES, "failed": {"failed"}, "completed": {"completed"}}


async def list_page(client: WriterClient, application_id: str, status: JobStatus | None, offset: int) -> JobPage:
    """Return a page of an application's jobs, all of them of ``status`` if one is given.

    Raises:
        UnreadableResponse: Writer ignored the filter, or the page is not valid.
        WriterError: The page could not be read.
    """
    page = await client.list_jobs(application_id, status=status, offset=offset, limit=PAGE_SIZE)
    if status and any(job.status not in _MATCHING[status] for job in page.jobs):
        raise UnreadableResponse(f"Writer ignored the filter status={status}.")
    return page


async def read_first_page(client: WriterClient, application_id: str) -> JobPage:
    """Return the first page of an application's jobs, in the time that a scan may take.

    Raises:
        WriterError: It could not be read.
    """
    with await scope_with_reserve(SCAN_RESERVE, at_least=MIN_SCAN_RESERVE):
        return await list_page(client, application_id, None, 0)
    raise no_first_page()


def no_first_page() -> BudgetExceeded:
    """Return the error for a first page that took too long."""
    return BudgetExceeded("Writer did not return the first page of jobs within the call budget.", "Call again.")
