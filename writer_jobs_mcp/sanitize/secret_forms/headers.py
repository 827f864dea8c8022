"""Credentials in headers of HTTP and in cookies."""

import binascii
import re
from base64 import b64decode

from writer_jobs_mcp.sanitize.secret_forms.form import ALNUM, BASE64, HEX, START, In, TextForm


def is_user_and_password(text: str) -> bool:
    """Return whether a text is a user and a password in base64, or the beginning of it."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    whole = text[: len(text) // 4 * 4] or text
    try:
        decoded = b64decode(text + "=" * (-len(text) % 4) if len(text) % 4 != 1 else whole)
    except binascii.Error:
        return False
    return b":" in decoded and not re.search(rb"[\x00-\x1f\x7f]", decoded)


_COOKIE = r"""[^\s=;,"'{}\[\]]{1,200}=[^\s;,"'\\<>]+"""

FORMS: tuple[TextForm, ...] = (
    TextForm(
        ("bearer",),
        rf"(?i){START}bearer(?:\s+|%20|\+)(?=[\w+/.~=-]*[\d+/=_.~-])(?![a-z]+-v\d\b)(?!(?:error|realm|scope)=)([\w+/.~=-]{{8,}})",
        f"Bearer «{ALNUM}» ended",
    ),
    TextForm(
        ("basic", "nbasic"),
        rf"(?i){START}basic(?:\s+|%20)([a-z0-9+/_-]{{8,}}={{0,2}})(?![\w-])",
        "Basic «dXNlcjpwYXNzd29yZDEyMw==»",
        is_user_and_password,
        look_in=In.WORDS,
    ),
    TextForm(
        ("digest",),
        r"""(?i)\bresponse=\\?["']?([0-9a-f]{32,64})""",
        f'Digest username="a", nonce="b", response="«{HEX[:32]}»"',
        look_in=In.WORDS,
    ),
    TextForm(
        ("negotiate", "ntlm"),
        r"(?i)\b(?:negotiate|ntlm)\s+([a-z0-9+/]{20,}={0,2})",
        f"Negotiate «YII{BASE64}» failed",
        look_in=In.WORDS,
    ),
    TextForm(
        ("tlrmtvntuaad",), r"TlRMTVNTUAAD[\w+/=]{20,}", f"«TlRMTVNTUAADAAAA{BASE64}» (NTLM)", look_in=In.LONG_WORDS
    ),
    TextForm(
        ("cookie", "set-cookie"),
        rf"""(?i)\bcookie\\?["']?(?::|,|=>)\s*\[?\\?["']?({_COOKIE}(?:;\s*[^\s=;,"']+(?:=[^\s;,"'\\]+)?)*)""",
        f"Cookie: theme=dark; sid=«{ALNUM}»".replace("theme", "«theme").replace("sid=«", "sid="),
        look_in=In.WORDS,
    ),
    TextForm(
        ("cookie",),
        r"(?i)<cookie [\w.-]{1,60}=([^\s>]{8,}) for",
        f"<Cookie sessionid=«{ALNUM}» for example.com/>",
        look_in=In.WORDS,
    ),
    TextForm(
        ("-b ", "--cookie"),
        r"""(?:\s|^)(?:-b|--cookie)[\s=]\\?["']?([\w.-]{1,60}=[^\s"']{8,})""",
        f"curl -b 'x=«{ALNUM}»'".replace("x=«", "«x="),
        needs=" -",
    ),
)
