"""What the triage page needs beside the structure: for the picture alone, the model never reads it."""

from collections.abc import Collection
from itertools import repeat
from typing import Any

from writer_jobs_mcp.results.base import format_timestamp
from writer_jobs_mcp.triage.timeline import OTHER, Histogram

META_KEY = "writer-jobs-mcp/page"
"""Where it stands in a result's ``_meta``, which by the Apps specification is not for the model."""


def triage_app_meta(timeline: Histogram | None, statuses: Collection[str], *, offers_retry: bool) -> dict[str, Any]:
    """``{timeline?: {start, step_seconds, counts: {<status>: [n, …]}}, can_retry}`` under its key.

    ``states`` are those under which the report counts jobs; all else is ``other`` here as there.
    """
    page: dict[str, Any] = {"can_retry": offers_retry}
    if timeline is not None:
        counts: dict[str, list[int]] = {}
        for status, each in timeline.counts.items():
            name = status if status in statuses else OTHER
            counts[name] = [one + other for one, other in zip(each, counts.get(name) or repeat(0), strict=False)]
        page["timeline"] = {
            "start": format_timestamp(timeline.start),
            "step_seconds": timeline.seconds,
            "counts": counts,
        }
    return {META_KEY: page}
