"""What stands in the places of a group's messages that vary, and which of these places tell its messages apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from heapq import nsmallest
from typing import NamedTuple

from writer_jobs_mcp.failures.grouping.tokenize import NUMBER, WILDCARD, Token

MAX_DISTINCT = 100
"""Values of a place; one that has more is no longer counted."""
MAX_VALUE_CHARS = 80
MAX_PLACEHOLDERS = 16  # of a message whose values are counted; a signature seldom shows more
MAX_VALUES = 200_000
"""Kept at once, over all groups. They take about 30 MB; where there are more, none are shown."""
_MAX_SHOWN, _MAX_TOP = 2, 3

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


class PlaceholderCounts:
    """The values of each place that varies, over the counted messages of one wording."""

    __slots__ = ("counts", "message_count")

    def __init__(self) -> None:
        self.message_count = 0  # messages
        self.counts: list[Counts] = []

    def add(self, values: Sequence[str], count: int) -> int:
        """Count `count` more messages, in whose places these values stand. Returns how many values are new here."""
        before, self.message_count = self.message_count, self.message_count + count
        if not before:
            self.counts = [_shorten_value(value) for value in values[:MAX_PLACEHOLDERS]]
            return len(self.counts)
        new = 0
        for i, counts in enumerate(self.counts):
            if counts is None:
                continue
            value = _shorten_value(values[i])
            if isinstance(counts, str):
                if counts == value:
                    continue
                self.counts[i] = {counts: before, value: count}
                new += 1
            elif value in counts:
                counts[value] += count
            else:
                new += 1
                counts[value] = count
                if len(counts) > MAX_DISTINCT:
                    self.counts[i] = None
        return new

    def counts_at(self, index: int) -> Counts:
        """The values of a place."""
        return self.counts[index] if index < len(self.counts) else None

    def collapsed(self, old: Sequence[Token], new: Sequence[Token], starts: Sequence[int]) -> PlaceholderCounts:
        """The values of the places of `new`, each of which holds the pieces of `old` from its start to the next one."""
        out = PlaceholderCounts()
        out.message_count = self.message_count
        if not self.message_count:
            return out
        places = {i: n for n, i in enumerate(i for i, piece in enumerate(old) if piece.key == WILDCARD)}
        for piece, start, stop in zip(new, starts, [*starts[1:], len(old)], strict=True):
            if piece.key == WILDCARD and len(out.counts) < MAX_PLACEHOLDERS:
                parts: list[Counts] = [
                    self.counts_at(places[i]) if i in places else old[i].display for i in range(start, stop)
                ]
                whole = parts[0]
                for i, part in enumerate(parts[1:], start + 1):
                    whole = _join_counts(whole, old[i].lead, part)
                out.counts.append(whole)
        return out

    def merged(self, others: Sequence[PlaceholderCounts]) -> PlaceholderCounts:
        """The values over the messages of all these wordings, which have the same places."""
        counting = [each for each in (self, *others) if each.message_count]
        if len(counting) <= 1:
            return counting[0] if counting else self
        out = PlaceholderCounts()
        out.message_count = sum(each.message_count for each in counting)
        for i in range(max(len(each.counts) for each in counting)):
            out.counts.append(_sum_counts([(each.counts_at(i), each.message_count) for each in counting]))
        return out


def distinguishing_values(
    varying: PlaceholderCounts, tokens: Sequence[Token], signature: str, visible: int
) -> tuple[PlaceholderValues, ...]:
    """The values of the places that tell the messages of a group apart, at most two.

    A place does if it has at least two values, and at most half as many as there are messages. Of several, those that
    name something come before numbers, which say how much rather than what; then those with the fewest values, as they
    divide the messages into the fewest parts; then those that stand first. Two places that always have the same values
    are one.

    Args:
        varying: The values.
        tokens: The tokens of the signature.
        signature: The signature, as long as it may be.
        visible: How many of its characters a reader sees.
    """
    places = (i for i, piece in enumerate(tokens) if piece.key == WILDCARD)
    found: list[tuple[tuple[bool, int, int], dict[str, int], int]] = []
    for i, counts in zip(places, varying.counts, strict=False):
        if isinstance(counts, dict) and 1 < len(counts) <= varying.message_count / 2:
            found.append(((tokens[i].display.startswith(NUMBER), len(counts), i), counts, i))
    shown: list[dict[str, int]] = []
    out: list[PlaceholderValues] = []
    for _, counts, i in sorted(found, key=lambda each: each[0]):
        if len(out) < _MAX_SHOWN and counts not in shown and (name := _placeholder_name(tokens, i, signature, visible)):
            shown.append(counts)
            out.append(PlaceholderValues(name, len(counts), _most_frequent(counts)))
    return tuple(out)


def _most_frequent(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    first = nsmallest(_MAX_TOP, counts.items(), key=lambda each: (-each[1], each[0]))
    return tuple((value[:MAX_VALUE_CHARS], count) for value, count in first)


def _placeholder_name(tokens: Sequence[Token], place: int, signature: str, visible: int) -> str | None:
    """How a reader finds the place in the signature; None where it is not seen there."""
    before = "".join(piece.lead + piece.display for piece in tokens[:place]) + tokens[place].lead
    shown = " ".join(tokens[place].display.split())
    start = len(" ".join(before.split())) + (before[-1:].isspace() and not before.isspace())
    if not shown or start + len(shown) > visible or not signature.startswith(shown, start):
        return None
    seen, end = signature[:visible], start + len(shown)
    if seen.count(shown) == 1:
        return shown
    *_, word = _LAST_WORD.findall(signature[:start]) or [""]
    after = signature[end : end + 1] if word and _CLOSING_MARKS.get(word[-1]) == signature[end : end + 1] else ""
    if word and seen.count(named := f"{word}{shown}{after}") == 1 and end + len(after) <= visible:
        return named
    return f"{shown} ({_ordinal(seen.count(shown, 0, start) + 1)})"


_LAST_WORD = re.compile(r"\w[^\s<>]*\ ?[^\w\s<>]*\Z")
_CLOSING_MARKS = {"'": "'", '"': '"', "`": "`", "(": ")", "[": "]", "“": "”", "«": "»", "„": "“", "「": "」"}


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"


# ---- counts


def _shorten_value(text: str) -> str:
    """A value as it is kept; a long one is cut, and followed by a digest that tells it from others."""
    return text if len(text) <= MAX_VALUE_CHARS else _elide(text) + _digest(text)


def _elide(text: str) -> str:
    if len(text) <= MAX_VALUE_CHARS:
        return text
    tail = MAX_VALUE_CHARS // 3
    return f"{text[: MAX_VALUE_CHARS - 1 - tail]}…{text[-tail:]}"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _join_counts(one: Counts, lead: str, other: Counts) -> Counts:
    """The values of two neighbours as those of one place. Of two that vary it is not known which come together."""
    if one is None or other is None or (isinstance(one, dict) and isinstance(other, dict)):
        return None
    if isinstance(one, dict):
        return _map_values(one, lambda value: _join_values(value, lead, str(other)))
    if isinstance(other, dict):
        return _map_values(other, lambda value: _join_values(one, lead, value))
    return _join_values(one, lead, other)


def _join_values(one: str, lead: str, other: str) -> str:
    shown = f"{one[:MAX_VALUE_CHARS]}{lead}{other[:MAX_VALUE_CHARS]}"
    is_whole = len(one) <= MAX_VALUE_CHARS >= len(other)
    return _shorten_value(shown) if is_whole else _elide(shown) + _digest(f"{one}{lead}{other}")


def _map_values(counts: dict[str, int], function: Callable[[str], str]) -> dict[str, int]:
    out: dict[str, int] = {}
    for value, count in counts.items():
        new = function(value)
        out[new] = out.get(new, 0) + count
    return out


def _sum_counts(each: Sequence[tuple[Counts, int]]) -> Counts:
    out: dict[str, int] = {}
    for counts, counted in each:
        if counts is None:
            return None
        for value, count in _items(counts, counted):
            out[value] = out.get(value, 0) + count
            if len(out) > MAX_DISTINCT:
                return None
    return next(iter(out)) if len(out) == 1 else out


def _items(counts: dict[str, int] | str, counted: int) -> Iterator[tuple[str, int]]:
    if isinstance(counts, str):
        yield counts, counted
    else:
        yield from counts.items()
