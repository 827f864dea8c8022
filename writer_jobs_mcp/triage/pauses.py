"""The pauses of a wait: short at first, so that a job that finishes soon is seen soon."""

from collections.abc import Iterator

_FIRST, _LONGEST, _GROWTH = 0.5, 5.0, 1.5  # seconds


def growing_pauses() -> Iterator[float]:
    """Yield the seconds between two looks at a running job."""
    pause = _FIRST
    while True:
        yield pause
        pause = min(pause * _GROWTH, _LONGEST)
