"""What stands between the label of a credential and its value, and where the value ends."""

# Quotation marks: also in JSON within JSON, in HTML, and as JSON and URLs escape them.
QUOTE = r"""(?:\\{0,7}["'`]|&(?:quot|apos|\#0?3[49]|\#x2[27]);|\\{1,3}u002[27]|%2[27])"""
# What may follow the label's word in the same name: password2, secret_key_base, token_value, secrets.
SUFFIX = (
    r"(?:[_-]?(?:base|value|plain(?:text)?|text|str(?:ing)?|confirm(?:ation)?|new|old|prod|dev|live|test|current|raw|enc"
    r"|b64|base64|provided|256|\d|s)(?![a-z]))?"
)
_VERB = (
    r"is\ generated\ for\ \S{1,60}|is|was|are|set\ to|to|lautet|ist|war|est|es|era|foi|fue|é|è|jest"  # in verbose mode
)
_FILLERS = r"(?:you|gave|of|for|with|value|header|provided|supplied)"
SEPARATOR = rf"""(?ix)
    (?P<assigned>  # password=…, "password": …
        {QUOTE}? [\])]? \s{{0,10}}
        (?: => | := | -> | ={{1,3}} | :(?![:/]) | \uff1a | %3[AD] | \\{{1,3}}u003[ad] | &\#(?:61|58); ) [ \t]{{0,20}} )
  | (?P<paired>  # ("password", "…"), {{"name": "password", "value": "…"}}, <add key="password" value="…"/>
        {QUOTE}
        (?: \s{{0,3}},\s{{0,3}} (?: {QUOTE}values?{QUOTE}\s{{0,3}}:\s{{0,3}} )? | \s{{1,3}}value\s{{0,2}}=\s{{0,2}} )
        (?=\[?b?{QUOTE})
      | \s{{1,8}}value\s{{0,2}}:\s{{0,3}} )
  | (?P<tagged>  # <password>…</password>
        {QUOTE}? (?: \s[^<>\n]{{0,80}} )? (?: > | &gt; ) (?= [^<\n&]{{2,400}} (?: </ | &lt;/ ) ) )
  | (?P<said>  # the password is …
        {QUOTE}? (?: [ \t][^\W\d_]{{2,14}} )?
        (?: [ \t]{{1,3}} (?: {_VERB} ) (?: [ \t]{{1,3}} | [ \t]{{0,2}}:[ \t]{{1,3}} )
          | [ \t]{{0,2}} [\u4e3a\u70ba\u662f\u306f] [ \t:\uff1a]{{0,3}} ) )
  | (?P<beside>  # the password … was refused
        {QUOTE}? [ \t]{{1,3}} (?: \([^()\n]{{0,40}}\):?[ \t]{{1,3}} )? (?: {_FILLERS}[ ,:]{{1,3}} ){{0,3}} [(]?
        (?= {QUOTE} | \S{{7}} ) )"""
# A long value right after a label: quicker than the separators, for labels that are often harmless.
LONG_VALUE = (
    rf"[^\w/+]{{0,24}}+(?:(?:quot;|x2[27];|u002[27]|(?:is|was|{_FILLERS})[ ,])[^\w/+]{{0,24}}+){{0,3}}"
    r"""(?=[^\s"'`,;<>\\]{0,60}\d)[^\s"'`,;<>\\]{12}"""
)
NEXT_TO_A_WORD = r"[ \t]+(?:[=:\uff1a]|is\b|was\b|[(]|to\b)"
OPENING = (
    r"(?:(?:Some|Just|Ok|Secret|SecretStr|SecretString|SecretBytes|Sensitive|String|String::from|Buffer\.from|Optional|str"
    r"|bytes|Text|Value|base64\.b64decode|&)\(|\[|[bBuUrRfFNL@$](?=[\"'])|base64:|sha256=){0,3}"
)
# Signs that end a value may also stand within one, unless a blank or the next name follows: P@ss,w0rd;1
UNQUOTED = (
    r"(?:[^\s\"'`<>,;&\\(){}\[\]\uff0c\uff1b\u3002\u3001]"
    r"|[,;&](?=[^\s,;&\"'`<>\\])(?![\w.-]{1,40}(?:\s[\w.-]{1,20})?\s?[=:])(?!amp;|quot;|\#)"
    r"|[()\[\]{}](?=[\w!@#$%^*~+-]))+"
)
END_OF_CLAUSE = r"""\s{0,3}(?:\Z|\n|[,;)\]}"'`<|/&]|\.(?:\s|\Z)|\\[nrt"'])"""
SCHEME = r"[A-Za-z][\w-]{1,30}[ +]{1,3}(?=\S)"  # before the value of a header
PARAMETERS = r"""(?:[\w-]{1,60}=(?:\\?["'][^"'\n]{0,600}?\\?["']|[^\s,"']{1,600})(?:,\s{0,3}|;|&)?){1,20}"""
CREDENTIAL_PARAMETER = r"(?i)response|signature|mac|token|=[\w+/.-]{16,}"
HEADER_VALUE = r"""[^\s,;"'<>\\\])}]+"""
PHRASE = r"\W{0,12}((?:[a-z]{3,12}[ ,]{1,2}){9,40}[a-z]{3,12})"  # of twelve words or more
