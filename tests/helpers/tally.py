"""What a run has tried, and what of it went wrong: counted in each process, summed over all."""

from collections import Counter
from dataclasses import dataclass, field

import pytest


@dataclass
class Tally:
    """What was tried, by kind, and what went wrong with it."""

    tried: Counter[str] = field(default_factory=Counter[str])
    lost: int = 0
    leaked: int = 0
    hung: int = 0

    def check_for_key(self, text: str) -> None:
        """Look through whatever an agent or a person gets to see."""
        from tests.helpers.key import leaked_parts  # noqa: PLC0415 - it imports the whole server

        parts = leaked_parts(text)
        self.leaked += bool(parts)
        assert parts == []

    def __iadd__(self, other: "Tally") -> "Tally":
        """Add what another process counted."""
        self.tried += other.tried
        self.lost += other.lost
        self.leaked += other.leaked
        self.hung += other.hung
        return self

    def __str__(self) -> str:
        tried = ", ".join(f"{number} {kind}" for kind, number in sorted(self.tried.items()))
        return f"Tried: {tried}. Lost {self.lost}, leaked {self.leaked}, hung {self.hung}."


TALLY = pytest.StashKey[Tally]()
