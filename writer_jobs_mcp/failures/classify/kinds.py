"""The kinds of causes that groups of errors are kept apart by."""

from typing import NamedTuple

from writer_jobs_mcp.failures.classify.categories import ADVICE, Category, Retry
from writer_jobs_mcp.failures.classify.classifier import classify_error
from writer_jobs_mcp.sanitize.truncate import elide_middle

MAX_CHARS = 1_000
"""Characters of an error, from both its ends, that the kind of its cause is read from."""


class CauseKind(NamedTuple):
    """A category, and whether to run a job again that failed for such a cause."""

    category: Category
    retry: Retry

    @property
    def advice(self) -> str:
        """What to do next: a sentence from `ADVICE`."""
        return ADVICE[self]


UNKNOWN = CauseKind("unknown", "unknown")


def classify_kind(error: str) -> CauseKind:
    """Return the kind of cause that an error names, as `classify_error` does; of a long one the ends are read."""
    cause = classify_error(elide_middle(error, MAX_CHARS))
    return CauseKind(cause.category, cause.retry)
