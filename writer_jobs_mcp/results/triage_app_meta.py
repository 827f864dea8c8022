"""What the triage page needs beside the structure: for the picture alone, the model never reads it."""

from collections.abc import Collection
from itertools import repeat
from typing import Any

from writer_jobs_mcp.results.base import moment
from writer_jobs_mcp.triage.timeline import OTHER, Steps

KEY = "writer-jobs-mcp/page"
"""Where it stands in a result's ``_meta``, which by the Apps specification is not for the model."""


def page_meta(steps: Steps | None, states: Collection[str], *, offers_retry: bool) -> dict[str, Any]:
    """``{timeline?: {start, step_seconds, counts: {<status>: [n, …]}}, can_retry}`` under its key.

    ``states`` are those under which the report counts jobs; all else is ``other`` here as there.
    """
    page: dict[str, Any] = {"can_retry": offers_retry}
    if steps is not None:
        counts: dict[str, list[int]] = {}
        for status, each in steps.counts.items():
            name = status if status in states else OTHER
            counts[name] = [one + other for one, other in zip(each, counts.get(name) or repeat(0), strict=False)]
        page["timeline"] = {"start": moment(steps.start), "step_seconds": steps.seconds, "counts": counts}
    return {KEY: page}
