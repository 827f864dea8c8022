"""The state of the embedded API: three applications, their jobs, and a clock."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from writer_jobs_mcp.sandbox.applications import APPLICATIONS, SandboxApplication
from writer_jobs_mcp.sandbox.held_jobs import HeldJobs
from writer_jobs_mcp.sandbox.jobs import SandboxJob, SandboxJobStatus, generate_jobs
from writer_jobs_mcp.sandbox.sample_errors import SampleError
from writer_jobs_mcp.sandbox.seeded import random_uuid, seeded_random

DEFAULT_JOB_COUNTS = (400, 150, 90)
"""How many jobs each application has by default."""

_RETRY_SECONDS = (1.5, 3.5)  # short, so that a person who tries a retry sees it finish


class SandboxStore:
    """Three applications and a week of their jobs.

    The same `seed`, `now` and `jobs` give the same responses to the byte. Jobs finish as `clock` advances; they are
    created and deleted only by `add` and `remove`. Texts are generated when they are read, so that a hundred thousand
    jobs need little time and memory.

    Attributes:
        anchor: The `now` that the jobs were generated for, in UTC.
        clock: Returns the current time, as an aware datetime.
        applications: All three; the first has the most jobs.
    """

    def __init__(
        self, *, now: datetime, clock: Callable[[], datetime], jobs: int | None = None, seed: int = 20
    ) -> None:
        """Generate jobs for the seven days before `now` (aware); `jobs` is the number of the first application's."""
        self.anchor = now.astimezone(UTC)
        self.clock = clock
        self.applications: tuple[SandboxApplication, ...] = APPLICATIONS
        self._rng = seeded_random("arrivals", seed)
        counts = DEFAULT_JOB_COUNTS if jobs is None else (jobs, *DEFAULT_JOB_COUNTS[1:])
        self._jobs_by_application = {
            application.id: HeldJobs(
                application,
                generate_jobs(
                    seeded_random(application.id, seed),
                    application,
                    count,
                    self.anchor,
                    with_new_error=application is APPLICATIONS[0],
                ),
            )
            for application, count in zip(APPLICATIONS, counts, strict=True)
        }

    def application(self, id_or_alias: str) -> SandboxApplication | None:
        """Return the application with this id or alias, if there is one."""
        for application in self.applications:
            if id_or_alias in (application.id, application.alias):
                return application
        return None

    def jobs(self, application: str, status: SandboxJobStatus | None = None) -> Sequence[SandboxJob]:
        """Return an application's current jobs, newest first, by its id or alias; valid until the next change.

        Raises:
            LookupError: There is no such application.
        """
        return self._application_jobs(application).with_status(status, self.clock())

    def job(self, job_id: str) -> SandboxJob | None:
        """Return the job with this id, if there is one."""
        found = (jobs.find(job_id) for jobs in self._jobs_by_application.values())
        return next((job for job in found if job is not None), None)

    def add(
        self,
        application: str,
        *,
        created_at: datetime | None = None,
        duration: timedelta | None = timedelta(seconds=30),
        sample_error: SampleError | None = None,
        error: str | None = None,
        output: str | None = None,
    ) -> SandboxJob:
        """Add a job of an application (its id or alias) at its place in the order of creation, by default now.

        With a `duration` of None it runs for ever; without `sample_error` and `error` it completes.
        `error` and `output` replace the generated texts.

        Raises:
            LookupError: There is no such application.
        """
        jobs = self._application_jobs(application)
        created_at = created_at or self.clock()
        job = SandboxJob(
            random_uuid(self._rng),
            jobs.application,
            created_at,
            None if duration is None else created_at + duration,
            sample_error or (None if error is None else SampleError("given", (error,), weight=0)),
            output if error is None else error,
        )
        jobs.insert(job)
        return job

    def remove(self, job_id: str) -> None:
        """Delete a job.

        Raises:
            LookupError: There is no such job.
        """
        job = self._existing_job(job_id)
        self._jobs_by_application[job.application.id].remove(job)

    def retry(self, job_id: str) -> SandboxJob:
        """Restart a job with its id and creation time; this time it will complete.

        Raises:
            LookupError: There is no such job.
        """
        job = self._existing_job(job_id)
        job.retried_at = self.clock()
        job.ends_at = job.retried_at + timedelta(seconds=self._rng.uniform(*_RETRY_SECONDS))
        job.sample_error = job.fixed_text = None
        self._jobs_by_application[job.application.id].save(job)
        return job

    def _application_jobs(self, application: str) -> HeldJobs:
        found = self.application(application)
        if found is None:
            raise LookupError(application)
        return self._jobs_by_application[found.id]

    def _existing_job(self, job_id: str) -> SandboxJob:
        found = self.job(job_id)
        if found is None:
            raise LookupError(job_id)
        return found
