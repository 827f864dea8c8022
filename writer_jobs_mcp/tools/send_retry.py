"""Sends the retry of one job: once, remembered before it is sent, and logged."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import anyio

from writer_jobs_mcp.client.connection_guard import SendTracker
from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.client.sent_retries import FinishedRun, SentRetries, is_same_id
from writer_jobs_mcp.errors import FailedRetry, NotFound, UncertainRetry, WriterError
from writer_jobs_mcp.results.retry import Outcome
from writer_jobs_mcp.sanitize.text import json_quote

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient

logger = logging.getLogger(__name__)

_TIME_UP_AFTER_SENDING = (
    "The time for this call ended: the retry may have started. Look at the job (get_job_error) before you retry it."
)
JOB_CHANGED = (
    "This is not the failure that the user was asked about: the job changed meanwhile, so nothing was sent. Call again "
    "to ask about it."
)
_TIME_UP_BEFORE_SENDING = "The time for this call ended before the retry was sent. Call again for this job."


class Attempt(NamedTuple):
    """What became of the retry of a job."""

    outcome: Outcome
    detail: str | None
    may_have_started: bool
    error: WriterError | None = None


async def send_retry(
    client: "WriterClient",
    sent_retries: SentRetries,
    job: FinishedRun,
    note: Callable[[Attempt], None],
    *,
    was_asked: bool,
) -> Attempt:
    """Send it, and return what became of it. The caller holds the lock of the job.

    ``note`` takes what is known while it is sent, which remains true if the call is cancelled. ``was_asked`` is for the
    log: whether a user was asked.
    """
    tracker, sent = SendTracker(), sent_retries.record(job)
    attempt = Attempt("unknown", _TIME_UP_AFTER_SENDING, may_have_started=True)
    note(attempt)
    try:
        started = await client.retry_job(job.id, tracker)
        sent.is_accepted = True
        sent.runs_as = started if started and not is_same_id(started, job.id) else None
        moved = sent.runs_as and f"This retry runs as job {json_quote(display_id(sent.runs_as))}."
        attempt = Attempt("accepted", moved, may_have_started=True)
    except UncertainRetry as exc:
        attempt = Attempt(outcome_of(exc), str(exc), may_have_started=True, error=exc)
    except WriterError as exc:
        sent_retries.forget(sent)
        attempt = Attempt(outcome_of(exc), str(exc), may_have_started=False, error=exc)
    except anyio.get_cancelled_exc_class():
        if not tracker.may_have_been_sent:
            sent_retries.forget(sent)
            attempt = Attempt("error", _TIME_UP_BEFORE_SENDING, may_have_started=False)
        raise
    finally:
        note(attempt)
        asked = "the user was asked" if was_asked else "no user was asked"
        logger.info("retry of job %s: %s; %s", json_quote(display_id(job.id)), attempt.outcome, asked)
    return attempt


def outcome_of(error: WriterError) -> Outcome:
    """Return the outcome for a job whose reading or retry ended in an error."""
    match error:
        case NotFound():
            return "not_found"
        case FailedRetry():
            return "error"  # Writer responded; the detail says that the retry may have started
        case UncertainRetry():
            return "unknown"
        case _:
            return "error"
