"""Why a job failed, as far as its error says so."""

import re
from functools import cache
from typing import NamedTuple

from writer_jobs_mcp.failures.classify import rules_i18n as languages
from writer_jobs_mcp.failures.classify.categories import ADVICE, USUAL_RETRY, Category, Retry
from writer_jobs_mcp.failures.classify.http_status import STATUSES, statuses
from writer_jobs_mcp.failures.classify.patterns import compiled, landmarks, regex
from writer_jobs_mcp.failures.classify.relevant_text import Reading, readings
from writer_jobs_mcp.failures.classify.rules import RULES, UNHANDLED, Rule

EVIDENCE_CHARACTERS = 120


class Cause(NamedTuple):
    """Why a job failed, by which words, whether to run it again, and what to do about it."""

    category: Category
    evidence: str | None
    """The error's own words that decided, of at most 120 characters; none for an unknown cause."""
    retry: Retry
    advice: str
    """One sentence of ours for whoever must act next; never words of the error."""


def classify(error: str) -> Cause:
    """Tells why a job failed from what its error says.

    Precise rather than eager: where the error does not say, the category is `unknown`. The most specific wording wins
    wherever it stands, before any status: a prompt that was blocked is that although the status was 403, one that was
    too long is that although it was 429. That the program itself failed (an exception, a 500) is believed last, and
    only where no other account of the failure names a cause. See `readings` for what counts as said.
    """
    found: Cause | None = None
    for reading in readings(error):
        cause = _cause(reading)
        if cause and cause.category != "internal_error":
            return cause
        found = found or cause
    return found or Cause("unknown", None, "unknown", ADVICE["unknown", "unknown"])


def _cause(reading: Reading) -> Cause | None:
    specific, unhandled = _rulebooks()
    return _by_wording(reading, specific) or _by_status(reading) or _by_wording(reading, unhandled)


# By wording -----------------------------------------------------------------------------------------------------------


class _Wording(NamedTuple):
    rank: int
    phrase: str
    rule: Rule
    needs: tuple[tuple[str, ...], ...]
    """What a text must hold besides the landmark under which the wording is filed."""


class _Rulebook(NamedTuple):
    """Wordings by a landmark; under the empty one those that have none."""

    ascii: dict[str, list[_Wording]]
    other: dict[str, list[_Wording]]


@cache
def _rulebooks() -> tuple[_Rulebook, _Rulebook]:
    return _rulebook((*RULES, *languages.RULES)), _rulebook((*UNHANDLED, *languages.UNHANDLED))


def _rulebook(rules: tuple[Rule, ...]) -> _Rulebook:
    book = _Rulebook({}, {})
    wordings = [(rule, phrase) for rule in rules for phrase in rule.phrases]
    for rank, (rule, phrase) in enumerate(wordings):
        rarest, *needs = landmarks(phrase) or [("",)]
        for landmark in rarest:
            page = book.ascii if landmark.isascii() else book.other
            page.setdefault(landmark, []).append(_Wording(rank, phrase, rule, tuple(needs)))
    return book


def _by_wording(reading: Reading, book: _Rulebook) -> Cause | None:
    plain = reading.plain
    lowered = plain.lower()
    held = [wording for landmark, wordings in book.ascii.items() if landmark in lowered for wording in wordings]
    if not lowered.isascii():
        held += [wording for landmark, wordings in book.other.items() if landmark in lowered for wording in wordings]
    for wording in sorted(held):
        if all(any(word in lowered for word in words) for words in wording.needs):
            for match in compiled(wording.phrase).finditer(plain):
                if not _is_denied(plain, *match.span()):
                    return _decided(wording.rule.category, wording.rule.retry, reading, match.span())
    return None


_DENIED_BEFORE = (
    r"(?:(?:\b(?:no|not|never|without|neither|nor|isn't|non|zero|0)\b|n['\u2019]t\b)[\s-]{1,2}"
    r"(?:(?!because|due|since|after|as|when|while|by|on|but|with|from|for|until)[\w']{1,15}\s){0,3}"
    rf"|{languages.DENIED_BEFORE})\Z"
)
_DENIED_AFTER = (
    rf"\w{{0,12}}(?:\s(?:was|were|is|has|had|did|does)(?:n['\u2019]t| not| never)\b|{languages.DENIED_AFTER})"
)


def _is_denied(plain: str, start: int, end: int) -> bool:
    before = regex(_DENIED_BEFORE).search(plain, max(0, start - 50), start)
    return bool(before or regex(_DENIED_AFTER).match(plain, end))


# By status ------------------------------------------------------------------------------------------------------------


def _by_status(reading: Reading) -> Cause | None:
    spans = statuses(reading.plain)
    for status, (category, retry) in STATUSES.items() if spans else ():
        if status in spans and not _is_denied(reading.plain, *spans[status]):
            return _decided(category, retry, reading, spans[status])
    return None


# Evidence -------------------------------------------------------------------------------------------------------------

_CLAUSE_END = r"[\0\n;<>]|[.!?](?=\s)"


def _decided(category: Category, retry: Retry | None, reading: Reading, span: tuple[int, int]) -> Cause:
    retry = retry or USUAL_RETRY[category]
    return Cause(category, _evidence(reading.words, *span), retry, ADVICE[category, retry])


def _evidence(words: str, start: int, end: int) -> str:
    """The clause in which the deciding words stand, or as many whole words around them as fit."""
    start += len(words[start:end]) - len(words[start:end].lstrip("\0 \n\t"))
    end = min(end, start + EVIDENCE_CHARACTERS)
    room = EVIDENCE_CHARACTERS - (end - start)
    left = max([stop.end() for stop in regex(_CLAUSE_END).finditer(words, max(0, start - room), start)], default=-1)
    if left < 0:
        left = _word_edge(words, max(0, start - room // 2), start)
    stop = regex(_CLAUSE_END).search(words, end, left + EVIDENCE_CHARACTERS)
    right = stop.start() if stop else left + EVIDENCE_CHARACTERS
    if not stop and right < len(words):
        right = max(end, words.rfind(" ", end, right))
    return words[left:right].strip()


def _word_edge(words: str, at: int, before: int) -> int:
    """The next start of a word."""
    if at == 0:
        return 0
    space = re.compile(r"\s\S").search(words, at, before)
    return space.start() + 1 if space else before
