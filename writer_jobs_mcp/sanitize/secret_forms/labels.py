"""Labels of credentials: ``password: …``, ``"client_secret": "…"``, ``the API key … was refused``."""

import re
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What a label names, which tells what may be its value."""

    PASSWORD = auto()  # may be a word
    PHRASE = auto()  # many words
    KEY = auto()  # random, or at least with a digit
    TOKEN = auto()  # also the word of a parser, of a page of results, and of a model
    SIGNATURE = auto()  # long and random
    COOKIE = auto()  # of a session; long and random
    HEADER = auto()  # a scheme may stand before the value


class Label(NamedTuple):
    """A word that ends the name of a credential."""

    word: str  # in lower case; the quick check looks for it
    kind: Kind
    example: str  # a text whose secret stands between « and »
    pattern: str = ""  # of the word and what stands around it; the word itself if empty


LABELS: tuple[Label, ...] = (
    Label("pass", Kind.PASSWORD, "password: «marmalade»", "pass(?:w(?:or[dt]|d)|phrase|ord|code)"),
    Label(
        "pass",
        Kind.PASSWORD,
        "SMTP_PASS=«marmalade»",
        "pass(?![a-z])(?:(?<![a-z]pass)|(?<=dbpass)|(?<=smtppass)|(?<=mailpass)|(?<=userpass)|(?<=adminpass)|(?<=rootpass))",
    ),
    Label("pass", Kind.PASSWORD, "Mot de passe : «marmalade»", "passe(?:(?<=mot de passe)|(?<=mot_de_passe))"),
    Label(  # not before a directory
        "pw", Kind.PASSWORD, "PWD=«marmalade»", r"""pwd(?!["']?\s?[=:]\s?["']?(?:[/~]|[a-z]:\\))"""
    ),
    Label("pw", Kind.PASSWORD, "user: app / pw: «Gold7finch»", "pw(?![a-z])(?<![a-z]pw)"),
    Label("key", Kind.KEY, "The API key «x7Kd93jQpL0vb2Tz» was refused", "key(?![a-rt-z])"),
    Label("secret", Kind.KEY, '{"client_secret": "«x7Kd93jQ»"}', "secret(?!ary|ion|ly|s? manager)"),
    Label("token", Kind.TOKEN, "access_token=«x7Kd93jQ»", "token(?!i[zs])"),
    Label("token", Kind.COOKIE, "csrftoken=«x7Kd93jQpL0vb2Tz»", "csrftoken"),
    Label("signature", Kind.SIGNATURE, "X-Signature: «x7Kd93jQpL0vb2Tz»"),
    Label("_", Kind.KEY, "AZDO_PAT=«x7Kd93jQ»", "_(?:pat|salt)(?![a-z])"),
    Label("auth", Kind.KEY, "redis_auth=«x7Kd93jQ»", "auth(?![a-z])(?<=_auth)"),
    Label("auth", Kind.HEADER, "Authorization: Token «x7Kd93jQpL0vb2Tz»", "authorization"),
    Label("sess", Kind.COOKIE, "PHPSESSID=«x7kd93jqpl0vb2tz8w»", "sess(?:id|ionid|ion(?<=_session))(?![a-z_])"),
)


def _whole_word(word: str, kind: Kind, example: str) -> Label:
    name = re.escape(word if kind is not Kind.PHRASE else example.partition(":")[0].lower())
    return Label(word, kind, example, f"{name}(?![a-z])(?<![a-z]{name})")


_PHRASE = "«" + "juniper caramel " * 6 + "paprika»"
LABEL_WORDS: tuple[Label, ...] = (
    *(
        _whole_word(word, Kind.PASSWORD, f"{word}: «marmalade»")
        for word in "psk wachtwoord kennwort parola salasana senha clave heslo".split()
    ),
    _whole_word("mnemonic", Kind.PHRASE, f"Mnemonic: {_PHRASE}"),
    _whole_word("seed", Kind.PHRASE, f"Seed phrase: {_PHRASE}"),
    _whole_word("seed_phrase", Kind.PHRASE, f"seed_phrase: {_PHRASE}"),
    _whole_word("recovery", Kind.PHRASE, f"Recovery phrase: {_PHRASE}"),
    _whole_word("credential", Kind.KEY, "credential=«x7Kd93jQ»"),
    _whole_word("credentials", Kind.KEY, "credentials: «x7Kd93jQ»"),
    _whole_word("connect.sid", Kind.COOKIE, "connect.sid=«x7Kd93jQpL0vb2Tz»"),
)
"""Labels that are whole words."""
FOREIGN_LABELS: tuple[Label, ...] = tuple(
    Label(word, Kind.PASSWORD, f"{word}: «Gold7finch»")
    for word in (
        *(
            "contraseña",
            "hasło",
            "lösenord",
            "şifre",
            "пароль",
            "密码",
            "密碼",
            "口令",
            "パスワード",
            "비밀번호",
            "암호",
        ),
        *("jelszó", "κωδικός", "סיסמה", "كلمة المرور", "mật khẩu", "รหัสผ่าน", "पासवर्ड"),
    )
)
"""Labels that no ASCII text holds."""

# The word right before a label, which may be glued to it: accesskey, access_key, access key.
OF_A_SECRET = frozenset(
    (
        "api access secret private client auth session account shared signing subscription encryption"
        " decryption bot admin server license licence webhook integration deploy personal user master app"
        " application consumer write read ingest bearer refresh oauth oauth2 service functions function host"
        " search storage hmac aes jwt base verification hub telemetry security otp totp 2fa activation"
        " runner trigger vault sas pat wallet ssh tls ssl pgp rsa ec ed25519 symmetric secure connection id"
        " identity"
    ).split()
)
"""Before ``key``, ``token`` or ``secret``: the value is a credential even if it is short, or an id."""
OF_OTHER_KEYS = frozenset(
    (
        "primary foreign public pub unique cache idempotency partition sort object routing duplicate dedup"
        " deduplication message row composite translation lookup hash group grouping shard record ordering"
        " index missing unknown unexpected dictionary dict map json registry config configuration setting"
        " i18n locale redis memcached memcache blob file issue specified event fingerprint hot range natural"
        " surrogate candidate sequence schema s3 kv bucket artifact restore lock metric series tag label"
        " field column item extra required state prefix sub answer correct parameter param property header"
        " argument keyword same another each any every no bad gpg"
    ).split()
)
"""Before ``key``: it is not a credential."""
OF_OTHER_TOKENS = frozenset(
    (
        "page next continuation sync skip cursor paging pagination resume starting start pad eos bos unk"
        " sep cls mask special unexpected unrecognized unrecognised illegal expected expecting input"
        " mismatched extraneous max min total prompt completion output cached cache reasoning stop sub"
        " publickey key count num marker position scroll cancellation batch"
        " scan iterator lexer parser syntax near expects delta fill begin end"
        " vocab vocabulary macro rule reserved keyword literal"
        " pugixml pyparsing"
    ).split()
)
"""Before ``token``: it is not a credential."""

MAKERS = frozenset(
    (
        "adafruit adobe airtable algolia alibaba aliyun amplitude asana assemblyai auth0 azure beamer"
        " bitbucket bitly braintree browserstack circleci clearbit clickhouse cloudflare cloudinary codecov"
        " cohere coinbase confluent contentful coveralls datadog deepgram deepl deepseek digitalocean"
        " discord disqus dropbox elastic elevenlabs exa etsy facebook fastly finnhub flickr freshbooks"
        " gemini github gitlab gitea google grafana heroku hetzner honeycomb hubspot hunter ibm infura"
        " intercom jfrog jira jumpcloud kraken kucoin launchdarkly linear linkedin linode looker mailchimp"
        " mailgun mapbox mattermost messagebird mistral monday mux netlify newrelic ngrok nvidia nytimes"
        " okta openai openrouter openweather opsgenie pagerduty paypal pinecone plaid plivo postmark pusher"
        " quickbooks rapidapi rollbar salesforce sauce scaleway segment sendbird sendgrid sentry shodan"
        " shopify slack snyk sonar speech splunk spotify square stability stripe sumologic supabase telegram"
        " telnyx tencent together trello twilio twitch twitter upstash vercel virustotal voyage vultr wandb"
        " weather wiz yandex zendesk zoho zoom writer anthropic replicate huggingface groq perplexity"
        " fireworks"
    ).split()
)
"""Makers whose keys have no prefix. Beside one of them, ``key`` and ``token`` name a credential."""
