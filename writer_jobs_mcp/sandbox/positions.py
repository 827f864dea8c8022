"""What follows from a job's position in a list, without a table: its age, whether it fails, and its id.

Position 0 is the newest job. Everything is computed from a key, so that the same key gives the same jobs.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from uuid import UUID

from writer_jobs_mcp.sandbox.seeded import keyed_number

_POSITION_BITS, _TAG_BITS = 48, 80  # together the 128 bits of a UUID
_FRACTION_BITS = 48


class Ages:
    """The ages of `count` jobs: each hour has its share of them, as its load says, and spreads it evenly."""

    def __init__(self, key: bytes, count: int, hourly_loads: Sequence[int]) -> None:
        self._key, self._count = key, count
        total = sum(hourly_loads)
        self._first_of_hour = [0, *(count * load // total for load in accumulate(hourly_loads))]

    def age(self, position: int) -> timedelta:
        """Return the age of the job at this position; it never falls from one position to the next."""
        hour = bisect_right(self._first_of_hour, position) - 1
        first, end = self._first_of_hour[hour : hour + 2]
        fraction = keyed_number(self._key, position, _FRACTION_BITS) / 2**_FRACTION_BITS
        return timedelta(hours=hour + (position - first + fraction) / (end - first))

    def count_up_to(self, age: timedelta) -> int:
        """Return how many jobs have this age or a lower one."""
        return bisect_right(range(self._count), age, key=self.age)


class Outcomes:
    """Which of `count` jobs fail: `failed` of them, spread evenly, with one at random in each equal part of the list.

    Finding the n-th failed or completed job, or counting those before a position, takes the same time in any list.
    """

    def __init__(self, key: bytes, count: int, failed: int) -> None:
        self._key, self.count, self.failed, self.completed = key, count, failed, count - failed

    def is_failed(self, position: int) -> bool:
        """Whether the job at this position is one of those that fail."""
        return self.failed > 0 and self.failed_at(self._part(position)) == position

    def failed_at(self, rank: int) -> int:
        """Return the position of a failed job, by its rank among them from 0 on."""
        start, end = self._part_start(rank), self._part_start(rank + 1)
        return start + keyed_number(self._key, rank) % (end - start)

    def completed_at(self, rank: int) -> int:
        """Return the position of a job that completes, by its rank among them from 0 on."""
        if not self.failed:
            return rank
        part = ((rank + 1) * self.failed - 1) // self.completed
        position = self._part_start(part) + rank - part * self.completed // self.failed
        return position + (position >= self.failed_at(part))

    def failed_before(self, position: int) -> int:
        """Return how many of the jobs before this position fail."""
        if not self.failed or position >= self.count:
            return self.failed
        part = self._part(position)
        return part + (self.failed_at(part) < position)

    def _part_start(self, part: int) -> int:
        return part * self.count // self.failed

    def _part(self, position: int) -> int:
        """Return the last part that starts at or before this position."""
        return ((position + 1) * self.failed - 1) // self.count


class PositionIds:
    """Ids that contain their position: UUIDs that look random and can be read back with the key.

    The first 80 bits are a keyed hash of the position; the other 48 are the position, masked by a hash of the first.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def id(self, position: int) -> str:
        """Return the id of the job at this position, a version 4 UUID."""
        tag = UUID(int=keyed_number(self._key, position, _TAG_BITS) << _POSITION_BITS, version=4).int
        return str(UUID(int=tag | (position ^ self._mask(tag))))

    def position(self, job_id: str) -> int | None:
        """Return the position that has this id; None if it is no id made with this key."""
        try:
            number = UUID(job_id).int
        except ValueError:
            return None
        tag, masked = number >> _POSITION_BITS << _POSITION_BITS, number % 2**_POSITION_BITS
        position = masked ^ self._mask(tag)
        return position if self.id(position) == job_id else None

    def _mask(self, tag: int) -> int:
        return keyed_number(self._key, tag, _POSITION_BITS)
