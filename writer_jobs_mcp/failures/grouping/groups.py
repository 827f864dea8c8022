"""Group error messages that have the same cause and differ only in their variable parts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Generic, NamedTuple, Self, TypeVar

from writer_jobs_mcp.failures.classify.kinds import CauseKind, classify_kind
from writer_jobs_mcp.failures.grouping.merge import T, Template, TemplatesByCause, join_unknown, merge_alike
from writer_jobs_mcp.failures.grouping.template import merge_tokens, parse_template
from writer_jobs_mcp.failures.grouping.tokens import Token
from writer_jobs_mcp.failures.grouping.values import (
    MAX_VALUES,
    PlaceholderCounts,
    PlaceholderValues,
    distinguishing_values,
)

SIGNATURE_CHARS = 160
# Kept at once. If each is as long as possible, comparing so many takes about 5 s and 200 MB.
MAX_TEMPLATES = 10_000
MAX_CACHED_MESSAGES = 10_000  # whose templates are remembered
MAX_CACHE_KEY_CHARS = 500  # of a longer message only a digest is kept


class OutOfTime(Exception):
    """Error that the `check` of `FailureGroups` raises when there is no more time to compare messages."""


@dataclass(frozen=True)
class FailureGroup:
    """Messages that say the same.

    `signature`: their words, with `<number>`, `<id>` or `<…>` where they vary, at most 160 characters.
    `cause`: the kind of their cause, which is the same for all.
    `members`: their positions in the given messages, ascending.
    """

    signature: str
    cause: CauseKind
    count: int
    members: list[int]


def group_failures(messages: Sequence[str], check: Callable[[], None] = lambda: None) -> list[FailureGroup]:
    """Return the groups of `messages`, the largest first; each message is in exactly one.

    The groups do not depend on the order of the messages, as long as they have at most `MAX_TEMPLATES` templates. The
    time grows with the number of messages; of a long message only the ends are read. `check` is called every few
    milliseconds; what it raises ends the work.
    """
    table = FailureGroups[int, _Members](_Members, check)
    for position, message in enumerate(messages):
        check()
        table.add(message, position)
    groups = [
        FailureGroup(found.signature, found.cause, len(found.tally.positions), sorted(found.tally.positions))
        for found in table.groups()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.signature, group.members))


@dataclass
class _Members:
    positions: list[int] = field(default_factory=list[int])

    def add(self, item: int) -> None:
        self.positions.append(item)

    def merged(self, others: Iterable[Self]) -> Self:
        return type(self)([*self.positions, *(position for other in others for position in other.positions)])


K = TypeVar("K")
# No message has these tokens.
_OVERFLOW_TOKENS = [Token("", "", ""), Token("…", "", "(other messages, worded in too many ways to compare)")]
_OVERFLOW_KEYS = tuple(token.key for token in _OVERFLOW_TOKENS)


@dataclass(slots=True)
class _CachedMessage(Generic[T]):
    """A message whose template is remembered."""

    template: Template[T]
    tally: T  # of the template
    values: tuple[str, ...]  # of the wildcards
    count: int = 0  # seen since its values were last counted


class FoundGroup(NamedTuple, Generic[T]):
    """A group of messages that say the same, as `FailureGroups` counts them."""

    signature: str
    """Their words, with `<number>`, `<id>` or `<…>` where they vary, at most 160 characters."""
    cause: CauseKind
    """The kind of their cause, which is the same for all."""
    tally: T
    values: tuple[PlaceholderValues, ...]
    """The values of at most two wildcards that distinguish the counted messages; see `distinguishing_values`."""


class FailureGroups(Generic[K, T]):
    """The groups of a stream of messages, each added with an item for the tally of its group.

    Messages whose causes are of different known kinds are never in one group, however alike their words are.
    Messages are not kept: memory is bounded by `MAX_TEMPLATES` tallies. With more templates, those seen are merged for
    good to make room; what still does not fit becomes one group for each kind of cause, whose signature says so.
    Templates are compared when the groups are requested, so that the order of arrival cannot matter.
    """

    def __init__(self, tally: Callable[[], T], check: Callable[[], None] = lambda: None) -> None:
        """Start with no messages.

        Args:
            tally: Makes an empty tally.
            check: Called every few milliseconds while messages are compared. It may raise `OutOfTime`: then those not
                compared yet stay in groups of their own. Any other exception is passed on.
        """
        self._new_tally, self._check = tally, check
        self._templates: TemplatesByCause[T] = {}
        self._cache: dict[str | bytes, _CachedMessage[T]] = {}
        self._is_full = False
        self._value_count = 0  # kept, including those of wildcards with too many
        self.all_compared = True
        """Whether the time was enough to compare the messages when their groups were requested."""

    def add(self, message: str, item: K, *, counted: bool = True) -> None:
        """Add a message, with an item for the tally of its group.

        `counted`: whether its values count in its group. The tally takes the item in any case.
        """
        remembered_as = message
        if len(message) > MAX_CACHE_KEY_CHARS:
            remembered_as = blake2b(message.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = self._cache.get(remembered_as)
        if known is None:
            known = self._assign_template(message)
            if len(self._cache) >= MAX_CACHED_MESSAGES:
                self._count_values()
                self._cache.clear()
            self._cache[remembered_as] = known
        known.count += counted
        known.tally.add(item)

    def groups(self) -> Iterator[FoundGroup[T]]:
        """Yield the groups so far. More messages may be added afterwards.

        The values of a group are left out if they could not be counted exactly: the messages had more than
        `MAX_TEMPLATES` templates or `MAX_VALUES` values, or were not all compared.
        """
        self._count_values()
        merged = [(cause, template) for cause, templates in self._merge().items() for template in templates.values()]
        for cause, template in merged:
            text = " ".join("".join(token.lead + token.display for token in template.tokens).split())
            visible = len(text) if len(text) <= SIGNATURE_CHARS else SIGNATURE_CHARS - 1
            yield FoundGroup(
                text[:visible] + "…" * (visible < len(text)),
                cause,
                template.tally,
                distinguishing_values(template.counts, template.tokens, text, visible)
                if self._keeps_values and self.all_compared
                else (),
            )

    @property
    def all_kept(self) -> bool:
        """Whether each message is in the group of its template: False once there was no room for more templates."""
        return not any(_OVERFLOW_KEYS in templates for templates in self._templates.values())

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
        for templates in self._templates.values():
            for known in templates.values():
                known.counts = PlaceholderCounts()
        for message in self._cache.values():
            message.values = ()

    def _assign_template(self, message: str) -> _CachedMessage[T]:
        tokens, values = parse_template(message)
        keys = tuple(token.key for token in tokens)
        cause = classify_kind(message)
        if keys not in self._templates.get(cause, ()) and self._template_count >= MAX_TEMPLATES:
            self._make_room()
            if self._is_full:
                tokens, keys, values = _OVERFLOW_TOKENS, _OVERFLOW_KEYS, ()
        known = self._templates.setdefault(cause, {}).setdefault(keys, Template(tokens, self._new_tally()))
        if known.tokens != tokens:
            known.tokens = merge_tokens(known.tokens, tokens)
        return _CachedMessage(known, known.tally, values if self._keeps_values else ())

    @property
    def _template_count(self) -> int:
        return sum(map(len, self._templates.values()))

    def _merge(self) -> TemplatesByCause[T]:
        found = join_unknown(self._templates)
        for cause, templates in found.items():
            try:
                found[cause] = merge_alike(templates, self._check)
            except OutOfTime:
                self.all_compared = False
        return join_unknown(found)

    def _make_room(self) -> None:
        if not self._is_full:
            self._drop_values()  # now the groups depend on the order of arrival
            self._templates = self._merge()
            self._cache.clear()
            # With so many left, merging again would gain little and cost as much.
            self._is_full = self._template_count > MAX_TEMPLATES // 2
