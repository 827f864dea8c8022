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
# A few letters-by-category that draw nothing, and the separators that break a line for some readers but not others.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_HIDDEN_RANGES = (
    range(0xFE00, 0xFE10),
    range(0x180B, 0x1810),
    range(0xE0000, 0xE1000),
)  # selectors, plane 14
_LINE_BREAKS = "\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
_TERMINAL_ESCAPE = (
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    r"|\x1b[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"  # OSC and its kin: titles, hyperlinks
    r"|\x1b[@-Z\\^_]"
)
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


def clean(text: str) -> str:
    """What a job says, made safe to show: :func:`visible`, with what has the form of a credential masked."""
    return mask_secrets(visible(text))


def visible(text: str) -> str:
    r"""Drop what cannot be seen; keep line breaks and tabs.

    Terminal escapes, control, bidirectional, zero-width, tag and private-use characters and lone surrogates go; every
    kind of line break becomes ``\n``. A zero-width joiner inside an emoji goes too, which splits the emoji and loses
    no word.
    """
    if (text.isascii() and text.isprintable()) or not _regex(_DOUBTFUL).search(text):
        return text
    text = _regex(_TERMINAL_ESCAPE).sub("", text)
    text = _regex(_LINE_BREAKS).sub("\n", text)
    return _regex(_DOUBTFUL).sub(lambda found: "".join(filter(_is_visible, found[0])), text)


def _is_visible(character: str) -> bool:
    if character in _KEPT:
        return True
    if unicodedata.category(character) in _HIDDEN_CATEGORIES or character in _BLANK_LETTERS:
        return False
    return not any(ord(character) in hidden for hidden in _HIDDEN_RANGES)


def _is_harmless(text: str) -> bool:
    """Whether there is nothing to clean, and nothing begins that would have to be cleaned if more of it were seen."""
    if not (text.isascii() and text.isprintable()) and _regex(_DOUBTFUL).search(text):
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
    if unicodedata.category(character)[0] == "M" or character in _SKIN_TONES or character in _KOREAN_REST:
        return True
    if character not in _FLAG_LETTERS:
        return False
    first = position
    while first > 0 and text[first - 1] in _FLAG_LETTERS:
        first -= 1
    return (position - first) % 2 == 1  # flags are pairs


def quoted(text: str) -> str:
    """``text`` as one JSON string: on one line, and with no way to close its own quotation marks."""
    return _AS_JSON(text)
