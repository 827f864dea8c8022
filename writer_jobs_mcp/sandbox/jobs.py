"""One job of the sandbox: what it is at a given time is worked out from when it ends, never stored."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Literal

from writer_jobs_mcp.sandbox import sample_outputs as prose
from writer_jobs_mcp.sandbox.applications import SandboxApplication, format_api_timestamp
from writer_jobs_mcp.sandbox.sample_errors import SampleError
from writer_jobs_mcp.sandbox.seeded import seeded_random

SandboxJobStatus = Literal["in_progress", "failed", "completed"]


@dataclass(slots=True, eq=False)
class SandboxJob:
    """A job, as its author knows it; the API tells only `as_json`.

    Attributes:
        id: A UUID.
        application: The application it belongs to.
        created_at: When it was asked for.
        ends_at: When it leaves `in_progress`; None for a stuck job, which never does.
        cause: What it fails of; None for a job that completes.
        words: Its output or error where that is laid down; None to make it from the id.
        retried_at: When it was last started again, if ever.
    """

    id: str
    application: SandboxApplication
    created_at: datetime
    ends_at: datetime | None
    sample_error: SampleError | None = None
    fixed_text: str | None = None
    retried_at: datetime | None = None

    def status(self, now: datetime) -> SandboxJobStatus:
        """What the API calls it at this moment."""
        if self.ends_at is None or now < self.ends_at:
            return "in_progress"
        return "completed" if self.sample_error is None else "failed"

    def as_json(self, now: datetime) -> dict[str, object]:
        """The vendor's `get_async_application_job_response` at this moment.

        The same job always gives the same answer at the same moment. What is optional and unknown is absent
        from some jobs and null in others, as nobody documents which.
        """
        rng = seeded_random(self.id)
        says_null, says_updated, says_title = (rng.random() < odds for odds in (0.6, 0.75, 0.9))
        status = self.status(now)
        ended_at = None if status == "in_progress" else self.ends_at
        shown: dict[str, object] = {
            "id": self.id,
            "status": status,
            "application_id": self.application.id,
            "created_at": format_api_timestamp(self.created_at),
        }
        if says_updated:
            shown["updated_at"] = format_api_timestamp(ended_at or self.retried_at or self.created_at)
        if ended_at or says_null:
            shown["completed_at"] = format_api_timestamp(ended_at) if ended_at else None
        if status == "completed":
            title = {"title": self.application.output_name} if says_title else {}
            shown["data"] = title | {"suggestion": self._output(rng)}
        elif says_null:
            shown["data"] = None
        if status == "failed":
            error = self._error(rng)
            shown |= {} if error is None else {"error": error}
        elif says_null:
            shown["error"] = None
        return shown

    def _output(self, rng: Random) -> str:
        return prose.sample_output(rng, self.application.alias) if self.fixed_text is None else self.fixed_text

    def _error(self, rng: Random) -> str | None:
        return self.sample_error.render(rng) if self.fixed_text is None and self.sample_error else self.fixed_text
