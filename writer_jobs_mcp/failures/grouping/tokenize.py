"""Split the text of an error into tokens: words, and wildcards for ids, numbers, names and quotations."""

import re
from collections.abc import Iterator
from functools import lru_cache

from writer_jobs_mcp.failures.grouping.tokens import (
    CAUSE_KEYS,
    CODE,
    CODE_KEYS,
    FAILURE,
    HEX,
    ID,
    NAMED_CODE,
    NUMBER,
    REST,
    STATUS,
    UNIT,
    WILDCARD,
    Token,
    token_kind,
)

MAX_RAW_TOKENS = 96  # tokens, before adjacent wildcards become one
MAX_QUOTE_DEPTH = 3  # quotations in quotations that are read
MIN_SENTENCE_SPACES = 3  # a quotation with so many may be a sentence
WHOLE_MESSAGE_SHARE = 0.8  # a quotation longer than this share of a message is the message
_SPACE = r"\s\x00\x01,;:=()\[\]{}<>\"'`|?!“”«»„「」、。\uff0c\uff1a\uff1b\uff08\uff09…"  # between words
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # written without spaces: a number ends a word
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_ITEM = r"[\w.-]+"
_LIST_END = rf"(?:,?\ (?:and|or)\ {_ITEM})?(?=\s*(?:[\])}}\n]|\.?$))"
_TOKEN_PATTERN = re.compile(
    rf"""(?P<plain>(?-i:[a-z]+(?:\ [a-z]+)*)(?=\ (?![\ =])))  # the other groups find the same, but more slowly
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
      |(?P<unclosed>["“«„「])                                                 # an unclosed quotation mark
      |(?P<word>[{_CJK}]+|[^{_SPACE}{_CJK}.]+(?:\.[^{_SPACE}{_CJK}.]+)*(?:'[a-z]+\b)?)""",
    re.IGNORECASE | re.VERBOSE,
)
UNSPACED_SCRIPT = re.compile(f"[{_CJK}]")  # a run of it is a phrase
HTML_TAG = re.compile(
    r"</?(?:html|head|title|body|center|h\d|hr|p|br|div|span|pre|address|style|meta)\b[^<>]*>", re.IGNORECASE
)
_EMPTY_VALUE = re.compile(r"=(?=\s*$|[,;&]|\s+[\w.-]+=|\s\s)")
_KEY_SIGN = re.compile(r" ?=(?!=)|:(?=\S)")
_HTTP_REQUEST = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ")
_PLURAL = re.compile(r"(?!(?:as|does|has|is|its|this|was)$).+[^s]s")
_SWITCHES = frozenset(("true", "false"))
_LITERALS = frozenset("false nan nil no none null true undefined yes".split())
_TYPES = frozenset(
    """
    array bool boolean bytes dict double float int integer list map none nonetype null number object str string tuple
    undefined
    """.split()
)
_BEFORE_TYPES = frozenset("a an expected found got instance not of received type".split())
_NEEDS_CONTEXT = _SWITCHES | _LITERALS | _TYPES
_BEFORE_MESSAGES = frozenset("answered because cause error message reason replied responded returned said with".split())
_OPENING_STATUS = re.compile(r"[45]\d\d(?: [A-Z]|:|$)")  # 429 Too Many Requests, not 429 rows
_SEVERAL_WORDS = re.compile(rf"[^\W\d_]{{2,}}[ ,.:]+[^\W\d_]{{2,}}|[{_CJK}]{{4,}}")


@lru_cache(maxsize=16_384)
def _plain_word_token(word: str) -> Token | None:
    """Return the token of a lower-case word between spaces; None if it depends on the context."""
    return None if word in _NEEDS_CONTEXT or HEX.fullmatch(word) else Token(word, " ", word)


_LONG_LIST = re.compile(r"(?<![\w.-])[\w.-]++(?:,\ ?(?!(?:and|or)\ )[\w.-]++){20,}+", re.IGNORECASE)
# Substitutes for unclosed marks: they end the same tokens, but open no quotation. “ also closes „.
_UNCLOSED_SUBSTITUTES = {'"': "|", "“": "\0"}
_LIST_END_PATTERN = re.compile(_LIST_END, re.IGNORECASE | re.VERBOSE)


def _scan(text: str) -> Iterator[re.Match[str]]:
    """Yield the tokens of `text` in linear time. Use only their positions: their text may be altered.

    The pattern would search an unclosed quotation to the end of the text from each of its marks, and an unfinished long
    list from each of its items. So these marks and commas are replaced before the search.
    """
    searched = _LONG_LIST.sub(_without_commas, text) if "," in text else text
    position = 0
    while position >= 0:
        tokens, position = _TOKEN_PATTERN.finditer(searched, position), -1
        for token in tokens:
            if token.lastgroup != "unclosed":
                yield token
                continue
            # No later mark of this kind before `stop` is closed either.
            mark, position = token[0], token.end()
            line = searched.find("\n", position) if mark == '"' else -1
            stop = line if line >= 0 else len(searched)
            other = _UNCLOSED_SUBSTITUTES.get(mark, "\x01")
            searched = searched[: token.start()] + searched[token.start() : stop].replace(mark, other) + searched[stop:]
            break


def _without_commas(run: re.Match[str]) -> str:
    return run[0] if _LIST_END_PATTERN.match(run.string, run.end()) else run[0].replace(",", ";")


class Tokenizer:
    """A tokenizer of one text, from left to right."""

    def __init__(self, text: str, *, depth: int = 0, keep_names: bool = False) -> None:
        """Begin at the start of `text`.

        `depth`: of quotations in quotations. `keep_names`: a key such as `reason` precedes the text, so its names stay.
        """
        self.text = text
        self.depth = depth
        self.keep_names = keep_names
        self.tokens: list[Token] = []
        self.values: dict[int, str] = {}  # of the wildcards, by their positions in `tokens`
        self.end = 0  # of the last token
        self.last_word = ""  # in lower case
        self.constant_words = 0  # count

    def tokenize(self) -> list[Token]:
        """Return the tokens of the text; the last stands for its end."""
        for m in _scan(self.text):
            if len(self.tokens) >= MAX_RAW_TOKENS:
                return self.tokens
            token, lead = self.text[m.start() : m.end()], self.text[self.end : m.start()]
            match m.lastgroup:
                case "plain":
                    self.add_plain_words(token.split(" "), lead, m.end())
                case "word":
                    self.add_word(token, lead, m.end())
                case "quote":
                    self.add_quotation(token, lead, m.end())
                case "id":
                    self.add(WILDCARD, lead, ID, m.end(), token)
                case _:
                    self.add(WILDCARD, lead, REST, m.end(), token)
        self.add("", self.text[self.end :], "", len(self.text))
        return self.tokens

    def add(self, key: str, lead: str, display: str, end: int, value: str = "") -> None:
        """Add a token; `value`: the text in its place, if it is a wildcard."""
        if key == WILDCARD:
            self.values[len(self.tokens)] = value
        self.tokens.append(Token(key, lead, display))
        self.end = end
        self.last_word = display.lower()
        self.constant_words += key != WILDCARD

    def add_plain_words(self, words: list[str], lead: str, end: int) -> None:
        """Add lower-case words, few of which depend on their context."""
        start = end - sum(map(len, words)) - len(words) + 1
        for word in words:
            stop = start + len(word)
            if lead == " " and self.last_word != NUMBER and (token := _plain_word_token(word)):
                self.tokens.append(token)
                self.end, self.last_word = stop, word
                self.constant_words += 1
            else:
                self.add_word(word, lead, stop)
            lead, start = " ", stop + 1

    def add_quotation(self, token: str, lead: str, end: int) -> None:
        """Add a quotation as a wildcard, unless it is a key or the message itself."""
        inner, before = token[1:-1], lead.strip()
        if (
            self.text[end : end + 1] == ":"
            and (before[-1:] in ("{", ",") or not self.tokens)
            and token_kind(inner) in ("word", "name")
        ):
            self.add(inner + ":", lead + token[0], inner, end - 1)
            return
        assigned = before[-1:] in (":", "=")
        is_cause = self.last_word in CAUSE_KEYS and before.lstrip("\"'")[:1] in (":", "=")
        # As in `Error: "could not reach the host"`.
        sentence = assigned and self.constant_words <= 1 and inner.count(" ") >= MIN_SENTENCE_SPACES
        whole = len(token) > WHOLE_MESSAGE_SHARE * len(self.text)
        message = self.introduces_message(before) and _SEVERAL_WORDS.search(inner)
        if self.depth < MAX_QUOTE_DEPTH and (is_cause or sentence or whole or message or _HTTP_REQUEST.match(inner)):
            tokenizer = Tokenizer(inner, depth=self.depth + 1, keep_names=is_cause)
            for i, (key, inner_lead, shown) in enumerate(tokenizer.tokenize()[:-1]):
                opening = "" if i else lead + token[0]
                self.add(key, opening + inner_lead, shown, end - 1, tokenizer.values.get(i, ""))
        elif inner.strip():
            self.add(WILDCARD, lead + token[0], REST, end - 1, inner)
        else:
            self.add("∅", lead + token[0], "", end - 1)

    def introduces_message(self, before: str) -> bool:
        """Return whether a quoted message may follow, as in `RuntimeError('…')`, `failed: "…"` and `returned "…"`."""
        follows_failure = self.last_word == "failed" or FAILURE.search(self.last_word)
        return self.last_word in _BEFORE_MESSAGES or bool(before[-1:] in ("(", ":") and follows_failure)

    def add_word(self, token: str, lead: str, end: int) -> None:
        """Add a word according to what it looks like and what surrounds it."""
        kind, low = token_kind(token), token.lower()
        if kind == "mark":
            return
        sign = _KEY_SIGN.match(self.text, end)
        # A key, not a host before its port.
        if sign and token[0].isalpha() and (sign[0] != ":" or token.replace("_", "").isalpha()):
            name = re.sub(r"\d+", "#", token)
            self.add(name + ("=∅" if _EMPTY_VALUE.match(self.text, end) else sign[0].strip()), lead, name, end)
        elif kind in ("number", "id"):
            if self.is_code(token, lead) or (not self.tokens and _OPENING_STATUS.match(self.text, end - len(token))):
                self.add(token, lead, token, end)
            else:
                self.add(WILDCARD, lead, NUMBER if kind == "number" else ID, end, token)
        elif self.is_variable(low, lead, is_name=kind == "name"):
            self.add(WILDCARD, lead, token, end, token)
        elif self.last_word == NUMBER and not lead.strip() and _PLURAL.fullmatch(token):
            self.add(token[:-1], lead, token, end)  # 1 item, 2 items
        else:
            self.add(token, lead, token, end)
        if kind != "number" or lead == ":":  # no plural follows a port
            self.last_word = low

    def is_code(self, token: str, lead: str) -> bool:
        """Return whether it is a code, as in `status 404`, `"code": 1004` or `error_code=E23`."""
        if self.last_word not in CODE_KEYS:
            return False
        assigned = ":" in lead or "=" in lead
        if '"' in lead or self.keep_names:
            return bool(CODE.fullmatch(token))
        return bool((NAMED_CODE if assigned else STATUS).fullmatch(token))

    def is_variable(self, low: str, lead: str, *, is_name: bool) -> bool:
        """Return whether other words could stand in this place, judging by this message alone."""
        before = lead.strip()
        is_value = before[-1:] == "=" and before != "=="
        if self.keep_names or (is_value and self.last_word in CAUSE_KEYS):
            return False
        opens = not self.tokens  # a program's own name, unless it looks like a file or a host
        return (
            is_value
            or (is_name and (not opens or ("." in low and self.text.startswith(low, len(lead)))))
            or low in _SWITCHES
            or (low in _LITERALS and before[-1:] == ":" and lead[-1:] == ":")
            or (low in _TYPES and self.last_word in _BEFORE_TYPES)
            or (self.last_word == NUMBER and not before and bool(UNIT.fullmatch(low)))
        )
