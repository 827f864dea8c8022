"""What the triage page draws beyond the structure; it is in `_meta`, which the model does not read."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import repeat
from typing import Any

from writer_jobs_mcp.triage.report import Window
from writer_jobs_mcp.triage.span import just_after
from writer_jobs_mcp.triage.timeline import OTHER, Histogram
from writer_jobs_mcp.triage.timestamps import format_exact_timestamp, format_timestamp

META_KEY = "writer-jobs-mcp/page"
"""Its key in a result's ``_meta``, which by the Apps specification is not for the model."""


def pinned_window(window: Window, now: datetime, last_seen: Iterable[datetime]) -> Window:
    """Return the window with an end: after the newest failure if it was open, as Writer's clock may be ahead."""
    if window.until is not None:
        return window
    return window._replace(until=max([now, *map(just_after, last_seen)]))


def with_structure(meta: Mapping[str, Any] | None, structure: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``_meta`` with a result's structure under its key, for a result that has none for the model."""
    given = meta or {}
    return {**given, META_KEY: {**given.get(META_KEY, {}), "structure": structure}}


def triage_app_meta(
    timeline: Histogram | None, statuses: Collection[str], window: Window, *, offers_retry: bool
) -> dict[str, Any]:
    """Return ``{can_retry, window: {since?, until?}, timeline?: {start, step_seconds, counts}}`` under its key.

    ``counts`` is ``{<status>: [n, …]}``. ``statuses`` are those by which the report counts jobs; all others are
    ``other``, as in the report. The window is exact, for calls about the same jobs.
    """
    times = {name: format_exact_timestamp(when) for name, when in window._asdict().items() if when is not None}
    page: dict[str, Any] = {"can_retry": offers_retry, "window": times}
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
