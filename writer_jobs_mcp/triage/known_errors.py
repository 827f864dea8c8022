"""Remember what jobs failed with: once a job was retried, Writer no longer says it."""

from typing import TYPE_CHECKING

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.client.sent_retries import job_key
from writer_jobs_mcp.errors import InvalidArguments
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.sanitize.truncate import preview
from writer_jobs_mcp.triage.error_text import error_text
from writer_jobs_mcp.triage.find_job import find_job
from writer_jobs_mcp.worker_threads import run_in_worker

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient

_MAX_JOBS = 500  # the one that was used longest ago is forgotten first; each error has at most 4,000 characters


class KnownErrors:
    """The errors of jobs that a user may name again as an example of a failure."""

    def __init__(self) -> None:
        """Start with none."""
        self._texts: dict[str, str] = {}

    def remember(self, job_id: str, text: str) -> None:
        """Remember the sanitized error of a failed job; it may be empty."""
        self._texts.pop(job_key(job_id), None)
        self._texts[job_key(job_id)] = text
        while len(self._texts) > _MAX_JOBS:
            del self._texts[next(iter(self._texts))]

    def get(self, job_id: str) -> str | None:
        """Return the error of a job; None if it is not known."""
        text = self._texts.get(job_key(job_id))
        if text is not None:
            self.remember(job_id, text)
        return text


async def read_example(client: "WriterClient", known: KnownErrors, job_id: str, application: str) -> str:
    """Return the sanitized error of a job that failed, or that failed until it was retried; it may be empty.

    ``application`` is the id or the name of an application, which is searched if Writer does not serve the job alone.

    Raises:
        InvalidArguments: The job has not failed, as far as is known.
        WriterError: The job cannot be read.
    """
    job, _ = await find_job(client, job_id, application, likely_status="failed")
    if job.status == "failed":
        text = await run_in_worker(lambda: error_text(job))
        known.remember(job_id, text)
        return text
    remembered = known.get(job_id)
    if remembered is None:
        shown, status = json_quote(display_id(job_id)), json_quote(preview(job.status, 40))
        raise InvalidArguments(
            f"like takes a job that failed, and job {shown} is {status}.",
            "Pass the id of another job that fails in the same way, or use category or contains.",
        )
    return remembered
