"""Count the values of the wildcards of a group, and find the wildcards that distinguish its messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from hashlib import blake2b
from heapq import nsmallest
from typing import NamedTuple

from writer_jobs_mcp.failures.grouping.tokens import NUMBER, WILDCARD, Token

MAX_DISTINCT = 100
"""Values of a wildcard; one that has more is no longer counted."""
MAX_VALUE_CHARS = 80
MAX_PLACEHOLDERS = 16  # of a template that are counted; a signature seldom shows more
MAX_VALUES = 200_000
"""Kept at once for all groups, in about 30 MB. With more, no values are shown."""
_MAX_SHOWN, _MAX_TOP = 2, 3

Counts = dict[str, int] | str | None
"""How often each value of a wildcard was seen; the value alone if it is the only one; None if not known."""


class PlaceholderValues(NamedTuple):
    """The values of a wildcard that distinguishes the messages of a group."""

    placeholder: str
    """As it stands in the signature: `<id>`, `<number>`, `<…>`.

    If the signature has several of it, with the word before it (`organization <id>`); if that is not unique either,
    with its number (`<id> (2nd)`).
    """
    distinct: int  # how many values there are
    top: tuple[tuple[str, int], ...]  # at most three values with their counts, the most frequent first


class PlaceholderCounts:
    """The values of each wildcard of a template, over its counted messages."""

    __slots__ = ("counts", "message_count")

    def __init__(self) -> None:
        self.message_count = 0
        self.counts: list[Counts] = []

    def add(self, values: Sequence[str], count: int) -> int:
        """Count `count` more messages with these values; return how many values are new."""
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
        """Return the values of a wildcard."""
        return self.counts[index] if index < len(self.counts) else None

    def collapsed(self, old: Sequence[Token], new: Sequence[Token], starts: Sequence[int]) -> PlaceholderCounts:
        """Return the values for `new`; each of its tokens joins those of `old` from its start to the next start."""
        out = PlaceholderCounts()
        out.message_count = self.message_count
        if not self.message_count:
            return out
        wildcards = {i: n for n, i in enumerate(i for i, token in enumerate(old) if token.key == WILDCARD)}
        for token, start, stop in zip(new, starts, [*starts[1:], len(old)], strict=True):
            if token.key == WILDCARD and len(out.counts) < MAX_PLACEHOLDERS:
                parts: list[Counts] = [
                    self.counts_at(wildcards[i]) if i in wildcards else old[i].display for i in range(start, stop)
                ]
                whole = parts[0]
                for i, part in enumerate(parts[1:], start + 1):
                    whole = _join_counts(whole, old[i].lead, part)
                out.counts.append(whole)
        return out

    def merged(self, others: Sequence[PlaceholderCounts]) -> PlaceholderCounts:
        """Return the values over the messages of all these templates, which have the same wildcards."""
        counting = [each for each in (self, *others) if each.message_count]
        if len(counting) <= 1:
            return counting[0] if counting else self
        out = PlaceholderCounts()
        out.message_count = sum(each.message_count for each in counting)
        for i in range(max(len(each.counts) for each in counting)):
            out.counts.append(_sum_counts([(each.counts_at(i), each.message_count) for each in counting]))
        return out


def distinguishing_values(
    counted: PlaceholderCounts, tokens: Sequence[Token], signature: str, visible: int
) -> tuple[PlaceholderValues, ...]:
    """Return the values of the wildcards that distinguish the messages of a group, at most two.

    A wildcard does if it has at least two values, and at most half as many as there are messages. Names come before
    numbers, which say how much rather than what; then those with the fewest values, since they divide the messages into
    the fewest parts; then those that stand first. Two wildcards that always have the same values are one.
    Of the signature, a reader sees `visible` characters.
    """
    wildcards = (i for i, token in enumerate(tokens) if token.key == WILDCARD)
    found: list[tuple[tuple[bool, int, int], dict[str, int], int]] = []
    for i, counts in zip(wildcards, counted.counts, strict=False):
        if isinstance(counts, dict) and 1 < len(counts) <= counted.message_count / 2:
            found.append(((tokens[i].display.startswith(NUMBER), len(counts), i), counts, i))
    shown: list[dict[str, int]] = []
    out: list[PlaceholderValues] = []
    for _, counts, i in sorted(found, key=lambda each: each[0]):
        if len(out) < _MAX_SHOWN and counts not in shown and (name := _placeholder_name(tokens, i, signature, visible)):
            shown.append(counts)
            top = nsmallest(_MAX_TOP, counts.items(), key=lambda each: (-each[1], each[0]))
            out.append(PlaceholderValues(name, len(counts), tuple((value[:MAX_VALUE_CHARS], n) for value, n in top)))
    return tuple(out)


def _placeholder_name(tokens: Sequence[Token], wildcard: int, signature: str, visible: int) -> str | None:
    """Return how a reader finds the wildcard in the signature; None if it is not visible there."""
    before = "".join(token.lead + token.display for token in tokens[:wildcard]) + tokens[wildcard].lead
    shown = " ".join(tokens[wildcard].display.split())
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


def _shorten_value(text: str) -> str:
    """Return a value as it is kept: a long one is cut, and a digest distinguishes it from others."""
    return text if len(text) <= MAX_VALUE_CHARS else _elide(text) + _digest(text)


def _elide(text: str) -> str:
    if len(text) <= MAX_VALUE_CHARS:
        return text
    tail = MAX_VALUE_CHARS // 3
    return f"{text[: MAX_VALUE_CHARS - 1 - tail]}…{text[-tail:]}"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _join_counts(one: Counts, lead: str, other: Counts) -> Counts:
    """Join the values of two neighbours. If both vary, it is not known which come together."""
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
        for value, count in {counts: counted}.items() if isinstance(counts, str) else counts.items():
            out[value] = out.get(value, 0) + count
            if len(out) > MAX_DISTINCT:
                return None
    return next(iter(out)) if len(out) == 1 else out
