"""HTTP statuses: the causes that they name, and which numbers in a text are statuses."""

import re

from writer_jobs_mcp.failures.classify.categories import Category, Retry
from writer_jobs_mcp.failures.classify.patterns import PASSAGE_END
from writer_jobs_mcp.failures.regex import regex

_STATUSES: tuple[tuple[tuple[int, ...], Category, Retry | None], ...] = (
    # in order of precedence, for texts with several: the most specific first
    ((429,), "rate_limit", None),
    ((402,), "rate_limit", "after_a_fix"),
    ((413, 414, 431), "input_too_long", None),
    ((408, 504, 522, 524), "timeout", None),  # 520 and above are Cloudflare's, about the server behind it
    ((401, 403, 407), "access_denied", None),
    ((404, 410), "missing_resource", None),
    ((405, 411, 415, 422), "invalid_input", None),
    ((424, 502, 503), "upstream_failure", None),
    ((507,), "upstream_failure", "unknown"),  # a full disk may or may not be free by the next run
    ((520, 521, 523, 525), "upstream_failure", None),
    ((526,), "upstream_failure", "after_a_fix"),  # a certificate
    ((529, 530), "upstream_failure", None),
    ((400,), "invalid_input", None),
    ((500,), "internal_error", None),
)
HTTP_STATUSES: dict[int, tuple[Category, Retry | None]] = {
    status: (category, retry) for statuses, category, retry in _STATUSES for status in statuses
}
"""409, 423, 499 and 501 are left out: they name no cause."""

# Words for error, status, code and answer, in the languages of the rules
_ERROR = (
    r"(?:error|exception|failure|fail(?:ed|s)?|fehler\w{0,2}|erreur|errore|erro|fout|błąd|błęd\w{1,2}|ошибк\w{1,2}"
    r"|错误|錯誤|失败|失敗|エラー|失敗|오류|에러|실패)"
)
_STATUS = (
    r"(?:status|statut|estado|stato|stanu|статус\w?|状态|狀態|ステータス|상태|http|response|antwort|réponse|respuesta|risposta"
    r"|resposta|odpowied\w{1,2}|antwoord|返回|响应|回應|応答|응답)"
)
_CODE = r"(?:codes?|código|codice|kod\w?|код\w?|码|碼|代码|代碼|コード|코드)"
_IS = r"(?: (?:is|was|of|ist|est|es|è|é|er)|为|為|是|は|가|:)?"

_CLOSING = (")", "\uff09", "]")
_NUMBER = (
    r"(?<![A-Za-z0-9_.,-])[45]\d\d(?![A-Za-z0-9_]|[.,-]\w)"
    r"|(?<=http error )[45]\d\d(?=\.\d{1,2}\b)"  # with IIS's substatus: HTTP Error 500.30
)
_NAMES_STATUS = (
    rf"(?:(?<!exit )(?<![a-z]){_STATUS}[\s_-]?(?:with |mit |de |di |do |del |der |http )?{_CODE}"
    rf"|(?<![a-z]){_CODE} (?:de |di |d['\u2019]|do |del )?{_STATUS}(?: http)?"
    r"|(?<![a-z])(?:status|statut)|状态|狀態|ステータス|상태|httpstatuscode"
    rf")[\"']?{_IS}\s?[:=(\uff1a]?\s?[\"'(]?(?:http )?\Z"
    rf"|\bhttp[\s-]?(?:/\d(?:\.\d)?)?(?:[\s-]?(?:{_ERROR}|{_STATUS}|{_CODE})){{0,2}}\s?[:=(\uff1a]?\s?\Z"
)
_SUGGESTS_STATUS = (
    rf"(?:(?<!exit )(?:(?<![a-z]){_ERROR}(?:[\s_-]?(?:de |di |do |del )?{_CODE})?|(?<!\w){_CODE}"
    rf"|(?<![a-z]){_CODE} (?:de |di |d['\u2019]|do |del )?{_ERROR})[\"']?{_IS}\s?[:=(#\uff1a]?\s?[\"'(]?(?:http )?"
    r"|(?:error|exception|exhausted|exceeded)\s?[:#(]?\s?"
    r"|\b(?:returned|responded with|answered|replied with|got|received|failed with|returning|gave)"
    r"(?: an?)?(?: http)?(?: status)?(?: code)?\s"
    r"|(?:返回了?|响应|収到|收到|回應)\s?"
    r")\Z"
)
_PASSAGE_START = r"(?:(?<![^\0])\W{0,3}|(?:error|exception)\([bu]?[\"'])\Z"
_REFUSES = r"(?:reject|refus|unable|could not|return|retourn|devolvi|서버에서)"
_IN_BRACKETS = rf"(?:{_ERROR}|{_STATUS}|{_REFUSES})[^.\n\0]{{0,60}}[(\uff08\[](?:http )?\Z"
_NOT_A_COUNT = (
    # a count is followed by the things counted
    r"(?-i:\W*(?:[\n\0]|\Z|[^\sa-z\u3040-\u9fff\uac00-\ud7a3]|\s[^a-z]"
    r"|\s(?:from|for|on|while|when|after|in|with|error|response|because|but|and|is|not|page|models/|times)\b))"
)
_COUNTED = r"\b(?:chunk|row|line|item|record|batch|part|ticket|order|paragraph|slide|column) (?:no\.? |number |#)?\Z"
_REASON_PHRASE = (
    r"\W{1,3}(?:bad request|unauthorized|payment required|forbidden|not found|method not allowed|request time|gone"
    r"|length required|payload too|request entity|unsupported media|unprocessable|too many|internal server|bad gateway"
    r"|service (?:temporarily )?unavail|gateway time|status code|client error|server error|error response"
    rf"|(?:get|post|put|patch|delete|head) https?:)|\s?{_ERROR}(?![a-z]| \w{{1,20}}s\b)"
)


def find_http_statuses(text: str) -> dict[int, tuple[int, int]]:
    """Return the HTTP statuses in a text with their positions: `HTTP 429`, `404 Not Found`, not `500 words`."""
    return {int(number[0]): number.span() for number in regex(_NUMBER).finditer(text) if _is_status(text, number)}


def _is_status(text: str, number: re.Match[str]) -> bool:
    start, end = number.span()
    if regex(_COUNTED).search(text, max(0, start - 30), start):
        return False
    if regex(_REASON_PHRASE).match(text, end):
        return True
    before = max(0, start - 80)
    if text[end : end + 1] in _CLOSING and regex(_IN_BRACKETS).search(text, before, start):
        return True
    near = max(0, start - 40)
    if regex(_NAMES_STATUS).search(text, near, start):
        return True
    if not regex(_NOT_A_COUNT).match(text, end):
        return False
    rest = text[end:].partition(PASSAGE_END)[0]
    opens = rest.strip() and regex(_PASSAGE_START).search(text, before, start)  # a number alone is no status
    return bool(opens or regex(_SUGGESTS_STATUS).search(text, near, start))
