"""Tell the value of a credential from a name, a placeholder, code, and words about a credential."""

import re
from functools import cache

from writer_jobs_mcp.sanitize.secret_forms.words import WORDS_ABOUT_VALUES

_regex = cache(re.compile)  # compiled when first needed: start-up does not wait for it

# <…>, ${…}, {{…}}, $NAME, %s, %NAME%, ***, xxxx, (…), […], ... and the like
_PLACEHOLDER = (
    r"(?i)(?:<[^>\n]{0,80}>?|\$(?:[{(]|[a-z_]+\d?\Z)|\{|%(?:[sdr(%]|\w{1,40}%)|\*{2,}|\*\Z|\.{2,}|x{4,}\Z|-+\Z|_+\Z"
    r"|\[[a-z ]{1,20}\]?|\([a-z ]{1,20}\)?|!vault|!ref|!sub|your[_-]|my[_-]|some[_-]|insert[_-]|replace[_-]|\"|\\)"
)
# A call, an attribute, an element, a variable that is named after the label.
_CODE = (
    r"(?:[A-Za-z_$][A-Za-z_]{0,40}\d?[(\[]"
    r"|[a-z_$][A-Za-z_]{0,40}\d?(?:\??\.[A-Za-z_$][A-Za-z_]{0,40}\d{0,2}){1,8}(?:[(\[!?]|\Z)"
    r"|(?:[A-Za-z]\w{0,30})?(?:[Aa]pi_?[Kk]ey|API_KEY|_key|Key|[Tt]oken|TOKEN|[Pp]assword|PASSWORD|[Ss]ecret|SECRET)s?\d?"
    r"(?:\Z|[!,;)]))"
)
_CONSTANT = r"[A-Z][A-Z_]*\d{0,3}"
# Words and small numbers, joined: customer-4711-europe, db-credentials-2, gpt-4-turbo-2024.
_PART_OF_NAME = r"(?:[A-Z]?[a-z]+\d{0,4}|[A-Z]+\d{0,4}|\d{1,8})"
_NAME = rf"{_PART_OF_NAME}(?:[-_./:@+ ]{{1,2}}{_PART_OF_NAME})*+"
_PLACE = r"(?i)(?:[a-z]:\\|[~.]{0,2}/[\w.-]+/|arn:|projects/|sha(?:1|256|512):|md5:|[a-z][a-z0-9+.-]{1,20}://|\d{4}-\d\d-\d\d)"
_FILE = r"(?i).*\.[a-z]{2,5}"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_WORD = r"[^\W\d_]+"
_MANY_WORDS = 3


def may_be_value(value: str) -> bool:
    """Return whether a text may be a value at all: no placeholder, code or words about a value."""
    if not value or _regex(_PLACEHOLDER).match(value) or _regex(_CODE).match(value):
        return False
    return not is_about_a_value(value)


def is_about_a_value(value: str) -> bool:
    """Return whether words say something about a value: ``required``, ``must have 12 characters``, ``too_short``."""
    words = _regex(_WORD).findall(value[:200].lower())
    if not words:
        return False
    if words[0] in WORDS_ABOUT_VALUES and _regex(r"\W*[^\W\d]+(?:[\s.,;:!?)\]/]*(?:\s|\Z)|_)").match(value):
        return True
    if any(character.isdigit() for character in value) and " " not in value.strip():
        return False
    about = sum(word in WORDS_ABOUT_VALUES for word in words)
    return about == len(words) or (about >= 1 and len(words) >= _MANY_WORDS and not _has_digit_in_word(value))


def _has_digit_in_word(value: str) -> bool:
    return _regex(r"[^\W\d_]\d|\d[^\W\d_]").search(value) is not None


def is_random(value: str, least: int = 16) -> bool:
    """Return whether a text has letters and digits in disorder, as keys have: no name, path, date or constant."""
    if len(value) < least or not (has_digit(value) and any(map(str.isalpha, value))):
        return False
    return not (is_name(value) or is_place(value) or is_file(value))


def is_mixed(value: str) -> bool:
    """Return whether a text has capitals, small letters and digits."""
    return has_digit(value) and any(map(str.isupper, value)) and any(map(str.islower, value))


def is_uuid(value: str) -> bool:
    """Return whether a text is a UUID."""
    return _regex(_UUID).fullmatch(value) is not None


def is_name(value: str) -> bool:
    """Return whether a text is made of words and small numbers, or a constant."""
    return _regex(_NAME).fullmatch(value) is not None or _regex(_CONSTANT).fullmatch(value) is not None


def is_place(value: str) -> bool:
    """Return whether a text is a path, an address or a date."""
    return _regex(_PLACE).match(value) is not None


def is_file(value: str) -> bool:
    """Return whether a text ends as the name of a file or a host does."""
    return _regex(_FILE).fullmatch(value) is not None


def is_word(value: str) -> bool:
    """Return whether a text has letters only."""
    return value.isalpha()


def has_digit(value: str) -> bool:
    """Return whether a text has a digit."""
    return any(map(str.isdigit, value))
