"""Load the rules of the classifier from ``rules/*.toml``."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from writer_jobs_mcp.failures.classify.categories import DEFAULT_RETRY, Category, Retry

_FOLDER = Path(__file__).with_name("rules")
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
    """By phrase, in the language of `patterns`: an error that it decides."""


class Rules(NamedTuple):
    """All rules, in order of precedence."""

    specific: list[Rule]
    """Tried before the HTTP statuses."""
    fallback: list[Rule]
    """Tried after them: the program itself failed."""


@cache
def load_rules() -> Rules:
    """Return the rules in English, then those in other languages."""
    english = _read("en")
    words = {name: items[0] if len(items) == 1 else f"({'|'.join(items)})" for name, items in english["words"].items()}
    rules = Rules(*([_rule(words=words, **table) for table in english[key]] for key in ("rules", "fallback_rules")))
    translations = [_read(language) for language in _TRANSLATIONS]
    for name in _ORDER_OF_TRANSLATIONS:
        category, _, retry = name.partition("/")
        translated = [_rule(category, table[name], retry) for table in translations if name in table]
        (rules.fallback if category == "internal_error" else rules.specific).extend(translated)
    return rules


def _read(language: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def _rule(category: Any, phrases: dict[str, str], retry: Any = "", words: dict[str, str] | None = None) -> Rule:
    """Return a rule, with the words of each `<name>` put in its phrases."""
    examples = {
        re.sub(r"<([a-z]+)>", lambda name: words[name[1]] if words else "", phrase): example
        for phrase, example in phrases.items()
    }
    return Rule(category, retry or DEFAULT_RETRY[category], examples)
