"""Make untrusted text safe to show: drop what is invisible, mask credentials, truncate what is long."""

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
# smuggles ASCII), lone surrogates and private use. Code points that this Python does not know yet (Cn) may be letters
# of a newer Unicode, so they stay.
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
_KEPT_CONTROLS = frozenset("\n\t")
# Letters by category, but nothing is drawn.
_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_INVISIBLE_RANGES = (
    range(0x180B, 0x1810),  # variation selectors
    range(0xFE00, 0xFE10),
    range(0xE0000, 0xE1000),  # tags
    range(0x2065, 0x2066),  # reserved, ignorable by default
    range(0xFFF0, 0xFFF9),
    range(0xFDD0, 0xFDF0),  # noncharacters
    *(range(plane + 0xFFFE, plane + 0x10000) for plane in range(0, 0x110000, 0x10000)),
)
_LINE_BREAKS = "\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
_TERMINAL_ESCAPE = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    # OSC and the like: titles, links, the clipboard
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[@-Z\\^_]"
)
_MAX_MARKS = 6  # cantillated Hebrew has up to five; more is "Zalgo" text that overdraws other lines
_STACKED_MARKS = rf"[^\w\s\x00-\x7f]{{{_MAX_MARKS + 1},}}"
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_REGIONAL_INDICATORS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
# In decomposed text they make one syllable with the letter before them.
_HANGUL_VOWELS_AND_FINALS = frozenset(map(chr, [*range(0x1160, 0x1200), *range(0xD7B0, 0xD800)]))
# All characters but ranges of which every one is visible; these need not be checked one by one.
_MAYBE_INVISIBLE = (
    "[^\n\t\x20-\x7e\xa0-\xac\xae-\u034e\u0350-\u05ff\u0900-\u109f\u2010-\u2027\u202f-\u205f\u20a0-\u27ff"
    "\u2e80-\u3163\u3165-\ud7ff\uff01-\uff9f\U0001f300-\U0001faff]+"
)

_regex = cache(re.compile)  # compiled when first needed: start-up does not wait for it
_encode_json = json.JSONEncoder(ensure_ascii=False).encode
LONE_SURROGATE_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Half of a surrogate pair as JSON may write it: it is no character."""
_LOOKALIKE_QUOTES = (
    "[\u02ba\u02dd\u02ee\u02f5\u02f6\u05f2\u05f4\u1cd3\u201c-\u201f\u2033\u2036\u275d\u275e\u3003\u301d-\u301f\uff02"
    "\U0001f676-\U0001f678]"
)


def sanitize(text: str) -> str:
    """Make text safe to show: :func:`strip_invisible`, and mask what has the form of a credential."""
    return mask_secrets(strip_invisible(text))


def strip_invisible(text: str, replace: Replace = replace_matches) -> str:
    r"""Drop invisible characters; keep line breaks and tabs.

    Terminal escapes, control, bidirectional, zero-width, tag and private-use characters and lone surrogates go; every
    kind of line break becomes ``\n``. A zero-width joiner inside an emoji goes too, which splits the emoji and loses
    no word. Of the marks on one letter, six stay.
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
        return pattern.sub(replacement, text)  # the same, but faster
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
    """Return whether sanitizing would not change ``text``, whatever followed it."""
    if not (text.isascii() and text.isprintable()) and (
        _regex(_MAYBE_INVISIBLE).search(text) or (not text.isascii() and _regex(_STACKED_MARKS).search(text))
    ):
        return False
    return not may_contain_secret(text)


def one_line(text: str) -> str:
    """Replace every run of white space by one blank."""
    return " ".join(text.split())


def sanitize_and_truncate(text: str, limit: int) -> tuple[str, bool]:
    """Return a sanitized :func:`preview` of ``text``, and whether it was cut."""
    text = text.lstrip()
    glance = text[: limit * 2]
    if is_safe(text[: limit * 2 + MAX_MARKER_CHARS]) and (
        len(shown := one_line(glance)) > limit or len(glance) == len(text)
    ):
        return truncate(shown, limit), len(shown) > limit
    # Sanitizing shrinks a text (escapes, runs of blanks), so read well past the limit, but never a whole book.
    window = text[: limit * 20]
    shown = one_line(sanitize(window))
    if len(shown) <= limit and len(text.strip()) <= len(window):
        return shown, False
    return shown[: limit - 1].rstrip() + ELLIPSIS, True


def truncate(text: str, limit: int) -> str:
    """Truncate text, which is sanitized already, to ``limit`` characters; the last is ``…`` if any were cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def preview(text: str, limit: int) -> str:
    """Sanitize ``text``, put it on one line, and truncate it to ``limit`` characters."""
    return sanitize_and_truncate(text, limit)[0]


def elide_middle(text: str, limit: int, *, tail_source: str | None = None, total: int = 0) -> str:
    """Return ``text``, or its two ends with the size of the gap between, in at most ``limit`` characters.

    Args:
        text: The whole text, or the beginning of a longer one.
        limit: The most characters to return.
        tail_source: The end of the longer one; then there is always a gap.
        total: How many characters the longer one has.
    """
    if len(text) <= limit and tail_source is None:
        return text
    last, total = text if tail_source is None else tail_source, total or len(text)
    about = "" if tail_source is None else "about "  # what was dropped or masked in the two ends is not counted
    room = limit - len(_gap_marker(f"{about}{total}"))
    tail = min(room // 2, len(last))
    head = min(room - tail, len(text))
    return text[:head] + _gap_marker(f"{about}{total - head - tail}") + last[len(last) - tail :]


def _gap_marker(number: str) -> str:
    return f"\n{ELLIPSIS} [{number} characters left out] {ELLIPSIS}\n"


_CONTEXT_CHARS = 12_000
"""Characters read on either side of a slice to sanitize it: more than most secrets have."""
_MAX_LOOKAHEAD = 200_000
_MAX_SECRET_CHARS, _MAX_LABEL_CHARS = 65_536, 200  # read before them, up to the last blank


def sanitize_slice(text: str, start: int, length: int) -> tuple[str, int | None]:
    """Sanitize a part of ``text`` as :func:`sanitize` would within the whole.

    Args:
        text: Any text, of any length.
        start: The position in ``text`` to begin at.
        length: The most characters of the part, once sanitized.

    Returns:
        The part, and the position in ``text`` where the next one begins; None at the end of what is visible. A part
        ends between a character and its accents, or within a ``[masked]``, only if it would otherwise be empty.
    """
    left, ahead = _context_start(text, start), 2 * length
    while True:
        right = min(len(text), start + ahead + _CONTEXT_CHARS)
        sanitized, origins = _sanitize_with_origins(text[left:right])
        first = bisect_left(origins, start - left)
        # Near the right edge a secret may begin, unless the text itself ends there.
        last = len(sanitized) if right == len(text) else bisect_left(origins, right - left - _CONTEXT_CHARS)
        end = min(first + length, last)
        if end == first + length or right == len(text) or ahead >= _MAX_LOOKAHEAD:
            break
        ahead *= 8  # most of what was read is invisible or masked
    if end == len(sanitized) and right == len(text):
        return sanitized[first:], None
    if end < last:
        whole = end
        while whole > first and (origins[whole] == origins[whole - 1] or _continues_character(sanitized, whole)):
            whole -= 1
        end = whole if whole > first else end
    following = end
    while 0 < following < len(origins) and origins[following] == origins[following - 1]:
        following += 1  # the rest of a [masked] that is longer than the part
    position = origins[following] + left if following < len(origins) else right
    return sanitized[first:end], max(position, start + 1) if position < len(text) else None


def _context_start(text: str, start: int) -> int:
    """Return where to begin, so that a secret that extends over ``start`` is read whole."""
    left = max(0, start - _CONTEXT_CHARS)
    # Secrets hold no blanks, but their labels and the first line of a key file do.
    farthest = max(0, left - _MAX_SECRET_CHARS)
    blank = max(text.rfind(mark, farthest, left) for mark in " \t")
    return max(farthest, blank - _MAX_LABEL_CHARS)


def sanitize_in_slices(text: str, length: int = 50_000) -> Iterator[str]:
    """Yield ``text`` sanitized, in slices that take some milliseconds each."""
    if len(text) <= length:
        yield sanitize(text)
        return
    position: int | None = 0
    while position is not None:
        piece, position = sanitize_slice(text, position, length)
        yield piece


def sanitize_ends(text: str, length: int) -> tuple[str, str | None]:
    """Sanitize a text: return it and None, or the first and the last ``length`` characters of a long one."""
    if length < len(text) <= _MAX_LOOKAHEAD:
        text = strip_invisible(text)  # most of it may be invisible
    if len(text) <= 2 * (length + _CONTEXT_CHARS):
        return sanitize(text), None
    return sanitize_slice(text, 0, length)[0], sanitize(text[_context_start(text, len(text) - length) :])[-length:]


def _sanitize_with_origins(text: str) -> tuple[str, list[int]]:
    """Sanitize ``text``; also return, for each character left, its position in ``text``, in rising order."""
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
    """Yield, for each character of ``new``, which replaces ``old``, the position in ``old`` that it comes from.

    Characters that stay keep their positions; a mask has the first position of what it hides.
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
    return (position - first) % 2 == 1  # a flag is a pair


def json_quote(value: object) -> str:
    """Quote a text as one JSON string, on one line, that cannot close its quotation marks or seem to.

    Characters that look like the marks are escaped, and so is an accent that would combine with the first mark. Other
    values are written as JSON, the texts in them likewise.
    """
    encoded = _encode_json(value)
    if encoded.isascii():
        return encoded
    encoded = _regex(_LOOKALIKE_QUOTES).sub(_escape, encoded)
    return f'"{_escape(encoded[1])}{encoded[2:]}' if isinstance(value, str) and _is_mark(encoded[1]) else encoded


def _escape(found: re.Match[str] | str) -> str:
    return json.dumps(found if isinstance(found, str) else found[0])[1:-1]
