"""Values for the holes of a template, by kind, drawn at random."""

import random
import string
from collections.abc import Callable

Draw = Callable[[random.Random], str]

_ADJECTIVES = (
    "amber brisk calm dusty eager faint golden hollow icy jolly keen lunar mellow noble opal plain quiet rustic silver tidal "  # noqa: E501 - as it reads best
    "urban vivid waxy young zesty"
).split()
_NOUNS = (
    "orders invoices customers redis kafka postgres billing checkout catalog ledger sensors flights tickets reviews beacon "  # noqa: E501 - as it reads best
    "harbor lantern meadow orchard pebble quarry ribbon saddle timber walnut falcon otter badger heron lynx alice bob carol "  # noqa: E501 - as it reads best
    "dave erin frank grace heidi ivan judy mallory oscar peggy trent victor wendy paris oslo tokyo lima cairo quito"
).split()
_TYPES = (
    "str int float bool bytes list dict tuple NoneType Decimal datetime Path ndarray DataFrame Series object".split()
)
_EXTENSIONS = "txt csv json yaml log pdf png tmp dat conf py".split()
_DOMAINS = "example.com corp.internal acme.io svc.cluster.local shop.example.org".split()
ERRORS = (
    "Connection refused",
    "[Errno 2] No such file or directory",
    "timed out",
    "Permission denied",
    "unexpected end of data",
    "certificate has expired",
    "Broken pipe",
    "No space left on device",
    "division by zero",
    "Name or service not known",
)


def _noun(r: random.Random) -> str:
    return r.choice(_NOUNS)


def name(r: random.Random) -> str:
    """Draw a name as programs have them, from a plain word to CamelCase."""
    a, b = r.choice(_ADJECTIVES), r.choice(_NOUNS)
    return r.choice(
        (b, b, f"{a}_{b}", f"{a}-{b}", f"{a.title()}{b.title()}", f"{b}{r.randrange(100)}", f"{a}.{b}", b.title())
    )


def number(r: random.Random) -> str:
    """Draw a whole number of any size."""
    return str(r.choice((0, 1, 2, 3, r.randrange(10), r.randrange(100), r.randrange(10_000), r.randrange(10**9))))


def decimal(r: random.Random) -> str:
    """Draw a number with decimals."""
    return f"{r.random() * 10 ** r.randrange(5):.{r.randrange(1, 5)}f}"


def identifier(r: random.Random) -> str:
    """Draw a UUID, a digest or a prefixed id."""
    digits = f"{r.getrandbits(128):032x}"
    return r.choice(
        (
            f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",
            digits,
            digits[:12],
            f"{r.choice(('job', 'req', 'task', 'org'))}_{''.join(r.choices(string.ascii_letters + string.digits, k=16))}",  # noqa: E501 - as it reads best
        )
    )


def hexadecimal(r: random.Random) -> str:
    """Draw a memory address or a code."""
    return f"0x{r.getrandbits(r.choice((16, 32, 48))):x}"


def path(r: random.Random) -> str:
    """Draw a path or a file name."""
    parts = [r.choice(_NOUNS) for _ in range(r.randrange(1, 4))]
    file = f"{r.choice(_ADJECTIVES)}{r.choice(('', '-', '_'))}{r.randrange(100)}.{r.choice(_EXTENSIONS)}"
    return r.choice((f"/var/{'/'.join(parts)}/{file}", f"/home/{'/'.join(parts)}", file, f"{'/'.join(parts)}/{file}"))


def host(r: random.Random) -> str:
    """Draw a host, by name or address."""
    return r.choice(
        (f"{_noun(r)}.{r.choice(_DOMAINS)}", ".".join(str(r.randrange(256)) for _ in range(4)), "localhost")
    )


def url(r: random.Random) -> str:
    """Draw a URL."""
    return f"https://{_noun(r)}.{r.choice(_DOMAINS)}/{_noun(r)}/{r.randrange(10_000)}"


def address(r: random.Random) -> str:
    """Draw a host with its port."""
    return f"{host(r)}:{r.randrange(1024, 65536)}"


def moment(r: random.Random) -> str:
    """Draw a date with its time."""
    day, clock = (
        f"2026-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}",
        f"{r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}",
    )
    return r.choice((f"{day} {clock}", f"{day}T{clock}Z", f"{day} {clock}.{r.randrange(10**6):06}+00:00"))


def phrase(r: random.Random) -> str:
    """Draw words that a user typed."""
    return " ".join(_noun(r) for _ in range(r.randrange(2, 5)))


def type_name(r: random.Random) -> str:
    """Draw a type."""
    return r.choice(_TYPES)


def quoted(draw: Draw) -> Draw:
    """Return a draw of the same in quotation marks."""
    return lambda r: f"'{draw(r)}'"


def listed(draw: Draw) -> Draw:
    """Return a draw of several, as Python prints a list."""
    return lambda r: "[" + ", ".join(f"'{draw(r)}'" for _ in range(r.randrange(1, 6))) + "]"


def anything(r: random.Random) -> Draw:
    """Choose a kind for a hole of unknown meaning."""
    return r.choice((name, name, name, name, number, number, path, identifier, host, quoted(name), phrase))


_HINTS: tuple[tuple[str, Draw], ...] = (
    ("uuid digest sha hash guid token request_id trace", identifier),
    ("url uri link endpoint", url),
    ("path file dir folder dest src filename", path),
    ("hostport netloc peername sockname", address),
    ("host server addr ip node broker", host),
    ("timestamp date datetime when expires", moment),
    ("elapsed duration seconds ratio percent rate", decimal),
    ("count num len size total max min limit port pid code status lineno line index idx offset attempt retries n i j rank dim "  # noqa: E501 - as it reads best
     "ndim length width timeout version status_code exitcode returncode rc errno bytes", number),
    ("type cls class dtype", type_name),
    ("names columns keys fields args values options choices missing extra unknown items hosts", listed(name)),
    ("id ids", identifier),
)  # fmt: skip
_BY_WORD = {word: draw for words, draw in _HINTS for word in words.split()}


def by_name(expression: str, r: random.Random) -> Draw:
    """Choose a kind by the name of the printed expression."""
    words = "".join(c if c.isalpha() else " " for c in expression).lower().split()
    for word in reversed(words):
        if word in _BY_WORD:
            return _BY_WORD[word]
    return anything(r)
