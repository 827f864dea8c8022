"""Passwords in command lines and statements."""

from writer_jobs_mcp.sanitize.secret_forms.form import In, TextForm

_VALUE = r"""(?:'([^'\n]{1,200})'|"([^"\n]{1,200})"|(?![-$<"'])([^\s"']{4,200}))"""

FORMS: tuple[TextForm, ...] = (
    TextForm(
        ("-u ", "--user", "--proxy-user"),
        r"""(?:\s-[uU]|--(?:proxy-)?user)[\s=]["']?[^\s:"']{1,100}:(?!\d+\b)(?:([^\s"']{4,})|(?<=:)([^"'\n]{4,100})(?=["']))""",
        "curl -u app:«hunter22» https://example.com",
        needs=" -",
    ),
    TextForm(
        ("mysql",),
        rf"\bmysql[a-z]{{0,10}}\b[^\n|;]{{0,120}}?\s-p{_VALUE}",
        "mysql -u root -p«hunter22» jobs",
        needs=" -",
    ),
    TextForm(("sshpass",), rf"\bsshpass\s+-p\s*{_VALUE}", "sshpass -p '«hunter»' ssh app@example.com", needs=" -"),
    TextForm(
        ("redis-cli",), rf"\bredis-cli\b[^\n|;]{{0,80}}?\s-a\s+{_VALUE}", "redis-cli -a «hunter22» ping", needs=" -"
    ),
    TextForm(
        ("login",),
        rf"\b(?:docker|podman|registry|az|oc|skopeo|crane|nerdctl)\s+login\b[^\n|;]{{0,120}}?\s-p\s+{_VALUE}",
        "docker login -u ci -p «hunter22» example.com",
        needs=" -",
    ),
    TextForm(
        ("net use",),
        rf"(?i)\bnet use\b[^\n]{{0,120}}?/user:\S{{1,80}}\s+{_VALUE}",
        "net use Z: /user:anna «hunter22»",
        needs="/user:",
    ),
    TextForm(
        ("-pass", "storepass", "keypass", "destpass", "srcpass", "newpass"),
        rf"(?<![\w-])-(?:store|key|dest|src|new)?pass(?:in|out|wd|word|phrase)?[\s=]+(?:pass:)?(?!(?:file|env|fd|stdin)\b){_VALUE}",
        "keytool -storepass «hunter» -list",
        needs=" -",
    ),
    TextForm(
        ("ldap",),
        rf"\bldap[a-z]{{3,10}}\b[^\n|;]{{0,200}}?\s-w\s+{_VALUE}",
        "ldapsearch -w «hunter22» -b dc=example",
        needs=" -",
    ),
    TextForm(
        ("7z", "zip", "unrar"),
        rf"\b(?:7z[az]?|unzip|zip|unrar)\b[^\n|;]{{0,120}}?\s-[pP]\s?{_VALUE}",
        "unzip -P «hunter22» a.zip",
        needs=" -",
    ),
    TextForm(
        ("identified", "encrypted"),
        r"(?i)\b(?:identified\s+by|(?:with|encrypted)\s+password)\s{0,3}=?\s{0,3}N?(?:\\?'([^'\n]{1,200})'|\\?\"([^\"\n]{1,200})\"|([^\s;'\"]{4,100}))",
        "CREATE USER app IDENTIFIED BY '«hunter»'",
        look_in=In.WORDS,
    ),
    TextForm(
        ("securestring",),
        rf"(?i)\bconvertto-securestring\s+(?:-string\s+)?{_VALUE}",
        'ConvertTo-SecureString "«hunter»" -Force',
        needs=" -",
    ),
    TextForm(  # PHP
        ("curlopt_userpwd", "curlopt_proxyuserpwd", "curlopt_xoauth2_bearer", "keypasswd"),
        r"""(?i)(?:CURLOPT_(?:PROXY)?USERPWD|CURLOPT_XOAUTH2_BEARER|KEYPASSWD)\s*,\s*["']([^"'\n]{4,200})""",
        "curl_setopt($c, CURLOPT_USERPWD, 'app:«hunter22»')".replace("app:«", "«app:"),
        look_in=In.WORDS,
    ),
)
