"""Find one job: by itself, or in its application's list where Writer does not serve it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.errors import BudgetExceeded, NotFound, NotListed, UnreadableResponse, WriterError
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.triage.find_application import ResolvedApplication, resolve_and_call

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.client.models import Application, Job

_PAGE_SIZE = 100


async def try_get_application(client: WriterClient, application_id: str) -> Application | None:
    """The application, or None where Writer does not describe it: its name is worth a request, but not an error."""
    try:
        return await client.get_application(application_id)
    except WriterError:
        return None


async def find_job(
    client: WriterClient, job_id: str, application: str | None, likely_status: str
) -> tuple[Job, ResolvedApplication | None]:
    """The job with this id, and its application where that had to be searched for the job.

    Args:
        client: Writer.
        job_id: The job.
        application: The id or the name of its application, where that is known.
        likely_status: The status that the job probably has.

    Raises:
        NotFound: Writer does not know the job, or not the application.
        WriterError: Writer could not be asked, or :func:`find_job` did not find it.
    """
    try:
        return await client.get_job(job_id), None
    except NotFound as exc:
        if application is None:
            message = f"{exc} If you know its application, pass application_id too: its list is then searched."
            raise NotFound(message) from exc
    return await resolve_and_call(client, application, lambda id_: find_in_list(client, id_, job_id, likely_status))


async def find_in_list(client: WriterClient, application_id: str, job_id: str, likely_status: str = "failed") -> Job:
    """The job with this id, looked for among the application's jobs of the ``first`` status and then among all.

    Raises:
        NotListed: It is not there.
        NotFound: The application is not.
        UnreadableAnswer: It is not among those that can be read, and there are others.
        BudgetSpent: The time was over first; says how many jobs had been looked through.
        WriterError: Writer could not be asked.
    """
    seen: set[str] = set()
    job, application = json_quote(display_id(job_id)), json_quote(display_id(application_id))
    try:
        for status in (likely_status, None):
            offset = 0
            unread = ""
            unreadable: set[str] = set()
            heads: set[str] = set()  # the first job of each page
            while True:
                page = await client.list_jobs(application_id, status=status, offset=offset, limit=_PAGE_SIZE)
                for each in page.jobs:
                    if each.id == job_id:
                        return each
                    seen.add(each.id)
                unreadable.update(each.row_key for each in page.unreadable)
                if not page.rows:
                    break  # a total is no proof of the end: it may count the page
                offset += len(page.rows)
                head = page.rows[0].row_key
                if head in heads:  # a server that ignores `offset`
                    unread = "Writer returns the same page again and again, so the rest was not read"
                    break
                heads.add(head)
    except BudgetExceeded as exc:
        message = (
            f"The time for one call was over after {len(seen)} jobs of application {application}, and job "
            f"{job} was not among them. Whether it exists is not known; check the ids, or page through "
            "list_application_jobs."
        )
        raise BudgetExceeded(message) from exc
    if unreadable:
        unread = f"{len(unreadable)} of its rows could not be read"
    if unread:
        message = (
            f"Job {job} is not among the {len(seen)} jobs of application {application} that could be read. {unread}: "
            "whether it exists is not known. Check both ids; list_application_jobs shows the jobs."
        )
        raise UnreadableResponse(message)
    message = (
        f"Writer does not know job {job}, and it is not among the {len(seen)} jobs of application "
        f"{application}. Check both ids; list_application_jobs shows the jobs."
    )
    raise NotListed(message)
