"""Read an error that is a service's JSON envelope, however it was printed: its message, its codes and the rest."""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from writer_jobs_mcp.failures.embedded_json import Field, JsonLiteral, find_first_json_literal
from writer_jobs_mcp.failures.regex import regex

MAX_NESTING = 3
"""How deep JSON in strings of JSON is read."""

_MAX_TOKENS = 400  # of a literal; an error's envelope has fewer, a document that it quotes may have many more
_MAX_LITERALS = 4  # tried in a text
_MAX_WORDS_BEFORE, _MAX_WORDS_AFTER = 24, 8  # at most, around an envelope

_ESCAPED = r"[{\[](?:[\s\[{]|\\n){0,40}+\\+[\"']"
# What precedes an error's envelope: `Error code: 429 - {`, `failed: {`, `APIError {`, `b'{`. Not "Could not parse {":
# that is input.
_INTRODUCED = (
    r"(?:\A|[:=>(|.\]\n\u2013\u2014-]|\d|(?:error|exception|failure|failed|response|body|details?)|(?:\A|[:=(\s\u2013\u2014-])b?[\"'`])"
    r"\s*\Z"
)
_FOLLOWED = r"(?:\s|\\[nrt])*(?:[.;)\]>\"'`(]|\n|\Z)"  # the sentence ends
# `Error code: 429 - {` and `429 {`, as the SDKs of Writer, OpenAI and Anthropic print it, and `Error: 429: {`.
_STATUS_BEFORE = r"(?:\berror(?: code)?: |\A)([45]\d\d)(?: -|:)?\s*\Z"
_BYTES_PREFIX = r"(?<!\w)b?[\"']\s*\Z"
_NOISE = r"[\W\d_]*(?:\b(?:error|[bnrt])\b)?[\W_]*"  # `Error: `, `b'`, and `\n` as it is escaped

# The keys of messages, the most informative first.
_MESSAGE_KEYS = (
    r"description",
    r"message|msg|error_?message",
    r"details?",
    r"error_?description",
    r"errors?",
    r"reason|faultstring",
    r"cause|body",
)
_FEW_WORDS = 2  # so few words are less informative than a sentence
# The keys of codes, the most specific first.
_CODE_KEYS = (r"key", r"code|error_?code", r"type|error_?type|__type|tpe", r"reason|error|name|exception")
_NULLS = frozenset(("null", "none", "nil", "undefined"))
_BOOLEANS = frozenset(("false", "true"))
_FAILED_WORDS = frozenset(("error", "err", "fail", "failed", "failure", "exception"))
_STRUCTURAL_KEYS = frozenset(
    """
    body cause causes data detail details err error errors exception failure failures fault info innererror issues
    message messages meta reason response result root_cause rootcause status
    """.split()
)  # keys around a message that do not tell its subject
_INPUT_KEYS = frozenset("args arguments content context input inputs messages payload prompt".split())
"""Keys of what a user sent."""


class Code(NamedTuple):
    """A word or a number by which a service names what happened."""

    key: str
    value: str
    is_shown: bool  # False if another code says the same


class Detail(NamedTuple):
    """A field that is neither a message nor a code."""

    key: str
    value: str
    quoted: bool


class ErrorEnvelope(NamedTuple):
    """The content of an envelope, in an order that does not depend on the order of its keys."""

    before: str  # the text before the envelope
    key: str  # the key of the message
    message: str  # empty if there are only codes
    subjects: tuple[str, ...]  # the keys around the message that tell its subject
    codes: tuple[Code, ...]
    other_messages: tuple[tuple[str, str], ...]  # keys and texts of less informative messages
    details: tuple[Detail, ...]
    after: str  # the text after the envelope


def parse_error_envelope(text: str) -> ErrorEnvelope | None:
    """Return the content of the error's envelope; None for a text that is not one, or only quotes one."""
    if "{" not in text:
        return None
    position = 0
    for _ in range(_MAX_LITERALS):
        envelope = find_first_json_literal(text, position, _MAX_TOKENS)
        if envelope is None:
            break
        if _is_error_itself(text, envelope) and (found := _parse(text, envelope)):
            return found
        position = envelope.end
    return None


def unescape_envelope(text: str) -> str | None:
    r"""Return the text with its string-encoded envelope (`"{\"error\": …`) decoded; None if it has none."""
    escaped = regex(_ESCAPED).search(text) if '\\"' in text or "\\'" in text else None
    if not escaped:
        return None
    at = escaped.start()
    plain = re.sub(r"\\(.)", lambda found: " " if found[1] in "nrt" else found[1], text[at:])
    return text[:at].rstrip("\"'") + plain


def _is_error_itself(text: str, literal: JsonLiteral) -> bool:
    before, after = text[: literal.start], text[literal.end :]
    return bool(
        "{" in text[literal.start : literal.start + 40]
        and any(mark in text[literal.start : literal.end] for mark in "\"'")
        and regex(_INTRODUCED).search(before, max(0, len(before) - 40))
        and regex(_FOLLOWED).match(after)
        and len(before.split(None, _MAX_WORDS_BEFORE)) <= _MAX_WORDS_BEFORE
        and len(after.split(None, _MAX_WORDS_AFTER)) <= _MAX_WORDS_AFTER
    )


def _parse(text: str, literal: JsonLiteral) -> ErrorEnvelope | None:
    fields = list(_fields_with_values(literal.fields))
    messages = [field for field in fields if _is_message(field)]
    codes = [field for field in fields if _is_code(field)]
    if not messages:  # only a word, as in {"error": "ratelimited"}, or sentences under other keys
        messages = [field for field in codes if field.quoted and field.key == "error"]
        messages = messages or [field for field in fields if len((field.message or "").split()) > _FEW_WORDS]
    if not messages and not any(_is_error_code(field) for field in codes):
        return None
    messages.sort(key=_message_rank)
    first = messages[0] if messages else None
    keys = first.path[:-1] if first else ()
    used = {field.start for field in (*messages, *codes)}
    details = [
        field
        for field in fields
        if field.start not in used and not field.is_truncated and field.raw.lower() not in _FAILED_WORDS
    ]
    before = regex(_BYTES_PREFIX).sub("", text[: literal.start])
    status = regex(_STATUS_BEFORE).search(before)
    before = before[: status.start()] if status else before
    return ErrorEnvelope(
        before="" if regex(_NOISE).fullmatch(before) else before,
        key=first.key if first else "",
        message=_field_text(first) if first else "",
        subjects=tuple(dict.fromkeys(key for key in keys if key and key not in _STRUCTURAL_KEYS)),
        codes=_ranked_codes([field for field in codes if field != first], status[1] if status else ""),
        other_messages=tuple((field.key, _field_text(field)) for field in messages[1:]),
        details=tuple(_merge_details(text, details)),
        after="" if regex(_NOISE).fullmatch(text[literal.end :]) else text[literal.end :],
    )


def _fields_with_values(fields: Iterable[Field]) -> Iterable[Field]:
    """Yield the fields that have a value; not one whose key was cut off."""
    start = -1
    for field in fields:
        if field.raw and not (field.is_truncated and field.start == start):
            start = field.start
            bare = "" if field.quoted else field.raw.lower()
            if bare not in _NULLS:
                # Python prints booleans with a capital.
                yield field._replace(raw=bare, whole=bare) if bare in _BOOLEANS else field


def _is_message(field: Field) -> bool:
    return bool((field.whole_message or "").strip()) and not (
        field.is_code and field.key in ("error", "reason", "cause")
    )


def _is_error_code(field: Field) -> bool:
    """Return whether a code names an error even without a message; a `type` may be the type of anything."""
    return (
        field.raw.isdigit()
        or any(word in field.key for word in ("code", "reason"))
        or field.raw.startswith("fail.")
        or _ERROR_SUFFIX.search(field.raw) is not None
    )


_ERROR_SUFFIX = re.compile("(?:error|exception|failure|timeout)$", re.IGNORECASE)


def _is_code(field: Field) -> bool:
    is_boolean = field.raw in _BOOLEANS and not field.quoted
    return field.is_code and not field.is_truncated and not is_boolean and not _is_message(field)


def _message_rank(field: Field) -> tuple[bool, int, int, int]:
    message = _field_text(field)
    rank = next((i for i, keys in enumerate(_MESSAGE_KEYS) if regex(keys).fullmatch(field.key)), len(_MESSAGE_KEYS))
    has_few_words = message.isascii() and len(message.split(None, _FEW_WORDS)) <= _FEW_WORDS
    return has_few_words, rank, -len(field.path), field.start


def _field_text(field: Field) -> str:
    return field.whole_message or field.message or field.raw


def _ranked_codes(fields: Iterable[Field], status: str) -> tuple[Code, ...]:
    found = [(_code_rank(field), field.key, field.raw) for field in fields]
    found += [(_NUMBER_RANK, "status", status)] if status else []
    shown: list[str] = []
    codes: dict[tuple[str, str], Code] = {}
    for _, key, value in sorted(found):
        # fail.tooManyRequests.quotaExceeded includes TooManyRequests, and `"type": "error"` means nothing
        letters = re.sub(r"[\W_]", "", value).lower()
        is_shown = letters not in _FAILED_WORDS and not any(letters in other for other in shown)
        codes.setdefault((key, value), Code(key, value, is_shown))
        shown += [letters] if is_shown else []
    return tuple(codes.values())


_NUMBER_RANK = len(_CODE_KEYS) + 1


def _code_rank(field: Field) -> int:
    if field.raw.isdigit():
        return _NUMBER_RANK
    return next((i for i, keys in enumerate(_CODE_KEYS) if regex(keys).fullmatch(field.key)), len(_CODE_KEYS))


def _merge_details(text: str, fields: Iterable[Field]) -> Iterable[Detail]:
    """Yield one detail for all values of a key, by key; what a user sent is one value."""

    def group_path(field: Field) -> tuple[str, ...]:
        for depth, key in enumerate(field.path, start=1):
            if key in _INPUT_KEYS:
                return field.path[:depth]
        # An id as a key differs in each message.
        return tuple("*" if any(map(str.isdigit, key)) else key for key in dict.fromkeys(field.path))

    for path, alike in groupby(sorted(fields, key=group_path), key=group_path):
        first, *others = alike
        if path[-1] in _INPUT_KEYS:
            yield Detail(path[-1], text[first.start : (others or [first])[-1].end], quoted=True)
        elif others:
            yield Detail(first.key, ", ".join(field.raw for field in (first, *others)), quoted=True)
        else:
            yield Detail(first.key, first.raw, first.quoted)
