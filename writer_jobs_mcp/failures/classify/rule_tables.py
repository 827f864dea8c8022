"""Read the rules: which phrases mean which cause, and which of several counts.

A rule is a table of ``rules/en.toml``. Its section is its tier: what a phrase of ``rules`` says counts before any HTTP
status, ``labels`` count after one, and ``fallback_rules`` if nothing else names a cause. Within a tier the order of the
tables in ``en.toml`` decides. The other languages add phrases to tables of the same names, and have no order of their
own: the most specific wording wins, in whatever language.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from writer_jobs_mcp.failures.classify.categories import DEFAULT_RETRY, Category, Retry
from writer_jobs_mcp.failures.classify.patterns import remove_accents, required_words
from writer_jobs_mcp.failures.regex import regex

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "ja", "zh", "ko", "ru")
"""The languages that have rules, and names of their files; English gives the order."""


class Rule(NamedTuple):
    """Phrases that mean one cause."""

    category: Category
    retry: Retry
    examples: dict[str, str]  # an error for each phrase, which it decides


class Rules(NamedTuple):
    """The rules of all languages by tier; in each, the first that matches wins."""

    specific: list[Rule]  # tried before the HTTP statuses
    labels: list[Rule]  # tried after them: what a service calls any error of a kind
    fallback: list[Rule]  # tried last: that the program itself failed


@cache
def load_rules() -> Rules:
    """Return the rules of all languages."""
    tables = [read_rule_file(language) for language in LANGUAGES]
    words = {
        name: items[0] if len(items) == 1 else f"({'|'.join(items)})" for name, items in tables[0]["words"].items()
    }
    return Rules(*(_merge_tier(tables, tier, words) for tier in ("rules", "labels", "fallback_rules")))


def read_rule_file(language: str) -> dict[str, Any]:
    """Return the tables of one language."""
    return tomllib.loads((Path(__file__).with_name("rules") / f"{language}.toml").read_text(encoding="utf-8"))


def _merge_tier(tables: list[dict[str, Any]], tier: str, words: dict[str, str]) -> list[Rule]:
    merged: dict[str, dict[str, str]] = {}
    for table in tables:
        for name, phrases in table.get(tier, {}).items():
            merged.setdefault(name, {}).update(phrases)
    return [_rule(name, phrases, words) for name, phrases in merged.items()]


def _rule(name: str, phrases: dict[str, str], words: dict[str, str]) -> Rule:
    """Return the rule of a table, with the words of each `<name>` put in its phrases."""
    category, _, retry = name.partition(":")[0].partition("/")
    examples = {re.sub(r"<([a-z]+)>", lambda word: words[word[1]], key): error for key, error in phrases.items()}
    return Rule(cast("Category", category), cast("Retry", retry) or DEFAULT_RETRY[cast("Category", category)], examples)


class RulePhrase(NamedTuple):
    """A phrase, its rule, and its place among all phrases of the tier."""

    rank: int
    phrase: str
    rule: Rule
    required: tuple[tuple[str, ...], ...]  # groups of words; a text must hold one of each


class WordStarts(NamedTuple):
    """A text in lower case and without accents, and how words in it can start.

    Without these, each error is searched for 2,000 words.
    """

    text: str
    starts: set[str]


def word_starts(text: str) -> WordStarts:
    """Return a text as `RuleIndex.candidates` takes it."""
    lowered = remove_accents(text.lower())
    starts = {lowered[at : at + 3] for at in range(len(lowered))} | {""}
    starts |= {lowered[found.start() : found.start() + 2] for found in regex(r"[^\0-\x7f]").finditer(lowered)}
    return WordStarts(lowered, starts)


def _start_of(word: str) -> str:
    size = 3 if word[:1].isascii() else 2  # a Chinese word has two characters
    return word[:size] if len(word) >= size else ""


class RuleIndex:
    """The phrases of a tier by a word that they require, and these words by how they start."""

    def __init__(self, rules: list[Rule]) -> None:
        self._words: dict[str, dict[str, list[RulePhrase]]] = {}
        phrases = [(rule, phrase) for rule in rules for phrase in rule.examples]
        for rank, (rule, phrase) in enumerate(phrases):
            rarest, *others = required_words(phrase) or [("",)]
            for word in rarest:
                by_word = self._words.setdefault(_start_of(word), {})
                by_word.setdefault(word, []).append(RulePhrase(rank, phrase, rule, tuple(others)))

    def candidates(self, words: WordStarts) -> list[RulePhrase]:
        """Return the phrases that can match a text, the first to try first."""
        text = words.text
        found = [
            phrase
            for start in words.starts & self._words.keys()
            for word, phrases in self._words[start].items()
            if word in text
            for phrase in phrases
            if all(any(other in text for other in others) for others in phrase.required)
        ]
        return sorted(found, key=lambda phrase: phrase.rank)


class RuleIndexes(NamedTuple):
    """The index of each tier."""

    specific: RuleIndex
    labels: RuleIndex
    fallback: RuleIndex


@cache
def rule_indexes() -> RuleIndexes:
    """Return the indexes of all rules."""
    return RuleIndexes(*map(RuleIndex, load_rules()))
