"""The common words of error messages; any other word may be a name."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

MAX_SUFFIX_LETTERS = 2  # a part of a word this short is no word


# Names seldom look like this.
_WORD_SHAPE = re.compile(r"[a-z]{3,}(?:ed|ing|able|ible|ly|tion|sion|ness|less|ment|ity|ance|ence)s?")
_SUFFIXES = ("s", "es", "d", "ed", "ing", "r", "er", "or", "ly", "ion", "able", "ment", "ation", "ally", "ity")
_PREFIXES = ("un", "re", "de", "dis", "non", "in", "pre")


@lru_cache(maxsize=8192)
def is_common(word: str) -> bool:
    """Return whether `word` is a common word of error messages, or is derived from one."""
    word = word.lower()
    if "-" in word or "'" in word:
        return all(is_common(part) or len(part) <= MAX_SUFFIX_LETTERS for part in word.replace("'", "-").split("-"))
    return (
        _is_stem_or_inflection(word)
        or bool(_WORD_SHAPE.fullmatch(word))
        or (
            word.startswith(_PREFIXES)
            and any(word.startswith(b) and _is_stem_or_inflection(word[len(b) :]) for b in _PREFIXES)
        )
    )


def _is_stem_or_inflection(word: str) -> bool:
    known = stems()
    if word in known:
        return True
    if not word.endswith(_SUFFIXES):  # true of most uncommon words: halves the time
        return False
    for ending in _SUFFIXES:
        if word.endswith(ending) and len(word) - len(ending) > 1:
            stem = word[: -len(ending)]
            if stem in known or stem + "e" in known or (stem[-1] == "i" and stem[:-1] + "y" in known):
                return True
            if len(stem) > MAX_SUFFIX_LETTERS and stem[-1] == stem[-2] and stem[:-1] in known:  # stop, stopped
                return True
    return False


@cache
def stems() -> frozenset[str]:
    """Return the stems of the common words, from ``common_words.txt``."""
    return frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split())
