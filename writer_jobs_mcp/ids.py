"""Writer's ids: which ones a tool takes, and how one is shown."""

import re

from writer_jobs_mcp.text import cut, one_line, visible

LONGEST_ID = 200
# No id that Writer gives has these, and in a path they would lead elsewhere.
_NEVER_IN_AN_ID = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]|\A\.+\Z")


def checked_id(value: str) -> str:
    """An id, trimmed.

    Raises:
        ValueError: It cannot be an id; says what an id must be.
    """
    value = value.strip()
    if not value:
        message = "must not be empty"
        raise ValueError(message)
    if len(value) > LONGEST_ID:
        message = f"must be at most {LONGEST_ID} characters long"
        raise ValueError(message)
    if _NEVER_IN_AN_ID.search(value):
        message = "must be an id as Writer gives it: no slash, backslash or control character, and not only dots"
        raise ValueError(message)
    return value


def shown_id(value: str) -> str:
    """An id on one line, with nothing in it that cannot be seen, and no longer than any that a tool takes."""
    return cut(one_line(visible(value)), LONGEST_ID)


def can_be_asked_for(value: str) -> bool:
    """Whether an id is what it shows, and a tool takes it."""
    return shown_id(value) == value and not _NEVER_IN_AN_ID.search(value)
