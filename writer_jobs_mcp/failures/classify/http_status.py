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

_NUMBER = r"(?<![\w.,-])[45]\d\d(?!\w|[.,-]\w)"
_NAMES_STATUS = (
    r"(?:(?<!exit )(?:(?:status|response|http)[\s_]?codes?|(?<![a-z])status|httpstatuscode)"
    r"[\"']?(?: is| was| of)?\s?[:=(]?\s?[\"'(]?(?:http )?"
    r"|\bhttp(?:/\d(?:\.\d)?)?(?: (?:error|status|code|response)){0,2}\s?[:=(]?\s?"
    r")\Z"
)
_SUGGESTS_STATUS = (
    r"(?:(?<!exit )(?:error[\s_]?codes?|(?<!\w)code)[\"']?(?: is| was| of)?\s?[:=(]?\s?[\"'(]?(?:http )?"
    r"|(?:error|exception|exhausted|exceeded)\s?[:#(]?\s?"
    r"|\b(?:returned|responded with|answered|replied with|got|received|failed with)"
    r"(?: an?)?(?: http)?(?: status)?(?: code)?\s"
    r")\Z"
)
_PASSAGE_START = r"(?<![^\0])\W{0,3}\Z"
_IN_BRACKETS = r"(?:fail|error|reject|refus|unable|could not|status|respon|return)[^.\n\0]{0,60}\((?:http )?\Z"
_NOT_A_COUNT = (
    # a count is followed by the things counted
    r"(?-i:\W*(?:[\n\0]|\Z|[^\sa-z]|\s[^a-z]"
    r"|\s(?:from|for|on|while|when|after|in|with|error|response|because|but|is|not|page|models/|times)\b))"
)
_REASON_PHRASE = (
    r"\W{1,3}(?:bad request|unauthorized|payment required|forbidden|not found|method not allowed|request time|gone"
    r"|length required|payload too|request entity|unsupported media|unprocessable|too many|internal server|bad gateway"
    r"|service (?:temporarily )?unavail|gateway time|client error|server error)"
)


def find_http_statuses(text: str) -> dict[int, tuple[int, int]]:
    """Return the HTTP statuses in a text with their positions: `HTTP 429`, `404 Not Found`, not `500 words`."""
    return {int(number[0]): number.span() for number in regex(_NUMBER).finditer(text) if _is_status(text, number)}


def _is_status(text: str, number: re.Match[str]) -> bool:
    start, end = number.span()
    if regex(_REASON_PHRASE).match(text, end):
        return True
    before = max(0, start - 80)
    if text[end : end + 1] == ")" and regex(_IN_BRACKETS).search(text, before, start):
        return True
    near = max(0, start - 40)
    if regex(_NAMES_STATUS).search(text, near, start):
        return True
    if not regex(_NOT_A_COUNT).match(text, end):
        return False
    rest = text[end:].partition(PASSAGE_END)[0]
    opens = rest.strip() and regex(_PASSAGE_START).search(text, before, start)  # a number alone is no status
    return bool(opens or regex(_SUGGESTS_STATUS).search(text, near, start))
