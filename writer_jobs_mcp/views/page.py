"""What the triage page needs beside the structure: for the picture alone, the model never reads it."""

from typing import Any

from writer_jobs_mcp.timeline import Steps
from writer_jobs_mcp.views.form import label, moment

KEY = "writer-jobs-mcp/page"
"""Where it stands in a result's ``_meta``, which by the Apps specification is not for the model."""


def page_meta(steps: Steps | None, *, offers_retry: bool) -> dict[str, Any]:
    """``{timeline?: {start, step_seconds, counts: {<status>: [n, …]}}, can_retry}`` under its key."""
    page: dict[str, Any] = {"can_retry": offers_retry}
    if steps is not None:
        counts = {label(status): list(each) for status, each in steps.counts.items()}
        page["timeline"] = {"start": moment(steps.start), "step_seconds": steps.seconds, "counts": counts}
    return {KEY: page}
