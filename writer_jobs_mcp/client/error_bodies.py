"""What the body of an error says, in the forms in which APIs, frameworks and gateways write it."""

import codecs
import html
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, cast

from pydantic_core import from_json

_MAX_TEXT = 8_000  # characters that are processed, of which a few hundred are shown
_MAX_DEPTH, _MAX_ITEMS = 6, 3
# The most specific first; names are compared without regard to letter case and underscores.
_NAMES = (
    "description",
    "errordescription",
    "message",
    "errormessage",
    "msg",
    "detail",
    "details",
    "errors",
    "error",
    "faultstring",
    "fault",
    "reason",
    "title",
)
_WRAPPERS = ("data", "response", "result", "body", "meta", "status")
_PLACES = ("loc", "field", "param", "path", "pointer")
_INVISIBLE_PARTS = ("script", "style", "template")
_TAG = re.compile(r"<[^<>]*>")
_TITLE = re.compile(r"<title[^<>]*>([^<>]*)</title", re.IGNORECASE)
_NOT_A_LETTER = re.compile(r"[^a-z]+")
_NO_JSON = object()
_EMPTY_WORDS = {"error", "http", "status", "code", "exception"}


def error_words(body: bytes, status: int) -> str:
    """Return what the body of an error says; "" if it says no more than its status.

    The words are as they were sent: sanitize them, and redact the key, before they are shown.
    """
    words = _words(body)[:_MAX_TEXT].strip()
    return "" if _repeats_status(words, status) else words


def has_documented_form(body: bytes) -> bool:
    """Return whether it is the envelope that Writer documents, ``{"tpe", "errors": [{"description", …}], …}``."""
    match _parse(body):
        case {"tpe": str(), "errors": list()}:
            return True
        case _:
            return False


def _words(body: bytes) -> str:
    parsed = _parse(body)
    if parsed is not _NO_JSON:
        return _words_of(parsed, _MAX_DEPTH)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""  # cut within a character, or no text
    return "" if "\0" in text else _without_tags(text) if text.lstrip()[:1] == "<" else text


def _parse(body: bytes) -> Any:
    """Return the JSON in a body, also if its end is missing."""
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        return from_json(body, allow_partial="trailing-strings" if body.lstrip()[:1] in {b"{", b"["} else "off")
    except ValueError:
        return _NO_JSON


def _words_of(value: Any, depth: int) -> str:
    """Return the first words in a value of JSON: of several errors, those of the first few."""
    match value:
        case str():
            return value.strip()
        case _ if not depth:
            return ""
        case [*items]:
            found = (_words_of(item, depth - 1) for item in items[:_MAX_ITEMS])
            return "; ".join(filter(None, found))
        case {**fields}:
            return _words_of_object(fields, depth)
        case _:
            return ""


def _words_of_object(fields: Mapping[str, Any], depth: int) -> str:
    known = {name.casefold().replace("_", ""): field for name, field in fields.items()}
    for name in _NAMES:
        field = known.get(name)
        words = _words_by_field(field, depth - 1) if name == "errors" else _words_of(field, depth - 1)
        if words:
            place = _place(known)
            return f"{place}: {words}" if place and place not in words else words
    wrapped: list[Any] = [known.get(name) for name in _WRAPPERS]
    inner = (_words_of(each, depth - 1) for each in wrapped if isinstance(each, dict))
    by_field: dict[str, Any] = {name: each for name, each in fields.items() if isinstance(each, list)}
    return next(filter(None, inner), "") or _words_by_name(by_field, depth)


def _words_by_field(errors: Any, depth: int) -> str:
    if words := _words_of(errors, depth):
        return words
    return _words_by_name(cast("dict[str, Any]", errors), depth) if isinstance(errors, dict) else ""


def _words_by_name(fields: Mapping[str, Any], depth: int) -> str:
    """Return the words of ``{"limit": ["must be at most 100"]}`` with the name of each field."""
    named = [(name, _words_of(each, depth - 1)) for name, each in list(fields.items())[:_MAX_ITEMS]] if depth else []
    return "; ".join(f"{name}: {words}" for name, words in named if words)


def _place(fields: Mapping[str, Any]) -> str:
    """Return what an error is about, as ``query.limit``."""
    for name in _PLACES:
        match fields.get(name):
            case str(place) if place:
                return place
            case [*parts]:
                shown = [str(part) for part in parts if isinstance(part, str | int)]
                return ".".join(shown[:_MAX_DEPTH])
            case _:
                pass
    return ""


def _without_tags(page: str) -> str:
    """Return the title and the text of a web page."""
    page = "".join(_visible_parts(page[: 4 * _MAX_TEXT]))
    title = " ".join(html.unescape(found[1]).split()) if (found := _TITLE.search(page)) else ""
    text = " ".join(html.unescape(_TAG.sub(" ", _TITLE.sub("<", page))).split())
    return text if not title or text.startswith(title) else f"{title} {text}".strip()


def _visible_parts(page: str) -> Iterator[str]:
    """Yield a page without its scripts and styles."""
    lowered, start = page.lower(), 0
    while True:
        opened = [(at, name) for name in _INVISIBLE_PARTS if (at := lowered.find(f"<{name}", start)) >= 0]
        if not opened:
            yield page[start:]
            return
        opening, name = min(opened)
        yield page[start:opening] + " "
        closing = lowered.find(f"</{name}", opening)
        if closing < 0:
            return
        start = closing


def _repeats_status(words: str, status: int) -> bool:
    try:
        phrase = _NOT_A_LETTER.sub(" ", HTTPStatus(status).phrase.lower())
    except ValueError:
        phrase = ""
    said = [word for word in _NOT_A_LETTER.sub(" ", words.lower()).split() if word not in _EMPTY_WORDS]
    is_plain = words.isascii()  # words in another alphabet have no letters here
    return not words or (is_plain and said in ([], [word for word in phrase.split() if word not in _EMPTY_WORDS]))
