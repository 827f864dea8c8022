"""What credentials look like: one table a kind, from which the masking and its quick checks are both derived."""

import re
from typing import NamedTuple

MASK = "[masked]"
MASK_AFTER_GROUP = rf"\1{MASK}"

# The lookaheads in these patterns are bounded to some hundred characters. Without a bound, a text that repeats the
# beginning of a form would be searched to its end from each of them.


class PrefixedForm(NamedTuple):
    """Keys that begin with a prefix of their issuer."""

    prefixes: str  # separated by spaces; each ends in ``_``, ``-`` or ``.``, and ``?`` stands for any small letter
    rest: str  # the pattern of what follows

    @property
    def pattern(self) -> str:
        """The pattern of the whole key."""
        return rf"\b(?:{'|'.join(map(prefix_pattern, self.prefixes.split()))}){self.rest}"


def prefix_pattern(prefix: str) -> str:
    """Return the pattern of a prefix, which matches texts of its own length only."""
    return re.escape(prefix).replace(r"\?", "[a-z]")


PREFIXED: tuple[PrefixedForm, ...] = (
    # OpenAI, Anthropic, Stripe and others; OpenSSH's key types (sk-ssh-ed25519) are not secrets
    PrefixedForm("sk- pk- rk- sk_ pk_ rk_", r"(?!ssh-|ecdsa-|SK\b)(?=[\w*.-]{0,100}(?:[\dA-Z*]|\.\.))[\w*.-]{6,}"),
    PrefixedForm("whsec_", r"[\w+/=-]{16,}"),  # Stripe webhooks
    PrefixedForm("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"\w{20,}"),
    PrefixedForm("glpat- glrt- gldt- glcbt- glptt- glft- glsoat-", r"[\w-]{16,}"),  # GitLab
    PrefixedForm("xoxa- xoxb- xoxc- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", r"[\w-]{10,}"),  # Slack
    PrefixedForm("ya29. GOCSPX-", r"[\w-]{16,}"),  # Google
    PrefixedForm("hf_ r8_", r"[A-Za-z0-9]{20,}"),  # Hugging Face, Replicate
    PrefixedForm("npm_", r"[A-Za-z0-9]{30,}"),
    PrefixedForm("pypi-", r"A[\w-]{30,}"),
    PrefixedForm("doo_v1_ dop_v1_ dor_v1_", r"[0-9a-f]{40,}"),  # DigitalOcean
    PrefixedForm("shp??_", r"[0-9a-fA-F]{20,}"),  # Shopify
    PrefixedForm("SG.", r"[\w-]{16,}\.[\w-]{16,}"),  # SendGrid
    PrefixedForm(  # Groq, Notion, Supabase, Fireworks, Jina, Grafana, Linear, LangSmith, Pinecone
        "gsk_ ntn_ sbp_ fw_ jina_ glsa_ lin_api_ lin_oauth_ lsv2_pt_ lsv2_sk_ pcsk_",
        r"(?=[a-zA-Z]{0,40}\d)[A-Za-z0-9]{20,}\w*",
    ),
    PrefixedForm("dckr_pat_ figd_", r"(?=[\w-]{0,40}\d)[\w-]{20,}"),  # Docker, Figma
    # Perplexity, xAI, NVIDIA, Tavily, Postman, New Relic, Contentful
    PrefixedForm("pplx- xai- nvapi- tvly- PMAK- NRAK- CFPAT-", r"(?=[\w-]{0,40}\d)[\w-]{24,}"),
    PrefixedForm("key-", r"[0-9a-f]{32}\b"),  # Mailgun
    PrefixedForm("hvs.", r"[\w-]{24,}"),  # Vault
)


class MarkedForm(NamedTuple):
    """Credentials of any other form."""

    markers: tuple[str, ...]  # lower-case words, one of which is in every text that holds this form
    pattern: str
    replacement: str = MASK


MARKED: tuple[MarkedForm, ...] = (
    MarkedForm(
        ("-----begin",),
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:[^-]|-(?!----(?:END|BEGIN))){0,10000}-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
        r"|(?:(?:\s|\\+[nrt]|[\"'+,>|]){0,40}(?:[A-Z][\w-]{2,20}: [^\n]{1,80}\n|[\w+/=]{16,})){1,400})",
    ),
    MarkedForm(("eyj",), r"\beyJ[\w-]{8,600}\.[\w-]{8,}(?:\.[\w-]*)?"),  # JWT
    MarkedForm(  # AWS: an access key id, and the secret that may follow
        ("akia", "asia"),
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b(?:[\s:,;|/]{1,3}(?:secret\s{1,3})?[A-Za-z0-9/+]{40}(?![\w/+]))?",
    ),
    MarkedForm(("atatt3",), r"\bATATT3[\w-]{30,}(?:=\w{0,8})?"),  # Atlassian
    MarkedForm(("aiza",), r"\bAIza[\w-]{30,}"),  # Google
    MarkedForm(("dapi",), r"\bdapi[0-9a-f]{32}"),  # Databricks
    MarkedForm(("q~",), r"(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{30,}"),  # Azure applications
    MarkedForm(("slack.com/",), r"(?i)(hooks\.slack\.com/[a-z]{1,20}/)[\w/]{16,}", MASK_AFTER_GROUP),
    MarkedForm(
        ("/webhook", "zapier.com/"),
        r"(?i)(discord(?:app)?\.com/api/webhooks/\d{1,30}/|hooks\.zapier\.com/hooks/catch/"
        r"|webhook\.office\.com/webhookb2/)[\w/@-]{8,}",
        MASK_AFTER_GROUP,
    ),
    MarkedForm(("telegram.org/bot",), r"(?i)(api\.telegram\.org/bot)\d{6,12}:[\w-]{30,}", MASK_AFTER_GROUP),
    MarkedForm(("bearer",), r"(?i)\b(bearer(?:\s+|%20))(?=[\w+/.~=-]*[\d+/=_.~-])[\w+/.~=-]{8,}", MASK_AFTER_GROUP),
    MarkedForm(("basic",), r"(?i)\b(basic\s+)(?=[a-z0-9+/]*[\d+/=])[a-z0-9+/]{8,}={0,2}(?![\w-])", MASK_AFTER_GROUP),
    MarkedForm(  # a password in a URL; digits and a slash after the colon are a port
        ("://",),
        r"""(?i)([a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,200}:)(?!\d{1,5}[/,;])[^\s@"'<>]{1,200}@"""
        r"""(?:[^\s/?#,;@"'<>]{1,100}@){0,3}""",
        rf"\1{MASK}@",
    ),
    MarkedForm(  # the same after a user who is an e-mail address
        ("://",),
        r"""(?i)([a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,200}@[\w.-]{1,200}:)(?!\d{1,5}\b)[^\s/@"'<>]{1,200}@""",
        rf"\1{MASK}@",
    ),
    MarkedForm(  # the same, cut off
        ("://",),
        r"""(?i)([a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,200}:)(?=[^\s/@]{0,200}\d)(?=[^\s/@]{0,200}[a-z])"""
        r"""[^\s/@.\u2026"'<>:?]{4,200}(?=\.\.\.|\s?\u2026)""",
        MASK_AFTER_GROUP,
    ),
    MarkedForm(("://",), r"(?i)([a-z][a-z0-9+.-]{1,20}://)(?=[^\s:/@]*\d)[^\s:/@]{16,200}@", rf"\1{MASK}@"),
    MarkedForm(("-u ", "--user"), r"((?:\s-u|--user)[\s=][^\s:]{1,100}:)(?!\d+\b)\S{4,}", MASK_AFTER_GROUP),
    MarkedForm(
        ("cookie",),
        r"""(?i)(\bcookie\\?["']?:\s*\\?["']?)[^\s=;,"']{1,200}=[^\s;,"'\\]+(?:;\s*[^\s=;,"']+(?:=[^\s;,"'\\]+)?)*""",
        MASK_AFTER_GROUP,
    ),
)
# What stands before "key", "token" or "secret"; then what stands before "key" alone.
WORDS_BEFORE_SECRET = (
    *("api", "access", "secret", "private", "client", "auth", "session", "account", "shared", "signing"),
    "subscription",
)
WORDS_BEFORE_KEY = ("encryption", "openai", "anthropic", "bot")


class Label(NamedTuple):
    """A label of a credential: patterns that are also right in verbose mode."""

    word: str  # literal, in lower case; the quick check looks for it
    rest: str = ""
    before: str = ""


LABELS: tuple[Label, ...] = (
    Label("token"),
    Label("secret"),
    Label("passw", "(?:or)?d"),
    Label("passphrase"),
    Label("pass", "(?![a-z])", before="(?:db|smtp|mail|mysql|pg|redis|ftp|user|admin|root)_?"),
    Label("pwd", r"""(?!["']?\s*[=:]\s*["']?(?:[/~]|[a-z]:\\))"""),  # not before a directory
    Label("authorization"),
    Label("signature"),
    Label("sig", before="(?<![a-z])"),
)
_ANY_LABEL = rf"""
    (?: (?: {" | ".join(WORDS_BEFORE_SECRET)} )
            [\s_-]? (?: secret [\s_-]? )? (?: access [\s_-]? )? (?: key | token | secret )
          | (?: {" | ".join(WORDS_BEFORE_KEY)} ) [\s_-]? key
          | {" | ".join(label.before + label.word + label.rest for label in LABELS)} ) """
QUERY_KEYS = ("key", "code", "auth", "ticket")
_QUOTE = r"""\\{0,7} ["']"""
_VALUE_END = r"""\s"',;&<>)}\]\\"""  # of a value without quotation marks
# Counts ("token: 128000"), schemes with forms of their own, placeholders, variables, and words about a value.
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

# What a label is followed by. The first group stays.
LABELLED: tuple[MarkedForm, ...] = (
    MarkedForm(
        ('"', "'"),
        rf"""(?ix) ( {_ANY_LABEL} {_QUOTE} \s* (?: =>? | : ) \s* (?: {_QUOTE} ) ) {_NOT_A_VALUE} [^"'\\\n]{{4,}}""",
    ),
    MarkedForm(
        ("=", ":"),  # the same without quotation marks around the label
        rf"""(?ix) ( {_ANY_LABEL} \s* (?: :?= | : ) \s* {_QUOTE} )
        {_NOT_A_VALUE} (?= [^"'\\\n]{{0,200}} \d ) [^"'\\\n]{{6,}} (?= ["'\\] )""",
    ),
    MarkedForm(
        ("=", ":"),
        rf"""(?ix) ( {_ANY_LABEL} (?: {_QUOTE} ]? )? \s* (?: :?=>? | : ) \s* (?: {_QUOTE} )? )
        {_NOT_A_VALUE} {_A_VALUE}""",
    ),
    MarkedForm(("=",), rf"""(?ix) ( {_ANY_LABEL} =>? ["']? ) {_NOT_A_VALUE} [^{_VALUE_END}]{{4,}}"""),
    MarkedForm(("</",), rf"""(?ix) ( < {_ANY_LABEL} > ) {_NOT_A_VALUE} [^<\n]{{4,}} (?= < )"""),
    MarkedForm(
        (" is ", " was "),
        rf"""(?ix) ( {_ANY_LABEL} \s+ (?: is | was ) \s+ {_QUOTE}? ) (?= [^{_VALUE_END}]* \d ) [\w./+=-]{{16,}}""",
    ),
    MarkedForm(
        ("--",),
        rf"""(?ix) ( -- (?: [a-z]+ - )? {_ANY_LABEL} \s+ )
        (?! - ) {_NOT_A_VALUE} (?= [^{_VALUE_END}]* \d ) [^{_VALUE_END}]{{6,}}""",
    ),
    MarkedForm(
        ("authorization",),
        rf"""(?ix) ( authorization \W{{1,6}} (?: bearer | basic | token | api-?key | key | bot | ssws | hmac ) \s+ )
        (?! \[masked\] ) [^{_VALUE_END}]{{16,}}""",
    ),
    MarkedForm(
        ("?", "&"),
        rf"""(?ix) ( [?&] (?: {" | ".join(QUERY_KEYS)} ) = ) (?= [^\s&"'<>]{{0,200}} \d ) [^\s&"'<>]{{16,}}""",
    ),
)
