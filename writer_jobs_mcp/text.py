"""Strangers' text made safe to show: what cannot be seen is dropped, what is secret masked, what is long cut."""

import json
import re
import unicodedata
from functools import cache

from writer_jobs_mcp.credentials import LONGEST_SIGN, mask_secrets, may_hold_a_secret

ELLIPSIS = "…"

# Invisible by design: controls, format characters (bidirectional marks, zero-width characters, the tag block that
# smuggles ASCII), lone surrogates and private use. Line breaks and tabs are kept apart. Code points that this
# Python does not know yet (Cn) are somebody's new letters, so they stay.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
_KEPT = frozenset("\n\t")
# A few letters-by-category that draw nothing.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_HIDDEN_RANGES = (
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
_MARKS_ON_A_LETTER = 6  # pointed and sung Hebrew has five; more is a heap that hides the lines above and below
_HEAP = rf"[^\w\s\x00-\x7f]{{{_MARKS_ON_A_LETTER + 1},}}"
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
# Vowels and finals that make one syllable with the Korean letter before them, where a text is decomposed.
_KOREAN_REST = frozenset(map(chr, [*range(0x1160, 0x1200), *range(0xD7B0, 0xD800)]))
# All but the letters, marks and pictures of which every one can be seen: what need not be looked at one by one.
_DOUBTFUL = (
    "[^\n\t\x20-\x7e\xa0-\xac\xae-\u034e\u0350-\u05ff\u0900-\u109f\u2010-\u2027\u202f-\u205f\u20a0-\u27ff"
    "\u2e80-\u3163\u3165-\ud7ff\uff01-\uff9f\U0001f300-\U0001faff]+"
)

_regex = cache(re.compile)  # when it is first needed: whoever starts the server waits for none
_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode
HALF_A_PAIR = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Half of a surrogate pair as JSON may write it, which is no character."""
_LIKE_OUR_MARKS = (
    "[\u02ba\u02dd\u02ee\u02f5\u02f6\u05f2\u05f4\u1cd3\u201c-\u201f\u2033\u2036\u275d\u275e\u3003\u301d-\u301f\uff02"
    "\U0001f676-\U0001f678]"
)


def clean(text: str) -> str:
    """What a job says, made safe to show: :func:`visible`, with what has the form of a credential masked."""
    return mask_secrets(visible(text))


def visible(text: str) -> str:
    r"""Drop what cannot be seen; keep line breaks and tabs.

    Terminal escapes, control, bidirectional, zero-width, tag and private-use characters and lone surrogates go; every
    kind of line break becomes ``\n``. A zero-width joiner inside an emoji goes too, which splits the emoji and loses
    no word. Of the marks that are heaped on one letter, six stay.
    """
    if text.isascii() and text.isprintable():
        return text
    if _regex(_DOUBTFUL).search(text):
        text = _regex(_TERMINAL_ESCAPE).sub("", text)
        text = _regex(_LINE_BREAKS).sub("\n", text)
        text = _regex(_DOUBTFUL).sub(_visible_part, text)
    return text if text.isascii() else _regex(_HEAP).sub(_lowered, text)


def _visible_part(doubtful: re.Match[str]) -> str:
    hidden = {ord(character): None for character in set(doubtful[0]) if not _is_visible(character)}
    return doubtful[0].translate(hidden) if hidden else doubtful[0]


def _is_visible(character: str) -> bool:
    if character in _KEPT:
        return True
    if unicodedata.category(character) in _HIDDEN_CATEGORIES or character in _BLANK_LETTERS:
        return False
    return not any(ord(character) in hidden for hidden in _HIDDEN_RANGES)


def _lowered(heap: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in heap[0]:
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= _MARKS_ON_A_LETTER:
            kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _is_harmless(text: str) -> bool:
    """Whether there is nothing to clean, and nothing begins that would have to be cleaned if more of it were seen."""
    if not (text.isascii() and text.isprintable()) and (
        _regex(_DOUBTFUL).search(text) or (not text.isascii() and _regex(_HEAP).search(text))
    ):
        return False
    return not may_hold_a_secret(text)


def one_line(text: str) -> str:
    """Fold every run of white space into one blank."""
    return " ".join(text.split())


def shorten(text: str, limit: int) -> tuple[str, bool]:
    """``text`` cleaned, on one line, at most ``limit`` characters with ``…`` for the last where it was cut; was it?"""
    text = text.lstrip()
    glance = text[: limit * 2]
    if _is_harmless(text[: limit * 2 + LONGEST_SIGN]) and (
        len(shown := one_line(glance)) > limit or len(glance) == len(text)
    ):
        return cut(shown, limit), len(shown) > limit
    # Cleaning shrinks a text (escapes, runs of blanks), so look well past the limit; but never at the whole of a book.
    window = text[: limit * 20]
    shown = one_line(clean(window))
    if len(shown) <= limit and len(text.strip()) <= len(window):
        return shown, False
    return shown[: limit - 1].rstrip() + ELLIPSIS, True


def cut(text: str, limit: int) -> str:
    """``text``, which is clean already, at most ``limit`` characters long, with ``…`` for the last where it was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def preview(text: str, limit: int) -> str:
    """The text of :func:`shorten`."""
    return shorten(text, limit)[0]


def head_and_tail(text: str, limit: int) -> str:
    """``text`` whole, or its beginning and end and the size of the gap between; ``limit`` characters at most."""
    if len(text) <= limit:
        return text
    room = limit - len(f"\n{ELLIPSIS} [{len(text)} characters left out] {ELLIPSIS}\n")
    tail = room // 2
    head = room - tail
    gap = f"\n{ELLIPSIS} [{len(text) - head - tail} characters left out] {ELLIPSIS}\n"
    return text[:head] + gap + text[len(text) - tail :]


def piece(text: str, start: int, length: int) -> tuple[str, int]:
    """``length`` characters of ``text`` from ``start`` on, and where they end: never between a letter and its accents.

    What belongs together and is longer than ``length`` is cut all the same, so that every piece leads on.
    """
    end = min(start + length, len(text))
    whole = end
    while start < whole < len(text) and _belongs_to_the_one_before(text, whole):
        whole -= 1
    end = whole if whole > start else end
    return text[start:end], max(start, end)


def _belongs_to_the_one_before(text: str, position: int) -> bool:
    character = text[position]
    if _is_mark(character) or character in _SKIN_TONES or character in _KOREAN_REST:
        return True
    if character not in _FLAG_LETTERS:
        return False
    first = position
    while first > 0 and text[first - 1] in _FLAG_LETTERS:
        first -= 1
    return (position - first) % 2 == 1  # flags are pairs


def quoted(value: object) -> str:
    """A text as one JSON string: on one line, with no way to close its own quotation marks or to look as if it did.

    What looks like those marks is escaped, and so is an accent that would sit on the first of them. Other values are
    written as JSON, the texts in them likewise.
    """
    said = _AS_JSON(value)
    if said.isascii():
        return said
    said = _regex(_LIKE_OUR_MARKS).sub(_escaped, said)
    return f'"{_escaped(said[1])}{said[2:]}' if isinstance(value, str) and _is_mark(said[1]) else said


def _escaped(found: re.Match[str] | str) -> str:
    return json.dumps(found if isinstance(found, str) else found[0])[1:-1]
