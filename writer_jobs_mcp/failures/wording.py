"""What one error message says: its words in order, with a place for each part that varies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from writer_jobs_mcp.failures.stacks import without_stack
from writer_jobs_mcp.failures.vocabulary import is_common

LOOKED_AT = 4_000  # characters of a message; the rest of a long one repeats or quotes
HEAD = 3_000  # of them from its beginning, the others from its end: a traceback says last what went wrong
WORDS = 64  # of a message; two causes that agree this far are told apart by nobody
READ = 96  # pieces, before neighbours that vary become one
QUOTES = 3  # within quotes that are looked into
TITLE = 3  # words: a longer quotation may be a sentence
DOTS = 2  # of an address or a version; a number has fewer
MOST = 0.8  # of a message: a quotation longer than this is the message
VARIES = "*"  # as a key; no word is only punctuation
NUMBER, ID, REST = "<number>", "<id>", "<…>"


class Piece(NamedTuple):
    """A word, or a place where something varies."""

    key: str  # what must agree between messages that say the same: the word, or VARIES
    lead: str  # the text between this piece and the one before
    shown: str  # what a reader sees: the word, `<number>`, `<id>`, `<…>`, or a name that may turn out to be constant


def wording(message: str) -> list[Piece]:
    """The pieces of `message`, at most `WORDS`; then, of a stack trace, the function where it happened."""
    text, function = without_stack(_ends(message))
    pieces = collapsed(_Reader(_TAG.sub(" ", text) if "</" in text else text).read())[:WORDS]
    if all(piece.key in (VARIES, "") for piece in pieces):
        # Nothing but names and numbers: then the names are what it says.
        pieces = [Piece(name, " ", name) for name in (re.sub(r"\d+", "#", word) for word in text.split()[:WORDS])]
        pieces = pieces or [Piece("", "", "(empty)")]
    if function:
        pieces.append(Piece(f"{function}()", " in ", f"{function}()"))
    return pieces


def says_something(key: str) -> bool:
    """Whether a word says what happened, as `closed`, `EPERM`, `rhost=` and `run()` do; if not, it may be a name."""
    return (
        len(key.strip("+-")) <= 1
        or key.isupper()
        or bool(_UNSPACED.match(key))
        or key.isdigit()
        or key.endswith(("=", ":", "∅", "()"))
        or is_common(key)
    )


def tells_a_cause(key: str) -> bool:
    """Whether what stands after a key, as after `code=` or `"reason":`, says what happened."""
    return key[-1:] in ("=", ":") and key[:-1].lower() in _CAUSE_KEYS


def collapsed(pieces: Iterable[Piece]) -> list[Piece]:
    """`pieces` with one place for neighbours that vary, since a list may be of any length."""
    out: list[Piece] = []
    opened = ""  # in the text left out between them: what closes it is left out as well
    for piece in pieces:
        if piece.key == VARIES and len(out) > 1 and out[-1].key in ("and", "or") and out[-2].key == VARIES:
            out[-2:] = [Piece(VARIES, out[-2].lead, REST)]
        elif piece.key == VARIES and out and out[-1].key == VARIES:
            unit = out[-1].shown == NUMBER and _UNITS.fullmatch(piece.shown)
            shown = (
                f"{NUMBER}{piece.lead}{piece.shown}"
                if unit
                else out[-1].shown
                if out[-1].shown == piece.shown
                else REST
            )
            out[-1] = Piece(VARIES, out[-1].lead, shown)
            opened = _closers(piece.lead, opened)
        elif opened:
            lead = piece.lead
            while lead and lead[0] in opened:
                lead = lead[1:]
            out.append(Piece(piece.key, lead, piece.shown))
            opened = ""
        else:
            out.append(piece)
    return out


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


# ---- masking

_UNIT = (
    r"(?:%|[kmgt]i?b(?:ps)?|bytes?|bits?|[nmuµ]?s|secs?|seconds?|milliseconds?|microseconds?|mins?|minutes?|hours?|hrs?"
    r"|days?|weeks?|months?|years?|[kmg]?hz|tokens?|chars?|characters?)"
)
_SPACE = r"\s\x00\x01,;:=()\[\]{}<>\"'`|?!“”«»„「」、。\uff0c\uff1a\uff1b\uff08\uff09…"  # what stands between words
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # written without spaces: a number ends a word
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_ITEM = r"[\w.-]+"
_LIST_END = rf"(?:,?\ (?:and|or)\ {_ITEM})?(?=\s*(?:[\])}}\n]|\.?$))"
_TOKEN = re.compile(
    rf"""(?P<plain>(?-i:[a-z]+(?:\ [a-z]+)*)(?=\ (?![\ =])))  # as the others would say word by word, only slower
      |(?P<list>(?:(?:(?<=[:\[(])|(?<=[:\[(]\ )|(?<=\bof\ )){_ITEM}(?:,\ ?{_ITEM})+|(?<=\ ){_ITEM}(?:,\ {_ITEM}){{2,}})
        {_LIST_END})                                                        # a list, to its end
      |(?P<id>\b[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}\b          # UUID
        |(?<![\w:])(?:[0-9a-f]{{1,4}}:){{3,}}+:?[0-9a-f]++(?::[0-9a-f]++)*+(?![\w:]))  # IPv6 and hardware addresses
      |(?P<rest>(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]+)+                     # e-mail address
        |\b[a-z][a-z0-9+.-]{{0,30}}+://[^\s"'<>)\]}}|]+                         # URL
        |(?<![\w.)\]*])(?:[a-z]:)?[\\/](?:[\w.+@$%~*\#&=?-]+[\\/]?)+           # path
        |(?<=[:=\ ])/(?=\s\(|\.?$)|\blocalhost(?::\d+)?\b
        |\b\d{{4}}-\d\d-\d\d(?:[T\ ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\ ?(?:Z\b|UTC\b|[+-]\d\d:?\d\d)?)?  # date, time
        |\b{_DAY},?\s+(?:\d{{1,2}}\s+)?{_MONTH}\.?\s+[\d: ]+(?:gmt|utc|[+-]\d{{4}})?)
      |(?P<quote>"(?:[^"\\\n]|\\.)*+"|(?<!\w)'[^'\n]*'(?!\w)|(?<!\w)`[^`\n]*`|“[^”]*”|«[^»]*»|„[^“\0]*[“\0]|「[^」]*」)
      |(?P<unclosed>["“«„「])                                                 # what none of these could close
      |(?P<word>[{_CJK}]+|[^{_SPACE}{_CJK}.]+(?:\.[^{_SPACE}{_CJK}.]+)*(?:'[a-z]+\b)?)""",
    re.IGNORECASE | re.VERBOSE,
)
_UNSPACED = re.compile(f"[{_CJK}]")  # a run of it is a phrase
_TAG = re.compile(
    r"</?(?:html|head|title|body|center|h\d|hr|p|br|div|span|pre|address|style|meta)\b[^<>]*>", re.IGNORECASE
)
_NUMBER = re.compile(rf"[+\-#~$€£]?\d[\d.,_]*(?:e[+-]?\d+)?{_UNIT}?(?:/s)?", re.IGNORECASE)
_UNITS = re.compile(_UNIT, re.IGNORECASE)
_HEX = re.compile(r"[a-f]{8,}|[A-F]{8,}")
_EMPTY = re.compile(r"=(?=\s*$|[,;&]|\s+[\w.-]+=|\s\s)")
_KEY = re.compile(r" ?=(?!=)|:(?=\S)")
_REQUEST = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ")
_FAILURE = re.compile(r"(?:error|exception|failure|fault|timeout|warning)s?$", re.IGNORECASE)
_HUMPS = re.compile(r"[A-Z][a-z]+")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")

_STATUS = re.compile(r"[45]\d\d")  # an HTTP status is a cause: 404 and 503 call for different fixes
_NAMED_CODE = re.compile(r"[A-Z]{1,8}[-_]?\d{1,6}")  # E1004, ORA-00942
_CODE = re.compile(r"(?:[A-Z]{1,8}[-_]?)?\d{1,6}")
# The word before a code.
_CODE_KEYS = frozenset(
    "code error error_code errorcode got http response returned returns status status_code statuscode".split()
)
_PLURAL = re.compile(r"(?!(?:as|does|has|is|its|this|was)$).+[^s]s")
_CAUSE_KEYS = frozenset(
    """
    action category cause code desc description detail details error error_code error_description error_message
    error_type errorcode errormessage errors errortype event exception kind level message msg reason result severity
    state status status_code statuscode title type
    """.split()
)  # of key=value and JSON: what stands there is no name
_SWITCHES = frozenset(("true", "false"))
_LITERALS = frozenset("false nan nil no none null true undefined yes".split())
_TYPES = frozenset(
    """
    array bool boolean bytes dict double float int integer list map none nonetype null number object str string tuple
    undefined
    """.split()
)
_BEFORE_TYPES = frozenset("a an expected found got instance not of received type".split())

_LOOKED_INTO = _SWITCHES | _LITERALS | _TYPES


@lru_cache(maxsize=16_384)
def _plain(word: str) -> Piece | None:
    """The piece of a word of small letters with a space before and after it; None where more must be known."""
    return None if word in _LOOKED_INTO or _HEX.fullmatch(word) else Piece(word, " ", word)


Kind = Literal["word", "name", "number", "id", "mark"]


@lru_cache(maxsize=16_384)
def _kind(token: str) -> Kind:
    """What a token looks like by itself. A name varies wherever there are words around it."""
    if _NUMBER.fullmatch(token) and token.count(".") < DOTS:
        return "number"
    if any(map(str.isdigit, token)) or _HEX.fullmatch(token):
        return "id"
    if not any(map(str.isalpha, token)):
        return "mark"
    return "name" if _is_name(token) else "word"


def _is_name(token: str) -> bool:
    if token.isupper() or len(token.strip("+-")) == 1 or (token.isalpha() and (token.islower() or token.istitle())):
        return False
    if _FAILURE.search(token):
        return False
    humps = _HUMPS.findall(token)
    if len(humps) > 1 and "".join(humps) == token:  # AccessDenied says what happened, NodeCard may be any name
        return not all(map(is_common, humps))
    return any(mark in token for mark in "_.$/\\@") or bool(_INNER_CAPITAL.search(token))


def _is_key(token: str, sign: str) -> bool:
    """Whether a token before `=`, or before a colon with no space, names what follows; a host names no port."""
    return token[0].isalpha() and (sign != ":" or token.replace("_", "").isalpha())


_LONG_LIST = re.compile(r"(?<![\w.-])[\w.-]++(?:,\ ?(?!(?:and|or)\ )[\w.-]++){20,}+", re.IGNORECASE)
# What a mark that nothing closes is searched as: stops the tokens that the mark stops, and opens none. “ also closes „.
_UNCLOSED = {'"': "|", "“": "\0"}
_ENDS_A_LIST = re.compile(_LIST_END, re.IGNORECASE | re.VERBOSE)


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Yield the tokens of `text` in linear time. Use only their positions: their own text may be altered.

    A quotation that nothing closes would be scanned to the end of the text from each mark in it, and a long list that
    does not end as lists do from each item. So their marks and commas are replaced by others for the search.
    """
    searched = _LONG_LIST.sub(_without_commas, text) if "," in text else text
    position = 0
    while position >= 0:
        tokens, position = _TOKEN.finditer(searched, position), -1
        for token in tokens:
            if token.lastgroup != "unclosed":
                yield token
                continue
            # No later mark of this kind before `stop` is closed either.
            mark, position = token[0], token.end()
            line = searched.find("\n", position) if mark == '"' else -1
            stop = line if line >= 0 else len(searched)
            other = _UNCLOSED.get(mark, "\x01")
            searched = searched[: token.start()] + searched[token.start() : stop].replace(mark, other) + searched[stop:]
            break


def _without_commas(run: re.Match[str]) -> str:
    return run[0] if _ENDS_A_LIST.match(run.string, run.end()) else run[0].replace(",", ";")


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str, *, depth: int = 0, cause: bool = False) -> None:
        """`depth`: of quotes in quotes; `cause`: a key such as `reason` stands before the text, so names in it stay."""
        self.text = text
        self.depth = depth
        self.cause = cause
        self.pieces: list[Piece] = []
        self.end = 0  # of the last piece
        self.last = ""  # token, in lower case
        self.words = 0  # that are constant

    def read(self) -> list[Piece]:
        """The pieces of the text, the last for its end."""
        for m in _tokens(self.text):
            if len(self.pieces) >= READ:
                return self.pieces
            token, lead = self.text[m.start() : m.end()], self.text[self.end : m.start()]
            match m.lastgroup:
                case "plain":
                    self.plain(token.split(" "), lead, m.end())
                case "word":
                    self.word(token, lead, m.end())
                case "quote":
                    self.quote(token, lead, m.end())
                case "id":
                    self.add(VARIES, lead, ID, m.end())
                case _:
                    self.add(VARIES, lead, REST, m.end())
        self.add("", self.text[self.end :], "", len(self.text))
        return self.pieces

    def add(self, key: str, lead: str, shown: str, end: int) -> None:
        self.pieces.append(Piece(key, lead, shown))
        self.end = end
        self.last = shown.lower()
        self.words += key != VARIES

    def plain(self, words: list[str], lead: str, end: int) -> None:
        """Add words of small letters, of which few need a closer look."""
        start = end - sum(map(len, words)) - len(words) + 1
        for word in words:
            stop = start + len(word)
            if lead == " " and self.last != NUMBER and (piece := _plain(word)):
                self.pieces.append(piece)
                self.end, self.last = stop, word
                self.words += 1
            else:
                self.word(word, lead, stop)
            lead, start = " ", stop + 1

    def quote(self, token: str, lead: str, end: int) -> None:
        """Add a quotation: it varies, unless it is a key, or what the message is about."""
        inner, before = token[1:-1], lead.strip()
        if (
            self.text[end : end + 1] == ":"
            and (before[-1:] in ("{", ",") or not self.pieces)
            and _kind(inner) in ("word", "name")
        ):
            self.add(inner + ":", lead + token[0], inner, end - 1)
            return
        assigned = before[-1:] in (":", "=")
        cause = self.last in _CAUSE_KEYS and before.lstrip("\"'")[:1] in (":", "=")
        sentence = assigned and self.words <= 1 and inner.count(" ") >= TITLE  # Error: "could not reach the host"
        whole = len(token) > MOST * len(self.text)
        if self.depth < QUOTES and (cause or sentence or whole or _REQUEST.match(inner)):
            pieces = _Reader(inner, depth=self.depth + 1, cause=cause).read()[:-1]
            for i, (key, inner_lead, shown) in enumerate(pieces):
                self.add(key, inner_lead if i else lead + token[0] + inner_lead, shown, end - 1)
        elif inner.strip():
            self.add(VARIES, lead + token[0], REST, end - 1)
        else:
            self.add("∅", lead + token[0], "", end - 1)

    def word(self, token: str, lead: str, end: int) -> None:
        """Add a token for what it looks like and what stands around it."""
        kind, low = _kind(token), token.lower()
        if kind == "mark":
            return
        if (sign := _KEY.match(self.text, end)) and _is_key(token, sign[0]):
            name = re.sub(r"\d+", "#", token)
            self.add(name + ("=∅" if _EMPTY.match(self.text, end) else sign[0].strip()), lead, name, end)
        elif kind in ("number", "id"):
            if self.is_code(token, lead):
                self.add(token, lead, token, end)
            else:
                self.add(VARIES, lead, NUMBER if kind == "number" else ID, end)
        elif self.varies(low, lead, is_name=kind == "name"):
            self.add(VARIES, lead, token, end)
        elif self.last == NUMBER and not lead.strip() and _PLURAL.fullmatch(token):
            self.add(token[:-1], lead, token, end)  # 1 item, 2 items
        else:
            self.add(token, lead, token, end)
        if kind != "number" or lead == ":":  # no plural after a port
            self.last = low

    def is_code(self, token: str, lead: str) -> bool:
        """Whether it is as in `status 404`, `"code": 1004` or `error_code=E23`; a count in `status: 404 len: 20`."""
        if self.last not in _CODE_KEYS:
            return False
        assigned = ":" in lead or "=" in lead
        if '"' in lead or self.cause:
            return bool(_CODE.fullmatch(token))
        return bool((_NAMED_CODE if assigned else _STATUS).fullmatch(token))

    def varies(self, low: str, lead: str, *, is_name: bool) -> bool:
        """Whether a word is one of many that could stand here, judging by this message alone."""
        before = lead.strip()
        is_value = before[-1:] == "=" and before != "=="
        if self.cause or (is_value and self.last in _CAUSE_KEYS):
            return False
        opens = not self.pieces  # a program's own name, unless it looks like that of a file or a host
        return (
            is_value
            or (is_name and (not opens or ("." in low and self.text.startswith(low, len(lead)))))
            or low in _SWITCHES
            or (low in _LITERALS and before[-1:] == ":" and lead[-1:] == ":")
            or (low in _TYPES and self.last in _BEFORE_TYPES)
            or (self.last == NUMBER and not before and bool(_UNITS.fullmatch(low)))
        )
