"""Repeatable randomness: the same seed gives the same ids and texts."""

from collections.abc import Callable
from random import Random
from uuid import UUID


def seeded_random(*parts: object) -> Random:
    """Return a generator seeded only by these parts."""
    return Random(" ".join(map(str, parts)))  # noqa: S311 - repeatable test data


def random_uuid(rng: Random) -> str:
    """Return a UUID drawn from this generator."""
    return str(UUID(int=rng.getrandbits(128), version=4))


class TemplateValues(dict[str, str]):
    """Values for a `string.Template`: each variable gets its value at first use, and keeps it."""

    def __init__(self, generate: Callable[[str], str]) -> None:
        super().__init__()
        self._generate = generate

    def __missing__(self, name: str) -> str:
        value = self[name] = self._generate(name)
        return value
