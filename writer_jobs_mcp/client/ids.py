"""Writer's ids: which ones are valid, and how one is shown."""

import re
from urllib.parse import unquote

from writer_jobs_mcp.sanitize.text import one_line, strip_invisible
from writer_jobs_mcp.sanitize.truncate import truncate

MAX_ID_LENGTH = 200
# No id of Writer's has these, and in a path they would lead elsewhere.
_INVALID_IN_ID = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]|\A\.+\Z")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])", re.IGNORECASE)
# Characters that are pasted along with an address: blanks, brackets and quotation marks.
_ADDRESS_WRAPPING = " \t\r\n<>()[]\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb"
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)", re.ASCII | re.IGNORECASE)
_WRITER_HOST = re.compile(r"(?:[a-z0-9-]+\.)*writer\.com\.?(?::[0-9]*)?", re.ASCII | re.IGNORECASE)
_INVALID_IN_ADDRESS = re.compile(r"[\\\x00-\x1f\x7f-\x9f]")


def validate_id(value: str) -> str:
    """Return a trimmed id.

    Raises:
        ValueError: It cannot be an id; the message says what an id must be.
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
    """Return a trimmed id, alias or name of an application, or the only UUID in a writer.com address.

    Raises:
        ValueError: It cannot be any of these; the message says what it must be.
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
    """Return whether it has the form of a UUID."""
    return _UUID.fullmatch(value) is not None


def display_id(value: str) -> str:
    """Return an id on one line, without invisible characters, and no longer than a valid id."""
    return truncate(one_line(strip_invisible(value)), MAX_ID_LENGTH)


def can_be_sent(value: str) -> bool:
    """Return whether a string can be one segment of a path; less strict than :func:`validate_id`."""
    return value not in {"", ".", ".."} and len(value) <= MAX_ID_LENGTH and not _SURROGATE.search(value)


def is_usable_id(value: str) -> bool:
    """Return whether an id from Writer is valid in a tool call, and looks like what it is."""
    return display_id(value) == value and not _INVALID_IN_ID.search(value)
