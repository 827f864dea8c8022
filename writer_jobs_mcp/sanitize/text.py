"""Make untrusted text safe to show: drop what is invisible, mask credentials, quote."""

import json
import re
import unicodedata
from collections.abc import Callable
from functools import cache

from writer_jobs_mcp.sanitize.secrets import Edit, Replace, mask_secrets, may_contain_secret, replace_parts

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
# All characters but ranges of which every one is visible; these need not be checked one by one.
_MAYBE_INVISIBLE = (
    "[^\n\t\x20-\x7e\xa0-\xac\xae-\u034e\u0350-\u05ff\u0900-\u109f\u2010-\u2027\u202f-\u205f\u20a0-\u27ff"
    "\u2e80-\u3163\u3165-\ud7ff\uff01-\uff9f\U0001f300-\U0001faff]+"
)

Replacement = str | Callable[[re.Match[str]], str]

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


def strip_invisible(text: str, replace: Replace = replace_parts) -> str:
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
    if replace is replace_parts:
        return pattern.sub(replacement, text)  # the same, but faster
    return replace(
        text,
        (
            Edit(match.start(), match.end(), replacement if isinstance(replacement, str) else replacement(match))
            for match in pattern.finditer(text)
        ),
    )


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
        marks = marks + 1 if is_mark(character) else 0
        if marks <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def is_mark(character: str) -> bool:
    """Return whether a character combines with the one before it, as accents do."""
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


def json_quote(value: object) -> str:
    """Quote a text as one JSON string on one line that can neither close its quotation marks nor look as if it did.

    Characters that look like the marks are escaped, and so is an accent that would combine with the first mark. Other
    values are written as JSON, the texts in them likewise.
    """
    encoded = _encode_json(value)
    if encoded.isascii():
        return encoded
    encoded = _regex(_LOOKALIKE_QUOTES).sub(_escape, encoded)
    return f'"{_escape(encoded[1])}{encoded[2:]}' if isinstance(value, str) and is_mark(encoded[1]) else encoded


def _escape(found: re.Match[str] | str) -> str:
    return json.dumps(found if isinstance(found, str) else found[0])[1:-1]
