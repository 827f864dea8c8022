"""Find one job: by its id, or in the list of its application where Writer does not serve it alone.

The list is read page by page and not by :func:`.scan_jobs`, since a search has other needs: it ends at the job,
requests no page ahead, accepts a server that ignores the status filter, and raises errors as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.errors import (
    BudgetExceeded,
    NotFound,
    NotListed,
    UnreadableResponse,
)
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.triage.find_application import ResolvedApplication, resolve_and_call
from writer_jobs_mcp.triage.overlap import row_keys
from writer_jobs_mcp.triage.pages import PAGE_SIZE

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Job
_CHECK_IDS = "Check both ids; list_application_jobs shows the jobs."


async def find_job(
    client: WriterClient, job_id: str, application: str | None, likely_status: str
) -> tuple[Job, ResolvedApplication | None]:
    """Find the job with this id. Return its application too if that had to be searched for the job.

    ``application`` is the id or the name of its application, if that is known.

    Raises:
        NotFound: Writer does not know the job, or not the application.
        WriterError: Writer could not be asked, or :func:`find_in_list` did not find the job.
    """
    try:
        return await client.get_job(job_id, is_last=application is None), None
    except NotFound as exc:
        if application is None:
            advice = "If you know its application, pass application_id too: its list is then searched."
            raise NotFound(str(exc), advice) from exc
    return await resolve_and_call(client, application, lambda id_: find_in_list(client, id_, job_id, likely_status))


async def find_in_list(client: WriterClient, application_id: str, job_id: str, likely_status: str = "failed") -> Job:
    """Find the job with this id among the application's jobs of the likely status, and then among all.

    Raises:
        NotListed: The job is not in the list.
        NotFound: Writer does not know the application.
        UnreadableResponse: The job is not among the rows that could be read, and others could not.
        BudgetExceeded: Time ran out first; says how many jobs had been searched.
        WriterError: Writer could not be asked.
    """
    seen: set[str] = set()
    why_unread: str | None = None
    job, application = json_quote(display_id(job_id)), json_quote(display_id(application_id))
    try:
        for status in (likely_status, None):
            found = await _search(client, application_id, job_id, status, seen)
            if not (found is None or isinstance(found, str)):
                return found
            why_unread = found
    except BudgetExceeded as exc:
        message = (
            f"The time for one call was over after {len(seen)} jobs of application {application}, and job "
            f"{job} was not among them. Whether it exists is not known; check the ids, or page through "
            "list_application_jobs."
        )
        raise BudgetExceeded(message) from exc
    if why_unread:
        what = (
            f"Job {job} is not among the {len(seen)} jobs of application {application} that could be read. "
            f"{why_unread}: whether it exists is not known."
        )
        raise UnreadableResponse(what, _CHECK_IDS)
    what = f"Writer does not know job {job}, and it is not among the {len(seen)} jobs of application {application}."
    raise NotListed(what, _CHECK_IDS)


async def _search(
    client: WriterClient, application_id: str, job_id: str, status: str | None, seen: set[str]
) -> Job | str | None:
    """Return the job, or why some rows were not read, or None. Add the other jobs' ids to ``seen``."""
    offset, keys, unreadable = 0, set[str](), set[str]()
    while True:
        page = await client.list_jobs(application_id, status=status, offset=offset, limit=PAGE_SIZE)
        for job in page.jobs:
            if job.id == job_id:
                return job
            seen.add(job.id)
        unreadable.update(row.row_key for row in page.unreadable)
        is_repeated = bool(page.rows) and row_keys(page) <= keys  # a server that ignores `offset`
        if is_repeated or not page.rows:  # a total would not prove the end: it may count the page
            break
        keys |= row_keys(page)
        offset += len(page.rows)
    if unreadable:
        return f"{len(unreadable)} of its rows could not be read"
    return "Writer returns the same page again and again, so the rest was not read" if is_repeated else None
