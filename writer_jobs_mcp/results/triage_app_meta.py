"""What the triage page draws beyond the structure; it is in `_meta`, which the model does not read."""

from collections.abc import Collection
from itertools import repeat
from typing import Any

from writer_jobs_mcp.triage.timeline import OTHER, Histogram
from writer_jobs_mcp.triage.timestamps import format_timestamp

META_KEY = "writer-jobs-mcp/page"
"""Its key in a result's ``_meta``, which by the Apps specification is not for the model."""


def triage_app_meta(timeline: Histogram | None, statuses: Collection[str], *, offers_retry: bool) -> dict[str, Any]:
    """Return ``{timeline?: {start, step_seconds, counts: {<status>: [n, …]}}, can_retry}`` under its key.

    ``statuses`` are those by which the report counts jobs; all others are ``other``, as in the report.
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
