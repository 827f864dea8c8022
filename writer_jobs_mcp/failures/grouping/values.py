"""What stands in the places of a group's messages that vary, and which of these places tell its messages apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from heapq import nsmallest
from typing import NamedTuple

from writer_jobs_mcp.failures.grouping.tokenize import NUMBER, VARIES, Piece

DISTINCT = 100
"""Values of a place; one that has more is no longer counted."""
VALUE_CHARS = 80
PLACES = 16  # of a message whose values are counted; a signature seldom shows more
VALUES = 200_000
"""Kept at once, over all groups. They take about 30 MB; where there are more, none are shown."""
_SHOWN, _TOP = 2, 3

Counts = dict[str, int] | str | None
"""How often each value of a place was seen; a value alone if it is the only one; None where it is not known."""


class PlaceholderValues(NamedTuple):
    """The values of a place that tells the messages of a group apart."""

    placeholder: str
    """As it stands in the signature: `<id>`, `<number>`, `<…>`.

    Where the signature has it more than once, with the word before it (`organization <id>`), or, if that is there more
    than once as well, with its number among its like (`<id> (2nd)`).
    """
    distinct: int
    """How many values there are."""
    top: tuple[tuple[str, int], ...]
    """The most frequent ones with their counts, at most three, the most frequent first."""


class Varying:
    """The values of each place that varies, over the counted messages of one wording."""

    __slots__ = ("counted", "places")

    def __init__(self) -> None:
        self.counted = 0  # messages
        self.places: list[Counts] = []

    def add(self, values: Sequence[str], count: int) -> int:
        """Count `count` more messages, in whose places these values stand. Returns how many values are new here."""
        before, self.counted = self.counted, self.counted + count
        if not before:
            self.places = [_value(value) for value in values[:PLACES]]
            return len(self.places)
        new = 0
        for i, counts in enumerate(self.places):
            if counts is None:
                continue
            value = _value(values[i])
            if isinstance(counts, str):
                if counts == value:
                    continue
                self.places[i] = {counts: before, value: count}
                new += 1
            elif value in counts:
                counts[value] += count
            else:
                new += 1
                counts[value] = count
                if len(counts) > DISTINCT:
                    self.places[i] = None
        return new

    def place(self, index: int) -> Counts:
        """The values of a place."""
        return self.places[index] if index < len(self.places) else None

    def collapsed(self, old: Sequence[Piece], new: Sequence[Piece], starts: Sequence[int]) -> Varying:
        """The values of the places of `new`, each of which holds the pieces of `old` from its start to the next one."""
        out = Varying()
        out.counted = self.counted
        if not self.counted:
            return out
        places = {i: n for n, i in enumerate(i for i, piece in enumerate(old) if piece.key == VARIES)}
        for piece, start, stop in zip(new, starts, [*starts[1:], len(old)], strict=True):
            if piece.key == VARIES and len(out.places) < PLACES:
                parts: list[Counts] = [
                    self.place(places[i]) if i in places else old[i].shown for i in range(start, stop)
                ]
                whole = parts[0]
                for i, part in enumerate(parts[1:], start + 1):
                    whole = _joined(whole, old[i].lead, part)
                out.places.append(whole)
        return out

    def merged(self, others: Sequence[Varying]) -> Varying:
        """The values over the messages of all these wordings, which have the same places."""
        counting = [each for each in (self, *others) if each.counted]
        if len(counting) <= 1:
            return counting[0] if counting else self
        out = Varying()
        out.counted = sum(each.counted for each in counting)
        for i in range(max(len(each.places) for each in counting)):
            out.places.append(_sum([(each.place(i), each.counted) for each in counting]))
        return out


def telling(varying: Varying, pieces: Sequence[Piece], signature: str, visible: int) -> tuple[PlaceholderValues, ...]:
    """The values of the places that tell the messages of a group apart, at most two.

    A place does if it has at least two values, and at most half as many as there are messages. Of several, those that
    name something come before numbers, which say how much rather than what; then those with the fewest values, as they
    divide the messages into the fewest parts; then those that stand first. Two places that always have the same values
    are one.

    Args:
        varying: The values.
        pieces: The pieces of the signature.
        signature: The signature, as long as it may be.
        visible: How many of its characters a reader sees.
    """
    places = (i for i, piece in enumerate(pieces) if piece.key == VARIES)
    found: list[tuple[tuple[bool, int, int], dict[str, int], int]] = []
    for i, counts in zip(places, varying.places, strict=False):
        if isinstance(counts, dict) and 1 < len(counts) <= varying.counted / 2:
            found.append(((pieces[i].shown.startswith(NUMBER), len(counts), i), counts, i))
    shown: list[dict[str, int]] = []
    out: list[PlaceholderValues] = []
    for _, counts, i in sorted(found, key=lambda each: each[0]):
        if len(out) < _SHOWN and counts not in shown and (name := _placeholder(pieces, i, signature, visible)):
            shown.append(counts)
            out.append(PlaceholderValues(name, len(counts), _top(counts)))
    return tuple(out)


def _top(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    first = nsmallest(_TOP, counts.items(), key=lambda each: (-each[1], each[0]))
    return tuple((value[:VALUE_CHARS], count) for value, count in first)


def _placeholder(pieces: Sequence[Piece], place: int, signature: str, visible: int) -> str | None:
    """How a reader finds the place in the signature; None where it is not seen there."""
    before = "".join(piece.lead + piece.shown for piece in pieces[:place]) + pieces[place].lead
    shown = " ".join(pieces[place].shown.split())
    start = len(" ".join(before.split())) + (before[-1:].isspace() and not before.isspace())
    if not shown or start + len(shown) > visible or not signature.startswith(shown, start):
        return None
    seen, end = signature[:visible], start + len(shown)
    if seen.count(shown) == 1:
        return shown
    *_, word = _WORD.findall(signature[:start]) or [""]
    after = signature[end : end + 1] if word and _QUOTES.get(word[-1]) == signature[end : end + 1] else ""
    if word and seen.count(named := f"{word}{shown}{after}") == 1 and end + len(after) <= visible:
        return named
    return f"{shown} ({_ordinal(seen.count(shown, 0, start) + 1)})"


_WORD = re.compile(r"\w[^\s<>]*\ ?[^\w\s<>]*\Z")
_QUOTES = {"'": "'", '"': '"', "`": "`", "(": ")", "[": "]", "“": "”", "«": "»", "„": "“", "「": "」"}


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"


# ---- counts


def _value(text: str) -> str:
    """A value as it is kept; a long one is cut, and followed by a digest that tells it from others."""
    return text if len(text) <= VALUE_CHARS else _cut(text) + _digest(text)


def _cut(text: str) -> str:
    if len(text) <= VALUE_CHARS:
        return text
    tail = VALUE_CHARS // 3
    return f"{text[: VALUE_CHARS - 1 - tail]}…{text[-tail:]}"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _joined(one: Counts, lead: str, other: Counts) -> Counts:
    """The values of two neighbours as those of one place. Of two that vary it is not known which come together."""
    if one is None or other is None or (isinstance(one, dict) and isinstance(other, dict)):
        return None
    if isinstance(one, dict):
        return _mapped(one, lambda value: _concatenated(value, lead, str(other)))
    if isinstance(other, dict):
        return _mapped(other, lambda value: _concatenated(one, lead, value))
    return _concatenated(one, lead, other)


def _concatenated(one: str, lead: str, other: str) -> str:
    shown = f"{one[:VALUE_CHARS]}{lead}{other[:VALUE_CHARS]}"
    is_whole = len(one) <= VALUE_CHARS >= len(other)
    return _value(shown) if is_whole else _cut(shown) + _digest(f"{one}{lead}{other}")


def _mapped(counts: dict[str, int], function: Callable[[str], str]) -> dict[str, int]:
    out: dict[str, int] = {}
    for value, count in counts.items():
        new = function(value)
        out[new] = out.get(new, 0) + count
    return out


def _sum(each: Sequence[tuple[Counts, int]]) -> Counts:
    out: dict[str, int] = {}
    for counts, counted in each:
        if counts is None:
            return None
        for value, count in _items(counts, counted):
            out[value] = out.get(value, 0) + count
            if len(out) > DISTINCT:
                return None
    return next(iter(out)) if len(out) == 1 else out


def _items(counts: dict[str, int] | str, counted: int) -> Iterator[tuple[str, int]]:
    if isinstance(counts, str):
        yield counts, counted
    else:
        yield from counts.items()
