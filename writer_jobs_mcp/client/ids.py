"""Writer's ids: which ones a tool takes, and how one is shown."""

import re
from urllib.parse import unquote

from writer_jobs_mcp.sanitize.text import one_line, strip_invisible, truncate

MAX_ID_LENGTH = 200
# No id that Writer gives has these, and in a path they would lead elsewhere.
_INVALID_IN_ID = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]|\A\.+\Z")
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])", re.IGNORECASE)
# What is pasted along with an address: blanks, brackets, and quotation marks of any kind.
_ADDRESS_WRAPPING = " \t\r\n<>()[]\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb"
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)", re.ASCII | re.IGNORECASE)
_WRITER_HOST = re.compile(r"(?:[a-z0-9-]+\.)*writer\.com\.?(?::[0-9]*)?", re.ASCII | re.IGNORECASE)
_INVALID_IN_ADDRESS = re.compile(r"[\\\x00-\x1f\x7f-\x9f]")


def validate_id(value: str) -> str:
    """An id, trimmed.

    Raises:
        ValueError: It cannot be an id; says what an id must be.
    """
    value = value.strip()
    if not value:
        message = "must not be empty"
        raise ValueError(message)
    if len(value) > MAX_ID_LENGTH:
        message = f"must be at most {MAX_ID_LENGTH} characters long"
        raise ValueError(message)
    if _INVALID_IN_ID.search(value):
        message = "must be an id as Writer gives it: no slash, backslash or control character, and not only dots"
        raise ValueError(message)
    return value


def validate_application(value: str) -> str:
    """What a user gives for an application, trimmed: an id, an alias or a name; of a writer.com address its one UUID.

    Raises:
        ValueError: It cannot be any of these; says what it must be.
    """
    address = value.strip(_ADDRESS_WRAPPING)
    if found := _ADDRESS.match(address):
        return _uuid_of_address(address, scheme=found[1], host=found[2])
    try:
        return validate_id(value)
    except ValueError as exc:
        if not value.strip():
            raise
        message = (
            f"{exc} (paste a writer.com address whole, with https://; an application with such a name is addressed by "
            "its id, which list_applications shows)"
        )
        raise ValueError(message) from exc


def _uuid_of_address(address: str, *, scheme: str, host: str) -> str:
    if scheme.lower() != "https" or not _WRITER_HOST.fullmatch(host) or _INVALID_IN_ADDRESS.search(address):
        message = "must be an id, an exact name or an https address under writer.com, not another address"
        raise ValueError(message)
    uuids = list(dict.fromkeys(found.lower() for found in _UUID.findall(unquote(address))))
    if len(uuids) == 1:
        return uuids[0]
    what = f"{len(uuids)} different ones" if uuids else "none"
    message = f"must be a writer.com address that holds one UUID; this holds {what}. Take the id from list_applications"
    raise ValueError(message)


def is_uuid(value: str) -> bool:
    """Whether it has the form of a UUID."""
    return _UUID.fullmatch(value) is not None


def display_id(value: str) -> str:
    """An id on one line, with nothing in it that cannot be seen, and no longer than any that a tool takes."""
    return truncate(one_line(strip_invisible(value)), MAX_ID_LENGTH)


def is_usable_id(value: str) -> bool:
    """Whether an id is what it shows, and a tool takes it."""
    return display_id(value) == value and not _INVALID_IN_ID.search(value)
