"""A key in the forms in which an answer may tell it, and texts without them.

Seen in the wild, in the body of a 401: ``Received API Key = sk-...0000, Key Hash (Token) =<sha256>``. A job's text may
tell the key too: a gateway behind the application may write the header it was sent into its error.
"""

import hashlib
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

from writer_jobs_mcp.sanitize.secrets import MASK

_MIN_KEY_LENGTH = 4  # what is shorter is no secret, and masking it would spoil words
# So many of the key's characters in a row are no accident: in an error, where a word too many may be masked without
# harm, and in the words of a job, which must stay.
_ERROR_RUN, _TEXT_RUN = 4, 8
_SEARCH_LENGTH = 5  # in each eight of the key's characters in a row is one of these, where one begins at every fourth
_CHUNK_CHARS = 65_536  # characters that are looked through in one step
_MARKED = re.compile(b"\x01+")
_ELIDED_CHARS = 64  # more than what stands for the key where its middle is left out
_ELISION = r"(?:\.{2,8}|…|\*{2,32}|•{2,32})"


class KeyRedactor:
    """One key's echoes: as it is, url-encoded, as JSON, in base64 and in hexadecimal; its hashes; parts of these."""

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
        """Whether a text could tell the key; cheap, and certain where it is False.

        Eight characters of the key in a row are enough for that, or the first sixteen of a hash or an encoding.
        """
        return any(trace in text for trace in self._substrings)

    def redact(self, text: str, check: Callable[[], None] = lambda: None) -> str:
        """A job's text without the key: neither eight of its characters in a row, nor an end of it beside dots.

        ``check`` is called every few milliseconds of a long text; what it raises ends the work.
        """
        if not self.may_contain_key(text):
            return text
        told = bytearray(len(text))
        margin = self._max_form_length + _ELIDED_CHARS
        for start in range(0, len(text), _CHUNK_CHARS):
            check()
            left, stop = max(0, start - margin), start + _CHUNK_CHARS
            part = text[left : stop + margin]
            if self.may_contain_key(part):
                for at, end in self._find_key_spans(part):
                    if left + at < stop:
                        told[left + at : left + end] = b"\x01" * (end - at)
        return _mask_marked(text, told)

    def _find_key_spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the stretches of a text that tell the key; they may overlap."""
        yield from (match.span() for match in self._elided_key.finditer(text))
        for start, stop in self._candidate_ranges(text):
            yield from _find_pieces(self._text_pieces, text, start, min(stop, len(text)))

    def _candidate_ranges(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the parts of a text, in order, that hold whatever of it may be in eight characters of the key."""
        start, stop = 0, 0
        for at in sorted(at for trace in self._inner_substrings for at in _find_all(trace, text)):
            if at - self._max_form_length > stop:
                yield start, stop
                start = at - self._max_form_length
            stop = at + 2 * self._max_form_length  # a trace is no longer than what it is a part of
        yield start, stop

    def redact_strict(self, text: str) -> str:
        """An error's text without even four in a row of the key's characters."""
        return _mask_pieces(self._error_pieces, text)


def _derived_forms(key: str) -> Iterator[str]:
    """What the usual encodings and hashes make of a key."""
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
        # Base64 writes three bytes as four characters: how the key comes out depends on how many bytes stand before it,
        # and its first and last characters are shared with its neighbours.
        inside = slice(-(-before * 8 // 6), (before + len(octets)) * 8 // 6)
        standard, for_urls = (encode(bytes(before) + octets).decode() for encode in (b64encode, urlsafe_b64encode))
        yield standard[inside]
        if standard != for_urls:
            yield for_urls[inside]


def _search_substrings(spellings: Iterable[str], derived: Iterable[str]) -> Iterator[str]:
    """What stands in every text with eight characters of the key in a row, long enough to be searched for quickly."""
    for spelling in spellings:
        yield from (
            spelling[at : at + _SEARCH_LENGTH]
            for at in range(0, len(spelling) - _SEARCH_LENGTH + 1, _TEXT_RUN - _SEARCH_LENGTH + 1)
        )
    yield from (form[:16] for form in derived)


def _drop_superstrings(traces: frozenset[str]) -> list[str]:
    """The traces that hold no other: where one is in another, it is enough to search for the shorter."""
    return [trace for trace in traces if not any(other in trace for other in traces - {trace})]


def _find_all(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _all_substrings(forms: Iterable[str], length: int) -> frozenset[str]:
    return frozenset(form[at : at + length] for form in forms for at in range(len(form) - length + 1))


def _mask_pieces(pieces: frozenset[str], text: str) -> str:
    """``text`` with every stretch of it that is made of ``pieces`` masked."""
    told = bytearray(len(text))
    for at, end in _find_pieces(pieces, text, 0, len(text)):
        told[at:end] = b"\x01" * (end - at)
    return _mask_marked(text, told)


def _find_pieces(pieces: frozenset[str], text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield where ``pieces`` stand in a part of ``text``; they may overlap."""
    for length in {len(piece) for piece in pieces}:
        for at in range(start, stop - length + 1):
            if text[at : at + length] in pieces:
                yield at, at + length


def _mask_marked(text: str, told: bytearray) -> str:
    """``text`` with a mask for each stretch of it that is marked by ones."""
    parts: list[str] = []
    end = 0
    for stretch in _MARKED.finditer(told):
        parts += text[end : stretch.start()], MASK
        end = stretch.end()
    return "".join(parts) + text[end:]
