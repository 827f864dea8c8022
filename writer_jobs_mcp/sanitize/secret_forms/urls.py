"""Passwords in URLs and in the addresses of data stores."""

from writer_jobs_mcp.sanitize.secret_forms.form import ALNUM, HEX, UUID, In, TextForm

_SCHEME = r"[a-z][a-z0-9+.-]{1,20}://"
_CODE = r"(?=[^\s&\"'<>#]{0,200}\d)[^\s&\"'<>#]{16,}"

FORMS: tuple[TextForm, ...] = (
    TextForm(
        ("slack.com/",),
        r"(?i)hooks\.slack\.com/[a-z]{1,20}/([\w/]{16,})",
        f"hooks.slack.com/services/«T01/{ALNUM}»",
        look_in=In.LONG_WORDS,
    ),
    TextForm(
        ("/webhook", "zapier.com/"),
        r"(?i)(?:discord(?:app)?\.com/api/webhooks/\d{1,30}/|hooks\.zapier\.com/hooks/catch/\d{0,12}/?"
        r"|webhook\.office\.com/webhookb2/)([\w/@-]{5,})",
        f"https://discord.com/api/webhooks/11/«{ALNUM}» failed",
        look_in=In.LONG_WORDS,
    ),
    TextForm(
        ("telegram.org/bot",),
        r"(?i)api\.telegram\.org/bot(\d{6,12}:[\w-]{30,})",
        f"api.telegram.org/bot«712345678:{ALNUM}»",
        look_in=In.LONG_WORDS,
    ),
    TextForm(  # digits and a slash after the colon are a port
        ("@",),
        rf"""(?i){_SCHEME}[^\s:/@]{{0,200}}:(?!\d{{1,5}}[/,;])(?!//)([^\s@"'<>]{{1,200}}(?:@[^\s/?#,;@"'<>]{{1,100}}){{0,3}})"""
        r"""@(?=[^\s"'<>@]{0,200}(?:[^@\s]|\Z))""",
        "could not connect to postgres://app:«P@ssw0rd!9»@db-1/jobs",
        needs="://",
    ),
    TextForm(  # the same after a user who is an e-mail address
        ("@",),
        rf"""(?i){_SCHEME}[^\s:/@]{{1,200}}@[\w.-]{{1,200}}:(?!\d{{1,5}}\b)([^\s/@"'<>]{{1,200}})@""",
        "smtp://mailer@example.com:«M4il-Pass»@smtp.example.com",
        needs="://",
    ),
    TextForm(  # the same, cut off
        ("...", "\u2026"),
        rf"""(?i){_SCHEME}[^\s:/@]{{1,200}}:(?=[^\s/@]{{0,200}}\d)(?=[^\s/@]{{0,200}}[a-z])"""
        r"""([^\s/@.\u2026"'<>:?]{4,200})(?=\.\.\.|\s?\u2026)""",
        "could not connect to postgres://app:«x7Kd93jQpL»…",
        needs="://",
    ),
    TextForm(
        ("@",),
        rf"(?i){_SCHEME}(?=[^\s:/@]*\d)([^\s:/@]{{16,200}})(?=@|:x-oauth-basic@)",
        f"https://«{ALNUM}»@git.example.com",
        needs="://",
    ),
    TextForm(  # without a scheme, before a host and a port
        (),
        r"(?<=[\w-]:)(?!//)([^\s@:/\"'<>]{6,100})@(?=[\w-]{1,60}(?:\.[\w-]{1,60}){0,5}:\d{2,5}(?!\d))",
        "proxy error: user:«x7Kd93jQpL»@proxy.example.com:8080",
        needs="@",
    ),
    TextForm(  # Go's driver for MySQL
        ("@tcp", "@unix"),
        r"(?<![\w:/@])[\w.-]{0,60}:([^\s@\"'<>]{1,100})@(?:tcp|tcp6|unix)\(",
        "app:«hunter»@tcp(db-1:3306)/jobs",
        needs="@",
    ),
    TextForm(  # Oracle
        ("@//", "jdbc:oracle", "sqlplus", "ora-", "impdp", "expdp", "sqlldr", "rman"),
        r"(?i)(?<![\w/.-])[\w$#]{1,30}/(?!/)\"?([^\s@/\"'<>]{1,60})\"?@(?=/{0,2}[\w(])",
        "jdbc:oracle:thin:scott/«tiger»@//db-1:1521/ORCL",
        needs="@",
    ),
    TextForm(
        ("%3a%2f%2f",),
        r"(?i)[a-z][a-z0-9+.-]{1,20}%3A%2F%2F[^\s%:/@]{0,100}(?:%3A|:)([^\s@/&\"'<>]{1,200}?)(?:%40|@)",
        "postgres%3A%2F%2Fapp%3A«hunter2»%40db-1%2Fjobs",
        look_in=In.LONG_WORDS,
    ),
    TextForm(
        ("?key=", "&key="),
        rf"(?i)[?&]key=(?![a-z]+[-_])({_CODE})",
        f"https://maps.example.com/json?key=«{ALNUM}»",
        needs="=",
    ),
    TextForm(
        ("?code=", "&code=", "?auth=", "&auth="),
        r"(?i)[?&](?:code|auth)=(?=[^\s&\"'<>#]{0,200}\d)(?![A-Za-z]{2,}(?:-[A-Za-z0-9]{1,12}){1,8}(?:[\s&#\"']|\Z))([^\s&\"'<>#]{16,})",
        f"https://x.example.com/callback?code=«4/0{ALNUM}»&state=1",
        needs="=",
    ),
    TextForm(
        ("ticket=",),
        r"(?i)[?&]ticket=((?:ST|PT|TGT|PGT|PGTIOU)-[\w.-]{10,})",
        f"https://x.example.com/?ticket=«ST-18-{ALNUM}-cas»",
        needs="=",
    ),
    TextForm(
        ("signature=", "sig=", "credential="),
        r"(?i)(?:[?&;]|\b)(?:x-(?:amz|goog)-)?(?:signature|sig)=([\w+/=%~.-]{16,})",
        f"https://bucket.example.com/k?X-Amz-Signature=«{HEX}»",
        needs="=",
    ),
    TextForm(
        ("instrumentationkey",), r"(?i)instrumentationkey=([0-9a-f-]{36})", f"InstrumentationKey=«{UUID}»;", needs="="
    ),
)
