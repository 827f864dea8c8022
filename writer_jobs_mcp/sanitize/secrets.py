"""Mask credentials in untrusted text by their forms; the words around them stay.

E-mail addresses are not credentials: they say who was affected. The value after a label such as ``password`` is masked
if it looks like a value, and kept if it is a word about one (``password: required``).

Most texts hold no credential. Quick checks find out; they are derived from the tables in ``secret_forms``, so that a
form is added in one place.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from writer_jobs_mcp.sanitize.secret_forms import (
    LABELLED,
    LABELS,
    MARKED,
    MASK,
    MASK_AFTER_GROUP,
    PREFIXED,
    QUERY_KEYS,
    WORDS_BEFORE_KEY,
    WORDS_BEFORE_SECRET,
    prefix_pattern,
)

_regex = cache(re.compile)  # compiled when first needed: start-up does not wait for it

_MARKERS = tuple(dict.fromkeys(marker for form in MARKED for marker in form.markers))
MAX_MARKER_CHARS = max(map(len, _MARKERS))
"""The most characters that :func:`may_contain_secret` must see together."""

# Looked at and not consumed, since it may hold the next label.
_AFTER_LABEL = r"""(?=\\{0,7}["']?\]?\s*:?[=:]|>|\s+(?:is|was)\s|\s+\S*\d)"""
_BEFORE_KEY = "|".join(rf"(?<={word}key)|(?<={word}[\s_-]key)" for word in (*WORDS_BEFORE_SECRET, *WORDS_BEFORE_KEY))
_LABEL_FILTERS = {
    "key": rf"key(?:{_BEFORE_KEY}){_AFTER_LABEL}",
    **{label.word: f"{label.word}{label.rest}{_AFTER_LABEL}" for label in LABELS},
    **{f"{key}=": f"{key}=(?<=[?&]{key}=)" for key in QUERY_KEYS},
}
"""What any labelled credential holds, in lower-case text, by a word of it: much quicker to find than the forms."""
_MAX_LABEL_CHARS = 60  # of a label before its last word: twice what the longest has

Replacement = str | Callable[[re.Match[str]], str]
Replace = Callable[[str, Iterable[re.Match[str]], Replacement], str]


def replace_matches(text: str, matches: Iterable[re.Match[str]], replacement: Replacement) -> str:
    """Replace matches of a pattern in ``text``, which come in order, as ``Pattern.sub`` does."""
    parts: list[str] = []
    end = 0
    for match in matches:
        parts += text[end : match.start()], replacement_for(match, replacement)
        end = match.end()
    return "".join(parts) + text[end:] if parts else text


def replacement_for(match: re.Match[str], replacement: Replacement) -> str:
    """Return the text that replaces a match."""
    return match.expand(replacement) if isinstance(replacement, str) else replacement(match)


def mask_secrets(text: str, replace: Replace = replace_matches) -> str:
    """Replace whatever has the form of a credential, in text without invisible characters, by ``[masked]``.

    Pass a ``replace`` that records positions where they are needed.
    """
    lowered = text.lower()
    if _contains_prefix(lowered):
        for form in PREFIXED:
            text = replace(text, _regex(form.pattern).finditer(text), MASK)
    if _contains_marker(lowered):
        for form in MARKED:
            if any(marker in lowered for marker in form.markers):
                text = replace(text, _regex(form.pattern).finditer(text), form.replacement)
    for form in LABELLED if _contains_label(lowered) else ():
        if any(marker in lowered for marker in form.markers):
            text = replace(text, _matches_near_labels(_regex(form.pattern), text), MASK_AFTER_GROUP)
    return text


def _matches_near_labels(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of a labelled form. Only labels are tried: a tenth of the time of trying every position."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters have a longer lower case, which would shift the positions
        yield from pattern.finditer(text)
        return
    present = [_regex(label) for word, label in _LABEL_FILTERS.items() if word in lowered]
    labels = {match.start() for label in present for match in label.finditer(lowered)}
    start = 0
    for label in sorted(labels):
        start = max(start, label - _MAX_LABEL_CHARS)
        while start <= label:
            match = pattern.match(text, start)
            if match:
                yield match
            start = match.end() if match else start + 1


def mask_labelled_value(label: str, value: str) -> str:
    """Mask the value of a field as in a text that holds the field's name and the value."""
    opening = f'"{label}": "'
    masked = mask_secrets(opening + value)
    return masked.removeprefix(opening) if masked.startswith(opening) else MASK


def may_contain_secret(text: str) -> bool:
    """Return whether a credential may begin in ``text``, which may go on."""
    lowered = text.lower()
    return _contains_marker(lowered) or _contains_prefix(lowered) or _contains_label(lowered)


def _contains_marker(lowered: str) -> bool:
    return any(map(lowered.__contains__, _MARKERS))


def _contains_prefix(lowered: str) -> bool:
    return any(pattern.search(lowered) for pattern in _prefix_filters())


def _contains_label(lowered: str) -> bool:
    return any(word in lowered and _regex(label).search(lowered) for word, label in _LABEL_FILTERS.items())


@cache
def _prefix_filters() -> tuple[re.Pattern[str], ...]:
    """Return patterns that find any of the prefixes in lower-case text: a quarter of the time of forty searches.

    One for each last character, which is quick to find; lookbehinds, one for each length, check the rest.
    """
    prefixes = sorted({prefix.lower() for form in PREFIXED for prefix in form.prefixes.split()})
    filters: list[re.Pattern[str]] = []
    for end in sorted({prefix[-1] for prefix in prefixes}):
        by_length: dict[int, list[str]] = {}
        for prefix in prefixes:
            if prefix.endswith(end):
                by_length.setdefault(len(prefix), []).append(prefix_pattern(prefix))
        lookbehinds = "|".join(f"(?<={'|'.join(alike)})" for alike in by_length.values())
        filters.append(re.compile(f"{re.escape(end)}(?:{lookbehinds})"))
    return tuple(filters)
