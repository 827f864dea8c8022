"""The statuses of a job: the one list that models, arguments, results and the scan derive from.

It is no part of the models, since those are not imported before the first call.
"""

from typing import Literal, get_args

JobStatus = Literal["in_progress", "failed", "completed"]
"""The documented statuses, by which a list can be filtered."""

RUNNING_STATUSES = frozenset({"in_progress", "queued"})
"""The statuses of an unfinished job; ``queued`` is from an earlier revision of the API."""

KNOWN_STATUSES = RUNNING_STATUSES | frozenset(get_args(JobStatus))
