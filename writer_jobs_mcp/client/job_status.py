"""The states that a job may be in, as far as they are known."""

KNOWN_STATUSES = frozenset({"in_progress", "failed", "completed", "queued"})
"""The documented ones, and the ``queued`` of an earlier revision of the API."""

RUNNING_STATUSES = frozenset({"in_progress", "queued"})
"""Those of a job that has not finished."""
