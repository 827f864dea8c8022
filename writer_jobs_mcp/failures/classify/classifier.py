"""Classify why a job failed, as far as its error says so."""

# ruff: noqa: RUF001 - Cyrillic letters and full-width punctuation

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from writer_jobs_mcp.failures.classify.categories import ADVICE, DEFAULT_RETRY, Category, Retry
from writer_jobs_mcp.failures.classify.http_status import HTTP_STATUSES, find_http_statuses
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


_TRANSLATIONS = ("de", "fr", "es", "pt", "it", "ja", "zh", "ko", "ru")
_ORDER_OF_TRANSLATIONS = (
    *("blocked_content", "input_too_long", "rate_limit/after_a_fix", "rate_limit", "timeout", "access_denied"),
    *("missing_resource", "upstream_failure", "invalid_input", "internal_error"),
)


class Rule(NamedTuple):
    """Phrases that mean one category."""

    category: Category
    retry: Retry
    examples: dict[str, str]  # an error for each phrase, which it decides


class Rules(NamedTuple):
    """All rules, those in English first; the first that matches wins."""

    specific: list[Rule]  # tried before the HTTP statuses
    fallback: list[Rule]  # tried after them


@cache
def load_rules() -> Rules:
    """Return the rules of all languages."""
    english, *translations = map(_read, ("en", *_TRANSLATIONS))
    words = {name: items[0] if len(items) == 1 else f"({'|'.join(items)})" for name, items in english["words"].items()}
    rules = Rules([], [])
    for key, found in (("rules", rules.specific), ("fallback_rules", rules.fallback)):
        found += [_rule(name, phrases, words) for name, phrases in english[key].items()]
        for name in _ORDER_OF_TRANSLATIONS:
            found += [_rule(name, table[key][name], words) for table in translations if name in table[key]]
    return rules


def _read(language: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).with_name("rules") / f"{language}.toml").read_text(encoding="utf-8"))


def _rule(name: str, phrases: dict[str, str], words: dict[str, str]) -> Rule:
    """Return the rule of a table, with the words of each `<name>` put in its phrases."""
    category, _, retry = name.partition(":")[0].partition("/")
    examples = {re.sub(r"<([a-z]+)>", lambda word: words[word[1]], key): error for key, error in phrases.items()}
    return Rule(cast("Category", category), cast("Retry", retry) or DEFAULT_RETRY[cast("Category", category)], examples)


class _RulePhrase(NamedTuple):
    rank: int
    phrase: str
    rule: Rule
    required: tuple[tuple[str, ...], ...]  # groups of words; a text must hold one of each


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
                if not _is_negated(relevant, *match.span()):
                    return _make_cause(candidate.rule.category, candidate.rule.retry, text, match.span())
    return None


_NEGATION_BEFORE = (
    r"(?:(?:\b(?:no|not|never|without|neither|nor|isn't|non|zero|0)\b|n['\u2019]t\b)[\s-]{1,2}"
    r"(?:(?!because|due|since|after|as|when|while|by|on|but|with|from|for|until)[\w']{1,15}\s){0,3}"
    r"|\b(?:kein\w{0,2}|nicht|ohne|pas|sans|aucune?|sin|sem|senza|ningún|nenhum\w?|nessun\w?|не|нет|без"
    r"|no (?:se|hubo)|não)"
    r"\s(?:\w{1,15}\s){0,2}|(?:没有|沒有|并非|並非|不是|未|非)[^\s，。,.\0]{0,4})\Z"
)
_NEGATION_AFTER = (
    r"\w{0,12}(?:\s(?:was|were|is|has|had|did|does)(?:n['\u2019]t| not| never)\b"
    r"|\s?(?:ではありません|ではない|はありません|はない|が原因ではな|이 아닙니다|가 아닙니다|아닌|없이|없었))"
)


def _is_negated(text: str, start: int, end: int) -> bool:
    """Return whether the words from `start` to `end` are negated: "not a timeout", "rate limit was not exceeded"."""
    before = regex(_NEGATION_BEFORE).search(text, max(0, start - 50), start)
    return bool(before or regex(_NEGATION_AFTER).match(text, end))


def _match_status(text: RelevantText) -> Cause | None:
    spans = find_http_statuses(text.relevant)
    for status, (category, retry) in HTTP_STATUSES.items() if spans else ():
        if status in spans and not _is_negated(text.relevant, *spans[status]):
            return _make_cause(category, retry, text, spans[status])
    return None


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
        at = max(0, start - room // 2)
        space = re.compile(r"\s\S").search(original, at, start)
        left = 0 if at == 0 else space.start() + 1 if space else start
    stop = regex(_CLAUSE_END).search(original, end, left + MAX_EVIDENCE_CHARS)
    right = stop.start() if stop else left + MAX_EVIDENCE_CHARS
    if not stop and right < len(original):
        right = max(end, original.rfind(" ", end, right))
    return original[left:right].strip()
