"""Strangers' text made safe to show: what cannot be seen is dropped, what is secret masked, what is long cut."""

import json
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache

from writer_jobs_mcp.sanitize.secrets import (
    MAX_MARKER_CHARS,
    Replace,
    Replacement,
    mask_secrets,
    may_contain_secret,
    replace_matches,
    replacement_for,
)

ELLIPSIS = "…"

# Invisible by design: controls, format characters (bidirectional marks, zero-width characters, the tag block that
# smuggles ASCII), lone surrogates and private use. Line breaks and tabs are kept apart. Code points that this
# Python does not know yet (Cn) are somebody's new letters, so they stay.
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
_KEPT_CONTROLS = frozenset("\n\t")
# A few letters-by-category that draw nothing.
_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_INVISIBLE_RANGES = (
    range(0x180B, 0x1810),  # selectors
    range(0xFE00, 0xFE10),
    range(0xE0000, 0xE1000),  # tags
    range(0x2065, 0x2066),  # to be ignored by default, although nothing yet
    range(0xFFF0, 0xFFF9),
    range(0xFDD0, 0xFDF0),  # no characters, for ever
    *(range(plane + 0xFFFE, plane + 0x10000) for plane in range(0, 0x110000, 0x10000)),
)
_LINE_BREAKS = "\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
_TERMINAL_ESCAPE = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    # OSC and its kin: titles, links, the clipboard
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[@-Z\\^_]"
)
_MAX_MARKS = 6  # pointed and sung Hebrew has five; more is a heap that hides the lines above and below
_STACKED_MARKS = rf"[^\w\s\x00-\x7f]{{{_MAX_MARKS + 1},}}"
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_REGIONAL_INDICATORS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
# Vowels and finals that make one syllable with the Korean letter before them, where a text is decomposed.
_HANGUL_VOWELS_AND_FINALS = frozenset(map(chr, [*range(0x1160, 0x1200), *range(0xD7B0, 0xD800)]))
# All but the letters, marks and pictures of which every one can be seen: what need not be looked at one by one.
_MAYBE_INVISIBLE = (
    "[^\n\t\x20-\x7e\xa0-\xac\xae-\u034e\u0350-\u05ff\u0900-\u109f\u2010-\u2027\u202f-\u205f\u20a0-\u27ff"
    "\u2e80-\u3163\u3165-\ud7ff\uff01-\uff9f\U0001f300-\U0001faff]+"
)

_regex = cache(re.compile)  # when it is first needed: whoever starts the server waits for none
_encode_json = json.JSONEncoder(ensure_ascii=False).encode
LONE_SURROGATE_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Half of a surrogate pair as JSON may write it, which is no character."""
_LOOKALIKE_QUOTES = (
    "[\u02ba\u02dd\u02ee\u02f5\u02f6\u05f2\u05f4\u1cd3\u201c-\u201f\u2033\u2036\u275d\u275e\u3003\u301d-\u301f\uff02"
    "\U0001f676-\U0001f678]"
)


def sanitize(text: str) -> str:
    """What a job says, made safe to show: :func:`visible`, with what has the form of a credential masked."""
    return mask_secrets(strip_invisible(text))


def strip_invisible(text: str, replace: Replace = replace_matches) -> str:
    r"""Drop what cannot be seen; keep line breaks and tabs.

    Terminal escapes, control, bidirectional, zero-width, tag and private-use characters and lone surrogates go; every
    kind of line break becomes ``\n``. A zero-width joiner inside an emoji goes too, which splits the emoji and loses
    no word. Of the marks that are heaped on one letter, six stay.
    """
    if text.isascii() and text.isprintable():
        return text
    if _regex(_MAYBE_INVISIBLE).search(text):
        text = _replace_all(_TERMINAL_ESCAPE, "", text, replace)
        text = _replace_all(_LINE_BREAKS, "\n", text, replace)
        text = _replace_all(_MAYBE_INVISIBLE, _strip_invisible_run, text, replace)
    return text if text.isascii() else _replace_all(_STACKED_MARKS, _limit_marks, text, replace)


def _replace_all(form: str, replacement: Replacement, text: str, replace: Replace) -> str:
    pattern = _regex(form)
    if replace is replace_matches:
        return pattern.sub(replacement, text)  # the same, only faster
    return replace(text, pattern.finditer(text), replacement)


def _strip_invisible_run(run: re.Match[str]) -> str:
    hidden = {ord(character): None for character in set(run[0]) if not _is_visible(character)}
    return run[0].translate(hidden) if hidden else run[0]


def _is_visible(character: str) -> bool:
    if character in _KEPT_CONTROLS:
        return True
    if unicodedata.category(character) in _INVISIBLE_CATEGORIES or character in _INVISIBLE_LETTERS:
        return False
    return not any(ord(character) in hidden for hidden in _INVISIBLE_RANGES)


def _limit_marks(stacked: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in stacked[0]:
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def is_safe(text: str) -> bool:
    """Whether cleaning would not change ``text``, however it went on."""
    if not (text.isascii() and text.isprintable()) and (
        _regex(_MAYBE_INVISIBLE).search(text) or (not text.isascii() and _regex(_STACKED_MARKS).search(text))
    ):
        return False
    return not may_contain_secret(text)


def one_line(text: str) -> str:
    """Fold every run of white space into one blank."""
    return " ".join(text.split())


def sanitize_and_truncate(text: str, limit: int) -> tuple[str, bool]:
    """``text`` cleaned, on one line, at most ``limit`` characters with ``…`` for the last where it was cut; was it?"""
    text = text.lstrip()
    glance = text[: limit * 2]
    if is_safe(text[: limit * 2 + MAX_MARKER_CHARS]) and (
        len(shown := one_line(glance)) > limit or len(glance) == len(text)
    ):
        return truncate(shown, limit), len(shown) > limit
    # Cleaning shrinks a text (escapes, runs of blanks), so look well past the limit; but never at the whole of a book.
    window = text[: limit * 20]
    shown = one_line(sanitize(window))
    if len(shown) <= limit and len(text.strip()) <= len(window):
        return shown, False
    return shown[: limit - 1].rstrip() + ELLIPSIS, True


def truncate(text: str, limit: int) -> str:
    """``text``, which is clean already, at most ``limit`` characters long, with ``…`` for the last where it was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def preview(text: str, limit: int) -> str:
    """The text of :func:`shorten`."""
    return sanitize_and_truncate(text, limit)[0]


def elide_middle(text: str, limit: int, *, tail_source: str | None = None, total: int = 0) -> str:
    """``text`` whole, or its beginning and end and the size of the gap between; ``limit`` characters at most.

    Args:
        text: The whole text, or the beginning of a longer one.
        limit: The most characters to return.
        tail_source: The end of the longer one; then there is always a gap.
        total: How many characters the longer one has.
    """
    if len(text) <= limit and tail_source is None:
        return text
    last, total = text if tail_source is None else tail_source, total or len(text)
    about = "" if tail_source is None else "about "  # what is dropped and masked in the two ends is not counted
    room = limit - len(_gap_marker(f"{about}{total}"))
    tail = min(room // 2, len(last))
    head = min(room - tail, len(text))
    return text[:head] + _gap_marker(f"{about}{total - head - tail}") + last[len(last) - tail :]


def _gap_marker(number: str) -> str:
    return f"\n{ELLIPSIS} [{number} characters left out] {ELLIPSIS}\n"


_CONTEXT_CHARS = 12_000
"""Characters on either side of a part that are looked at to clean it: more than most secrets have."""
_MAX_LOOKAHEAD = 200_000
_MAX_SECRET_CHARS, _MAX_LABEL_CHARS = 65_536, 200  # and so many more before it, as long as none of them is a blank


def sanitize_slice(text: str, start: int, length: int) -> tuple[str, int | None]:
    """Clean a part of ``text`` as :func:`clean` would within the whole.

    Args:
        text: Any text, of any length.
        start: The position in ``text`` to begin at.
        length: The most characters that the part may have, once cleaned.

    Returns:
        The part, and the position in ``text`` where the next one begins; None at the end of what can be seen. A part
        ends between a character and its accents, or within a ``[masked]``, only where it would else be empty.
    """
    left, ahead = _context_start(text, start), 2 * length
    while True:
        right = min(len(text), start + ahead + _CONTEXT_CHARS)
        cleaned, origins = _sanitize_with_origins(text[left:right])
        first = bisect_left(origins, start - left)
        # What stands near the right edge may be the beginning of a secret, unless the text itself ends there.
        last = len(cleaned) if right == len(text) else bisect_left(origins, right - left - _CONTEXT_CHARS)
        end = min(first + length, last)
        if end == first + length or right == len(text) or ahead >= _MAX_LOOKAHEAD:
            break
        ahead *= 8  # most of what was looked at is hidden or masked
    if end == len(cleaned) and right == len(text):
        return cleaned[first:], None
    if end < last:
        whole = end
        while whole > first and (origins[whole] == origins[whole - 1] or _continues_character(cleaned, whole)):
            whole -= 1
        end = whole if whole > first else end
    following = end
    while 0 < following < len(origins) and origins[following] == origins[following - 1]:
        following += 1  # the rest of a [masked] that is longer than the part
    position = origins[following] + left if following < len(origins) else right
    return cleaned[first:end], max(position, start + 1) if position < len(text) else None


def _context_start(text: str, start: int) -> int:
    """Return where to begin cleaning, so that a secret which goes on at ``start`` is seen from its beginning."""
    left = max(0, start - _CONTEXT_CHARS)
    # No secret has blanks in it, but the first line of a key file and what names a secret do.
    farthest = max(0, left - _MAX_SECRET_CHARS)
    blank = max(text.rfind(mark, farthest, left) for mark in " \t")
    return max(farthest, blank - _MAX_LABEL_CHARS)


def sanitize_in_slices(text: str, length: int = 50_000) -> Iterator[str]:
    """Clean ``text`` piece by piece, each of which takes some milliseconds."""
    if len(text) <= length:
        yield sanitize(text)
        return
    position: int | None = 0
    while position is not None:
        piece, position = sanitize_slice(text, position, length)
        yield piece


def sanitize_ends(text: str, length: int) -> tuple[str, str | None]:
    """Return ``text`` cleaned and None; of a long text its first and its last ``length`` characters, cleaned."""
    if length < len(text) <= _MAX_LOOKAHEAD:
        text = strip_invisible(text)  # most of it may be hidden
    if len(text) <= 2 * (length + _CONTEXT_CHARS):
        return sanitize(text), None
    return sanitize_slice(text, 0, length)[0], sanitize(text[_context_start(text, len(text) - length) :])[-length:]


def _sanitize_with_origins(text: str) -> tuple[str, list[int]]:
    """Clean ``text``, and return for each character that is left its position in ``text``, in rising order."""
    origins = list(range(len(text)))

    def replace(text: str, matches: Iterable[re.Match[str]], replacement: Replacement) -> str:
        nonlocal origins
        parts: list[str] = []
        kept: list[int] = []
        end = 0
        for match in matches:
            new = replacement_for(match, replacement)
            parts += text[end : match.start()], new
            kept += origins[end : match.start()]
            kept += (origins[match.start() + at] for at in _kept_positions(match[0], new))
            end = match.end()
        if parts:
            origins = kept + origins[end:]
            text = "".join(parts) + text[end:]
        return text

    return mask_secrets(strip_invisible(text, replace), replace), origins


def _kept_positions(old: str, new: str) -> Iterator[int]:
    """Return for each character of ``new``, which replaces ``old``, the position in ``old`` that it comes from.

    Characters that were only dropped keep their own positions; a mask has the first position of what it hides.
    """
    same = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), len(new))
    yield from range(same)
    position, kept = same, list[int]()
    for character in new[same:]:
        position = old.find(character, position) + 1
        if not position:
            yield from (same for _ in new[same:])
            return
        kept.append(position - 1)
    yield from kept


def _continues_character(text: str, position: int) -> bool:
    character = text[position]
    if _is_mark(character) or character in _SKIN_TONES or character in _HANGUL_VOWELS_AND_FINALS:
        return True
    if character not in _REGIONAL_INDICATORS:
        return False
    first = position
    while first > 0 and text[first - 1] in _REGIONAL_INDICATORS:
        first -= 1
    return (position - first) % 2 == 1  # flags are pairs


def json_quote(value: object) -> str:
    """A text as one JSON string: on one line, with no way to close its own quotation marks or to look as if it did.

    What looks like those marks is escaped, and so is an accent that would sit on the first of them. Other values are
    written as JSON, the texts in them likewise.
    """
    said = _encode_json(value)
    if said.isascii():
        return said
    said = _regex(_LOOKALIKE_QUOTES).sub(_escape, said)
    return f'"{_escape(said[1])}{said[2:]}' if isinstance(value, str) and _is_mark(said[1]) else said


def _escape(found: re.Match[str] | str) -> str:
    return json.dumps(found if isinstance(found, str) else found[0])[1:-1]
