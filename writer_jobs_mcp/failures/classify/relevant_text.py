"""Find the words of an error that are evidence of its cause, and blank what it quotes, names, links to or supposes."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from writer_jobs_mcp.failures.classify.patterns import BLANK, PASSAGE_END
from writer_jobs_mcp.failures.embedded_json import find_json_literals
from writer_jobs_mcp.failures.regex import regex
from writer_jobs_mcp.failures.stack_traces import PYTHON_FRAME, error_blocks

HEAD_CHARS = TAIL_CHARS = 4_000
"""Characters read from either end of an error; the middle is never read."""

MAX_NESTING = 3
"""How deep JSON in strings of JSON is read."""


class RelevantText(NamedTuple):
    """One block of an error, in two forms of the same length."""

    original: str  # passages of the error, or of the JSON strings in it, unchanged
    relevant: str  # the same, with everything blanked that is no evidence


def relevant_texts(error: str) -> Iterator[RelevantText]:
    """Yield the blocks of an error, the most important first; most errors have one.

    In a traceback or a stack trace the frames are left out. The exception raised last comes first, then those behind it
    (`Caused by`, `the direct cause of`, `During handling of`), then the text before the trace.
    """
    cut = len(error) > HEAD_CHARS + TAIL_CHARS
    for block in error_blocks(f"{error[:HEAD_CHARS]}{PASSAGE_END}{error[-TAIL_CHARS:]}" if cut else error):
        passages = list(_passages(block, MAX_NESTING))
        yield RelevantText(
            PASSAGE_END.join(original for original, _ in passages),
            PASSAGE_END.join(relevant for _, relevant in passages),
        )


def _passages(text: str, nesting: int) -> Iterator[tuple[str, str]]:
    """Yield the passages of a text, unchanged and blanked: its prose first, then the messages and codes of its JSON."""
    found = find_json_literals(text) if "{" in text or "[" in text else []
    prose = text
    for envelope in found:
        prose = prose[: envelope.start] + BLANK * (envelope.end - envelope.start) + prose[envelope.end :]
    yield text, _blank_irrelevant(prose)
    for field, is_form in ((field, envelope.is_form) for envelope in found for field in envelope.fields):
        if message := field.text if is_form else field.message:
            for block in error_blocks(message):
                yield from _passages(block, nesting - 1) if nesting else [(block, _blank_irrelevant(block))]
        elif field.is_code:
            code = text[field.start : field.end] if field.needs_key else field.raw
            yield code, code


_URL = r"(?:[a-z]{2,10}://|www\.)[^\s\"'<>)\]}]+"
_PATH = r"(?<![^\s=(])(?:/|[a-z]:\\)[\w./\\:@%+-]+"
_FILE = (
    r"(?<![\w-])[\w-]{1,80}\.(?:pdf|docx?|txt|py|jsx?|tsx?|go|java|cs|json|csv|xlsx?|md|html?|png|jpe?g|ya?ml|log|xml|pptx?"
    r"|zip|rb|php|rs)\b"
)
_SETTING = r"\w{0,30}(?:time_?out|limit|quota|retries|tokens|filter)\w{0,12}\s?=\s?[^\s,;)]+"
_ABOUT_OUTPUT = (
    # a fault of the output is not a fault of the input
    r"\b(?:output|response|completion|answer|result)s? (?:\w{1,12} ){0,3}"
    r"(?:(?:in)?valid|(?:length|size) [^.;\n\0]{0,20}exceed)[^.;\n\0]*"
)
_NAME_PATTERNS = (
    ("", _ABOUT_OUTPUT),
    ("File ", PYTHON_FRAME),
    ("://", _URL),
    ("www.", _URL),
    ("/", _PATH),
    ("\\", _PATH),
    (".", _FILE),
    ("=", _SETTING),
)
"""What names things, each with a literal that it must hold."""
_ECHOED_INPUT = (
    # "Prompt: Explain HTTP 503", up to a line that begins an error again
    r"\b(?:input|prompt|output|query|question|completion|transcript|content|title|subject|topic|text|payload|document"
    r"|draft|thema|betreff|titel|tema|asunto|título|titre|sujet|objet|titolo|oggetto|onderwerp|temat|tytuł)"
    r"(?: was| is)?:(?=\s)[\s\S]*?(?=\n[^\S\n]*(?:error|exception|traceback|caused by|reason|status|response)\b|\0|\Z)"
)
_FIELD_LABEL = r"(?<![^\0])\s*\Z"  # `input: createJob rate limit exceeded`, as GraphQL servers begin a message
_ASKS = r": (?:write|tell|explain|describe|summari[sz]e|generate|create|make|what|how|why|please|give)\b"
_PART_OF_MESSAGE = r"(?:invalid|bad|malformed|unsupported|unsafe|blocked|missing|required|no|[\w-]*-) ?\Z"
_HYPOTHETICAL = (
    r"(?P<cue>\b(?:if|unless|whether|avoid|to prevent|in case of|instead of|rather than|how to|one of|such as"
    r"|ruled out|(?:possible|likely|common) (?:causes|reasons)|(?:may|might|could) be (?:due|caused|because)"
    r"|allowed values|titled|entitled|called(?! `))\b"
    r"|\b(?:mention|describ|explain|discuss)(?:s|es|ed|ing)\b"
    r"|\b(?:article|post|guide|story|chapter|page|question|text|paper|summary|section|report|document|email|essay|poem)"
    r" (?:about|on)\b"
    r"|\b(?:artikel|beitrag|text|bericht|artículo|texto|informe|article|rapport|articolo|testo|rapporto|artigo|relatório"
    r"|tekst|verslag|artykuł|raport|document[oi]?|dokument) (?:über|sobre|sur|sul?|sulla|over|o|na temat)\b"
    r"|(?<![\w-])(?:falls|wenn|sofern|sobald|si (?:le|la|les|vous|el|se)|s'il|lorsque|se (?:a|o|os|as|il|lo)|qualora"
    r"|jeśli|jeżeli|gdy|kiedy|als (?:de|het|u))\s"
    r"|如果|若(?!干)|以免|避免|防止|如何|关于|關於)[^.;。\uff1b\n\0]*"
)
_QUOTED = (
    r"\"[^\"\0]{0,600}\"|(?<!\w)'(?:[^'\n\0]|(?<=[\w\\])'(?=\w)){0,300}'(?!\w)|`[^`\0]{0,300}`|\u201c[^\u201d\0]{0,300}\u201d"
    r"|\u201e[^\u201c\u201d\0]{0,300}[\u201c\u201d]|\u00ab[^\u00bb\0]{0,300}\u00bb|\u300c[^\u300d\0]{0,300}\u300d"
    r"|\u2018[^\u2019\0]{0,300}\u2019|[\u300a\u300e][^\u300b\u300f\0]{0,300}[\u300b\u300f]"
)
_INTRODUCES_QUOTE = (
    r"(?:(?<![a-z])(?:error|err|message|msg|details?|reason|cause|exception|response|status|code|desc|description"
    r"|failed|failure|returned|said|replied|answered)(?: was| is)?\s?[:=]"
    r"|(?:错误|錯誤|失败|失敗|原因|消息|信息|エラー|理由|メッセージ|오류|에러|사유|메시지|fehler|grund|meldung|erreur|motif"
    r"|errore|motivo|mensaje|mensagem|erro|fout|reden|błąd|powód)\s?[:\uff1a=]"
    r"|(?<!key)(?<!name)(?<!attribute)(?:error|exception)[:(]"
    r"|\b(?:client|server) error|\bwith (?:message|error|reason|status)"
    r"|\b(?:failed|ended|answered|responded|returned|replied) with"
    r"|\b(?:because|returned|said|answered|replied):?|\(\d{1,5},|(?<![\w.])[45]\d\d[:,]?)\s{0,2}[(\[]?[bu]?\Z"
)
# An exception as Python prints it: `timeout('timed out',)`
_REPR_BEFORE = (
    r"(?:(?<![^\0\n])\W{0,3}|[:(]\s?)(?!(?:print|title|prompt|input|text|section|name)\()[\w.]{1,60}\([bu]?\Z"
)
_REPR_AFTER = r",?\)"
_AFTER_QUOTE = r"\s*(?:\Z|[.,;:!)\]}>\n\0]|(?:for url|for request|from|at|after)\b|\()"


def _blank_irrelevant(prose: str) -> str:
    """Blank everything that is quoted, named, linked to, echoed from the input or merely supposed.

    A quotation counts only if it is the whole passage, or if it ends a clause that introduces an error's words:
    `Request failed: "429 Too Many Requests"` counts, `Field "timeout" is required` does not.
    """
    for sign, named in _NAME_PATTERNS:
        if sign in prose:
            prose = regex(named).sub(_blank, prose)
    if ":" in prose:
        prose = regex(_ECHOED_INPUT).sub(_blank_echoed_input, prose)
    prose = regex(_HYPOTHETICAL).sub(lambda found: found["cue"] + BLANK * (len(found[0]) - len(found["cue"])), prose)
    return regex(_QUOTED).sub(_blank_quoted, prose)


def _blank(found: re.Match[str]) -> str:
    return BLANK * len(found[0])


def _blank_echoed_input(found: re.Match[str]) -> str:
    text, start, before = found.string, found.start(), max(0, found.start() - 20)
    if regex(_PART_OF_MESSAGE).search(text, before, start):
        return found[0]
    line, _, _ = found[0].partition("\n")
    is_label = line[0].islower() and regex(_FIELD_LABEL).search(text, before, start) and not regex(_ASKS).search(line)
    return line + BLANK * (len(found[0]) - len(line)) if is_label else _blank(found)


def _blank_quoted(found: re.Match[str]) -> str:
    prose, (start, end) = found.string, found.span()
    # The end of a clause is checked first: it takes a tenth of the time, and most quotations do not end one.
    ends_clause, before = regex(_AFTER_QUOTE).match(prose, end), max(0, start - 40)
    if ends_clause and regex(_INTRODUCES_QUOTE).search(prose, before, start):
        return found[0]
    is_repr = regex(_REPR_AFTER).match(prose, end) and regex(_REPR_BEFORE).search(prose, max(0, start - 70), start)
    return found[0] if is_repr or found[0].strip() == prose.strip() else _blank(found)
