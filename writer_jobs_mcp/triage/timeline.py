"""Jobs counted by status over time, in few enough steps to be drawn, however long that time is."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MAX_STEPS = 64  # steps a timeline has at most

OTHER = "other"  # stands for the statuses that are too rare to be drawn by themselves

_MAX_STATUSES = 6
_SECONDS = (60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Jobs in equally long steps, one after another from ``start``."""

    start: datetime
    seconds: int
    counts: dict[str, tuple[int, ...]]
    """For each status, how many jobs were created in each step; the most frequent status first."""


class Timeline:
    """Counts of jobs, taken in any order: at most ``max_steps`` for each status.

    Steps are at first as short as the window allows. If jobs reach further back than fits, steps are joined to longer
    ones; each length divides the next, so no job has to be counted again.
    """

    def __init__(
        self, since: datetime | None, until: datetime | None, now: datetime, max_steps: int = MAX_STEPS
    ) -> None:
        """Begin with no jobs; the steps lead from ``since`` or the first job to ``until`` or ``now``."""
        self._max_steps = max_steps
        self._lengths = _lengths()
        self._seconds = next(self._lengths)
        self._counts: dict[int, Counter[str]] = {}
        end = max(until or now, _EPOCH) - timedelta.resolution
        self._first = self._last = self._step_of(end)
        if since is not None:
            self._extend_to(min(since, end))

    def add(self, created_at: datetime, status: str) -> None:
        """Count one job of the window."""
        self._extend_to(created_at)
        self._counts.setdefault(self._step_of(created_at), Counter())[status] += 1

    def histogram(self) -> Histogram | None:
        """Return the jobs counted so far, oldest step first; None without any."""
        total = sum(self._counts.values(), Counter[str]())
        if not total:
            return None
        drawn = [status for status, _ in sorted(total.items(), key=lambda item: (-item[1], item[0]))]
        rare = drawn[_MAX_STATUSES:]
        each = [self._counts.get(step, Counter[str]()) for step in range(self._first, self._last + 1)]
        counts = {status: tuple(step[status] for step in each) for status in drawn[:_MAX_STATUSES]}
        if rare:
            others = tuple(sum(step[status] for status in rare) for step in each)
            counts[OTHER] = tuple(map(sum, zip(others, counts.get(OTHER, [0] * len(others)), strict=True)))
        return Histogram(_EPOCH + timedelta(seconds=self._first * self._seconds), self._seconds, counts)

    def _step_of(self, moment: datetime) -> int:
        # No job is older than the epoch; one with such a date is drawn there, not centuries away.
        return max(moment - _EPOCH, timedelta()) // timedelta(seconds=self._seconds)

    def _extend_to(self, moment: datetime) -> None:
        """Extend the timeline to ``moment``, in longer steps if necessary."""
        while True:
            step = self._step_of(moment)
            first, last = min(self._first, step), max(self._last, step)
            if last - first < self._max_steps:
                self._first, self._last = first, last
                return
            self._join_steps()

    def _join_steps(self) -> None:
        seconds = next(self._lengths)
        joined, self._seconds, counts = seconds // self._seconds, seconds, self._counts
        self._first, self._last, self._counts = self._first // joined, self._last // joined, {}
        for step, count in counts.items():
            self._counts.setdefault(step // joined, Counter()).update(count)


def _lengths() -> Iterator[int]:
    """Yield how many seconds a step may last, from short to long; each length divides the next."""
    yield from _SECONDS
    seconds = _SECONDS[-1]
    while True:
        seconds *= 2
        yield seconds
