"""Find out whether words are negated: "not a timeout", "no rate limit", "rate limit was not exceeded"."""

# ruff: noqa: RUF001 - Cyrillic letters and full-width punctuation

from writer_jobs_mcp.failures.regex import regex

_BEFORE = (
    r"(?:(?:\b(?:no|not|never|without|neither|nor|isn't|non|zero|0)\b|n['\u2019]t\b)[\s-]{1,2}"
    r"(?:(?!because|due|since|after|as|when|while|by|on|but|with|from|for|until)[\w']{1,15}\s){0,3}"
    r"|\b(?:kein\w{0,2}|nicht|ohne|pas|sans|aucune?|sin|sem|senza|ningún|nenhum\w?|nessun\w?|не|нет|без"
    r"|no (?:se|hubo)|não)"
    r"\s(?:\w{1,15}\s){0,2}|(?:没有|沒有|并非|並非|不是|未|非)[^\s，。,.\0]{0,4})\Z"
)
_AFTER = (
    r"\w{0,12}(?:\s(?:was|were|is|has|had|did|does)(?:n['\u2019]t| not| never)\b"
    r"|\s?(?:ではありません|ではない|はありません|はない|が原因ではな|이 아닙니다|가 아닙니다|아닌|없이|없었))"
)


def is_negated(text: str, start: int, end: int) -> bool:
    """Return whether the words from `start` to `end` are negated by those before or after them."""
    before = regex(_BEFORE).search(text, max(0, start - 50), start)
    return bool(before or regex(_AFTER).match(text, end))
