"""Which failed jobs a question to the user is about: an answer is used only for the failures it was given for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from writer_jobs_mcp import failures
from writer_jobs_mcp.client.sent_retries import Failure, is_same_id
from writer_jobs_mcp.triage.error_text import error_text

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A failed job that the user is asked about."""

    id: str
    application_id: str
    failure: Failure
    error: str  # sanitized; empty if Writer gives no error text

    @classmethod
    def from_job(cls, job: "Job") -> "FailedJob":
        """Describe a failed job; sanitizing a long error takes milliseconds."""
        return cls(job.id, job.application_id, Failure.of(job), error_text(job))

    def is_same_as(self, other: "FailedJob") -> bool:
        """Return True for the same failure with the same error, apart from ids and numbers in its text."""
        if not is_same_id(self.id, other.id) or not self.failure.is_same_as(other.failure):
            return False
        if self.error == other.error:
            return True
        return bool(self.error and other.error) and len(failures.group_failures([self.error, other.error])) == 1


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the user about failed jobs."""

    ids: tuple[str, ...]  # all ids of the call
    base_text: str
    jobs: Mapping[str, FailedJob]  # the failed jobs, by the ids of the call
    earlier: int = 0  # how many questions with the same base text were asked before for these ids, about other failures

    @property
    def text(self) -> str:
        """What the user reads; it differs between questions about different failures of the same ids.

        The SDK finds by this text the question that an answer belongs to.
        """
        if not self.earlier:
            return self.base_text
        times = "once" if self.earlier == 1 else f"{self.earlier} times"
        return f"{self.base_text} You were asked {times} before, about other failures."

    def covers(self, failed: Mapping[str, FailedJob]) -> bool:
        """Return True if it asks about all of these failures; it may ask about more."""
        return all(job_id in self.jobs and self.jobs[job_id].is_same_as(job) for job_id, job in failed.items())

    def is_about_the_same(self, other: "Question") -> bool:
        """Return True if both are about the same failures, judged by their times."""
        return self.jobs.keys() == other.jobs.keys() and all(
            job.failure.is_same_as(other.jobs[job_id].failure) for job_id, job in self.jobs.items()
        )
