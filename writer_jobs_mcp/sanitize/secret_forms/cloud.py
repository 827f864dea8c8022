"""Secrets beside the ids of access keys, and signatures of requests to clouds."""

from writer_jobs_mcp.sanitize.secret_forms.form import BASE64, START, In, TextForm


def is_random_base64(text: str) -> bool:
    """Return whether a text has capitals, small letters and digits, as a random one does."""
    return any(map(str.isupper, text)) and any(map(str.islower, text)) and any(map(str.isdigit, text))


_ACCESS_KEY_ID = r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"
_OTHER_ID = r"(?:LTAI[A-Za-z0-9]{12,26}|AKID[A-Za-z0-9]{28,36}|GOOG1?[A-Z0-9]{20,61}|DO00[A-Z0-9]{16}|SCW[A-Z0-9]{17})"
_NOT_BETWEEN = r"[A-Za-z0-9+/_]"
# At most six words between an id and its secret.
_BETWEEN = r"(?:[^A-Za-z0-9+/]{1,12}[A-Za-z_]{1,20}){0,6}[^A-Za-z0-9+/]{1,12}"
_SECRET = rf"(?:[A-Za-z0-9+/]{{40,44}}|[A-Za-z0-9]{{30,32}})(?!{_NOT_BETWEEN})"

FORMS: tuple[TextForm, ...] = (
    TextForm(  # before the ids themselves, which are masked then
        ("akia", "asia", "ltai", "akid", "goog1", "do00", "scw"),
        rf"{START}(?:{_ACCESS_KEY_ID}|{_OTHER_ID})(?!\w){_BETWEEN}({_SECRET})",
        f"LTAI5tQ8w7Kd93jQpL0v with secret «{BASE64[4:44].replace('/', 'x').replace('+', 'y')}»",
        is_random_base64,
        look_in=In.LONG_WORDS,
    ),
    TextForm(  # the other way round
        ("akia", "asia", "ltai", "akid"),
        rf"(?<!{_NOT_BETWEEN})({_SECRET})(?=(?:[^A-Za-z0-9+/]{{1,12}}[A-Za-z_]{{1,20}}){{0,6}}[^A-Za-z0-9+/]{{1,12}}"
        rf"(?:{_ACCESS_KEY_ID}|LTAI|AKID))",
        f"secret «{BASE64[:40]}» does not belong to AKIAIOSFODNN7EXAMPLE",
        is_random_base64,
        look_in=In.LONG_WORDS,
    ),
    TextForm(
        ("akia", "asia", "abia", "acca", "a3t", "ltai"),
        rf"{START}({_ACCESS_KEY_ID}|LTAI[A-Za-z0-9]{{12,26}})(?!\w)",
        "The key «AKIAIOSFODNN7EXAMPLE» is not valid",
        look_in=In.LONG_WORDS,
    ),
    TextForm(
        ("sharedkey", "sharedkeylite"),
        r"(?i)sharedkey(?:lite)?\s{1,3}[\w.-]{1,60}:([\w+/=]{20,100})",
        f"SharedKeyLite account:«{BASE64[:43]}=» did not match",
        look_in=In.WORDS,
    ),
    TextForm(  # session tokens of Amazon
        ("iqojb3jpz2lux2vj", "fwogzxivyxdz"),
        r"(?:IQoJb3JpZ2luX2Vj|FwoGZXIvYXdz)[\w+/=%]{20,}",
        f"token «IQoJb3JpZ2luX2Vj{BASE64}» ended",
        look_in=In.LONG_WORDS,
    ),
)
