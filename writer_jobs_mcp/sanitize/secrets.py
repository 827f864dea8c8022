"""Credentials in strangers' text: masked by the forms that they have, the words around them kept.

E-mail addresses are no credentials: they say who was affected. What a label such as ``password`` is followed by is
masked where it has the form of a value, and kept where it is a word about one (``password: required``).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

MASK = "[masked]"

_regex = cache(re.compile)  # compiled when first needed: start-up does not wait for it


class _SecretForm(NamedTuple):
    """A form that a credential may have."""

    markers: tuple[str, ...]
    """Where none of them is in the text, in lower case, there is no need to look for the form."""
    pattern: str
    replacement: str = MASK


# What looks ahead in these forms looks no further than some hundred characters: a form whose beginning comes again and
# again would otherwise be looked for in the whole rest of a text, each time.

# Keys that are known by their makers' prefixes.
_PREFIXED = (
    # OpenAI, Anthropic, Stripe and the like; no secret is what OpenSSH calls its key types
    r"\b(?:sk|pk|rk)[-_](?!ssh-|ecdsa-|SK\b)(?=[\w*.-]{0,100}(?:[\dA-Z*]|\.\.))[\w*.-]{6,}",
    r"\bwhsec_[\w+/=-]{16,}",  # Stripe's webhooks
    r"\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}",
    r"\bgl(?:pat|rt|dt|cbt|ptt|ft|soat)-[\w-]{16,}",  # GitLab
    r"\b(?:xox[abceoprs]|xapp)-[\w-]{10,}",  # Slack
    r"\bya29\.[\w-]{16,}|\bGOCSPX-[\w-]{16,}",  # Google
    r"\b(?:hf|r8)_[A-Za-z0-9]{20,}",  # Hugging Face, Replicate
    r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-A[\w-]{30,}",
    r"\bdo[opr]_v1_[0-9a-f]{40,}|\bshp[a-z]{2}_[0-9a-fA-F]{20,}",  # DigitalOcean, Shopify
    r"\bSG\.[\w-]{16,}\.[\w-]{16,}",  # SendGrid
    # Groq, Notion, Supabase, Fireworks, Jina, Grafana, Linear, LangSmith, Pinecone; Docker, Figma
    r"\b(?:gsk|ntn|sbp|fw|jina|glsa|lin_(?:api|oauth)|lsv2_(?:pt|sk)|pcsk)_(?=[a-zA-Z]{0,40}\d)[A-Za-z0-9]{20,}\w*",
    r"\b(?:dckr_pat|figd)_(?=[\w-]{0,40}\d)[\w-]{20,}",
    # Perplexity, xAI, NVIDIA, Tavily, Postman, New Relic, Contentful; Mailgun, Vault
    r"\b(?:pplx|xai|nvapi|tvly|PMAK|NRAK|CFPAT)-(?=[\w-]{0,40}\d)[\w-]{24,}|\bkey-[0-9a-f]{32}\b|\bhvs\.[\w-]{24,}",
)
# What those prefixes are, in lower case, each by its last character: quick to look for, which twenty words are not.
_PREFIXES = (
    r"_(?:(?<=[spr]k_|hf_|r8_)|(?<=npm_|gh[pousr]_|_v1_)|(?<=whsec_|shp[a-z][a-z]_)|(?<=github_pat_)"
    r"|(?<=gsk_|ntn_|sbp_|_pt_|_sk_)|(?<=figd_|jina_|glsa_|pcsk_|_api_|_pat_)|(?<=fw_)|(?<=_oauth_))",
    r"-(?:(?<=[spr]k-)|(?<=gl[a-z][a-z]-|xox[a-z]-|xapp-|pypi-)|(?<=gl[a-z][a-z][a-z]-)|(?<=glsoat-|gocspx-)"
    r"|(?<=pplx-|tvly-|pmak-|nrak-)|(?<=nvapi-|cfpat-)|(?<=xai-|key-))",
    r"\.(?:(?<=sg\.)|(?<=ya29\.)|(?<=hvs\.))",
)
# Secrets of other kinds, wherever they stand.
_SECRETS: tuple[_SecretForm, ...] = (
    _SecretForm(
        ("-----begin",),
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:[^-]|-(?!----(?:END|BEGIN))){0,10000}-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
        r"|(?:(?:\s|\\+[nrt]|[\"'+,>|]){0,40}(?:[A-Z][\w-]{2,20}: [^\n]{1,80}\n|[\w+/=]{16,})){1,400})",
    ),
    _SecretForm(("eyj",), r"\beyJ[\w-]{8,600}\.[\w-]{8,}(?:\.[\w-]*)?"),  # JWT
    _SecretForm(  # an access key id of AWS, and the secret that may follow it
        ("akia", "asia"),
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b(?:[\s:,;|/]{1,3}(?:secret\s{1,3})?[A-Za-z0-9/+]{40}(?![\w/+]))?",
    ),
    _SecretForm(("atatt3",), r"\bATATT3[\w-]{30,}(?:=\w{0,8})?"),  # Atlassian
    _SecretForm(("aiza",), r"\bAIza[\w-]{30,}"),  # Google
    _SecretForm(("dapi",), r"\bdapi[0-9a-f]{32}"),  # Databricks
    _SecretForm(("q~",), r"(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{30,}"),  # an application's at Azure
    _SecretForm(("slack.com/",), r"(?i)(hooks\.slack\.com/[a-z]{1,20}/)[\w/]{16,}", rf"\1{MASK}"),
    _SecretForm(
        ("/webhook", "zapier.com/"),
        r"(?i)(discord(?:app)?\.com/api/webhooks/\d{1,30}/|hooks\.zapier\.com/hooks/catch/"
        r"|webhook\.office\.com/webhookb2/)[\w/@-]{8,}",
        rf"\1{MASK}",
    ),
    _SecretForm(("telegram.org/bot",), r"(?i)(api\.telegram\.org/bot)\d{6,12}:[\w-]{30,}", rf"\1{MASK}"),
    _SecretForm(("bearer",), r"(?i)\b(bearer(?:\s+|%20))(?=[\w+/.~=-]*[\d+/=_.~-])[\w+/.~=-]{8,}", rf"\1{MASK}"),
    _SecretForm(("basic",), r"(?i)\b(basic\s+)(?=[a-z0-9+/]*[\d+/=])[a-z0-9+/]{8,}={0,2}(?![\w-])", rf"\1{MASK}"),
    _SecretForm(  # a password in an address; digits and a slash after the colon are a port
        ("://",),
        r"""(?i)([a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,200}:)(?!\d{1,5}[/,;])[^\s@"'<>]{1,200}@"""
        r"""(?:[^\s/?#,;@"'<>]{1,100}@){0,3}""",
        rf"\1{MASK}@",
    ),
    _SecretForm(  # likewise after a user who is an e-mail address
        ("://",),
        r"""(?i)([a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,200}@[\w.-]{1,200}:)(?!\d{1,5}\b)[^\s/@"'<>]{1,200}@""",
        rf"\1{MASK}@",
    ),
    _SecretForm(  # and one that is cut off
        ("://",),
        r"""(?i)([a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,200}:)(?=[^\s/@]{0,200}\d)(?=[^\s/@]{0,200}[a-z])"""
        r"""[^\s/@.\u2026"'<>:?]{4,200}(?=\.\.\.|\s?\u2026)""",
        rf"\1{MASK}",
    ),
    _SecretForm(("://",), r"(?i)([a-z][a-z0-9+.-]{1,20}://)(?=[^\s:/@]*\d)[^\s:/@]{16,200}@", rf"\1{MASK}@"),
    _SecretForm(("-u ", "--user"), r"((?:\s-u|--user)[\s=][^\s:]{1,100}:)(?!\d+\b)\S{4,}", rf"\1{MASK}"),
    _SecretForm(
        ("cookie",),
        r"""(?i)(\bcookie\\?["']?:\s*\\?["']?)[^\s=;,"']{1,200}=[^\s;,"'\\]+(?:;\s*[^\s=;,"']+(?:=[^\s;,"'\\]+)?)*""",
        rf"\1{MASK}",
    ),
)
_MARKERS = tuple(dict.fromkeys(sign for secret in _SECRETS for sign in secret.markers))
MAX_MARKER_CHARS = 16
"""Of what :func:`may_hold_a_secret` looks for, in characters."""

# What stands before "key", "token" or "secret"; then what stands before "key" alone.
_WORDS_BEFORE_SECRET = (
    *("api", "access", "secret", "private", "client", "auth", "session", "account", "shared", "signing"),
    "subscription",
)
_WORDS_BEFORE_KEY = ("encryption", "openai", "anthropic", "bot")
_LABELS = rf"""
    (?: (?: {" | ".join(_WORDS_BEFORE_SECRET)} )
            [\s_-]? (?: secret [\s_-]? )? (?: access [\s_-]? )? (?: key | token | secret )
          | pass (?: word | wd | phrase )
          | (?: db | smtp | mail | mysql | pg | redis | ftp | user | admin | root ) _? pass (?! [a-z] )
          | pwd (?! ["']? \s* [=:] \s* ["']? (?: [/~] | [a-z]:\\ ) )                        # a directory
          | (?: {" | ".join(_WORDS_BEFORE_KEY)} ) [\s_-]? key
          | secret | token | authorization | signature | (?<![a-z])sig ) """
_QUOTE = r"""\\{0,7} ["']"""
_VALUE_END = r"""\s"',;&<>)}\]\\"""  # of a value that stands in no quotation marks
# Counts ("token: 128000"), schemes whose own rules mask what follows, placeholders and variables, and words about a
# value.
_NOT_A_VALUE = rf"""(?! [\d.,]+ (?: [{_VALUE_END}] | \Z ) | (?: bearer | basic ) \b | \[masked\]
    | < [^>\n]{{0,80}} > | \$ (?: [{{(] | [a-z_]+ (?: [{_VALUE_END}] | \Z ) ) | % [sdr(%] | %\w{{1,40}}%
    | \* (?: \* | [{_VALUE_END}] | \Z ) | \{{ | \[ [a-z]+ \]
    | (?: self | settings | config | os | environ | env | process | args | kwargs ) [.\[]
    | (?: \w{{0,20}}_ )? (?: api_?key | token | password | secret ) \b (?! [\w-] )
    | (?: required | missing | expired | invalid | null | none | nil | undefined | not | true | false | empty
    | unset | revoked | wrong | incorrect | unknown | unauthorized | denied | failed | optional | str | string | must
    | should | is | was | has | cannot | may | please | this | the | an? | at | too | your | enter | expected | no )
      (?! [\w-] ) )"""
_A_VALUE = rf"(?= [^{_VALUE_END}]* \d | [^{_VALUE_END}]{{20}} ) [^{_VALUE_END}]{{6,}}"

# What a label is followed by; each form replaces all but its first group.
_LABELLED: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ('"', "'"),
        rf"""(?ix) ( {_LABELS} {_QUOTE} \s* (?: =>? | : ) \s* (?: {_QUOTE} ) ) {_NOT_A_VALUE} [^"'\\\n]{{4,}}""",
    ),
    (
        ("=", ":"),  # the same without quotation marks around the label
        rf"""(?ix) ( {_LABELS} \s* (?: :?= | : ) \s* {_QUOTE} )
        {_NOT_A_VALUE} (?= [^"'\\\n]{{0,200}} \d ) [^"'\\\n]{{6,}} (?= ["'\\] )""",
    ),
    (
        ("=", ":"),
        rf"""(?ix) ( {_LABELS} (?: {_QUOTE} ]? )? \s* (?: :?=>? | : ) \s* (?: {_QUOTE} )? )
        {_NOT_A_VALUE} {_A_VALUE}""",
    ),
    (("=",), rf"""(?ix) ( {_LABELS} =>? ["']? ) {_NOT_A_VALUE} [^{_VALUE_END}]{{4,}}"""),
    (("</",), rf"""(?ix) ( < {_LABELS} > ) {_NOT_A_VALUE} [^<\n]{{4,}} (?= < )"""),
    (
        (" is ", " was "),
        rf"""(?ix) ( {_LABELS} \s+ (?: is | was ) \s+ {_QUOTE}? ) (?= [^{_VALUE_END}]* \d ) [\w./+=-]{{16,}}""",
    ),
    (
        ("--",),
        rf"""(?ix) ( -- (?: [a-z]+ - )? {_LABELS} \s+ ) (?! - ) {_NOT_A_VALUE} (?= [^{_VALUE_END}]* \d )
            [^{_VALUE_END}]{{6,}}""",
    ),
    (
        ("authorization",),
        rf"""(?ix) ( authorization \W{{1,6}} (?: bearer | basic | token | api-?key | key | bot | ssws | hmac ) \s+ )
        (?! \[masked\] ) [^{_VALUE_END}]{{16,}}""",
    ),
    (
        ("?", "&"),
        r"""(?ix) ( [?&] (?: key | code | auth | ticket ) = ) (?= [^\s&"'<>]{0,200} \d ) [^\s&"'<>]{16,}""",
    ),
)
# What is in every labelled credential, in lower case, by its first word; quick to look for, which its form is not.
_AFTER_LABEL = r"""(?:\\{0,7}["']?\]?\s*:?[=:]|>|\s+(?:is|was)\s|\s+\S*\d)"""
_BEFORE_KEY = "|".join(rf"(?<={word}key)|(?<={word}[\s_-]key)" for word in (*_WORDS_BEFORE_SECRET, *_WORDS_BEFORE_KEY))
_LABEL_FILTERS = {
    "key": rf"key(?:{_BEFORE_KEY}){_AFTER_LABEL}",
    **{word: word + _AFTER_LABEL for word in ("token", "secret", "passphrase", "pwd", "authorization")},
    "passw": rf"passw(?:or)?d{_AFTER_LABEL}",
    "pass": rf"pass{_AFTER_LABEL}",
    "sig": rf"sig(?:nature)?{_AFTER_LABEL}",
    **{word: rf"{word}(?<=[?&]{word})" for word in ("key=", "code=", "auth=", "ticket=")},
}

_LABEL_CHARS = 60  # of a label before its last word: twice what the longest of the forms has

Replacement = str | Callable[[re.Match[str]], str]
Replace = Callable[[str, Iterable[re.Match[str]], Replacement], str]


def replace_matches(text: str, matches: Iterable[re.Match[str]], replacement: Replacement) -> str:
    """Replace matches of a pattern in ``text``, which come in order, as ``Pattern.sub`` does."""
    parts: list[str] = []
    end = 0
    for match in matches:
        parts += text[end : match.start()], replacement_for(match, replacement)
        end = match.end()
    return "".join(parts) + text[end:] if parts else text


def replacement_for(match: re.Match[str], replacement: Replacement) -> str:
    """Return the text that replaces a match."""
    return match.expand(replacement) if isinstance(replacement, str) else replacement(match)


def mask_secrets(text: str, replace: Replace = replace_matches) -> str:
    """Replace whatever has the form of a credential by ``[masked]``; the words around it stay.

    Args:
        text: Text without invisible characters.
        replace: Replaces matches; pass one that records positions where they are needed.
    """
    lowered = text.lower()
    if _contains_prefix(lowered):
        for form in _PREFIXED:
            text = replace(text, _regex(form).finditer(text), MASK)
    if _contains_marker(lowered):
        for secret in _SECRETS:
            if any(sign in lowered for sign in secret.markers):
                text = replace(text, _regex(secret.pattern).finditer(text), secret.replacement)
    for signs, form in _LABELLED if _contains_label(lowered) else ():
        if any(sign in lowered for sign in signs):
            text = replace(text, _matches_near_labels(_regex(form), text), rf"\1{MASK}")
    return text


def _matches_near_labels(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of a labelled form, tried only at labels: a tenth of the time of trying it everywhere."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters have a longer lower case, and positions would be off
        yield from pattern.finditer(text)
        return
    labels = {at for word, tail in _LABEL_FILTERS.items() for at in _label_positions(word, tail, lowered)}
    start = 0
    for label in sorted(labels):
        start = max(start, label - _LABEL_CHARS)
        while start <= label:
            match = pattern.match(text, start)
            if match:
                yield match
            start = match.end() if match else start + 1


def _label_positions(word: str, pattern: str, lowered: str) -> Iterator[int]:
    if word in lowered:
        yield from (match.start() for match in _regex(pattern).finditer(lowered))


def mask_labelled_value(label: str, value: str) -> str:
    """What a field of this name holds, masked as it would be in a text that says both."""
    opening = f'"{label}": "'
    masked = mask_secrets(opening + value)
    return masked.removeprefix(opening) if masked.startswith(opening) else MASK


def may_contain_secret(text: str) -> bool:
    """Whether something begins in ``text`` that could be a credential if more of it were seen."""
    lowered = text.lower()
    return _contains_marker(lowered) or _contains_prefix(lowered) or _contains_label(lowered)


def _contains_marker(lowered: str) -> bool:
    return any(map(lowered.__contains__, _MARKERS))


def _contains_prefix(lowered: str) -> bool:
    return any(_regex(prefixes).search(lowered) for prefixes in _PREFIXES)


def _contains_label(lowered: str) -> bool:
    return any(word in lowered and _regex(label).search(lowered) for word, label in _LABEL_FILTERS.items())
