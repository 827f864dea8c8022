"""What one error message says: its words in order, with a place for each part that varies."""

from __future__ import annotations

import re
from collections.abc import Sequence

from writer_jobs_mcp.failures.grouping.common_words import is_common
from writer_jobs_mcp.failures.grouping.json_envelope import (
    MAX_NESTING,
    Code,
    Detail,
    ErrorEnvelope,
    parse_error_envelope,
    unescape_envelope,
)
from writer_jobs_mcp.failures.grouping.tokenize import (
    CAUSE_KEYS,
    HTML_TAG,
    ID,
    NUMBER,
    REST,
    UNIT,
    UNSPACED_SCRIPT,
    WILDCARD,
    Token,
    Tokenizer,
    code_token,
    token_kind,
)
from writer_jobs_mcp.failures.stack_traces import strip_stack_traces

MAX_CHARS = 4_000  # characters of a message; the rest of a long one repeats or quotes
HEAD_CHARS = 3_000  # of them from its beginning, the others from its end: a traceback says last what went wrong
MAX_TOKENS = 64  # of a message; two causes that agree this far are told apart by nobody
_MAX_CODES, _MAX_OTHERS, _MAX_DETAILS = 12, 8, 24  # of an envelope


def parse_template(message: str) -> tuple[list[Token], tuple[str, ...]]:
    """The pieces of `message`, and what stands in those of its places that vary, in order.

    There are at most `WORDS` pieces, then, of a stack trace, the function where it happened. Of a service's envelope
    its message comes first, then its codes, then other fields in the order of their keys, then the text around it.
    """
    text, function = strip_stack_traces(_head_and_tail(message))
    text = HTML_TAG.sub(" ", text) if "</" in text else text
    found = _tokenize(text)
    pieces, starts = collapse_wildcards(found.tokens)
    pieces = pieces[:MAX_TOKENS]
    values = tuple(
        found.value(start, stop)
        for piece, start, stop in zip(pieces, starts, [*starts[1:], len(found.tokens)], strict=False)
        if piece.key == WILDCARD
    )
    if all(piece.key in (WILDCARD, "") for piece in pieces):
        # Nothing but names and numbers: then the names are what it says.
        pieces = [Token(name, " ", name) for name in (re.sub(r"\d+", "#", word) for word in text.split()[:MAX_TOKENS])]
        pieces, values = pieces or [Token("", "", "(empty)")], ()
    if function:
        pieces.append(Token(f"{function}()", " in ", f"{function}()"))
    return pieces, values


def is_meaningful(key: str) -> bool:
    """Whether a word says what happened, as `closed`, `EPERM`, `rhost=` and `run()` do; if not, it may be a name."""
    return (
        len(key.strip("+-")) <= 1
        or key.isupper()
        or bool(UNSPACED_SCRIPT.match(key))
        or key.isdigit()
        or key.endswith(("=", ":", "∅", "()"))
        or is_common(key)
    )


def is_cause_key(key: str) -> bool:
    """Whether what stands after a key, as after `code=` or `"reason":`, says what happened."""
    return key[-1:] in ("=", ":") and key[:-1].lower() in CAUSE_KEYS


def collapse_wildcards(tokens: Sequence[Token]) -> tuple[list[Token], list[int]]:
    """`pieces` with one place for neighbours that vary, since a list may be of any length; and where each starts."""
    out: list[Token] = []
    starts: list[int] = []
    opened = ""  # in the text left out between them: what closes it is left out as well
    for i, piece in enumerate(tokens):
        if piece.key == WILDCARD and len(out) > 1 and out[-1].key in ("and", "or") and out[-2].key == WILDCARD:
            out[-2:] = [Token(WILDCARD, out[-2].lead, REST)]
            starts.pop()
        elif piece.key == WILDCARD and out and out[-1].key == WILDCARD:
            unit = out[-1].display == NUMBER and UNIT.fullmatch(piece.display)
            shown = (
                f"{NUMBER}{piece.lead}{piece.display}"
                if unit
                else out[-1].display
                if out[-1].display == piece.display
                else REST
            )
            out[-1] = Token(WILDCARD, out[-1].lead, shown)
            opened = _pending_closers(piece.lead, opened)
        else:
            lead = piece.lead
            while opened and lead and lead[0] in opened:
                lead = lead[1:]
            out.append(piece if lead == piece.lead else Token(piece.key, lead, piece.display))
            starts.append(i)
            opened = ""
    return out, starts


_CLOSING_MARKS = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`"}


def _pending_closers(text: str, opened: str) -> str:
    """What closes the brackets and quotes that are open after `text`."""
    for mark in text:
        if mark in opened:
            opened = opened.replace(mark, "", 1)
        elif mark in _CLOSING_MARKS:
            opened += _CLOSING_MARKS[mark]
    return opened


def merge_tokens(one: list[Token], other: list[Token]) -> list[Token]:
    """What two wordings with the same keys have in common; the order of the two does not matter."""
    return [
        a
        if a == b
        else Token(
            a.key, min(a.lead, b.lead), a.display if a.display == b.display else REST if a.key == WILDCARD else a.key
        )
        for a, b in zip(one, other, strict=True)
    ]


def _head_and_tail(message: str) -> str:
    if len(message) <= MAX_CHARS:
        return message
    return f"{message[:HEAD_CHARS]}\n{message[HEAD_CHARS - MAX_CHARS :]}"


# ---- envelopes


class _TokenList:
    """The pieces of a text, and what stands in those that vary."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self.values: dict[int, str] = {}

    def add(self, token: Token, value: str = "") -> None:
        if token.key == WILDCARD:
            self.values[len(self.tokens)] = value
        self.tokens.append(token)

    def extend(self, other: _TokenList, lead: str) -> None:
        """Add the pieces of another text, the first of them after `lead`."""
        for i, piece in enumerate(other.tokens):
            if piece.key or piece.lead:
                self.add(piece if i else Token(piece.key, lead + piece.lead, piece.display), other.values.get(i, ""))

    def value(self, start: int, stop: int) -> str:
        """What stands in the place that these pieces are."""
        if stop - start == 1:
            return self.values.get(start, "")
        return "".join(
            (piece.lead if i > start else "") + self.values.get(i, piece.display)
            for i, piece in enumerate(self.tokens[start:stop], start)
        )


def _tokenize(text: str, *, keep_names: bool = False, nesting: int = MAX_NESTING) -> _TokenList:
    """The pieces of a text. `cause`: it is the message of an envelope, so names in it stay."""
    said = parse_error_envelope(text)
    if said is None and nesting and (plain := unescape_envelope(text)):
        text, said = plain, parse_error_envelope(plain)
    if said is not None and nesting:
        return _tokenize_envelope(said, nesting - 1)
    found = _TokenList()
    reader = Tokenizer(text, depth=int(keep_names), keep_names=keep_names)
    found.tokens, found.values = reader.tokenize(), reader.values
    return found


def _tokenize_envelope(envelope: ErrorEnvelope, nesting: int) -> _TokenList:
    found = message = _TokenList()
    if envelope.message:
        message = _tokenize(envelope.message, keep_names=True, nesting=nesting)
        says_little = all(piece.key in (WILDCARD, "") for piece in message.tokens)
        found.add(Token(f"{envelope.key}:", "", envelope.key if says_little else ""))
        found.extend(message, ": " if says_little else "")
    elif envelope.before:
        found.extend(_tokenize_surroundings(envelope.before), "")
    for key in envelope.subjects:
        _add_name(found, key, " in ")
    close = _add_codes(found, envelope.codes[:_MAX_CODES])
    for detail in envelope.details[:_MAX_DETAILS]:
        _add_name(found, detail.key, f"{close} ")
        _add_detail(found, detail)
        close = ""
    for key, text in envelope.other_messages[:_MAX_OTHERS]:
        other = _tokenize(text, keep_names=True, nesting=nesting)
        if _key_string(other) not in _key_string(found) and _key_string(message) not in _key_string(other):
            found.add(Token(f"{key}:", f"{close}{_SEPARATOR}", ""))
            found.extend(other, "")
            close = ""
    for text in (envelope.before if envelope.message else "", envelope.after):
        if text:
            found.extend(_tokenize_surroundings(text), f"{close}{_SEPARATOR}")
            close = ""
    found.add(Token("", close, ""))
    return found


_SEPARATOR = " · "  # between the message of an envelope and other texts
_JOINING_CHARACTERS = " \t\n:;,=-\u2013\u2014>([{}])\"'`"  # what joins an envelope to the text around it


def _tokenize_surroundings(text: str) -> _TokenList:
    found = _tokenize(text.lstrip(_JOINING_CHARACTERS), nesting=0)
    if found.tokens and not found.tokens[-1].key:
        found.tokens.pop()  # what joins the text to the envelope
    return found


def _key_string(found: _TokenList) -> str:
    return "\0".join(["", *(piece.key for piece in found.tokens if piece.key), ""])


def _add_codes(found: _TokenList, codes: Sequence[Code]) -> str:
    """Add what a service names the error by, in brackets after its message; returns the bracket that is still open."""
    shown = 0
    for code in codes:
        piece = code_token(code.key, code.value, "")
        # Under a key of causes, so that codes are not taken for names that vary.
        key = "code:" if piece.key != WILDCARD and code.key not in CAUSE_KEYS else f"{code.key}:"
        if not found.tokens:
            found.add(Token(key, "", code.key))
            found.add(piece._replace(lead=": "), code.value)
        elif code.is_shown:
            found.add(Token(key, ", " if shown else " (", ""))
            found.add(piece, code.value)
            shown += 1
        elif piece.key != WILDCARD:
            found.add(Token(key, "", ""))
            found.add(Token(piece.key, "", ""))
    return ")" if shown else ""


def _add_name(found: _TokenList, key: str, lead: str) -> None:
    """Add the key of a field, which may itself be the id of something."""
    if token_kind(key) in ("word", "name"):
        found.add(Token(f"{key}:", lead, key))
    else:
        found.add(Token(WILDCARD, lead, ID), key)


def _add_detail(found: _TokenList, detail: Detail) -> None:
    if detail.key in CAUSE_KEYS and detail.quoted:
        found.extend(_tokenize(detail.value, keep_names=True, nesting=0), "=")
    elif not detail.quoted and detail.value.isalpha():
        found.add(Token(WILDCARD, "=", detail.value), detail.value)  # true
    else:
        kind = token_kind(detail.value) if re.fullmatch(r"[\w.-]+", detail.value) else ""
        found.add(Token(WILDCARD, "=", {"number": NUMBER, "id": ID}.get(kind, REST)), detail.value)
