"""Credentials in the files that hold them."""

from writer_jobs_mcp.sanitize.secret_forms.form import ALNUM, In, TextForm
from writer_jobs_mcp.sanitize.secret_forms.headers import is_user_and_password

_SEPARATOR = r"(?:[ \t]{1,20}|\s{0,3}\n\s{0,20}|\\n\s{0,20})"
# One after the other in one way only: a text that almost matches is not tried in many.
_PAIRS = r"""(?:[\s{,]{1,40}\\?["']?[\w.-]{1,60}\\?["']?:\s{0,3}\\?["']?[^\s"'{},\\]{1,8000}\\?["']?){1,60}"""
_KIND = r"""\bkind\\?["']?:\s{0,3}\\?["']?secret\b"""

FORMS: tuple[TextForm, ...] = (
    TextForm(  # .netrc
        ("login",),
        rf"(?i)\blogin{_SEPARATOR}\S{{1,100}}{_SEPARATOR}(?:account{_SEPARATOR}\S{{1,100}}{_SEPARATOR})?password{_SEPARATOR}(\S{{2,200}})",
        "machine example.com login app password «marmalade»",
        look_in=In.WORDS,
    ),
    TextForm(  # .pgpass
        (":543", ":*:"),
        r"(?<![\w.:*/-])(?:\*|[\w.-]{1,100}):(?:\*|\d{4,5}):(?:\*|[A-Za-z][\w-]{0,60}):(?:\*|[A-Za-z][\w.-]{0,60}):([^\s:\"']{4,100})",
        "localhost:5432:*:app:«marmalade»",
    ),
    TextForm(  # Docker
        ('auth"', "auth\\", "auth'"),
        r"""\\{0,7}["']_?auth\\{0,7}["']\s{0,5}:\s{0,5}\\{0,7}["']([A-Za-z0-9+/]{8,}={0,2})""",
        '{"auth": "«dXNlcjpwYXNzd29yZDEyMw==»"}',
        is_user_and_password,
        needs="auth",
    ),
    TextForm(  # .npmrc
        ("_auth",),
        r"\b_auth\s{0,5}[=:]\s{0,5}\"?([A-Za-z0-9+/]{8,}={0,2})",
        "_auth = «dXNlcjpwYXNzd29yZDEyMw==»",
        is_user_and_password,
        needs="=",
    ),
    TextForm(
        (".dockerconfigjson", ".dockercfg"),
        r"\b(?:dockercfg|dockerconfigjson)\\?[\"']?:\s{0,3}\\?[\"']?([\w+/=]{16,})",
        f".dockerconfigjson: «eyJ{ALNUM}»",
        look_in=In.WORDS,
    ),
    TextForm(  # a Secret of Kubernetes: all values
        ("kind",),
        r"""(?i)\\?["']?\b(?!kind\b|data\b|type\b|metadata\b|name)[\w.-]{1,60}\\?["']?:\s{0,3}\\?["']?([a-z0-9+/]{4,}={0,2})(?![\w.:/])""",
        "kind: Secret\ndata:\n  url: «aHR0cHM6Ly9leGFtcGxl»\n",
        inside=rf"(?i)\bdata\\?[\"']?:{_PAIRS}\s{{0,5}}\}}?,?\s{{0,5}}\\?[\"']?{_KIND}"
        rf"|{_KIND}(?:[^d]|d(?!ata\b)){{0,600}}?\bdata\\?[\"']?:{_PAIRS}",
        look_in=In.WORDS,
    ),
    TextForm(
        ("stringdata",),
        r"(?i)\bstringdata\\?[\"']?:{_PAIRS}".replace("{_PAIRS}", r"\s+[\w.-]{1,60}:\s{0,3}([^\s]{4,400})"),
        "kind: Secret\nstringData:\n  code: «marmalade»\n",
        look_in=In.WORDS,
    ),
    TextForm(  # cookies.txt
        ("\ttrue\t", "\tfalse\t"),
        r"\t(?:TRUE|FALSE)\t\d{1,12}\t[^\t\n]{1,100}\t([^\t\n]{8,})",
        f".example.com\tTRUE\t/\tTRUE\t0\tsid\t«{ALNUM}»",
        needs="\t",
    ),
)
