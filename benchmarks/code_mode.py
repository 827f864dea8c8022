"""The vendor's code mode doing its best: the script that an agent would write with ``writer-sdk``, run in a sandbox.

It reads what a triage needs at least: the failed jobs, newest first, until one was created before the window, and the
running jobs. It pages by offset: the SDK's own iteration ends after one page where Writer gives no total. It does not
know how many jobs the window has: no failure rate, and nothing to compare with the window before; only for all time
there is Writer's total. The time to write the script, to start the sandbox, and to send what it prints to the model is
not measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from writerai import Writer

from benchmarks.jobs import APPLICATION_ID
from benchmarks.measured_servers import KEY
from benchmarks.triage_run import PAGE_SIZE

_MAX_RETRIES = 10  # enough to wait whenever Writer asks for it


@dataclass(frozen=True)
class ScriptOutput:
    """What the script knows at its end."""

    running: list[Any]
    failed: list[Any]
    total: int | None
    """How many jobs the window has, if it is all time and Writer gives a total."""


def run_script(url: str, since: datetime | None, until: datetime) -> ScriptOutput:
    """Read the running jobs, and the failed jobs of the window."""
    sdk = Writer(api_key=KEY, base_url=url, max_retries=_MAX_RETRIES)
    running = list(_jobs(sdk, "in_progress"))
    failed: list[Any] = []
    for job in _jobs(sdk, "failed"):
        if since is not None and job.created_at < since:
            break
        if job.created_at < until:
            failed.append(job)
    total = sdk.applications.jobs.list(APPLICATION_ID, limit=1).total_count if since is None else None
    return ScriptOutput(running, failed, total)


def _jobs(sdk: Writer, status: Any) -> Iterator[Any]:
    for offset in count(0, PAGE_SIZE):
        jobs = sdk.applications.jobs.list(APPLICATION_ID, status=status, limit=PAGE_SIZE, offset=offset).result
        yield from jobs
        if len(jobs) < PAGE_SIZE:
            return
