"""Repeatable randomness: the same seed gives the same ids and texts."""

from collections.abc import Callable
from hashlib import blake2b
from random import Random
from uuid import UUID


def seeded_random(*parts: object) -> Random:
    """Return a generator seeded only by these parts."""
    return Random(" ".join(map(str, parts)))  # noqa: S311 - repeatable test data


def seeded_key(*parts: object) -> bytes:
    """Return a key for `keyed_number` that depends only on these parts."""
    return blake2b(" ".join(map(str, parts)).encode(), digest_size=16).digest()


def keyed_number(key: bytes, number: int, bits: int = 48) -> int:
    """Return a number from 0 to `2**bits - 1` that depends only on the key and the number; `bits` is a multiple of 8.

    It looks random, and takes a tenth of the time of a `seeded_random` for each number.
    """
    return int.from_bytes(blake2b(number.to_bytes(16), key=key, digest_size=bits // 8).digest())


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
