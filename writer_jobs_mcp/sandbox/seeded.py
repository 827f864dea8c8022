"""Chance that repeats: the same seed, the same ids and words."""

from collections.abc import Callable
from random import Random
from uuid import UUID


def seeded_random(*parts: object) -> Random:
    """A generator that depends on these parts alone."""
    return Random(" ".join(map(str, parts)))  # noqa: S311 - it makes test data, and has to repeat


def random_uuid(rng: Random) -> str:
    """A UUID, by the luck of this generator."""
    return str(UUID(int=rng.getrandbits(128), version=4))


class TemplateValues(dict[str, str]):
    """Words for a `string.Template`: each slot is filled when first used and keeps its word."""

    def __init__(self, fill: Callable[[str], str]) -> None:
        super().__init__()
        self._fill = fill

    def __missing__(self, slot: str) -> str:
        word = self[slot] = self._fill(slot)
        return word
