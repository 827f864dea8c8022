"""Which calls are worth making after a wait for running jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from writer_jobs_mcp.client.ids import is_usable_id
from writer_jobs_mcp.triage.next_calls import SuggestedCall
from writer_jobs_mcp.triage.timestamps import format_exact_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from writer_jobs_mcp.triage.watch_running import WatchedJobs


def calls_after_wait(watched: WatchedJobs, application_id: str, given: dict[str, Any]) -> list[SuggestedCall]:
    """Suggest at most three calls. ``given`` are the other arguments of the call that waited, defaults left out."""
    return list(_calls(watched, application_id, given)) if is_usable_id(application_id) else []


def _calls(watched: WatchedJobs, application_id: str, given: dict[str, Any]) -> Iterator[SuggestedCall]:
    with_text = [job for job in watched.failures if job.error and is_usable_id(job.id)]
    if with_text:
        arguments = {"job_id": with_text[0].id, "application_id": application_id}
        yield SuggestedCall("get_job_error", arguments, "the whole error and what to do")
    if watched.failed_since and watched.failed > len(watched.failures):
        arguments = {"application_id": application_id, "since": format_exact_timestamp(watched.failed_since)}
        yield SuggestedCall("list_failed_jobs", arguments, "all failed jobs created since then")
    if watched.running and not watched.is_over:
        yield SuggestedCall("wait_for_jobs", {"application_id": application_id, **given}, "go on waiting")
