"""The tokens of a message, and what a single word or code looks like; any word that is not common may be a name."""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

MIN_ADDRESS_DOTS = 2  # an address or a version has so many; a number has fewer
WILDCARD = "*"  # as a key; a word is never only punctuation
NUMBER, ID, REST = "<number>", "<id>", "<…>"


class Token(NamedTuple):
    """A word, or a wildcard for something that varies."""

    key: str  # equal in all messages of a template: the word, or WILDCARD
    lead: str  # the text between this token and the one before
    display: str  # in the signature: the word, `<number>`, `<id>`, `<…>`, or a name that may prove constant


_UNIT_PATTERN = (
    r"(?:%|[kmgt]i?b(?:ps)?|bytes?|bits?|[nmuµ]?s|secs?|seconds?|milliseconds?|microseconds?|mins?|minutes?|hours?|hrs?"
    r"|days?|weeks?|months?|years?|[kmg]?hz|tokens?|chars?|characters?)"
)
_NUMBER_PATTERN = re.compile(rf"[+\-#~$€£]?\d[\d.,_]*(?:e[+-]?\d+)?{_UNIT_PATTERN}?(?:/s)?", re.IGNORECASE)
UNIT = re.compile(_UNIT_PATTERN, re.IGNORECASE)
HEX = re.compile(r"[a-f]{8,}|[A-F]{8,}")
FAILURE = re.compile(r"(?:error|exception|failure|fault|timeout|warning)s?$", re.IGNORECASE)
_CLASS_PATH = re.compile(r"(?:[a-z_]\w*\.)+[A-Z][A-Za-z]*")  # urllib3.exceptions.NewConnectionError
_CAMEL_WORDS = re.compile(r"[A-Z][a-z]+")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")

STATUS = re.compile(r"[45]\d\d")  # an HTTP status is a cause: 404 and 503 need different fixes
NAMED_CODE = re.compile(r"[A-Z]{1,8}[-_]?\d{1,6}")  # E1004, ORA-00942
CODE = re.compile(r"(?:[A-Z]{1,8}[-_]?)?\d{1,6}")
# Words before a code.
CODE_KEYS = frozenset(
    "code error error_code errorcode got http response returned returns status status_code statuscode".split()
)
CAUSE_KEYS = frozenset(
    """
    action category cause code desc description detail details error error_code error_description error_message
    error_type errorcode errormessage errors errortype event exception kind level message msg reason result severity
    state status status_code statuscode title tpe type
    """.split()
)  # of key=value and JSON: their values are causes, not names
_WRITER_KEY_PREFIX = "fail."  # `"key": "fail.notFound.resource"`; other services' keys may name anything


def code_token(key: str, value: str, lead: str) -> Token:
    """Return the token of an error code, under a key such as `code`, `type` or `status`."""
    kind = token_kind(value)
    if (key in CODE_KEYS and CODE.fullmatch(value)) or value.startswith(_WRITER_KEY_PREFIX) or FAILURE.search(value):
        return Token(value, lead, value)
    if kind in ("number", "id"):
        return Token(WILDCARD, lead, NUMBER if kind == "number" else ID)
    return Token(value if key in CAUSE_KEYS else WILDCARD, lead, value)


Kind = Literal["word", "name", "number", "id", "mark"]


@lru_cache(maxsize=16_384)
def token_kind(token: str) -> Kind:
    """Return what a token looks like by itself. A name is a wildcard if there are words around it."""
    if _NUMBER_PATTERN.fullmatch(token) and token.count(".") < MIN_ADDRESS_DOTS:
        return "number"
    if (any(map(str.isdigit, token)) or HEX.fullmatch(token)) and not _CLASS_PATH.fullmatch(token):
        return "id"
    if not any(map(str.isalpha, token)):
        return "mark"
    return "name" if _is_name(token) else "word"


def _is_name(token: str) -> bool:
    if token.isupper() or len(token.strip("+-")) == 1 or (token.isalpha() and (token.islower() or token.istitle())):
        return False
    if FAILURE.search(token):
        return False
    words = _CAMEL_WORDS.findall(token)
    if len(words) > 1 and "".join(words) == token:  # AccessDenied tells what happened, NodeCard may be any name
        return not all(map(is_common, words))
    return any(mark in token for mark in "_.$/\\@") or bool(_INNER_CAPITAL.search(token))


_MAX_SUFFIX_LETTERS = 2  # a part of a word this short is no word
# Names seldom look like this.
_WORD_SHAPE = re.compile(r"[a-z]{3,}(?:ed|ing|able|ible|ly|tion|sion|ness|less|ment|ity|ance|ence)s?")
_SUFFIXES = ("s", "es", "d", "ed", "ing", "r", "er", "or", "ly", "ion", "able", "ment", "ation", "ally", "ity")
_PREFIXES = ("un", "re", "de", "dis", "non", "in", "pre")


@lru_cache(maxsize=8192)
def is_common(word: str) -> bool:
    """Return whether `word` is a common word of error messages, or is derived from one."""
    word = word.lower()
    if "-" in word or "'" in word:
        return all(is_common(part) or len(part) <= _MAX_SUFFIX_LETTERS for part in word.replace("'", "-").split("-"))
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
            if len(stem) > _MAX_SUFFIX_LETTERS and stem[-1] == stem[-2] and stem[:-1] in known:  # stop, stopped
                return True
    return False


@cache
def stems() -> frozenset[str]:
    """Return the stems of the common words, from ``common_words.txt``."""
    return frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split())
