"""Merge templates that say the same, and what was counted of their messages."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Generic, Protocol, Self, TypeVar

from writer_jobs_mcp.failures.classify.kinds import UNKNOWN, CauseKind, classify_kind
from writer_jobs_mcp.failures.grouping.template import collapse_wildcards, merge_tokens
from writer_jobs_mcp.failures.grouping.tokens import REST, WILDCARD, Token
from writer_jobs_mcp.failures.grouping.values import PlaceholderCounts
from writer_jobs_mcp.failures.grouping.variable_spans import Keys, Spans, find_variable_spans, fit_to_templates

_MERGE_ROUNDS = 4  # each may enable another, and few are ever needed
_ANY_VALUES = ("x", "7", "a7.b")  # in place of what varies: a name, a number, an id; they name no cause

ItemT = TypeVar("ItemT", contravariant=True)  # noqa: PLC0105 - items are only passed in


class Tally(Protocol[ItemT]):
    """A summary of the messages of one group, each added as an item."""

    def add(self, item: ItemT, /) -> None:
        """Add an item."""

    def merged(self, others: Iterable[Self], /) -> Self:
        """Return the sum of this tally and the others, which stay unchanged."""
        ...


T = TypeVar("T", bound=Tally[Any])


@dataclass
class Template(Generic[T]):
    """A template with the tally of its messages."""

    tokens: list[Token]
    tally: T
    weight: int = 1  # templates that this one was merged from
    counts: PlaceholderCounts = field(default_factory=PlaceholderCounts)


Templates = dict[Keys, Template[T]]
TemplatesByCause = dict[CauseKind, Templates[T]]


def join_unknown(templates: TemplatesByCause[T]) -> TemplatesByCause[T]:
    """Move templates without a known cause to their equals of a known kind, if their constant words name that cause.

    Otherwise a value, such as a file's name, would decide in which group a message is.
    """
    out = {cause: {**known} for cause, known in templates.items()}
    for keys, template in templates.get(UNKNOWN, {}).items():
        others = [cause for cause, known in templates.items() if cause != UNKNOWN and keys in known]
        named = (classify_kind(_constant_text(template.tokens, value)) for value in _ANY_VALUES if others)
        if cause := next((cause for cause in named if cause in others), None):
            out[cause][keys] = _merge_templates(out[cause][keys], [out[UNKNOWN].pop(keys)])
    return out


def _constant_text(tokens: Iterable[Token], value: str) -> str:
    return "".join(token.lead + (value if token.key == WILDCARD else token.display) for token in tokens)


def merge_alike(templates: Templates[T], check: Callable[[], None]) -> Templates[T]:
    """Return the templates with those merged that differ in names only; see `find_variable_spans` for `check`."""
    for _ in range(_MERGE_ROUNDS):
        found = find_variable_spans({keys: template.tokens for keys, template in templates.items()}, check)
        if not found:
            break
        templates = _apply_spans(templates, found, check)
    weights = {keys: template.weight for keys, template in templates.items()}
    return _apply_spans(templates, fit_to_templates(weights, check), check)


def _apply_spans(templates: Templates[T], found: Spans, check: Callable[[], None]) -> Templates[T]:
    alike: dict[Keys, list[Template[T]]] = defaultdict(list)
    for old, known in templates.items():
        if old in found:
            check()
            tokens, starts = collapse_wildcards(_with_wildcards(known.tokens, found[old]))
            counts = known.counts.collapsed(known.tokens, tokens, starts)
            known = Template(tokens, known.tally, known.weight, counts)  # noqa: PLW2901 - the same, with wildcards
        alike[tuple(token.key for token in known.tokens)].append(known)
    return {keys: first if not others else _merge_templates(first, others) for keys, (first, *others) in alike.items()}


def _merge_templates(first: Template[T], others: Sequence[Template[T]]) -> Template[T]:
    return Template(
        reduce(merge_tokens, (other.tokens for other in others), first.tokens),
        first.tally.merged(other.tally for other in others),
        first.weight + sum(other.weight for other in others),
        first.counts.merged([other.counts for other in others]),
    )


def _with_wildcards(tokens: Sequence[Token], spans: Iterable[tuple[int, int]]) -> list[Token]:
    inside = {i for start, stop in spans for i in range(start, stop)}
    return [Token(WILDCARD, p.lead, REST) if i in inside and p.key != WILDCARD else p for i, p in enumerate(tokens)]
