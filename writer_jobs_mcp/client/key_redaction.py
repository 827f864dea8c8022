"""Find and mask the API key in texts, in every form in which a response may hold it.

Seen in the body of a 401: ``Received API Key = sk-...0000, Key Hash (Token) =<sha256>``. A job's text may hold the key
too: a gateway behind the application may write the header that it received into its error.
"""

import hashlib
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

from writer_jobs_mcp.sanitize.secrets import MASK

_MIN_KEY_LENGTH = 4  # a shorter key is no secret, and masking it would spoil words
# A run of so many characters of the key is masked. In an error, a masked word too many does no harm; in a job's text it
# does.
_ERROR_RUN, _TEXT_RUN = 4, 8
# Any _TEXT_RUN characters of the key in a row contain one of its substrings of this length, taken every 4 characters.
_SEARCH_LENGTH = 5
_CHUNK_CHARS = 65_536
_MARKED = re.compile(b"\x01+")
_ELIDED_CHARS = 64  # more than an ellipsis in the middle of the key takes
_ELISION = r"(?:\.{2,8}|…|\*{2,32}|•{2,32})"


class KeyRedactor:
    """Masks one key: as it is, URL-encoded, as JSON, in base64 and hexadecimal, as a hash, and parts of these."""

    def __init__(self, key: str) -> None:
        is_secret = len(key) >= _MIN_KEY_LENGTH
        spellings = tuple(dict.fromkeys((key, quote(key, safe=""), json.dumps(key)[1:-1]))) if is_secret else ()
        derived = tuple(_derived_forms(key)) if is_secret else ()
        ends = frozenset({key[:4], key[-4:]} if is_secret else ())
        inner = frozenset(_search_substrings(spellings, derived))
        self._substrings = _drop_superstrings(ends | inner)
        self._inner_substrings = _drop_superstrings(inner)
        self._max_form_length = max((len(form) for form in (*spellings, *derived)), default=0)
        self._text_pieces = _all_substrings((*spellings, *derived), min(_TEXT_RUN, len(key)))
        self._error_pieces = self._text_pieces | _all_substrings(spellings, _ERROR_RUN)
        start, end = re.escape(key[:4]), re.escape(key[-4:])
        self._elided_key = re.compile(rf"{start}.{{0,3}}{_ELISION}(?:.{{0,3}}{end})?|{_ELISION}.{{0,3}}{end}(?!\w)")

    def may_contain_key(self, text: str) -> bool:
        """Return whether the text may contain the key: 8 characters in a row, or 16 of a hash or an encoding.

        This is fast. False is certain, True is not.
        """
        return any(substring in text for substring in self._substrings)

    def redact(self, text: str, check: Callable[[], None] = lambda: None) -> str:
        """Mask each run of 8 characters of the key in a job's text, and each end of the key beside an ellipsis.

        ``check`` is called every few milliseconds of a long text; an exception that it raises ends the work.
        """
        if not self.may_contain_key(text):
            return text
        marks = bytearray(len(text))
        margin = self._max_form_length + _ELIDED_CHARS
        for start in range(0, len(text), _CHUNK_CHARS):
            check()
            left, stop = max(0, start - margin), start + _CHUNK_CHARS
            part = text[left : stop + margin]
            if self.may_contain_key(part):
                for at, end in self._find_key_spans(part):
                    if left + at < stop:
                        marks[left + at : left + end] = b"\x01" * (end - at)
        return _mask_marked(text, marks)

    def _find_key_spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the spans of a text that hold a part of the key; they may overlap."""
        yield from (match.span() for match in self._elided_key.finditer(text))
        for start, stop in self._candidate_ranges(text):
            yield from _find_pieces(self._text_pieces, text, start, min(stop, len(text)))

    def _candidate_ranges(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield, in order, the ranges of a text outside of which no 8 characters of the key stand in a row."""
        start, stop = 0, 0
        for at in sorted(at for substring in self._inner_substrings for at in _find_all(substring, text)):
            if at - self._max_form_length > stop:
                yield start, stop
                start = at - self._max_form_length
            stop = at + 2 * self._max_form_length  # a substring is at most as long as its form
        yield start, stop

    def redact_strict(self, text: str) -> str:
        """Mask each run of 4 characters of the key in the text of an error."""
        marks = bytearray(len(text))
        for at, end in _find_pieces(self._error_pieces, text, 0, len(text)):
            marks[at:end] = b"\x01" * (end - at)
        return _mask_marked(text, marks)


def _derived_forms(key: str) -> Iterator[str]:
    """Yield the usual encodings and hashes of a key."""
    octets = key.encode()
    yield "".join(f"%{octet:02X}" for octet in octets)
    hashes = [hashlib.new(name, octets, usedforsecurity=False).digest() for name in ("sha256", "sha1", "md5")]
    for each in (octets, *hashes):
        yield each.hex()
        yield each.hex().upper()
    for each in hashes:
        yield b64encode(each).decode().rstrip("=")
        yield urlsafe_b64encode(each).decode().rstrip("=")
    for before in range(3):
        # Base64 writes 3 bytes as 4 characters, so the encoded key depends on how many bytes precede it, and its first
        # and last characters also on its neighbours.
        inside = slice(-(-before * 8 // 6), (before + len(octets)) * 8 // 6)
        standard, for_urls = (encode(bytes(before) + octets).decode() for encode in (b64encode, urlsafe_b64encode))
        yield standard[inside]
        if standard != for_urls:
            yield for_urls[inside]


def _search_substrings(spellings: Iterable[str], derived: Iterable[str]) -> Iterator[str]:
    """Yield substrings; any text with 8 consecutive characters of the key contains one of them."""
    step = _TEXT_RUN - _SEARCH_LENGTH + 1
    for spelling in spellings:
        yield from (spelling[at : at + _SEARCH_LENGTH] for at in range(0, len(spelling) - _SEARCH_LENGTH + 1, step))
    yield from (form[:16] for form in derived)


def _drop_superstrings(strings: frozenset[str]) -> list[str]:
    """Return the strings that contain no other: it is enough to search for the shorter one."""
    return [string for string in strings if not any(other in string for other in strings - {string})]


def _find_all(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _all_substrings(forms: Iterable[str], length: int) -> frozenset[str]:
    return frozenset(form[at : at + length] for form in forms for at in range(len(form) - length + 1))


def _find_pieces(pieces: frozenset[str], text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of ``pieces`` in a part of a text; they may overlap."""
    for length in {len(piece) for piece in pieces}:
        for at in range(start, stop - length + 1):
            if text[at : at + length] in pieces:
                yield at, at + length


def _mask_marked(text: str, marks: bytearray) -> str:
    """Replace each span of a text whose marks are 1 by a mask."""
    parts: list[str] = []
    end = 0
    for span in _MARKED.finditer(marks):
        parts += text[end : span.start()], MASK
        end = span.end()
    return "".join(parts) + text[end:]
