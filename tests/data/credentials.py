"""Credentials as they stand in error messages, each made up, and what only looks like one."""

from typing import NamedTuple


class Credential(NamedTuple):
    """A secret, and the words around it with ``{}`` in its place."""

    template: str
    secret: str


def _made_of(*parts: str) -> str:
    """A secret that no scanner of this repository takes for a real one: its parts stand apart here."""
    return "".join(parts)


_HEX = "9f86d081884c7d659a2feaa0c55ad015"
_MIXED = "Qw8rT5yU2iO9pA3sD6fG1hJ4kL7zX0cVbNm"
_PEM = "MIIEowIBAAKCAQEA7bq98h3kLm2n5p8qRt\nVx0Zb1Nc4Md7Ke9Lf2Gh5Jk8Qw1Er4Ty7\n"

CREDENTIALS: dict[str, Credential] = {
    # Keys that are known by their beginning.
    "GitHub, personal": Credential("remote: bad {}", _made_of("ghp_", _MIXED, "1")),
    "GitHub, an app's": Credential("Authorization: token {}", _made_of("ghs_", _MIXED, "2")),
    "GitHub, fine-grained": Credential("using {} now", _made_of("github_pat_", "11ABCDEFG0", _MIXED, "_", _MIXED)),
    "GitLab, personal": Credential("HTTP Basic: Access denied for {}", _made_of("glpat-", "x7Kd93jQpL0vb2Tz8Wm4")),
    "GitLab, a runner's": Credential("runner {} is gone", _made_of("glrt-", "x7Kd93jQpL0vb2Tz8Wm4")),
    "GitLab, a deployment's": Credential("deploy with {}", _made_of("gldt-", "x7Kd93jQpL0vb2Tz8Wm4")),
    "Slack, a bot's": Credential("not_authed {}", _made_of("xoxb-", "2048123456-1234567890123-AbCdEfGhIjKlMnOp")),
    "Slack, an app's": Credential("not_authed {}", _made_of("xapp-", "1-A0123456789-1234567890123-0123456789abcdef")),
    "Slack, a webhook": Credential(
        "POST https://hooks.slack.com/services/{} answered 404",
        _made_of("T01ABCDEFGH/", "B01ABCDEFGH/", "x7Kd93jQpL0vb2Tz8Wm4Yn6R"),
    ),
    "Stripe, secret": Credential("Invalid API Key provided: {}", _made_of("sk_live_", "51H8x7Kd93jQpL0vb2Tz8Wm4")),
    "Stripe, restricted": Credential("key {} lacks a permission", _made_of("rk_test_", "51H8x7Kd93jQpL0vb2Tz8Wm4")),
    "Stripe, a webhook's": Credential("No signature matched {}", _made_of("whsec_", "x7Kd93jQpL0vb2Tz8Wm4Yn6R")),
    "Google, API key": Credential("The key {} has no quota", _made_of("AIza", "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY")),
    "Google, OAuth": Credential("expired: {}", _made_of("ya29.", "a0AfH6SMBx7Kd93jQpL0vb2Tz8Wm4_Yn6R")),
    "Google, client secret": Credential("invalid_client {}", _made_of("GOCSPX-", "x7Kd93jQpL0vb2Tz8Wm4Yn6R")),
    "OpenAI": Credential("Incorrect API key provided: {}.", _made_of("sk-", "9aXk2LmQ4tRv7wYzB3nC6dE8")),
    "OpenAI, a project's": Credential("Incorrect API key provided: {}.", _made_of("sk-proj-", "9aXk2LmQ4tRv7wYz")),
    "Anthropic": Credential("invalid x-api-key {}", _made_of("sk-ant-", "api03-Qw8rT5yU2iO-9pA3sD6fG1hJ4")),
    "Hugging Face": Credential("401 for {}", _made_of("hf_", "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh")),
    "Replicate": Credential("401 for {}", _made_of("r8_", "Qw8rT5yU2iO9pA3sD6fG1hJ4kL7zX0cVbNmQw")),
    "npm": Credential("E401 for {}", _made_of("npm_", "Qw8rT5yU2iO9pA3sD6fG1hJ4kL7zX0cVbNm1")),
    "PyPI": Credential("403 for {}", _made_of("pypi-", "AgEIcHlwaS5vcmcCJDlmODZkMDgxLTg4NGMtN2Q2NS05YTJm")),
    "AWS, key id": Credential("The key {} is not valid", _made_of("AKIA", "IOSFODNN7EXAMPLE")),
    "AWS, passing key id": Credential("The key {} is not valid", _made_of("ASIA", "IOSFODNN7EXAMPLE")),
    "DigitalOcean": Credential("401 for {}", _made_of("dop_v1_", _HEX, _HEX)),
    "Shopify": Credential("401 for {}", _made_of("shpat_", _HEX)),
    "SendGrid": Credential("401 for {}", _made_of("SG.", "Qw8rT5yU2iO9pA3sD6fG1h", ".", _MIXED, "Qw8rT5yU")),
    "Databricks": Credential("403 for {}", _made_of("dapi", _HEX)),
    "Azure, an application's": Credential(
        "AADSTS7000215: {} is invalid", _made_of("abc8Q~", "x7Kd93jQpL0vb2Tz8Wm4Yn6Rc_.-5u")
    ),
    "JSON Web Token": Credential(
        "token {} expired", _made_of("eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.dBjftJeZ4CVP-mB92K27uhbUJU1")
    ),
    # Private keys.
    **{
        f"a private key, {kind or 'plain'}": Credential(
            f"-----BEGIN {kind}PRIVATE KEY-----\n{{}}-----END {kind}PRIVATE KEY-----", _PEM
        )
        for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")
    },
    "a private key, PGP": Credential(
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n{}-----END PGP PRIVATE KEY BLOCK-----", _PEM
    ),
    "a private key, on one line": Credential(
        r'{{"private_key": "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n"}}', _PEM.replace("\n", r"\n")
    ),
    # Headers.
    "bearer": Credential("Authorization: Bearer {}", "x7Kd93jQpL0.vb2-Tz_8"),
    "bearer, in a dump of headers": Credential("{{'authorization': 'Bearer {}'}}", "x7Kd93jQpL0vb2Tz8"),
    "bearer, all letters": Credential("Authorization: Bearer {}", "QwErTyUiOpAsDfGhJkLzXcVb"),
    "basic": Credential("Authorization: Basic {}", "dXNlcjpwYXNzd29yZDEyMw=="),
    "basic, of the proxy": Credential("Proxy-Authorization: Basic {}", "dXNlcjpwYXNzd29yZDEyMw=="),
    "X-API-Key": Credential("curl -H 'X-API-Key: {}'", "x7Kd93jQpL0vb2Tz8"),
    "cookie": Credential("Cookie: sessionid={}; theme=dark", "x7Kd93jQpL0vb2Tz8Wm4"),
    "cookie, the second": Credential("Cookie: theme=dark; sid={}", "x7Kd93jQpL0vb2Tz8Wm4"),
    "cookie, set": Credential("set-cookie: auth={}; Path=/; HttpOnly", "x7Kd93jQpL0vb2Tz8Wm4"),
    # Addresses.
    "query, api_key": Credential("GET https://api.example.com/v1?api_key={}&page=2 failed", "x7Kd93jQpL0vb2Tz8"),
    "query, key": Credential("GET https://maps.example.com/json?key={} failed", "x7Kd93jQpL0vb2Tz8Wm4Yn6R"),
    "query, access_token": Credential(
        "https://graph.example.com/me?fields=id&access_token={}", "EAABx7Kd93jQpL0vb2Tz8"
    ),
    "query, code": Credential("https://app.example.com/callback?code={}&state=1", "4/0AX4XfWx7Kd93jQpL0vb2Tz8"),
    "query, a shared signature": Credential(
        "https://x.blob.example.net/c?sv=2022-11-02&sig={}", "x7Kd93jQpL0vb2Tz8Wm4%3D"
    ),
    "query, a signed URL": Credential("GET https://bucket.example/x?X-Amz-Signature={} failed", _HEX + _HEX),
    "PostgreSQL": Credential("cannot connect to postgres://app:{}@db.internal:5432/jobs", "s3cr3tPa55"),
    "MongoDB": Credential("mongodb+srv://app:{}@cluster0.example.net/?retryWrites=true", "s3cr3tPa55"),
    "Redis": Credential("redis://:{}@cache.internal:6379/0", "s3cr3tPa55"),
    "an address with an odd password": Credential("amqp://app:{}@mq.internal/", "s3/cr3t:Pa55"),
    "a token before the host": Credential(
        "fatal: could not read from https://{}@git.example.com/x.git", "x7Kd93jQpL0vb2Tz8Wm4"
    ),
    # Connection strings.
    "SQL Server": Credential("Server=db;User Id=app;Password={};Encrypt=yes", "s3cr3tPa55w0rd"),
    "ODBC": Credential("DRIVER={{PostgreSQL}};UID=app;PWD={};", "correcthorse"),
    "libpq": Credential("host=db user=app password={} dbname=jobs", "correcthorse"),
    "Azure storage": Credential(
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={};EndpointSuffix=example.net",
        "x7Kd93jQpL0vb2Tz8Wm4Yn6Rx7Kd93jQpL0vb2Tz8Wm4Yn6R+/x7Kd93jQpL0vb2Tz8==",
    ),
    "Azure bus": Credential(
        "SharedAccessKeyName=root;SharedAccessKey={}", "x7Kd93jQpL0vb2Tz8Wm4Yn6Rx7Kd93jQpL0vb2Tz8A="
    ),
    # Labelled.
    "JSON": Credential('{{"user": "app", "password": "{}"}}', "hunter2hunter2"),
    "JSON, with blanks": Credential('{{"password": "{}"}}', "correct horse battery staple"),
    "JSON, in JSON": Credential(r'{{"body": "{{\"password\": \"{}\"}}"}}', "correcthorse"),
    "JSON, client secret": Credential('{{"client_secret": "{}"}}', "x7Kd93jQpL0vb2Tz8"),
    "JSON, refresh token": Credential('{{"refresh_token":"{}"}}', "x7Kd93jQpL0vb2Tz8"),
    "JSON, camel case": Credential('{{"apiKey": "{}", "accessToken": 0}}', "x7Kd93jQpL0vb2Tz8"),
    "Python's repr": Credential("{{'password': '{}'}}", "correcthorse"),
    "YAML": Credential("db:\n  password: {}\n  user: app", "s3cr3tPa55"),
    "an environment": Credential("env: DB_PASSWORD={} PORT=5432", "correcthorse"),
    "an environment, a key": Credential("OPENAI_API_KEY={}", "x7Kd93jQpL0vb2Tz8"),
    "an AWS secret": Credential("aws_secret_access_key={}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    "an AWS session": Credential("aws_session_token = {}", "FwoGZXIvYXdzEBYaDx7Kd93jQpL0vb2Tz8Wm4Yn6R//x7Kd"),
    "an npm configuration": Credential("//registry.example.com/:_authToken={}", "x7Kd93jQpL0vb2Tz8"),
    "a command line": Credential("mysqldump --user=app --password={} jobs", "correcthorse"),
    "a command line, apart": Credential("tool --token {} --verbose", "x7Kd93jQpL0vb2Tz8Wm4"),
    "curl's user": Credential("curl -u app:{} https://api.example.com", "s3cr3tPa55"),
    "XML": Credential("<login><user>app</user><password>{}</password></login>", "correcthorse"),
    "Ruby": Credential('{{:password=>"{}"}}', "correcthorse"),
    "a passphrase": Credential("passphrase={} was refused", "correcthorse"),
    "words": Credential("The API key is {}", "x7Kd93jQpL0vb2Tz8Wm4"),
    # As reviewers wrote them who had not seen the forms.
    "an @ in a password": Credential("postgresql://app:{}@db.example.com/jobs", "P@ssw0rd!9x"),
    "after a user with an @": Credential("smtp://mailer@acme.com:{}@smtp.acme.com:587", "M4il-Pass-12"),
    "an address that is cut off": Credential("could not connect to postgresql://app:{}…", "Xk29vTqLm04pQz"),
    "several words": Credential("{{'password': '{}'}}", "c0rrect horse battery"),
    "a passphrase of words": Credential('passphrase: "{}"', "gold fish 77 lamp"),
    "of signs": Credential("login with password={}", "$ecret99Aa"),
    "AWS, both in a row": Credential("AKIAIOSFODNN7EXAMPLE:{}", _made_of("V2KKx", _MIXED)[:40]),
    "a scheme of its own": Credential("Authorization: ApiKey {}", _made_of("sgJ0", _MIXED)),
    "a bearer in an address": Credential("Authorization=Bearer%20{}", _HEX),
    "SMTP_PASS": Credential("SMTP_PASS={} in .env", "m4ilPass12x"),
    "OPENAI_KEY": Credential("OPENAI_KEY: {}", _made_of("x7Kd93", _MIXED)),
    "in an environment": Credential('os.environ["OPENAI_API_KEY"] = "{}"', _made_of("x7Kd93", _MIXED)),
    "JSON in JSON in JSON": Credential('\\\\\\"db_password\\\\\\": \\\\\\"{}\\\\\\"', "x7Kd93jQpL0vb2"),
    "Groq": Credential("key {} was refused", _made_of("gsk_", _MIXED, "4")),
    "Notion": Credential("key {} was refused", _made_of("ntn_", _MIXED, "4")),
    "Perplexity": Credential("key {} was refused", _made_of("pplx-", _MIXED, "4")),
    "Vault": Credential("token file holds {}", _made_of("hvs.", _MIXED)),
    "a webhook of Discord": Credential("POST https://discord.com/api/webhooks/11/{} failed", _made_of(_MIXED, _MIXED)),
    # Labels and quotation marks.
    "an apostrophe in quotation marks": Credential('{{"password": "{}"}}', "O'Brien2026"),
    "a word about values that goes on": Credential('{{"password":"{}"}}', "no!Pass2026"),
    "commas and semicolons in a value": Credential("login with password={}", "P@ss,w0rd;1"),
    "in Some(…)": Credential('connect(password=Some("{}"))', "hunter22x"),
    "Go's driver for MySQL": Credential("app:{}@tcp(db-1:3306)/jobs is no address", "s3cr3tPa55"),
    "a list under a label": Credential('{{"secret": ["{}"]}}', "x7Kd93jQpL0vb2Tz8"),
    "a list under a header's name": Credential('{{"headers": {{"x-api-key": ["{}"]}}}}', "x7Kd93jQpL0vb2Tz8"),
    "a word after a colon": Credential("could not log in with password: {}, user: app.", "correcthorse"),
    "a password in German": Credential("Das Passwort lautet {} und ist falsch.", "s3cr3tPa55"),
    "a password in HTML": Credential("&quot;password&quot;: &quot;{}&quot;", "s3cr3tPa55"),
    "a pair of a header": Credential("[('Accept', '*/*'), ('X-Api-Key', '{}')]", "x7Kd93jQpL0vb2Tz8"),
    "an object of a header": Credential('{{"name": "X-Api-Key", "value": "{}"}}', "x7Kd93jQpL0vb2Tz8"),
    "a digest": Credential('Authorization: Digest username="a", response="{}"', _HEX),
    ".netrc": Credential("machine example.com login app password {}", "correcthorse"),
    ".pgpass": Credential("localhost:5432:*:app:{}", "correcthorse"),
    "Kubernetes": Credential("kind: Secret\ndata:\n  url: {}\n", "aHR0cHM6Ly9leGFtcGxl"),
    "a service and a key": Credential("Algolia refused the key {}.", _HEX),
    "after a line break in JSON": Credential("It failed:\\n{}", _made_of("sk-", "9aXk2LmQ4tRv7wYzB3nC6dE8")),
    "a maker that is not listed": Credential("newco answered 401 for {}", _made_of("newco_live_", _MIXED)),
    "Oracle": Credential("jdbc:oracle:thin:scott/{}@//db-1:1521/ORCL", "t1gerLily"),
    "a bot of Telegram": Credential("https://api.telegram.org/bot{}/send", _made_of("712345678:", _MIXED)),
}

INNOCENT: tuple[str, ...] = (
    # Words, variables and places where a credential might stand.
    "It expects a file that begins with -----BEGIN PRIVATE KEY----- and got one of 12 lines; check the path",
    "PWD=/usr/src/app is not writable",
    "TypeError: OpenAI(api_key=self.api_key) got None",
    "Client(api_key=settings.api_key) failed at line 41",
    "the tokenizer has pad_token=[PAD] and 32000 words",
    "locale sk_SK.UTF-8 is not installed",
    "brokers http://localhost:3000,bob@example.com could not be reached",
    # Ids, hashes and encodings.
    "Job 3c90c3cc-0d44-4b50-8888-8dd25736052a was not found",
    "request_id=req_011CQwErTyUiOp9pA3sD6fG1",
    "checked out 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "image data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ is not a photograph",
    "trace 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "Graph 01ARZ3NDEKTSV4RRFFQ69G5FAV has no documents",
    'etag: "33a64df551425fcc55e4d42a148795d9f25f89d4"',
    "idempotency key 8e03978e-40d5-43dd-bc93-6894a57f9324 was used before",
    "cache key product:42:summary is stale",
    "primary key (id)=(42) already exists",
    'duplicate key value violates unique constraint "jobs_pkey"',
    "KeyError: 'customer_name'",
    "foreign key constraint fails: customer_id=4711",
    "missing key: customer_name in inputs",
    "unexpected key=customer_name in the form",
    "Partition key: customer-4711-europe",
    # Addresses of people and machines.
    "anna@example.com could not be reached at 10:38:17",
    "Mail to anna.karenina+work@mail.example.co.uk bounced: 550 5.1.1",
    "https://example.com/path?page=2&sort=name",
    "https://example.com:8443/a@b?x=1",
    "GET https://api.example.com/v1/jobs?cursor=eyJvIjoxMH0 answered 500",
    "http://localhost:8080/health answered 503",
    "ssh://git@git.example.com:22/team/project.git",
    "https://anna@git.example.com/team/project.git was not found",
    "s3://bucket/prefix/key=2026-11-23/part-0001.parquet",
    "error code=ECONNRESET, state=closed",
    "https://app.example.com/callback?error=access_denied&state=1",
    "code=invalid_request_error param=messages",
    # Tokens that are counted, and labels without a value.
    "max_tokens: 4096, prompt tokens: 128000",
    "token limit exceeded: 8192",
    "token limit 4096",
    "Unexpected token < in JSON at position 0",
    "Unexpected token: punc",
    "invalid token: expected string literal, found end of line",
    "token=expired",
    "Token: invalid",
    "The token is expired",
    "secret=missing",
    "access_token: null",
    '{"password": null, "token": ""}',
    '{"token": "required"}',
    '{"password": "must have at least 12 characters"}',
    "<password>required</password>",
    "docker run -u 1000:1000 image",
    "password is required",
    "The password was wrong",
    "password: must have at least 12 characters",
    "Password must contain: a digit, a sign",
    "Wrong password: try again in 30 seconds",
    "The API key is missing",
    "The API key is invalid or has been revoked",
    "Set the API key in the settings",
    "API key: not set",
    "api_key=<your key>",
    "api_key=$WRITER_API_KEY",
    "password=${DB_PASSWORD}",
    "password=********",
    "the secret of good tea is water",
    "secret: not found in vault",
    "Secret projects/42/secrets/db was not found",
    "AKIA is how such a key begins",
    "Bearer authentication is required",
    "Basic authentication is not supported",
    "Basic plan-2026 does not include it",
    "authorization: required",
    "authorization failed: insufficient permissions",
    "signature: expected 2 arguments, got 3",
    "def f(key: str, token: str | None = None) -> None",
    "author: Anna, signature: missing",
    "cookie consent is required",
    "Cookie: none",
    "session=closed after 30 s",
    "the task-force-of-2026 has no members",
    "sk-learn is not installed",
    "risk-assessment-2026 has no section 4",
    "hf_hub_download() failed",
    "npm_config_cache is not set",
    "pypi-server answered 503",
    "ya29 is no number",
    "SG. Peter Meyer",
    # As reviewers wrote them who had not seen the forms.
    "unexpected token: IDENTIFIER2",
    "next_page_token=cGFnZToz",
    "token = tokenizer.encode(text)",
    "Basic validation2 failed",
    "https://support.example.com/?ticket=SUP-48213-a7f3-2026",
    '{"password": ["This password is too short. It must have at least 8 characters."]}',
    "public key token=b77a5c561934e089",
    "PublicKeyToken=b77a5c561934e089",
    'expected "-----END PRIVATE KEY-----" at line 3',
    "the key 9f86d081884c7d659a2feaa0c55ad015 is not in the cache",
    "curl -u app https://example.com",
)
