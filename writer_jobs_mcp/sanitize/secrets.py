"""Mask credentials in untrusted text by their forms; the words around them stay.

E-mail addresses are not credentials: they say who was affected. The value after a label such as ``password`` is masked
if it looks like a value, and kept if it is a word about one (``password: required``).

Most texts hold no credential. Quick checks find out; they are derived from the tables in ``secret_forms``, so that a
form is added in one place.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

from writer_jobs_mcp.sanitize.labelled import contains_label, find_labelled_values
from writer_jobs_mcp.sanitize.secret_forms import (
    ID_PREFIXES,
    LIKELY_WORDS,
    PREFIXED,
    START,
    TEXT_FORMS,
    In,
    PrefixedForm,
    TextForm,
)

MASK = "[masked]"
MAX_MARKER_CHARS = 120
"""The most characters that :func:`may_contain_secret` must see together."""

_regex = cache(re.compile)  # compiled when first needed: start-up does not wait for it

_MAX_BACK_CHARS = 10_000
_MIN_TOKEN_CHARS = 18  # of a key with a prefix
# The characters that keys with a prefix have, in lower case; all others become a blank.
_WORD_CHARS = bytes(
    ord(chr(code).lower()) if re.match(r"[A-Za-z0-9_.~+/%$-]", chr(code)) else 0x20 for code in range(256)
)
_PART = r"(?:\A|[ _.~+/$-])(?:u00[0-9a-f]{2})?|%[0-9a-f]{2}"


class Edit(NamedTuple):
    """A part of a text, and what replaces it."""

    start: int
    end: int
    new: str


Replace = Callable[[str, Iterable[Edit]], str]


def replace_parts(text: str, edits: Iterable[Edit]) -> str:
    """Replace parts of ``text``, which come in order."""
    parts: list[str] = []
    end = 0
    for edit in edits:
        parts += text[end : edit.start], edit.new
        end = edit.end
    return "".join(parts) + text[end:] if parts else text


def mask_secrets(text: str, replace: Replace = replace_parts) -> str:
    """Replace whatever has the form of a credential, in text without invisible characters, by ``[masked]``.

    Pass a ``replace`` that records positions where they are needed.
    """
    lowered, words = text.lower(), _words(text)
    long_words = _long_words(words)
    for pattern in _prefixed_patterns_in(long_words):
        text = replace(text, (Edit(match.start(), match.end(), MASK) for match in _regex(pattern).finditer(text)))
    for form in _text_forms_in(lowered, words, long_words):
        text = replace(text, (Edit(start, end, MASK) for start, end in find_in_text(form, text)))
    if contains_label(lowered, words):
        text = replace(text, (Edit(start, end, MASK) for start, end in find_labelled_values(text, words)))
    return text


def mask_labelled_value(label: str, value: str) -> str:
    """Mask the value of a field as in a text that holds the field's name and the value."""
    opening = f'"{label}": "'
    masked = mask_secrets(opening + value)
    return masked.removeprefix(opening) if masked.startswith(opening) else MASK


def may_contain_secret(text: str) -> bool:
    """Return whether a credential may begin in ``text``, which may go on."""
    lowered, words = text.lower(), _words(text)
    long_words = _long_words(words)
    return bool(
        _prefixed_patterns_in(long_words)
        or _text_forms_in(lowered, words, long_words)
        or contains_label(lowered, words)
    )


def find_in_text(form: TextForm, text: str) -> Iterator[tuple[int, int]]:
    """Yield where the secrets of a form begin and end."""
    position = 0
    for match in _matches(form, text):
        for group in range(1, match.re.groups + 1) if match.re.groups else (0,):
            start, end = match.span(group)
            if start < 0 or (form.check and not form.check(match[group])):
                continue
            if form.back:
                start = _back_to(form.back, text, start)
            if position <= start < end:
                yield start, end
                position = end


def _matches(form: TextForm, text: str) -> Iterator[re.Match[str]]:
    pattern = _regex(form.pattern)
    if not form.inside:
        yield from pattern.finditer(text)
        return
    for region in _regex(form.inside).finditer(text):
        yield from pattern.finditer(text, *region.span())


def _back_to(pattern: str, text: str, position: int) -> int:
    """Return where the match of a pattern begins that ends at a position; past the text's end if there is none."""
    match = _regex(pattern).match(text[max(0, position - _MAX_BACK_CHARS) : position][::-1])
    return position - match.end() if match else len(text)


def _words(text: str) -> list[bytes]:
    """Return the words of a text, and the keys in it, in lower case."""
    return text.encode("ascii", "replace").translate(_WORD_CHARS).split()


def _long_words(words: list[bytes]) -> str:
    """Return the words that are long enough for a key."""
    return b" ".join([word for word in words if len(word) >= _MIN_TOKEN_CHARS]).decode()


Markers = list[tuple[str, int]]


@cache
def _text_forms() -> tuple[dict[str, Markers], dict[bytes, list[int]], Markers]:
    """Return the numbers of forms by what else they need and a marker, by a word, and by a marker in a long word."""
    by_need: dict[str, Markers] = {}
    by_word: dict[bytes, list[int]] = {}
    in_long_words: Markers = []
    for number, form in enumerate(TEXT_FORMS):
        for marker in form.markers or ("",):
            if form.look_in is In.TEXT:
                by_need.setdefault(form.needs, []).append((marker, number))
            elif form.look_in is In.WORDS:
                by_word.setdefault(marker.encode(), []).append(number)
            else:
                in_long_words.append((marker, number))
    return by_need, by_word, in_long_words


def _text_forms_in(lowered: str, words: list[bytes], long_words: str) -> list[TextForm]:
    """Return the forms that may be in a text."""
    by_need, by_word, in_long_words = _text_forms()
    found: list[int] = []
    for need, forms in by_need.items():
        if need in lowered:
            found += [number for marker, number in forms if marker in lowered]
    if not by_word.keys().isdisjoint(words):
        found += [number for word in by_word.keys() & {*words} for number in by_word[word]]
    if long_words:
        found += [number for marker, number in in_long_words if marker in long_words]
    return [TEXT_FORMS[number] for number in sorted({*found})] if found else []


def prefixed_pattern(form: PrefixedForm) -> str:
    """Return the pattern of the whole key."""
    return rf"{START}(?:{'|'.join(map(re.escape, form.prefixes.split()))}){form.rest}"


# Keys whose prefix is not listed: it ends in a word such as live, or a long run of random letters and digits follows.
_LIKELY = (
    rf"{START}(?<!cs_)(?:{'|'.join(LIKELY_WORDS.split())})[_-]"
    r"(?=[\w-]{0,12}?(?=[A-Za-z]{0,15}\d)[A-Za-z0-9]{16})[A-Za-z0-9][\w-]{19,}"
)
_UNLISTED = (
    rf"{START}(?<!cs_)(?!(?:{'|'.join(ID_PREFIXES.split())})[_-])"
    r"(?:[a-z][a-z0-9]{1,11}(?:[_-][a-z0-9]{1,12}){0,2}|[A-Z][A-Z0-9]{1,11})_"
    r"(?=[A-Za-z]{0,30}\d)(?=[a-z\d]{0,30}[A-Z])(?=[A-Z\d]{0,30}[a-z])[A-Za-z0-9]{30,}(?![A-Za-z0-9_-])"
)


@cache
def _patterns_by_prefix() -> dict[str, list[str]]:
    """Return the patterns of the keys of each prefix, in lower case."""
    patterns: dict[str, list[str]] = {}
    for form in PREFIXED:
        for prefix in form.prefixes.split():
            patterns.setdefault(prefix.lower(), []).append(prefixed_pattern(form))
    for word in LIKELY_WORDS.split():
        for sign in "_-":
            patterns.setdefault(f"{word}{sign}", []).append(_LIKELY)
    return patterns


@cache
def _prefixes_by_head() -> dict[str, list[str]]:
    """Return the prefixes by their first two characters."""
    by_head: dict[str, list[str]] = {}
    for prefix in _patterns_by_prefix():
        by_head.setdefault(prefix[:2], []).append(prefix)
    return by_head


def _prefixed_patterns_in(long_words: str) -> list[str]:
    """Return the patterns of the keys whose prefix begins one of the long words, or a part of one."""
    if not long_words:
        return []
    by_head = _prefixes_by_head()
    found: set[str] = set()
    for part in _regex(_PART).finditer(long_words):
        for at in (part.end(), part.end() + 1):  # a part may begin with the n of a line break
            for prefix in by_head.get(long_words[at : at + 2], ()):
                if long_words.startswith(prefix, at):
                    found.add(prefix)
    # A long prefix may end in a short one: sb_secret_.
    patterns = [pattern for prefix in sorted(found, key=len, reverse=True) for pattern in _patterns_by_prefix()[prefix]]
    if _regex("_[a-z0-9]{30}").search(long_words):
        patterns.append(_UNLISTED)
    return list(dict.fromkeys(patterns))
