"""The state of the embedded API: its applications, their jobs, and a clock."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from writer_jobs_mcp.sandbox.applications import APPLICATIONS, SandboxApplication, create_applications
from writer_jobs_mcp.sandbox.computed_jobs import ComputedJobs
from writer_jobs_mcp.sandbox.held_jobs import HeldJobs
from writer_jobs_mcp.sandbox.jobs import SandboxJob, SandboxJobStatus, generate_jobs
from writer_jobs_mcp.sandbox.sample_errors import SampleError
from writer_jobs_mcp.sandbox.seeded import random_uuid, seeded_random

DEFAULT_JOB_COUNTS = (400, 150, 90)
"""How many jobs each application has by default."""

MAX_HELD_JOBS = 100_000
"""The most jobs of an application that are held: they take one to two seconds and 45 MB; a million, ten times that."""

_DEFAULT_FAILED_SHARE = 0.22  # of computed jobs; held ones are between a fifth and a quarter
_ACCOUNT_FAILED_SHARES = (0.05, 0.0, 0.01, 0.0, 0.0, 0.003, 0.0, 0.0)
"""The shares of the jobs of many applications that fail, in turn: most of an account works."""
_RETRY_SECONDS = (1.5, 3.5)  # short, so that a person who tries a retry sees it finish


class SandboxStore:
    """Three applications or more, and a week of their jobs.

    The same arguments give the same responses to the byte. Jobs finish as `clock` advances; they are created and
    deleted only by `add` and `remove`. Texts are generated when they are read.

    Up to `MAX_HELD_JOBS` jobs of an application are held as objects; the README and many tests show the default's.
    More are computed at each read, so that a million start at once and take no memory. So are the first application's
    if `failed_share` is given, at any number, and those of all if `applications` is given. They are other jobs than
    held ones of the same seed. Change them only through the store, and compare them by their ids: each read returns new
    objects.

    Attributes:
        anchor: The `now` that the jobs were generated for, in UTC.
        clock: Returns the current time, as an aware datetime.
        applications: All of them; the first has the most jobs.
    """

    def __init__(
        self,
        *,
        now: datetime,
        clock: Callable[[], datetime],
        jobs: int | None = None,
        failed_share: float | None = None,
        applications: int | None = None,
        seed: int = 20,
    ) -> None:
        """Generate jobs for the seven days before `now` (aware).

        Args:
            now: The time of the newest possible job.
            clock: Returns the current time, as an aware datetime.
            jobs: How many jobs the first application has; each of them, if `applications` is given.
            failed_share: The share of them that fail, from 0 to 1; by default between a fifth and a quarter, and if
                `applications` is given, between none and a twentieth.
            applications: How many applications there are; by default three, of which the second and third are small.
            seed: Selects the jobs.
        """
        self.anchor = now.astimezone(UTC)
        self.clock = clock
        self.applications: tuple[SandboxApplication, ...] = APPLICATIONS
        self._rng = seeded_random("arrivals", seed)
        counts = DEFAULT_JOB_COUNTS if jobs is None else (jobs, *DEFAULT_JOB_COUNTS[1:])
        shares: Sequence[float | None] = (failed_share, None, None)
        if applications is not None:
            self.applications = create_applications(applications)
            counts = (counts[0],) * applications
            shares = [share if failed_share is None else failed_share for share in _account_shares(applications)]
        self._jobs_by_application = {
            application.id: self._generate(application, count, share, seed)
            for application, count, share in zip(self.applications, counts, shares, strict=True)
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

    def _generate(
        self, application: SandboxApplication, count: int, failed_share: float | None, seed: int
    ) -> HeldJobs | ComputedJobs:
        with_new_error = application is APPLICATIONS[0]
        if count > MAX_HELD_JOBS or failed_share is not None:
            share = _DEFAULT_FAILED_SHARE if failed_share is None else failed_share
            return ComputedJobs(
                application, count, self.anchor, seed=seed, failed_share=share, with_new_error=with_new_error
            )
        rng = seeded_random(application.id, seed)
        jobs = generate_jobs(rng, application, count, self.anchor, with_new_error=with_new_error)
        return HeldJobs(application, jobs)

    def _application_jobs(self, application: str) -> HeldJobs | ComputedJobs:
        found = self.application(application)
        if found is None:
            raise LookupError(application)
        return self._jobs_by_application[found.id]

    def _existing_job(self, job_id: str) -> SandboxJob:
        found = self.job(job_id)
        if found is None:
            raise LookupError(job_id)
        return found


def _account_shares(applications: int) -> Sequence[float]:
    return list(islice(cycle(_ACCOUNT_FAILED_SHARES), applications))
