"""Jobs as Writer returns them, with times relative to NOW."""

import json
from datetime import timedelta
from typing import Any

from tests.conftest import ALIAS, NOW

JsonObject = dict[str, Any]


def time_before_now(minutes: float) -> str:
    """Return the ISO time so many minutes before NOW."""
    return (NOW - timedelta(minutes=minutes)).isoformat()


def make_job(
    minutes_ago: float,
    status: str = "completed",
    error: str | None = None,
    seconds: float | None = 20,
    **fields: Any,
) -> JsonObject:
    """Return a job that was created ``minutes_ago`` and, unless it is running, ended ``seconds`` later."""
    created = NOW - timedelta(minutes=minutes_ago)
    job: JsonObject = {"created_at": created.isoformat(), "status": status, "error": error}
    if status != "in_progress" and seconds is not None:
        job["completed_at"] = (created + timedelta(seconds=seconds)).isoformat()
    return job | fields


def make_failed_jobs(error: str, count: int, minutes_ago: float) -> list[JsonObject]:
    """Return jobs that failed with the same error within about a minute."""
    return [make_job(minutes_ago + n / 100, "failed", error) for n in range(count)]


def job_response(minutes_ago: float, status: str = "in_progress", **fields: Any) -> bytes:
    """Return Writer's response for job "a", created ``minutes_ago``, with these fields."""
    identity = {"id": "a", "application_id": ALIAS}
    return json.dumps(make_job(minutes_ago, status, seconds=None) | identity | fields).encode()
