"""Private keys, tokens and hashes that are known by their shape."""

from writer_jobs_mcp.sanitize.secret_forms.form import ALNUM, BASE64, HEX, START, In, TextForm

# In a URL, a blank is + or %20, and a dash may be %2D; in a string, a line break may be \n.
_OPEN, _CLOSE = r"(?:-{5}|----[ ]|(?:%2D){5})", r"(?:-{5}|[ ]----|(?:%2D){5})"
_PRIVATE_KEY = r"(?:[A-Z\d]{2,10}(?:[ +_]|%20)){0,3}PRIVATE(?:[ +_]|%20)KEY(?:(?:[ +]|%20)BLOCK)?"
_LINE_END = r"(?:\s|\\+[nrt]|%0[AD]|[\"'+,>|\\])"
# Whole lines of base64, and the headers between which they may stand.
_BODY = (
    rf"(?:{_LINE_END}{{0,40}}(?:[A-Z][\w-]{{2,20}}: [^\n]{{1,80}}\n|(?:[\w+/=]|%2[BF]|%3D){{16,}}={{0,2}})){{1,400}}"
)
_BREAK = r"[\s\\\"',]"
_BASE64_RUN = r"[A-Za-z0-9+/_-]{40,}(?:(?:\s|\\+[nr]){1,4}[A-Za-z0-9+/_-]{16,}){0,200}={0,2}"
_JWK_PART = r"""\\{0,7}["'](?:d|p|q|dp|dq|qi|k)\\{0,7}["']\s{0,3}:\s{0,3}\\{0,7}["']([\w-]{16,})"""

FORMS: tuple[TextForm, ...] = (
    TextForm(
        ("private",),
        rf"{_OPEN}BEGIN(?:[ +_]|%20){_PRIVATE_KEY}{_CLOSE}"
        rf"(?:(?:[^-]|-(?!----(?:END|BEGIN))){{0,10000}}{_OPEN}END(?:[ +_]|%20){_PRIVATE_KEY}{_CLOSE}|{_BODY})",
        f"«-----BEGIN+RSA+PRIVATE+KEY-----%0A{BASE64}»%0A is cut",
    ),
    TextForm(  # the beginning is cut off
        ("private",),
        rf"{_OPEN}END(?:[ +_]|%20){_PRIVATE_KEY}{_CLOSE}",
        f"... «{BASE64}\n{BASE64}==\n-----END PRIVATE KEY-----» is no key",
        back=rf"{_BREAK}{{0,10}}(?:[\w+/=]{{1,15}}{_BREAK}{{1,10}}(?=[\w+/=]{{40}}))?"
        rf"[\w+/=]{{16,}}(?:{_BREAK}{{1,10}}[\w+/=]{{16,}}){{0,400}}",
    ),
    TextForm(
        ("private-lines",),
        r"(?i)Private-Lines: ?\d{1,4}\s{1,4}([\w+/=]{16,}(?:\s{1,4}[\w+/=]{16,}){0,200})"
        r"(?:\s{1,4}Private-MAC: ?([0-9a-f]{40,64}))?",
        f"Private-Lines: 1\n«{BASE64}»\nPrivate-MAC: «{HEX[:40]}»",
        look_in=In.WORDS,
    ),
    TextForm(("kty",), _JWK_PART, '{"kty": "oct", "k": "«' + ALNUM + '»"}', look_in=In.WORDS),
    TextForm(
        ("rsakeyvalue",),
        r"<(?:D|P|Q|DP|DQ|InverseQ)>([\w+/=]{16,2000})<",
        f"<RSAKeyValue><D>«{BASE64}»</D></RSAKeyValue>",
        look_in=In.WORDS,
    ),
    TextForm(  # the bytes of a private key in base64: RSA, EC, Ed25519, PKCS #8 and OpenSSH
        ("miie", "miic", "miij", "mhcc", "migh", "mc4c", "b3blbnnzac1rzxktdje"),
        r"(?<![A-Za-z0-9+/])(?:MII[CEJ][\w+/]{2}IBA[AD]|MHcCAQEEI|MIGHAgEAM|MC4CAQAw|b3BlbnNzaC1rZXktdjE)"
        + _BASE64_RUN,
        f"key MIIEvQIBADANBgkqhkiG9w0BAQ{BASE64}".replace("key ", "key «") + "»",
        look_in=In.LONG_WORDS,
    ),
    TextForm(  # the same with its armour in base64, as Kubernetes writes it
        ("ls0tls1crudjtib",),
        r"LS0tLS1CRUdJTi(?:BQUklWQVRF|BSU0EgUF|BFQyBQUk|BPUEVOU1NI|BFTkNSWV|BEU0EgUF|BQR1AgUF)" + _BASE64_RUN,
        f"key «LS0tLS1CRUdJTiBQUklWQVRF{BASE64}»",
        look_in=In.LONG_WORDS,
    ),
    TextForm(
        ("eyj",),
        START + r"eyJ[\w-]{8,600}\.[\w-]{8,}(?:\.[\w-]*){0,3}",
        f"token «eyJhbGciOiJI.{ALNUM}.{ALNUM}» ended",
        look_in=In.LONG_WORDS,
    ),
    TextForm(("astracs",), r"AstraCS:[\w:-]{20,}", f"token «AstraCS:{ALNUM}»", look_in=In.WORDS),  # DataStax
    TextForm(("zxlk",), r"\bZXlK[\w+/-]{60,}={0,2}", f"token «ZXlK{BASE64}» in base64", look_in=In.LONG_WORDS),
    TextForm(
        (".atlasv1.",),
        r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}",
        f"«{ALNUM[:14]}.atlasv1.{ALNUM}{ALNUM}»",
        look_in=In.LONG_WORDS,
    ),
    TextForm(("q~",), r"(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{30,}", f"«abc8Q~{ALNUM}» (Azure)", look_in=In.LONG_WORDS),
    TextForm(  # Azure's keys hold their service's name near the end
        (
            "jqqj9",
            "+ast",
            "azse",
            "azdo",
            "acdb",
            "+acr",
            "+arm",
            "azfu",
            "aiot",
            "+aba",
            "+amc",
            "azca",
            "+aeh",
            "+asb",
        ),
        r"(?<![\w+/])[A-Za-z0-9+/]{40,80}(?:JQQJ9[9DH]|\+ASt|AzSe|AZDO|ACDb|\+ACR|\+ARm|AzFu|AIoT|\+ABa|\+AMC|AzCa|\+AEh|\+ASb)"
        r"[A-Za-z0-9+/]{4,40}={0,2}(?![\w+/])",
        f"key «{BASE64[:42]}AzSeDx7Kd9» was refused",
        look_in=In.LONG_WORDS,
    ),
    TextForm(  # Azure DevOps
        ("pat", "devops", "vsts", "tf400813"),
        r"(?<![\w-])(?=[a-z]{0,20}\d)[a-z2-7]{52}(?![\w-])",
        f"PAT «{'x7kd53jqpl' * 5}ab» ended",
        look_in=In.WORDS,
    ),
    TextForm(  # 64 bytes in base64: a storage account's key, unless they are called a checksum
        ("==",),
        r"(?<![\w+/=])(?<!sha512-)(?<!sha512:)(?<!sha512=)(?<!sha-512=)[A-Za-z0-9+/]{86}==",
        f"key «{(BASE64 + BASE64)[:86]}==» failed",
    ),
    TextForm(  # hashes of passwords, as shadow and htpasswd files hold them
        ("$",),
        r"\$(?:2[abxy]?\$\d\d\$[./A-Za-z0-9]{20,}|(?:[156y]|apr1|gy|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]{0,10})\$[^\s:\"'<>]{20,400})",
        "root:«$6$saltsalt$" + ALNUM + "»:19701:0",
    ),
    TextForm(
        ("pbkdf2_sha",),
        r"pbkdf2_sha\d{1,3}\$\d{1,8}\$[^\s\"'<>]{20,200}",
        f"«pbkdf2_sha256$600000$salt${ALNUM}»",
        look_in=In.LONG_WORDS,
    ),
    TextForm(  # a bot of Telegram
        (":aa",), r"(?<![\w:.-])\d{8,10}:AA[\w-]{33}(?![\w-])", f"bot «7123456780:AA{ALNUM[:33]}» failed"
    ),
    TextForm(  # a bot of Discord
        ("bot", "discord", "discord.errors.loginfailure", "improper"),
        r"(?<![\w.-])[MNO][A-Za-z0-9_-]{22,27}\.[\w-]{6,7}\.[\w-]{27,45}(?![\w-])",
        f"token «MTk4{ALNUM[:20]}.Gx7Kd9.{ALNUM[:38]}» was passed",
        look_in=In.WORDS,
    ),
    TextForm(
        ("aaaaaaaaaaaaaaaaaaaa",),
        r"A{20,24}[\w%]{60,200}",
        f"«AAAAAAAAAAAAAAAAAAAAA{ALNUM}%3D{ALNUM}» (X)",
        look_in=In.LONG_WORDS,
    ),
    TextForm(("-us",), r"\b[0-9a-f]{32}-us\d{1,2}\b", f"«{HEX[:32]}-us14» (Mailchimp)", look_in=In.LONG_WORDS),
    TextForm(
        ("mailgun",),
        r"\b[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}\b",
        f"mailgun «{HEX[:32]}-9f86d081-884c7d65»",
        look_in=In.WORDS,
    ),
    TextForm(
        ("_mmk",),
        r"\b[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk\b",
        f"«x7Kd93_{ALNUM[:29]}_mmk» (MaxMind)",
        look_in=In.LONG_WORDS,
    ),
    TextForm(("nral",), r"\b[0-9a-z]{36}NRAL\b", f"«{HEX[:36]}NRAL» (New Relic)", look_in=In.LONG_WORDS),
    TextForm(
        ("asana",),
        r"(?<![\w/.])[12]/\d{10,20}(?:/\d{10,20})?:[0-9a-f]{32}\b",
        f"Asana: «2/12345678901234/98765432109876:{HEX[:32]}»",
        look_in=In.WORDS,
    ),
)
