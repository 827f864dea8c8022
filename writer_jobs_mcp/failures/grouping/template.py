"""What one error message says: its words in order, with a place for each part that varies."""

from __future__ import annotations

import re
from collections.abc import Sequence

from writer_jobs_mcp.failures.grouping.common_words import is_common
from writer_jobs_mcp.failures.grouping.json_envelope import NESTING, Code, Detail, Statement, statement, unescaped
from writer_jobs_mcp.failures.grouping.tokenize import (
    CAUSE_KEYS,
    ID,
    IS_UNIT,
    IS_UNSPACED,
    NUMBER,
    REST,
    TAG,
    VARIES,
    Piece,
    Reader,
    code_piece,
    kind_of,
)
from writer_jobs_mcp.failures.stack_traces import without_stack

LOOKED_AT = 4_000  # characters of a message; the rest of a long one repeats or quotes
HEAD = 3_000  # of them from its beginning, the others from its end: a traceback says last what went wrong
WORDS = 64  # of a message; two causes that agree this far are told apart by nobody
_CODES, _OTHERS, _DETAILS = 12, 8, 24  # of an envelope


def wording(message: str) -> tuple[list[Piece], tuple[str, ...]]:
    """The pieces of `message`, and what stands in those of its places that vary, in order.

    There are at most `WORDS` pieces, then, of a stack trace, the function where it happened. Of a service's envelope
    its message comes first, then its codes, then other fields in the order of their keys, then the text around it.
    """
    text, function = without_stack(_ends(message))
    text = TAG.sub(" ", text) if "</" in text else text
    found = _read(text)
    pieces, starts = collapsed(found.pieces)
    pieces = pieces[:WORDS]
    values = tuple(
        found.value(start, stop)
        for piece, start, stop in zip(pieces, starts, [*starts[1:], len(found.pieces)], strict=False)
        if piece.key == VARIES
    )
    if all(piece.key in (VARIES, "") for piece in pieces):
        # Nothing but names and numbers: then the names are what it says.
        pieces = [Piece(name, " ", name) for name in (re.sub(r"\d+", "#", word) for word in text.split()[:WORDS])]
        pieces, values = pieces or [Piece("", "", "(empty)")], ()
    if function:
        pieces.append(Piece(f"{function}()", " in ", f"{function}()"))
    return pieces, values


def says_something(key: str) -> bool:
    """Whether a word says what happened, as `closed`, `EPERM`, `rhost=` and `run()` do; if not, it may be a name."""
    return (
        len(key.strip("+-")) <= 1
        or key.isupper()
        or bool(IS_UNSPACED.match(key))
        or key.isdigit()
        or key.endswith(("=", ":", "∅", "()"))
        or is_common(key)
    )


def tells_a_cause(key: str) -> bool:
    """Whether what stands after a key, as after `code=` or `"reason":`, says what happened."""
    return key[-1:] in ("=", ":") and key[:-1].lower() in CAUSE_KEYS


def collapsed(pieces: Sequence[Piece]) -> tuple[list[Piece], list[int]]:
    """`pieces` with one place for neighbours that vary, since a list may be of any length; and where each starts."""
    out: list[Piece] = []
    starts: list[int] = []
    opened = ""  # in the text left out between them: what closes it is left out as well
    for i, piece in enumerate(pieces):
        if piece.key == VARIES and len(out) > 1 and out[-1].key in ("and", "or") and out[-2].key == VARIES:
            out[-2:] = [Piece(VARIES, out[-2].lead, REST)]
            starts.pop()
        elif piece.key == VARIES and out and out[-1].key == VARIES:
            unit = out[-1].shown == NUMBER and IS_UNIT.fullmatch(piece.shown)
            shown = (
                f"{NUMBER}{piece.lead}{piece.shown}"
                if unit
                else out[-1].shown
                if out[-1].shown == piece.shown
                else REST
            )
            out[-1] = Piece(VARIES, out[-1].lead, shown)
            opened = _closers(piece.lead, opened)
        else:
            lead = piece.lead
            while opened and lead and lead[0] in opened:
                lead = lead[1:]
            out.append(piece if lead == piece.lead else Piece(piece.key, lead, piece.shown))
            starts.append(i)
            opened = ""
    return out, starts


_CLOSER = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`"}


def _closers(text: str, opened: str) -> str:
    """What closes the brackets and quotes that are open after `text`."""
    for mark in text:
        if mark in opened:
            opened = opened.replace(mark, "", 1)
        elif mark in _CLOSER:
            opened += _CLOSER[mark]
    return opened


def joined(one: list[Piece], other: list[Piece]) -> list[Piece]:
    """What two wordings with the same keys have in common; the order of the two does not matter."""
    return [
        a
        if a == b
        else Piece(a.key, min(a.lead, b.lead), a.shown if a.shown == b.shown else REST if a.key == VARIES else a.key)
        for a, b in zip(one, other, strict=True)
    ]


def _ends(message: str) -> str:
    if len(message) <= LOOKED_AT:
        return message
    return f"{message[:HEAD]}\n{message[HEAD - LOOKED_AT :]}"


# ---- envelopes


class _Found:
    """The pieces of a text, and what stands in those that vary."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.raw: dict[int, str] = {}

    def add(self, piece: Piece, raw: str = "") -> None:
        if piece.key == VARIES:
            self.raw[len(self.pieces)] = raw
        self.pieces.append(piece)

    def extend(self, other: _Found, lead: str) -> None:
        """Add the pieces of another text, the first of them after `lead`."""
        for i, piece in enumerate(other.pieces):
            if piece.key or piece.lead:
                self.add(piece if i else Piece(piece.key, lead + piece.lead, piece.shown), other.raw.get(i, ""))

    def value(self, start: int, stop: int) -> str:
        """What stands in the place that these pieces are."""
        if stop - start == 1:
            return self.raw.get(start, "")
        return "".join(
            (piece.lead if i > start else "") + self.raw.get(i, piece.shown)
            for i, piece in enumerate(self.pieces[start:stop], start)
        )


def _read(text: str, *, cause: bool = False, nesting: int = NESTING) -> _Found:
    """The pieces of a text. `cause`: it is the message of an envelope, so names in it stay."""
    said = statement(text)
    if said is None and nesting and (plain := unescaped(text)):
        text, said = plain, statement(plain)
    if said is not None and nesting:
        return _read_statement(said, nesting - 1)
    found = _Found()
    reader = Reader(text, depth=int(cause), cause=cause)
    found.pieces, found.raw = reader.read(), reader.raw
    return found


def _read_statement(said: Statement, nesting: int) -> _Found:
    found = message = _Found()
    if said.message:
        message = _read(said.message, cause=True, nesting=nesting)
        says_little = all(piece.key in (VARIES, "") for piece in message.pieces)
        found.add(Piece(f"{said.key}:", "", said.key if says_little else ""))
        found.extend(message, ": " if says_little else "")
    elif said.before:
        found.extend(_read_around(said.before), "")
    for key in said.about:
        _add_name(found, key, " in ")
    close = _add_codes(found, said.codes[:_CODES])
    for detail in said.details[:_DETAILS]:
        _add_name(found, detail.key, f"{close} ")
        _add_detail(found, detail)
        close = ""
    for key, text in said.others[:_OTHERS]:
        other = _read(text, cause=True, nesting=nesting)
        if _keys(other) not in _keys(found) and _keys(message) not in _keys(other):
            found.add(Piece(f"{key}:", f"{close}{_BESIDE}", ""))
            found.extend(other, "")
            close = ""
    for text in (said.before if said.message else "", said.after):
        if text:
            found.extend(_read_around(text), f"{close}{_BESIDE}")
            close = ""
    found.add(Piece("", close, ""))
    return found


_BESIDE = " · "  # between the message of an envelope and other texts
_AROUND = " \t\n:;,=-\u2013\u2014>([{}])\"'`"  # what joins an envelope to the text around it


def _read_around(text: str) -> _Found:
    found = _read(text.lstrip(_AROUND), nesting=0)
    if found.pieces and not found.pieces[-1].key:
        found.pieces.pop()  # what joins the text to the envelope
    return found


def _keys(found: _Found) -> str:
    return "\0".join(["", *(piece.key for piece in found.pieces if piece.key), ""])


def _add_codes(found: _Found, codes: Sequence[Code]) -> str:
    """Add what a service names the error by, in brackets after its message; returns the bracket that is still open."""
    shown = 0
    for code in codes:
        piece = code_piece(code.key, code.value, "")
        # Under a key of causes, so that codes are not taken for names that vary.
        key = "code:" if piece.key != VARIES and code.key not in CAUSE_KEYS else f"{code.key}:"
        if not found.pieces:
            found.add(Piece(key, "", code.key))
            found.add(piece._replace(lead=": "), code.value)
        elif code.is_shown:
            found.add(Piece(key, ", " if shown else " (", ""))
            found.add(piece, code.value)
            shown += 1
        elif piece.key != VARIES:
            found.add(Piece(key, "", ""))
            found.add(Piece(piece.key, "", ""))
    return ")" if shown else ""


def _add_name(found: _Found, key: str, lead: str) -> None:
    """Add the key of a field, which may itself be the id of something."""
    if kind_of(key) in ("word", "name"):
        found.add(Piece(f"{key}:", lead, key))
    else:
        found.add(Piece(VARIES, lead, ID), key)


def _add_detail(found: _Found, detail: Detail) -> None:
    if detail.key in CAUSE_KEYS and detail.quoted:
        found.extend(_read(detail.value, cause=True, nesting=0), "=")
    elif not detail.quoted and detail.value.isalpha():
        found.add(Piece(VARIES, "=", detail.value), detail.value)  # true
    else:
        kind = kind_of(detail.value) if re.fullmatch(r"[\w.-]+", detail.value) else ""
        found.add(Piece(VARIES, "=", {"number": NUMBER, "id": ID}.get(kind, REST)), detail.value)
