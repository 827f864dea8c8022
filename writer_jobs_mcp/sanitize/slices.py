"""Sanitize parts of a long text as they would be within the whole."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from writer_jobs_mcp.sanitize.secrets import Edit, mask_secrets
from writer_jobs_mcp.sanitize.text import is_mark, sanitize, strip_invisible

_CONTEXT_CHARS = 12_000
"""Characters read on either side of a slice to sanitize it: more than most secrets have."""
_MAX_LOOKAHEAD = 200_000
_MAX_SECRET_CHARS, _MAX_LABEL_CHARS = 65_536, 200  # read before them, up to the last blank
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_REGIONAL_INDICATORS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
# In decomposed text they make one syllable with the letter before them.
_HANGUL_VOWELS_AND_FINALS = frozenset(map(chr, [*range(0x1160, 0x1200), *range(0xD7B0, 0xD800)]))


def sanitize_slice(text: str, start: int, length: int) -> tuple[str, int | None]:
    """Sanitize a part of ``text`` as :func:`sanitize` would within the whole.

    The part begins at position ``start``; once sanitized, it has at most ``length`` characters.

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

    def replace(text: str, edits: Iterable[Edit]) -> str:
        nonlocal origins
        parts: list[str] = []
        kept: list[int] = []
        end = 0
        for edit in edits:
            parts += text[end : edit.start], edit.new
            kept += origins[end : edit.start]
            kept += (origins[edit.start + at] for at in _kept_positions(text[edit.start : edit.end], edit.new))
            end = edit.end
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
    if is_mark(character) or character in _SKIN_TONES or character in _HANGUL_VOWELS_AND_FINALS:
        return True
    if character not in _REGIONAL_INDICATORS:
        return False
    first = position
    while first > 0 and text[first - 1] in _REGIONAL_INDICATORS:
        first -= 1
    return (position - first) % 2 == 1  # a flag is a pair
