"""Error messages grouped by what they say, the variable parts aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from hashlib import blake2b
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

from writer_jobs_mcp.failures.grouping.merge import Keys, Spans, find_variable_spans, fit_to_templates
from writer_jobs_mcp.failures.grouping.template import collapse_wildcards, merge_tokens, parse_template
from writer_jobs_mcp.failures.grouping.tokenize import REST, WILDCARD, Token
from writer_jobs_mcp.failures.grouping.values import (
    MAX_VALUES,
    PlaceholderCounts,
    PlaceholderValues,
    distinguishing_values,
)

SIGNATURE_CHARS = 160
# Kept at once, names and numbers aside. When each is as long as can be, comparing so many takes about 5 s and 200 MB.
MAX_TEMPLATES = 10_000
MAX_CACHED_MESSAGES = 10_000  # messages whose wording need not be worked out again
MAX_CACHE_KEY_CHARS = 500  # of longer ones only a digest is kept
MERGE_ROUNDS = 4  # of comparing; each may make another possible, and few are ever needed


class OutOfTime(Exception):
    """Raised by the `check` of `FailureGroups` when there is no more time to compare messages."""


@dataclass(frozen=True)
class FailureGroup:
    """Messages that say the same.

    `signature`: their words, with `<number>`, `<id>` or `<…>` where they vary, at most 160 characters.
    `members`: positions in the messages given, ascending.
    """

    signature: str
    count: int
    members: list[int]


def group_failures(messages: Sequence[str]) -> list[FailureGroup]:
    """The groups of `messages`, the largest first; each message is in exactly one.

    Who is together does not depend on the order of the messages, as long as they are worded in at most `WORDINGS` ways.
    Time grows with the number of messages; of a long message only the ends are looked at.
    """
    table = FailureGroups[int, _Members](_Members)
    for position, message in enumerate(messages):
        table.add(message, position)
    groups = [
        FailureGroup(signature, len(tally.positions), sorted(tally.positions)) for signature, tally, _ in table.groups()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.signature, group.members))


ItemT = TypeVar("ItemT", contravariant=True)  # noqa: PLC0105 - it is what is added


class Tally(Protocol[ItemT]):
    """What is kept of the messages of one group, each standing for itself as an item."""

    def add(self, item: ItemT, /) -> None:
        """Take one more."""

    def merged(self, others: Iterable[Self], /) -> Self:
        """A tally of these and its own; none of them changes."""
        ...


@dataclass
class _Members:
    positions: list[int] = field(default_factory=list[int])

    def add(self, item: int) -> None:
        self.positions.append(item)

    def merged(self, others: Iterable[Self]) -> Self:
        return type(self)([*self.positions, *(position for other in others for position in other.positions)])


K = TypeVar("K")
T = TypeVar("T", bound=Tally[Any])
_OVERFLOW_TOKENS = [
    Token("", "", ""),
    Token("…", "", "(other messages, worded in too many ways to compare)"),
]  # as no message is worded


@dataclass
class _Template(Generic[T]):
    tokens: list[Token]
    tally: T
    weight: int = 1  # wordings this one was made of
    counts: PlaceholderCounts = field(default_factory=PlaceholderCounts)


@dataclass(slots=True)
class _CachedMessage(Generic[T]):
    """A message whose wording need not be worked out again."""

    template: _Template[T]
    tally: T  # of the wording
    values: tuple[str, ...]  # in the places of the wording that vary
    count: int = 0  # seen since its values were last counted


class FoundGroup(NamedTuple, Generic[T]):
    """Messages that say the same, as `FailureGroups` counts them."""

    signature: str
    """Their words, with `<number>`, `<id>` or `<…>` where they vary, at most 160 characters."""
    tally: T
    values: tuple[PlaceholderValues, ...]
    """What stands in the places that tell the counted messages apart, at most two; see `telling`."""


_Templates = dict[Keys, _Template[T]]


class FailureGroups(Generic[K, T]):
    """The groups of a stream of messages, each added with an item that the tally of its group takes.

    Messages are not kept: memory is bounded by `WORDINGS` tallies. When there are more wordings, those seen are merged
    for good to make room; what still does not fit is one group, whose signature says so. Which wordings say the same is
    worked out when the groups are asked for, so that the order of arrival cannot matter.
    """

    def __init__(self, tally: Callable[[], T], check: Callable[[], None] = lambda: None) -> None:
        """Begin with no messages.

        Args:
            tally: Makes an empty tally.
            check: Called every few milliseconds while messages are compared. It may raise `OutOfTime`: then those that
                were not compared yet stay in groups of their own. What else it raises is passed on.
        """
        self._new_tally, self._check = tally, check
        self._templates: _Templates[T] = {}
        self._cache: dict[str | bytes, _CachedMessage[T]] = {}
        self._is_full = False
        self._value_count = 0  # kept, those of places with too many of them included
        self.all_compared = True
        """Whether the time was enough to compare all messages, as far as they were asked for."""

    def add(self, message: str, item: K, *, counted: bool = True) -> None:
        """Take `message`, for which `item` stands.

        `counted`: whether it counts in the values of its group. Its tally takes the item in any case.
        """
        remembered_as = message if len(message) <= MAX_CACHE_KEY_CHARS else _digest(message)
        known = self._cache.get(remembered_as)
        if known is None:
            known = self._assign_template(message)
            if len(self._cache) >= MAX_CACHED_MESSAGES:
                self._clear_cache()
            self._cache[remembered_as] = known
        known.count += counted
        known.tally.add(item)

    def groups(self) -> Iterator[FoundGroup[T]]:
        """The groups so far. More messages may be added afterwards.

        The values of a group are left out where they could not be counted exactly: when the messages were worded in
        more than `WORDINGS` ways, had more than `VALUES` values, or were not all compared.
        """
        self._count_values()
        for merged in self._merge().values():
            text = " ".join("".join(piece.lead + piece.display for piece in merged.tokens).split())
            is_whole = len(text) <= SIGNATURE_CHARS
            yield FoundGroup(
                text if is_whole else text[: SIGNATURE_CHARS - 1] + "…",
                merged.tally,
                distinguishing_values(
                    merged.counts, merged.tokens, text, len(text) if is_whole else SIGNATURE_CHARS - 1
                )
                if self._keeps_values and self.all_compared
                else (),
            )

    @property
    def all_kept(self) -> bool:
        """Whether each message is in the group of its own words: False once there was no room for more wordings."""
        return tuple(piece.key for piece in _OVERFLOW_TOKENS) not in self._templates

    @property
    def _keeps_values(self) -> bool:
        return self._value_count <= MAX_VALUES

    def _count_values(self) -> None:
        for known in self._cache.values():
            if known.count and self._keeps_values:
                self._value_count += known.template.counts.add(known.values, known.count)
            known.count = 0
        if not self._keeps_values:
            self._drop_values()

    def _drop_values(self) -> None:
        self._value_count = MAX_VALUES + 1
        for known in self._templates.values():
            known.counts = PlaceholderCounts()
        for message in self._cache.values():
            message.values = ()

    def _clear_cache(self) -> None:
        self._count_values()
        self._cache.clear()

    def _assign_template(self, message: str) -> _CachedMessage[T]:
        pieces, values = parse_template(message)
        keys = tuple(piece.key for piece in pieces)
        if keys not in self._templates and len(self._templates) >= MAX_TEMPLATES:
            self._make_room()
            if self._is_full:
                pieces, keys, values = _OVERFLOW_TOKENS, tuple(piece.key for piece in _OVERFLOW_TOKENS), ()
        known = self._templates.setdefault(keys, _Template(pieces, self._new_tally()))
        if known.tokens != pieces:
            known.tokens = merge_tokens(known.tokens, pieces)
        return _CachedMessage(known, known.tally, values if self._keeps_values else ())

    def _merge(self) -> _Templates[T]:
        wordings = self._templates
        try:
            for _ in range(MERGE_ROUNDS):
                found = find_variable_spans({keys: wording.tokens for keys, wording in wordings.items()}, self._check)
                if not found:
                    break
                wordings = _apply_spans(wordings, found, self._check)
            weights = {keys: wording.weight for keys, wording in wordings.items()}
            return _apply_spans(wordings, fit_to_templates(weights, self._check), self._check)
        except OutOfTime:
            self.all_compared = False
            return wordings

    def _make_room(self) -> None:
        if not self._is_full:
            self._drop_values()  # which messages are merged for good depends on the order of arrival
            self._templates = self._merge()
            self._cache.clear()
            self._is_full = (
                len(self._templates) > MAX_TEMPLATES // 2
            )  # merging again would gain little and cost as much


def _apply_spans(templates: _Templates[T], found: Spans, check: Callable[[], None]) -> _Templates[T]:
    alike: dict[Keys, list[_Template[T]]] = defaultdict(list)
    for old, known in templates.items():
        if old in found:
            check()
            pieces, starts = collapse_wildcards(_with_wildcards(known.tokens, found[old]))
            varying = known.counts.collapsed(known.tokens, pieces, starts)
            known = _Template(pieces, known.tally, known.weight, varying)  # noqa: PLW2901 - the same, with places
        alike[tuple(piece.key for piece in known.tokens)].append(known)
    return {keys: first if not others else _merge_templates(first, others) for keys, (first, *others) in alike.items()}


def _merge_templates(first: _Template[T], others: Sequence[_Template[T]]) -> _Template[T]:
    return _Template(
        reduce(merge_tokens, (other.tokens for other in others), first.tokens),
        first.tally.merged(other.tally for other in others),
        first.weight + sum(other.weight for other in others),
        first.counts.merged([other.counts for other in others]),
    )


def _with_wildcards(tokens: Sequence[Token], spans: Iterable[tuple[int, int]]) -> list[Token]:
    inside = {i for start, stop in spans for i in range(start, stop)}
    return [Token(WILDCARD, p.lead, REST) if i in inside and p.key != WILDCARD else p for i, p in enumerate(tokens)]


def _digest(message: str) -> bytes:
    return blake2b(message.encode("utf-8", "surrogatepass"), digest_size=16).digest()
