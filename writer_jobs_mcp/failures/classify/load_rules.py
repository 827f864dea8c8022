"""Load the rules of the classifier from ``rules/*.toml``."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from writer_jobs_mcp.failures.classify.categories import DEFAULT_RETRY, Category, Retry

_TRANSLATIONS = ("de", "fr", "es", "pt", "it", "ja", "zh", "ko", "ru")
_ORDER_OF_TRANSLATIONS = (
    *("blocked_content", "input_too_long", "rate_limit/after_a_fix", "rate_limit", "timeout", "access_denied"),
    *("missing_resource", "upstream_failure", "invalid_input", "internal_error"),
)


class Rule(NamedTuple):
    """Phrases that mean one category."""

    category: Category
    retry: Retry
    examples: dict[str, str]
    """An error for each phrase, which it decides."""


class Rules(NamedTuple):
    """All rules, those in English first; the first that matches wins."""

    specific: list[Rule]
    """Tried before the HTTP statuses."""
    fallback: list[Rule]
    """Tried after them."""


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
