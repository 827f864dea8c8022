"""Whether a kind of failure is new, or more or less frequent than in the window before."""

import math
from typing import Literal, NamedTuple

Trend = Literal["new", "rising", "steady", "falling"]

_SIGNIFICANCE = 0.05
_MIN_FAILURES_FOR_STEADY = 10  # in one of the windows: with fewer, "not significant" does not mean "steady"
_NEGLIGIBLE_RATIO = 1e15  # to what was observed


class Sample(NamedTuple):
    """How many jobs of a window failed in one way, of how many."""

    failed: int
    jobs: int


def determine_trend(now: Sample, before: Sample, *, seen_earlier: bool | None) -> Trend | None:
    """Determine the trend of one kind of failure since the window before; None where there are too few jobs.

    ``rising`` and ``falling``: the shares of the jobs that failed in this way differ by Fisher's exact test, two-sided,
    at 95 %. ``steady``: they do not, and one of the windows has at least ten such failures.

    ``seen_earlier`` says whether it was among the failures before both windows; None where that is not known.
    """
    if not before.jobs:
        return None
    if not before.failed and not seen_earlier:
        return None if seen_earlier is None else "new"
    if fisher_exact(now, before) < _SIGNIFICANCE:
        return "rising" if now.failed * before.jobs > before.failed * now.jobs else "falling"
    return None if max(now.failed, before.failed) < _MIN_FAILURES_FOR_STEADY else "steady"


def fisher_exact(one: Sample, other: Sample) -> float:
    """Return the two-sided p-value of Fisher's exact test: how likely so unequal shares are by chance.

    It is the total probability of all tables with the same sums that are at most as likely as the observed one.
    """
    failed, jobs = one.failed + other.failed, one.jobs + other.jobs
    least, most = max(0, failed - other.jobs), min(failed, one.jobs)

    def ratio(k: int) -> float:
        # How much likelier k + 1 failures in the first sample are than k.
        return (failed - k) * (one.jobs - k) / ((k + 1) * (jobs - failed - one.jobs + k + 1))

    total = tail = 1.0  # in units of the probability of the observed table
    for step in (1, -1):
        k, likelihood = one.failed, 1.0
        while least <= k + step <= most:
            likelihood *= ratio(k) if step > 0 else 1 / ratio(k - 1)
            k += step
            total += likelihood
            if likelihood <= 1 + 1e-9:
                tail += likelihood
            if likelihood > _NEGLIGIBLE_RATIO:
                return 0.0
            if likelihood < 1 / _NEGLIGIBLE_RATIO and math.isclose(total + likelihood, total, rel_tol=1e-15):
                break
    return min(1.0, tail / total)
