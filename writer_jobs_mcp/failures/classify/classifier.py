"""Classify why a job failed, as far as its error says so."""

# ruff: noqa: RUF001 - Cyrillic letters and full-width punctuation

import re
from typing import NamedTuple

from writer_jobs_mcp.failures.classify.categories import ADVICE, DEFAULT_RETRY, Category, Retry
from writer_jobs_mcp.failures.classify.http_status import HTTP_STATUSES, find_http_statuses
from writer_jobs_mcp.failures.classify.patterns import compile_phrase
from writer_jobs_mcp.failures.classify.relevant_text import RelevantText, relevant_texts
from writer_jobs_mcp.failures.classify.rule_tables import RuleIndex, rule_indexes
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

    Precise rather than eager: if the error does not name a cause, the category is `unknown`. The most specific wording
    wins, wherever it stands and in whatever language, before any HTTP status: a blocked prompt stays one with status
    403, a prompt that is too long stays one with 429. A label that a service puts on any error of a kind
    (`invalid_request_error`) counts after the status, and that the program itself failed (an exception, a 500) last:
    both only if no other block of the error says more. See `relevant_texts` for the words that count.
    """
    found: tuple[int, Cause] | None = None
    for text in relevant_texts(error):
        ranked = _classify_text(text)
        if ranked and (found is None or ranked[0] < found[0]):
            found = ranked
        if found and found[0] == _SPECIFIC:
            break
    return found[1] if found else Cause("unknown", None, "unknown", ADVICE["unknown", "unknown"])


_SPECIFIC, _LABEL, _FALLBACK = range(3)


def _classify_text(text: RelevantText) -> tuple[int, Cause] | None:
    """Return the cause that one block names, and how much that counts beside the causes of others."""
    tiers = rule_indexes()
    if cause := _match_rules(text, tiers.specific) or _match_status(text):
        return (_FALLBACK if cause.category == "internal_error" else _SPECIFIC), cause
    if cause := _match_rules(text, tiers.labels):
        return _LABEL, cause
    cause = _match_rules(text, tiers.fallback)
    return (_FALLBACK, cause) if cause else None


def _match_rules(text: RelevantText, index: RuleIndex) -> Cause | None:
    relevant = text.relevant
    for candidate in index.candidates(relevant.lower()):
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
