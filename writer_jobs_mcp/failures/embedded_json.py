"""Find structured errors in a text: JSON as services send it, or as Python and JavaScript print it."""

import json
import re
from itertools import islice
from typing import NamedTuple

from writer_jobs_mcp.failures.regex import regex

_LITERAL_START = r"[{\[](?:[\s\[{]|\\n){0,40}+(?:[\"']|[\w$@]{1,40}\s?:\s)"
_LEXEME = (
    r"\"(?P<double>(?:[^\"\\]|\\[\s\S])*+)(?:\"|\\?\Z)|'(?P<single>(?:[^'\\]|\\[\s\S])*+)(?:'|\\?\Z)"
    r"|(?P<mark>[{}\[\]:=,])|(?P<bare>[\w.$@-]+)|\\[\s\S]?|[\s\S]"
)
# Keys, in lower case, whose values are
_MESSAGE_KEYS = (
    r"message|msg|details?|description|err|errors?|error_?description|error_?messages?|error_?msg|reason|fault|faultstring"
    r"|cause|body|exception|exception_?message|failure|failure_?reason|status_?message|status_?text"
    # in the languages of the rules
    r"|fehler|fehlermeldung|meldung|nachricht|beschreibung|erreur|mensaje|detalle|descripci[oó]n|erro|mensagem|descri[cç][aã]o|errore"
    r"|messaggio|dettagli?o?|descrizione|fout|foutmelding|melding|omschrijving|b[lł][aą]d|komunikat|opis|ошибка|сообщение|описание"
    r"|错误|错误信息|消息|信息|原因|描述|エラー|メッセージ|詳細|오류|메시지"
)
_CODE_KEYS = (
    r"code|key|type|tpe|status|tag|error|error_?code|error_?type|__type|name|kind|exception|action|reason"
    r"|finish_?reason|block_?reason|stop_reason|policyname"
)
_NUMERIC_CODE_KEYS = (
    r"code|error_?code|status|status_?code|http_?status(?:code)?|kod|c[oó]digo|codice|statuscode|foutcode|fehlercode|代码|错误码"
    r"|状态码|コード|코드"
)
_MAX_PATH = 32  # keys of a path that are kept; only crafted input nests deeper
_LIST_DEPTH = 2  # keys of the path of a value in a list: the key of the list, twice
_INPUT_KEYS = (
    r"inputs?|ctx|extras|loc|params?|prompt|messages|context|payload|metadata|content|settings|config|headers|arguments|args"
    r"|data|result"
)


class Field(NamedTuple):
    """A value of a literal."""

    path: tuple[str, ...]  # the keys that lead to it, in lower case
    raw: str  # its text, still escaped
    start: int  # where its key starts
    end: int
    quoted: bool
    whole: str  # `raw`, and the rest up to the next mark if a quotation mark in it was not escaped
    is_truncated: bool  # whether the text ends within the value

    @property
    def key(self) -> str:
        """Its own key, in lower case."""
        return self.path[-1]

    @property
    def whole_message(self) -> str | None:
        """`whole`, decoded, if services put messages under this key."""
        if not regex(_MESSAGE_KEYS).fullmatch(self.key) or self._is_echoed_input:
            return None
        return _decode(self.whole) if self.quoted or self.whole != self.raw else None

    @property
    def message(self) -> str | None:
        """The decoded value, if it is a service's message."""
        is_message = regex(_MESSAGE_KEYS).fullmatch(self.path[-1]) or "errors" in self.path[:-1]
        return self.text if is_message and self.quoted and not self._is_echoed_input else None

    @property
    def text(self) -> str:
        """The value, decoded."""
        return _decode(self.raw)

    @property
    def is_code(self) -> bool:
        """Whether it is a word or a number by which a service names what happened."""
        key = self.path[-1]
        if self._is_echoed_input:
            return False
        if self.raw.isdigit():
            return regex(_NUMERIC_CODE_KEYS).fullmatch(key) is not None
        # `name` is the name of a field as often as of an exception
        if key == "name" and not self.raw.endswith(("Error", "Exception")):
            return False
        return bool(regex(_CODE_KEYS).fullmatch(key) and re.fullmatch(r"[A-Za-z][\w.:/-]*", self.raw))

    @property
    def needs_key(self) -> bool:
        """Whether the code means nothing without its key: `"status": 404`, `"finishReason": "SAFETY"`."""
        return self.raw.isdigit() or "reason" in self.path[-1]

    @property
    def _is_echoed_input(self) -> bool:
        return any(regex(_INPUT_KEYS).fullmatch(key) for key in self.path)


class JsonLiteral(NamedTuple):
    """An object or array in a text, as JSON, Python or JavaScript write it."""

    start: int
    end: int
    fields: list[Field]

    @property
    def is_form(self) -> bool:
        """Whether it lists what is wrong with each field of a form: `{"tone": ["This field is required."]}`."""
        return bool(self.fields) and all(
            len(field.path) == _LIST_DEPTH and field.path[0] == field.path[1] and field.raw.endswith((".", "\u3002"))
            for field in self.fields
        )


def find_json_literals(text: str) -> list[JsonLiteral]:
    """Return the literals of a text in order: complete, truncated or broken, at any depth, in one pass."""
    found: list[JsonLiteral] = []
    while opening := regex(_LITERAL_START).search(text, found[-1].end if found else 0):
        found.append(_parse_literal(text, opening.start()))
    return found


def find_first_json_literal(text: str, start: int, max_tokens: int) -> JsonLiteral | None:
    """Return the first literal that begins at `start` or later, read up to so many tokens."""
    opening = regex(_LITERAL_START).search(text, start)
    return _parse_literal(text, opening.start(), max_tokens) if opening else None


def _parse_literal(text: str, start: int, max_tokens: int | None = None) -> JsonLiteral:
    fields: list[Field] = []
    path: list[str] = []
    key, key_start, end = "", start, start
    first, last = start, start  # of the value, which is more than one token if the literal is broken
    value: tuple[str, int, int, bool] | None = None
    for token in islice(regex(_LEXEME).finditer(text, start), max_tokens):
        end = token.end()
        mark = token["mark"]
        if not mark:
            if token["bare"]:
                first, last = first if value else token.start(), end
                value = value or (token["bare"], token.start(), end, False)
            elif (string := token["double"] if token["double"] is not None else token["single"]) is not None:
                first, last = first if value else token.start(), end
                value = (string, token.start(), end, True)
        elif mark in ":=":
            if value:
                key, key_start, value = value[0].lower(), value[1], None
        elif mark in "{[":
            path.append(key)
            key, value = (key if mark == "[" else ""), None
        else:
            if value:
                fields.append(_make_field(path, key, key_start, value, text[first:last]))
                value = None
            if mark != ",":
                key = path.pop()
                if not path:
                    return JsonLiteral(start, end, fields)
    if value:
        is_cut = value[2] == len(text)
        fields.append(_make_field(path, key, key_start, value, text[first:last])._replace(is_truncated=is_cut))
    return JsonLiteral(start, end, fields)


def _make_field(path: list[str], key: str, key_start: int, value: tuple[str, int, int, bool], whole: str) -> Field:
    raw, start, end, quoted = value
    inner = raw if len(whole) == end - start else whole.strip("\"'")
    start = key_start if key and key_start < start else start
    return Field((*path[1:_MAX_PATH], key), raw, start, end, quoted, inner, is_truncated=False)


def _decode(raw: str) -> str:
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads(f'"{raw}"'))
    except ValueError:
        escapes = {"n": "\n", "r": "\r", "t": "\t"}
        return re.sub(r"\\([\s\S])", lambda escape: escapes.get(escape[1], escape[1]), raw)
