"""Error messages grouped by what they say, the variable parts aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from hashlib import blake2b
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

from writer_jobs_mcp.failures.grouping.merge import Gaps, Keys, fitting, gaps
from writer_jobs_mcp.failures.grouping.template import collapsed, joined, wording
from writer_jobs_mcp.failures.grouping.tokenize import REST, VARIES, Piece
from writer_jobs_mcp.failures.grouping.values import VALUES, PlaceholderValues, Varying, telling

SIGNATURE_CHARS = 160
# Kept at once, names and numbers aside. When each is as long as can be, comparing so many takes about 5 s and 200 MB.
WORDINGS = 10_000
REMEMBERED = 10_000  # messages whose wording need not be worked out again
REMEMBERED_CHARS = 500  # of longer ones only a digest is kept
ROUNDS = 4  # of comparing; each may make another possible, and few are ever needed


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
_OTHERS = [
    Piece("", "", ""),
    Piece("…", "", "(other messages, worded in too many ways to compare)"),
]  # as no message is worded


@dataclass
class _Wording(Generic[T]):
    pieces: list[Piece]
    tally: T
    weight: int = 1  # wordings this one was made of
    varying: Varying = field(default_factory=Varying)


@dataclass(slots=True)
class _Message(Generic[T]):
    """A message whose wording need not be worked out again."""

    wording: _Wording[T]
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


_Wordings = dict[Keys, _Wording[T]]


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
        self._new, self._check = tally, check
        self._wordings: _Wordings[T] = {}
        self._remembered: dict[str | bytes, _Message[T]] = {}
        self._is_full = False
        self._values = 0  # kept, those of places with too many of them included
        self.all_compared = True
        """Whether the time was enough to compare all messages, as far as they were asked for."""

    def add(self, message: str, item: K, *, counted: bool = True) -> None:
        """Take `message`, for which `item` stands.

        `counted`: whether it counts in the values of its group. Its tally takes the item in any case.
        """
        remembered_as = message if len(message) <= REMEMBERED_CHARS else _digest(message)
        known = self._remembered.get(remembered_as)
        if known is None:
            known = self._place(message)
            if len(self._remembered) >= REMEMBERED:
                self._forget()
            self._remembered[remembered_as] = known
        known.count += counted
        known.tally.add(item)

    def groups(self) -> Iterator[FoundGroup[T]]:
        """The groups so far. More messages may be added afterwards.

        The values of a group are left out where they could not be counted exactly: when the messages were worded in
        more than `WORDINGS` ways, had more than `VALUES` values, or were not all compared.
        """
        self._count_values()
        for merged in self._merged().values():
            text = " ".join("".join(piece.lead + piece.shown for piece in merged.pieces).split())
            is_whole = len(text) <= SIGNATURE_CHARS
            yield FoundGroup(
                text if is_whole else text[: SIGNATURE_CHARS - 1] + "…",
                merged.tally,
                telling(merged.varying, merged.pieces, text, len(text) if is_whole else SIGNATURE_CHARS - 1)
                if self._counts_values and self.all_compared
                else (),
            )

    @property
    def all_kept(self) -> bool:
        """Whether each message is in the group of its own words: False once there was no room for more wordings."""
        return tuple(piece.key for piece in _OTHERS) not in self._wordings

    @property
    def _counts_values(self) -> bool:
        return self._values <= VALUES

    def _count_values(self) -> None:
        for known in self._remembered.values():
            if known.count and self._counts_values:
                self._values += known.wording.varying.add(known.values, known.count)
            known.count = 0
        if not self._counts_values:
            self._drop_values()

    def _drop_values(self) -> None:
        self._values = VALUES + 1
        for known in self._wordings.values():
            known.varying = Varying()
        for message in self._remembered.values():
            message.values = ()

    def _forget(self) -> None:
        self._count_values()
        self._remembered.clear()

    def _place(self, message: str) -> _Message[T]:
        pieces, values = wording(message)
        keys = tuple(piece.key for piece in pieces)
        if keys not in self._wordings and len(self._wordings) >= WORDINGS:
            self._make_room()
            if self._is_full:
                pieces, keys, values = _OTHERS, tuple(piece.key for piece in _OTHERS), ()
        known = self._wordings.setdefault(keys, _Wording(pieces, self._new()))
        if known.pieces != pieces:
            known.pieces = joined(known.pieces, pieces)
        return _Message(known, known.tally, values if self._counts_values else ())

    def _merged(self) -> _Wordings[T]:
        wordings = self._wordings
        try:
            for _ in range(ROUNDS):
                found = gaps({keys: wording.pieces for keys, wording in wordings.items()}, self._check)
                if not found:
                    break
                wordings = _with_gaps(wordings, found, self._check)
            weights = {keys: wording.weight for keys, wording in wordings.items()}
            return _with_gaps(wordings, fitting(weights, self._check), self._check)
        except OutOfTime:
            self.all_compared = False
            return wordings

    def _make_room(self) -> None:
        if not self._is_full:
            self._drop_values()  # which messages are merged for good depends on the order of arrival
            self._wordings = self._merged()
            self._remembered.clear()
            self._is_full = len(self._wordings) > WORDINGS // 2  # merging again would gain little and cost as much


def _with_gaps(wordings: _Wordings[T], found: Gaps, check: Callable[[], None]) -> _Wordings[T]:
    alike: dict[Keys, list[_Wording[T]]] = defaultdict(list)
    for old, known in wordings.items():
        if old in found:
            check()
            pieces, starts = collapsed(_varied(known.pieces, found[old]))
            varying = known.varying.collapsed(known.pieces, pieces, starts)
            known = _Wording(pieces, known.tally, known.weight, varying)  # noqa: PLW2901 - the same, with places
        alike[tuple(piece.key for piece in known.pieces)].append(known)
    return {keys: first if not others else _one_of(first, others) for keys, (first, *others) in alike.items()}


def _one_of(first: _Wording[T], others: Sequence[_Wording[T]]) -> _Wording[T]:
    return _Wording(
        reduce(joined, (other.pieces for other in others), first.pieces),
        first.tally.merged(other.tally for other in others),
        first.weight + sum(other.weight for other in others),
        first.varying.merged([other.varying for other in others]),
    )


def _varied(pieces: Sequence[Piece], places: Iterable[tuple[int, int]]) -> list[Piece]:
    inside = {i for start, stop in places for i in range(start, stop)}
    return [Piece(VARIES, p.lead, REST) if i in inside and p.key != VARIES else p for i, p in enumerate(pieces)]


def _digest(message: str) -> bytes:
    return blake2b(message.encode("utf-8", "surrogatepass"), digest_size=16).digest()
