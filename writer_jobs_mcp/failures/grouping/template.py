"""Turn an error message into its template: its words in order, with a wildcard for each part that varies."""

from __future__ import annotations

import re
from collections.abc import Sequence

from writer_jobs_mcp.failures.grouping.json_envelope import (
    MAX_NESTING,
    Code,
    Detail,
    ErrorEnvelope,
    parse_error_envelope,
    unescape_envelope,
)
from writer_jobs_mcp.failures.grouping.tokenize import HTML_TAG, UNSPACED_SCRIPT, Tokenizer
from writer_jobs_mcp.failures.grouping.tokens import (
    CAUSE_KEYS,
    FAILURE,
    ID,
    NUMBER,
    REST,
    UNIT,
    WILDCARD,
    Token,
    code_token,
    is_common,
    token_kind,
)
from writer_jobs_mcp.failures.stack_traces import strip_stack_traces

MAX_CHARS = 4_000  # of a message; the middle of a longer one is repetition or quotation
HEAD_CHARS = 3_000  # of these; the others are from its end, where a traceback has the exception
MAX_TOKENS = 64  # of a template; messages that agree this far are the same
_MAX_CODES, _MAX_OTHERS, _MAX_DETAILS = 12, 8, 24  # of an envelope


def parse_template(message: str) -> tuple[list[Token], tuple[str, ...]]:
    """Return the tokens of a message, and the values of its wildcards in order.

    There are at most `MAX_TOKENS`, and the function of the innermost frame if there is a stack trace. For a service's
    envelope its message comes first, then its codes, the other fields in the order of their keys, the text around it.
    """
    cut = len(message) > MAX_CHARS
    ends = f"{message[:HEAD_CHARS]}\n{message[HEAD_CHARS - MAX_CHARS :]}" if cut else message
    text, function = strip_stack_traces(ends)
    text = HTML_TAG.sub(" ", text) if "</" in text else text
    found = _tokenize(text)
    tokens, starts = collapse_wildcards(found.tokens)
    tokens = tokens[:MAX_TOKENS]
    values = tuple(
        found.value(start, stop)
        for token, start, stop in zip(tokens, starts, [*starts[1:], len(found.tokens)], strict=False)
        if token.key == WILDCARD
    )
    if all(token.key in (WILDCARD, "") for token in tokens):
        # Nothing but names and numbers: they are the template.
        tokens = [Token(name, " ", name) for name in (re.sub(r"\d+", "#", word) for word in text.split()[:MAX_TOKENS])]
        tokens, values = tokens or [Token("", "", "(empty)")], ()
    if function:
        tokens.append(Token(f"{function}()", " in ", f"{function}()"))
    return tokens, values


def is_meaningful(key: str) -> bool:
    """Return whether a word tells what happened (`closed`, `EPERM`, `rhost=`, `run()`); if not, it may be a name."""
    return (
        len(key.strip("+-")) <= 1
        or key.isupper()
        or bool(UNSPACED_SCRIPT.match(key))
        or key.isdigit()
        or key.endswith(("=", ":", "∅", "()"))
        or bool(FAILURE.search(key))
        or is_common(key)
    )


def is_cause_key(key: str) -> bool:
    """Return whether the value of a key, such as `code=` or `"reason":`, tells what happened."""
    return key[-1:] in ("=", ":") and key[:-1].lower() in CAUSE_KEYS


def collapse_wildcards(tokens: Sequence[Token]) -> tuple[list[Token], list[int]]:
    """Join adjacent wildcards, since a list may have any length; also return where each token starts in `tokens`."""
    out: list[Token] = []
    starts: list[int] = []
    opened = ""  # closing marks to drop, since the text with their opening marks was dropped
    for i, token in enumerate(tokens):
        if token.key == WILDCARD and len(out) > 1 and out[-1].key in ("and", "or") and out[-2].key == WILDCARD:
            out[-2:] = [Token(WILDCARD, out[-2].lead, REST)]
            starts.pop()
        elif token.key == WILDCARD and out and out[-1].key == WILDCARD:
            if out[-1].display == NUMBER and UNIT.fullmatch(token.display):
                shown = f"{NUMBER}{token.lead}{token.display}"
            else:
                shown = token.display if out[-1].display == token.display else REST
            out[-1] = Token(WILDCARD, out[-1].lead, shown)
            opened = _pending_closers(token.lead, opened)
        else:
            lead = token.lead
            while opened and lead and lead[0] in opened:
                lead = lead[1:]
            out.append(token if lead == token.lead else Token(token.key, lead, token.display))
            starts.append(i)
            opened = ""
    return out, starts


_CLOSING_MARKS = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`"}


def _pending_closers(text: str, opened: str) -> str:
    """Return what closes the brackets and quotation marks that are open after `text`."""
    for mark in text:
        if mark in opened:
            opened = opened.replace(mark, "", 1)
        elif mark in _CLOSING_MARKS:
            opened += _CLOSING_MARKS[mark]
    return opened


def merge_tokens(one: list[Token], other: list[Token]) -> list[Token]:
    """Merge two templates with the same keys; their order does not matter."""
    merged = one.copy()
    for i, (a, b) in enumerate(zip(one, other, strict=True)):
        if a != b:
            varied = REST if a.key == WILDCARD else a.key
            merged[i] = Token(a.key, min(a.lead, b.lead), a.display if a.display == b.display else varied)
    return merged


class _TokenList:
    """The tokens of a text, and the values of its wildcards."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self.values: dict[int, str] = {}

    def add(self, token: Token, value: str = "") -> None:
        if token.key == WILDCARD:
            self.values[len(self.tokens)] = value
        self.tokens.append(token)

    def extend(self, other: _TokenList, lead: str) -> None:
        """Add the tokens of another text, the first of them after `lead`."""
        for i, token in enumerate(other.tokens):
            if token.key or token.lead:
                self.add(token if i else Token(token.key, lead + token.lead, token.display), other.values.get(i, ""))

    def value(self, start: int, stop: int) -> str:
        """Return the text in place of these tokens."""
        if stop - start == 1:
            return self.values.get(start, "")
        return "".join(
            (token.lead if i > start else "") + self.values.get(i, token.display)
            for i, token in enumerate(self.tokens[start:stop], start)
        )


def _tokenize(text: str, *, keep_names: bool = False, nesting: int = MAX_NESTING) -> _TokenList:
    """Return the tokens of a text. `keep_names`: it is the message of an envelope, so its names stay."""
    envelope = parse_error_envelope(text)
    if envelope is None and nesting and (plain := unescape_envelope(text)):
        text, envelope = plain, parse_error_envelope(plain)
    if envelope is not None and nesting:
        return _tokenize_envelope(envelope, nesting - 1)
    found = _TokenList()
    reader = Tokenizer(text, depth=int(keep_names), keep_names=keep_names)
    found.tokens, found.values = reader.tokenize(), reader.values
    return found


def _tokenize_envelope(envelope: ErrorEnvelope, nesting: int) -> _TokenList:
    found = message = _TokenList()
    if envelope.message:
        message = _tokenize(envelope.message, keep_names=True, nesting=nesting)
        says_little = all(token.key in (WILDCARD, "") for token in message.tokens)
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
_JOINING_CHARACTERS = " \t\n:;,=-\u2013\u2014>([{}])\"'`"  # between an envelope and the text around it


def _tokenize_surroundings(text: str) -> _TokenList:
    found = _tokenize(text.lstrip(_JOINING_CHARACTERS), nesting=0)
    if found.tokens and not found.tokens[-1].key:
        found.tokens.pop()  # the end: what joins the text to the envelope
    return found


def _key_string(found: _TokenList) -> str:
    return "\0".join(["", *(token.key for token in found.tokens if token.key), ""])


def _add_codes(found: _TokenList, codes: Sequence[Code]) -> str:
    """Add the codes in brackets after the message; return the closing bracket that is still needed."""
    shown = 0
    for code in codes:
        token = code_token(code.key, code.value, "")
        # Under a cause key, so that codes are not taken for names.
        key = "code:" if token.key != WILDCARD and code.key not in CAUSE_KEYS else f"{code.key}:"
        if not found.tokens:
            found.add(Token(key, "", code.key))
            found.add(token._replace(lead=": "), code.value)
        elif code.is_shown:
            found.add(Token(key, ", " if shown else " (", ""))
            found.add(token, code.value)
            shown += 1
        elif token.key != WILDCARD:
            found.add(Token(key, "", ""))
            found.add(Token(token.key, "", ""))
    return ")" if shown else ""


def _add_name(found: _TokenList, key: str, lead: str) -> None:
    """Add the key of a field, which may itself be an id."""
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
