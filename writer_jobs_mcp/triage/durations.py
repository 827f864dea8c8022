"""How long jobs took: their durations, median and 95th percentile."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple


class TimedJob(NamedTuple):
    """A job and how long it took, or has run so far."""

    id: str
    created_at: datetime
    seconds: float


def p95(ordered: Sequence[float]) -> float | None:
    """Return the smallest of these ascending values that at least 95 % of them do not exceed; None of none."""
    return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else None


# The module `statistics` would be imported at every start, and with it fractions and decimals.
def median(ordered: Sequence[float]) -> float | None:
    """Return the median of these ascending values; None of none."""
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
