"""A job of the sandbox. Its status is computed from the current time and never stored."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Literal

from writer_jobs_mcp.sandbox.applications import SandboxApplication, format_api_timestamp
from writer_jobs_mcp.sandbox.sample_errors import SampleError
from writer_jobs_mcp.sandbox.sample_outputs import sample_output
from writer_jobs_mcp.sandbox.seeded import seeded_random

SandboxJobStatus = Literal["in_progress", "failed", "completed"]


@dataclass(slots=True, eq=False)
class SandboxJob:
    """A job with its whole future; the API shows only `as_json`.

    Attributes:
        id: A UUID.
        application: The application it belongs to.
        created_at: When it was created.
        ends_at: When it completes or fails; None for a stuck job, which never ends.
        sample_error: The error it fails with; None for a job that completes.
        fixed_text: Its output or error if given; None to generate it from the id.
        retried_at: When it was last retried, if ever.
    """

    id: str
    application: SandboxApplication
    created_at: datetime
    ends_at: datetime | None
    sample_error: SampleError | None = None
    fixed_text: str | None = None
    retried_at: datetime | None = None

    def status(self, now: datetime) -> SandboxJobStatus:
        """Return the status at this time."""
        if self.ends_at is None or now < self.ends_at:
            return "in_progress"
        return "completed" if self.sample_error is None else "failed"

    def as_json(self, now: datetime) -> dict[str, object]:
        """Return the vendor's `get_async_application_job_response` at this time.

        The same job at the same time always gives the same JSON. Optional fields without a value are absent from
        some jobs and null in others, because the documents do not say which.
        """
        rng = seeded_random(self.id)
        has_nulls, has_updated_at, has_title = (rng.random() < odds for odds in (0.6, 0.75, 0.9))
        status = self.status(now)
        ended_at = None if status == "in_progress" else self.ends_at
        fields: dict[str, object] = {
            "id": self.id,
            "status": status,
            "application_id": self.application.id,
            "created_at": format_api_timestamp(self.created_at),
        }
        if has_updated_at:
            fields["updated_at"] = format_api_timestamp(ended_at or self.retried_at or self.created_at)
        if ended_at or has_nulls:
            fields["completed_at"] = format_api_timestamp(ended_at) if ended_at else None
        if status == "completed":
            title = {"title": self.application.output_name} if has_title else {}
            fields["data"] = title | {"suggestion": self._output(rng)}
        elif has_nulls:
            fields["data"] = None
        if status == "failed":
            error = self._error(rng)
            fields |= {} if error is None else {"error": error}
        elif has_nulls:
            fields["error"] = None
        return fields

    def _output(self, rng: Random) -> str:
        return sample_output(rng, self.application.alias) if self.fixed_text is None else self.fixed_text

    def _error(self, rng: Random) -> str | None:
        return self.sample_error.render(rng) if self.fixed_text is None and self.sample_error else self.fixed_text
