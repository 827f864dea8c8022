"""What a search keeps of the pages that it has read."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReadPage:
    """The rows of a page, newest first."""

    offset: int
    ids: Sequence[str]
    times: Sequence[datetime]  # newest first
    number: int  # of the pages read before it

    @property
    def end(self) -> int:
        """The offset of the row after its last one."""
        return self.offset + self.size

    @property
    def size(self) -> int:
        """How many rows it has."""
        return len(self.ids)

    def rows_since(self, moment: datetime | None) -> int:
        """Return how many of its jobs were created at or after ``moment``; None is before all times."""
        return self.size if moment is None else bisect_left(self.times, True, key=lambda time: time < moment)

    def is_older_than(self, moment: datetime | None) -> bool:
        """Return whether all of its jobs were created before ``moment``, also if it has none."""
        return not self.rows_since(moment)

    def is_newer_than(self, moment: datetime | None) -> bool:
        """Return whether it has jobs, and all were created at or after ``moment``."""
        return bool(self.ids) and self.rows_since(moment) == self.size

    def contradicts(self, later: ReadPage) -> bool:
        """Return whether a page further back in the list has a newer job."""
        return self.end <= later.offset and bool(self.times and later.times) and self.times[-1] < later.times[0]
