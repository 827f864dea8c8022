"""Classify why a job failed, as far as its error says so."""

import re
from functools import cache
from typing import NamedTuple

from writer_jobs_mcp.failures.classify.categories import ADVICE, DEFAULT_RETRY, Category, Retry
from writer_jobs_mcp.failures.classify.http_status import HTTP_STATUSES, find_http_statuses
from writer_jobs_mcp.failures.classify.load_rules import Rule, load_rules
from writer_jobs_mcp.failures.classify.negation import is_negated
from writer_jobs_mcp.failures.classify.patterns import compile_phrase, required_words
from writer_jobs_mcp.failures.classify.relevant_text import RelevantText, relevant_texts
from writer_jobs_mcp.failures.regex import regex

MAX_EVIDENCE_CHARS = 120


class Cause(NamedTuple):
    """Why a job failed, the words that say so, whether to run it again, and what to do about it."""

    category: Category
    evidence: str | None
    """The words of the error that decided, at most 120 characters; None for an unknown cause."""
    retry: Retry
    advice: str
    """One sentence from `ADVICE`; never words of the error."""


def classify_error(error: str) -> Cause:
    """Classify the cause of a failure from the text of its error.

    Precise rather than eager: if the error does not name a cause, the category is `unknown`. The most specific phrase
    wins wherever it stands, before any HTTP status: a blocked prompt stays one with status 403, a prompt that is too
    long stays one with 429. That the program itself failed (an exception, a 500) counts last, and only if no other
    block of the error names a cause. See `relevant_texts` for the words that count.
    """
    found: Cause | None = None
    for text in relevant_texts(error):
        cause = _classify_text(text)
        if cause and cause.category != "internal_error":
            return cause
        found = found or cause
    return found or Cause("unknown", None, "unknown", ADVICE["unknown", "unknown"])


def _classify_text(text: RelevantText) -> Cause | None:
    specific, fallback = _rule_indexes()
    return _match_rules(text, specific) or _match_status(text) or _match_rules(text, fallback)


# By phrase ------------------------------------------------------------------------------------------------------------


class _RulePhrase(NamedTuple):
    rank: int
    phrase: str
    rule: Rule
    required: tuple[tuple[str, ...], ...]
    """What a text must hold besides the word under which the phrase is filed: a word of each group."""


class _RuleIndex(NamedTuple):
    """Phrases by a word that they require; those that require none are under the empty string."""

    ascii: dict[str, list[_RulePhrase]]
    non_ascii: dict[str, list[_RulePhrase]]


@cache
def _rule_indexes() -> tuple[_RuleIndex, _RuleIndex]:
    rules = load_rules()
    return _build_index(rules.specific), _build_index(rules.fallback)


def _build_index(rules: list[Rule]) -> _RuleIndex:
    index = _RuleIndex({}, {})
    phrases = [(rule, phrase) for rule in rules for phrase in rule.examples]
    for rank, (rule, phrase) in enumerate(phrases):
        rarest, *others = required_words(phrase) or [("",)]
        for word in rarest:
            by_word = index.ascii if word.isascii() else index.non_ascii
            by_word.setdefault(word, []).append(_RulePhrase(rank, phrase, rule, tuple(others)))
    return index


def _match_rules(text: RelevantText, index: _RuleIndex) -> Cause | None:
    relevant = text.relevant
    lowered = relevant.lower()
    candidates = [phrase for word, phrases in index.ascii.items() if word in lowered for phrase in phrases]
    if not lowered.isascii():
        candidates += [phrase for word, phrases in index.non_ascii.items() if word in lowered for phrase in phrases]
    for candidate in sorted(candidates):
        if all(any(word in lowered for word in words) for words in candidate.required):
            for match in compile_phrase(candidate.phrase).finditer(relevant):
                if not is_negated(relevant, *match.span()):
                    return _make_cause(candidate.rule.category, candidate.rule.retry, text, match.span())
    return None


# By HTTP status ------------------------------------------------------------------------------------------------------


def _match_status(text: RelevantText) -> Cause | None:
    spans = find_http_statuses(text.relevant)
    for status, (category, retry) in HTTP_STATUSES.items() if spans else ():
        if status in spans and not is_negated(text.relevant, *spans[status]):
            return _make_cause(category, retry, text, spans[status])
    return None


# Evidence -------------------------------------------------------------------------------------------------------------

_CLAUSE_END = r"[\0\n;<>]|[.!?](?=\s)"


def _make_cause(category: Category, retry: Retry | None, text: RelevantText, span: tuple[int, int]) -> Cause:
    retry = retry or DEFAULT_RETRY[category]
    return Cause(category, _clause_around(text.original, *span), retry, ADVICE[category, retry])


def _clause_around(original: str, start: int, end: int) -> str:
    """Return the clause around the deciding words, or as many whole words around them as fit."""
    start += len(original[start:end]) - len(original[start:end].lstrip("\0 \n\t"))
    end = min(end, start + MAX_EVIDENCE_CHARS)
    room = MAX_EVIDENCE_CHARS - (end - start)
    left = max([stop.end() for stop in regex(_CLAUSE_END).finditer(original, max(0, start - room), start)], default=-1)
    if left < 0:
        left = _next_word_start(original, max(0, start - room // 2), start)
    stop = regex(_CLAUSE_END).search(original, end, left + MAX_EVIDENCE_CHARS)
    right = stop.start() if stop else left + MAX_EVIDENCE_CHARS
    if not stop and right < len(original):
        right = max(end, original.rfind(" ", end, right))
    return original[left:right].strip()


def _next_word_start(original: str, at: int, before: int) -> int:
    """Return where the next word starts."""
    if at == 0:
        return 0
    space = re.compile(r"\s\S").search(original, at, before)
    return space.start() + 1 if space else before
