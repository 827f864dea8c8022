"""Find the values of credentials after their labels."""

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import NamedTuple

from writer_jobs_mcp.sanitize.secret_forms import connections
from writer_jobs_mcp.sanitize.secret_forms.labels import (
    FOREIGN_LABELS,
    LABEL_WORDS,
    LABELS,
    MAKERS,
    OF_A_SECRET,
    OF_OTHER_KEYS,
    OF_OTHER_TOKENS,
    Kind,
    Label,
)
from writer_jobs_mcp.sanitize.values import (
    has_digit,
    is_file,
    is_mixed,
    is_name,
    is_place,
    is_random,
    is_uuid,
    is_word,
    may_be_value,
)

_regex = cache(re.compile)  # compiled when first needed: start-up does not wait for it

_MAX_VALUE_CHARS = 4_000  # of a value, to find where it ends: a longer one ends at a space or a mark
_MAX_JUDGED_CHARS = 200  # of a value: each of many labels in a row may be followed by a long one
_MAX_BEFORE_CHARS = 24  # read before a label
_MAX_MAKER_CHARS = 48  # between the name of a maker and the label
_MIN_PASSWORD, _MIN_KEY, _MIN_WITH_DIGIT, _MIN_TOKEN, _MIN_RANDOM, _MIN_LONG = (
    4,
    6,
    8,
    12,
    16,
    20,
)  # characters of a value
_API_KEY = ("api key", "api_key", "apikey", "api-key")
_OFTEN_HARMLESS = {"key", "token"}
_CONNECTING = frozenset(" \t\n=:\"'`\\&%])>-")
_OTHERS = {"key": OF_OTHER_KEYS, "token": OF_OTHER_TOKENS}
_LABEL_WORDS = frozenset(label.word.encode() for label in LABEL_WORDS)
_LONG = 4  # letters of a word that may be glued to another before it: publicaccess_key
_LONG_OF_A_SECRET = tuple(word for word in OF_A_SECRET if len(word) >= _LONG or word == "api")
_LONG_OTHERS = {label: tuple(word for word in words if len(word) >= _LONG) for label, words in _OTHERS.items()}


class _Found(NamedTuple):
    """A label, and what connects it with the value that may follow."""

    label: Label
    start: int
    end: int
    connected: str  # the group of SEPARATOR
    value_start: int


class _Value(NamedTuple):
    start: int
    end: int
    is_quoted: bool


def contains_label(lowered: str, words: Collection[bytes]) -> bool:
    """Return whether a labelled value may follow in a text, which may go on, in lower case."""
    return next(_labels_in(lowered, words), None) is not None


def find_labelled_values(text: str, words: Collection[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where the values of credentials begin and end."""
    lowered = lower(text)
    position = 0
    for found in sorted(_labels_in(lowered, words), key=lambda found: (found.start, -found.end)):
        if found.start >= position and (value := _value_after(text, lowered, found)):
            position = _whole_end(text, value)
            yield value.start, position


def _whole_end(text: str, value: _Value) -> int:
    """Return where a value ends of which only the beginning was read."""
    if value.end - value.start < _MAX_VALUE_CHARS - len(".,:;"):
        return value.end
    rest = _regex(r"[^\s\"'<>]*").match(text, value.end)
    return rest.end() if rest else value.end


def lower(text: str) -> str:
    """Return a text in lower case, of the same length."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    # A few letters have a longer lower case, which would shift the positions.
    return "".join(small if len(small := character.lower()) == 1 else character for character in text)


@cache
def _labels_by_word() -> dict[str, list[tuple[Label, re.Pattern[str]]]]:
    by_word: dict[str, list[tuple[Label, re.Pattern[str]]]] = {}
    for label in LABELS:
        by_word.setdefault(label.word, []).append((label, _label_regex(label)))
    return by_word


@cache
def _label_regex(label: Label) -> re.Pattern[str]:
    return re.compile(rf"(?:{label.pattern or re.escape(label.word)}){connections.SUFFIX}")


def _labels_in(lowered: str, words: Collection[bytes]) -> Iterator[_Found]:
    for word, labels in _labels_by_word().items():
        if word in lowered:
            for label, regex in labels:
                yield from _connected_labels(label, regex, lowered)
    for label in LABEL_WORDS if not _LABEL_WORDS.isdisjoint(words) else ():
        yield from _connected_labels(label, _label_regex(label), lowered)
    for label in () if lowered.isascii() else FOREIGN_LABELS:
        if label.word in lowered:
            yield from _connected_labels(label, _label_regex(label), lowered)


def _connected_labels(label: Label, regex: re.Pattern[str], lowered: str) -> Iterator[_Found]:
    separator = _regex(connections.SEPARATOR)
    is_often_harmless = label.word in _OFTEN_HARMLESS
    for match in regex.finditer(lowered):
        end = match.end()
        if not _may_be_connected(lowered, end):
            continue
        if is_often_harmless and not _may_be_key(lowered, match.start(), end, label.word):
            continue
        if connected := separator.match(lowered, end):
            yield _Found(label, match.start(), end, connected.lastgroup or "", connected.end())


def _may_be_connected(lowered: str, position: int) -> bool:
    """Return whether what follows a label may connect it with a value: neither the rest of a word nor a comma."""
    following = lowered[position : position + 1]
    return following in _CONNECTING or not following.isascii()


def _may_be_key(lowered: str, start: int, end: int, label: str) -> bool:
    """Return whether ``key`` or ``token`` may name a credential, by the word before it and what follows."""
    is_long = _regex(connections.LONG_VALUE).match(lowered, end) is not None
    if not is_long and start and lowered[start - 1] in "\"'":
        return False
    if not is_long and lowered[end] in " \t" and not _regex(connections.NEXT_TO_A_WORD).match(lowered, end):
        return False  # the next word is too short
    before = _word_before(lowered, start)
    if before not in OF_A_SECRET and (before in _OTHERS[label] or before.endswith(_LONG_OTHERS[label])):
        return False
    is_glued = before != "" and lowered[start - 1].isalnum()
    return _is_of_a_secret(before) or (is_long and not (is_glued and label == "key"))


def _is_of_a_secret(before: str) -> bool:
    return before in OF_A_SECRET or before.endswith(_LONG_OF_A_SECRET)


def _word_before(lowered: str, position: int) -> str:
    """Return the letters and digits right before a position, which blanks and the like may follow."""
    before = lowered[max(0, position - _MAX_BEFORE_CHARS) : position].rstrip(" _-.:'\"`*[(<")
    start = len(before)
    while start and before[start - 1].isalnum():
        start -= 1
    return before[start:]


def _value_after(text: str, lowered: str, found: _Found) -> _Value | None:
    if found.label.kind is Kind.PHRASE:
        words = _regex(connections.PHRASE).match(text, found.value_start)
        return _Value(words.start(1), words.end(1), True) if words else None
    if found.connected == "tagged":
        end = min(at for at in (text.find("<", found.value_start), text.find("&lt;", found.value_start)) if at >= 0)
        value = _Value(found.value_start, end, True)
    else:
        value = _value_at(text, found.value_start)
    if found.label.kind is Kind.HEADER:
        return _header_value(text, value)
    if value.end == value.start or not _is_secret(text, lowered, found, value):
        return None
    if value.is_quoted:
        return value
    return _Value(value.start, _unquoted_end(text, value.start, _MAX_VALUE_CHARS), False)


def _value_at(text: str, position: int) -> _Value:
    opening = _regex(connections.OPENING).match(text, position)
    position = opening.end() if opening else position
    quote = _regex(connections.QUOTE).match(text, position)
    if quote:
        return _Value(quote.end(), _closing_quote(text, quote[0], quote.end()), True)
    return _Value(position, _unquoted_end(text, position, _MAX_JUDGED_CHARS), False)


def _unquoted_end(text: str, position: int, most: int) -> int:
    value = _regex(connections.UNQUOTED).match(text, position, position + most)
    return position + len(value[0].rstrip(".,:;")) if value else position


def _closing_quote(text: str, quote: str, position: int) -> int:
    """Return where the value ends: at the mark that opened it, or at the end of the line if it is cut."""
    line_end = text.find("\n", position, position + _MAX_VALUE_CHARS)
    limit = line_end if line_end >= 0 else min(len(text), position + _MAX_VALUE_CHARS)
    end = text.find(quote, position, limit)
    while end > position and text[end - 1] == "\\":
        end = text.find(quote, end + 1, limit)
    return end if end >= 0 else limit


def _header_value(text: str, value: _Value) -> _Value | None:
    start, end = value.start, value.end
    if not value.is_quoted:
        line_end = text.find("\n", start, start + _MAX_VALUE_CHARS)
        end = line_end if line_end >= 0 else min(len(text), start + _MAX_VALUE_CHARS)
    if scheme := _regex(connections.SCHEME).match(text, start, end):
        start = scheme.end()
    parameters = _regex(connections.PARAMETERS).match(text, start, end)
    if parameters and _regex(connections.CREDENTIAL_PARAMETER).search(parameters[0]):
        return _Value(start, parameters.end(), value.is_quoted)
    single = _regex(connections.HEADER_VALUE).match(text, start, end)
    if not single or not may_be_value(single[0]) or (is_name(single[0]) and not single[0][-4:].isdigit()):
        return None
    least = _MIN_WITH_DIGIT if any(map(str.isdigit, single[0])) else _MIN_RANDOM
    return _Value(start, single.end(), False) if len(single[0]) >= least else None


def _is_secret(text: str, lowered: str, found: _Found, at: _Value) -> bool:
    value = text[at.start : min(at.end, at.start + _MAX_JUDGED_CHARS)]
    if not may_be_value(value) or is_place(value) or (found.label.kind is not Kind.PASSWORD and is_file(value)):
        return False
    if found.connected == "paired" and _regex(rf"{connections.QUOTE}\s{{0,3}}(?::|=>)").match(text, at.end):
        return False  # the next name, not a value
    match found.label.kind:
        case Kind.PASSWORD:
            return _is_password(text, found, at, value)
        case Kind.SIGNATURE:
            return is_random(value)
        case Kind.COOKIE:
            return found.connected != "beside" and is_random(value) and not is_uuid(value)
        case _:
            return _is_key(lowered, found, value)


def _is_password(text: str, found: _Found, at: _Value, value: str) -> bool:
    if len(value) < _MIN_PASSWORD:
        return False
    if is_word(value):
        if at.is_quoted:
            return found.connected != "paired"
        is_tight = text[found.end : at.start].strip("\"'`]") == "="
        return is_tight or (
            found.connected == "assigned" and _regex(connections.END_OF_CLAUSE).match(text, at.end) is not None
        )
    if found.connected == "beside" and not at.is_quoted:
        return is_mixed(value) or is_random(value, _MIN_TOKEN)
    return not (found.connected == "paired" and is_name(value))


def _is_key(lowered: str, found: _Found, value: str) -> bool:
    if lowered[found.start - 1 : found.value_start] == f":{lowered[found.start : found.end]}:":
        return False  # a part of a name such as arn:aws:secretsmanager:eu-west-1:1:secret:db
    is_named = found.label.word not in _OFTEN_HARMLESS or _is_of_a_secret(_word_before(lowered, found.start))
    if is_named and found.connected not in {"said", "beside"}:
        return _is_assigned_key(lowered, found, value)
    if is_named:
        return is_random(value, _MIN_RANDOM - 1)
    if found.label.word == "token":
        return is_random(value, _MIN_LONG if found.connected in {"said", "beside"} else _MIN_TOKEN)
    return is_random(value, _MIN_LONG) and (is_mixed(value) or _is_made(lowered, found.start))


def _is_assigned_key(lowered: str, found: _Found, value: str) -> bool:
    if value.isdigit():
        return False
    if lowered[found.end : found.value_start] == "=":
        return len(value) >= _MIN_PASSWORD
    if is_name(value):
        return (
            has_digit(value)
            and len(value) >= _MIN_KEY
            and found.connected == "assigned"
            and not {"-", "_", " "} & {*value}
        )
    return len(value) >= _MIN_KEY and (has_digit(value) or len(value) >= _MIN_LONG)


def _is_made(lowered: str, position: int) -> bool:
    """Return whether a maker of keys is named before a label, or the text is about API keys."""
    near = lowered[max(0, position - _MAX_MAKER_CHARS) : position]
    return not MAKERS.isdisjoint(_regex("[a-z0-9]+").findall(near)) or any(map(lowered.__contains__, _API_KEY))
