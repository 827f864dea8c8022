"""Shorten untrusted text: to a preview on one line, or to its two ends with a note on what was left out."""

from writer_jobs_mcp.sanitize.secrets import MAX_MARKER_CHARS
from writer_jobs_mcp.sanitize.text import is_safe, one_line, sanitize

ELLIPSIS = "…"


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
        tail_source: The end of the longer text, if ``text`` is only its beginning.
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
