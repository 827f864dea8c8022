"""How much a run of the robustness tests tries, and what it counts."""

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

T = TypeVar("T")


def gate_or_full(gate: T, full: T) -> T:
    """Return the first for ``make test``, the second for ``make robustness``."""
    return full if os.environ.get("ROBUSTNESS") == "full" else gate


@dataclass
class Tally:
    """What was tried, by kind, and how often it went wrong; summed over all processes of a run."""

    tried: Counter[str] = field(default_factory=Counter[str])
    lost: int = 0
    leaked: int = 0
    hung: int = 0

    def check_for_key(self, text: str) -> None:
        """Check that output for an agent or a person shows no part of the key."""
        from tests.helpers.key import leaked_parts  # noqa: PLC0415 - it imports the whole server

        parts = leaked_parts(text)
        self.leaked += bool(parts)
        assert parts == []

    def __iadd__(self, other: "Tally") -> "Tally":
        """Add the counts of another process."""
        self.tried += other.tried
        self.lost += other.lost
        self.leaked += other.leaked
        self.hung += other.hung
        return self

    def __str__(self) -> str:
        tried = ", ".join(f"{number} {kind}" for kind, number in sorted(self.tried.items()))
        return f"Tried: {tried}. Lost {self.lost}, leaked {self.leaked}, hung {self.hung}."


TALLY = pytest.StashKey[Tally]()
