"""A table of credentials in realistic texts, and of innocent texts that look alike, to measure the masking.

The texts were written after the makers' documents, before the forms were tuned on half of them. Each line of
``tests/data/secret_table/*.txt`` is a template; ``«`` and ``»`` enclose its secrets. The secrets are made up when the
table is read: ``<an36>`` is 36 letters and digits, always the same ones for the same template.
"""

import base64
import re
import string
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import NamedTuple

from writer_jobs_mcp.sanitize.secrets import MASK
from writer_jobs_mcp.sanitize.text import sanitize

_FOLDER = Path(__file__).parents[1] / "data" / "secret_table"
_LETTERS = string.ascii_letters
_BASE64 = _LETTERS + string.digits + "+/"
_ALPHABETS = {
    "an": _LETTERS + string.digits,
    "al": _LETTERS,
    "low": string.ascii_lowercase + string.digits,
    "up": string.ascii_uppercase + string.digits,
    "UP": "023456789ACDEFGHJKLMNPQRSTUVWXYZ",
    "dig": string.digits,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "bs": _BASE64,
    "ur": _LETTERS + string.digits + "-_",
    "bt": "abcdefghijklmnopqrstuvwxyz234567",
    "b32up": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
}
_OTHER_FIELDS = (
    *("uuid", "word", "pass", "sym2", "sym", "basic", "jwt"),
    *("pemesc2x", "pemesc", "pemurl", "pem", "b64pass", "b64word", "b64long", "b64docker"),
)
_FIELD = re.compile(rf"<({'|'.join([*_ALPHABETS, *_OTHER_FIELDS])})(\d*)>")
_WORDS = (
    "marmalade bluebonnet sommerregen thunderbolt caramel harborlight snowdrift paprika lighthouse goldfinch copperleaf"
    " wanderlust cinnamon buttercup northwind elderflower tangerine moonstone waterfall juniper"
).split()


class Row(NamedTuple):
    """One text; an innocent one has no secrets."""

    kind: str
    text: str
    secrets: tuple[str, ...]
    is_held_out: bool  # not looked at while the forms are tuned

    @property
    def is_shown(self) -> bool:
        """Whether a secret, or more than a third of one in a row, is left in the sanitized text."""
        shown = sanitize(self.text)
        around = self.text
        for secret in self.secrets:
            around = around.replace(secret, "\n\n")
        return any(_is_part_shown(secret, shown.replace(MASK, "\n\n"), around) for secret in self.secrets)

    @property
    def is_spoilt(self) -> bool:
        """Whether anything in the text is masked."""
        return MASK in sanitize(self.text)


class Rates(NamedTuple):
    """How many of the rows of one kind went wrong."""

    wrong: int
    total: int

    @property
    def percent(self) -> float:
        """The share that went wrong."""
        return 100 * self.wrong / self.total if self.total else 0.0


def secret_rows(*, held_out: bool) -> list[Row]:
    """Return the texts of one half that hold secrets."""
    return [row for row in _rows() if row.secrets and row.is_held_out == held_out]


def innocent_rows(*, held_out: bool) -> list[Row]:
    """Return the texts of one half that hold none."""
    return [row for row in _rows() if not row.secrets and row.is_held_out == held_out]


def rates(rows: Iterable[Row], is_wrong: Callable[[Row], bool]) -> dict[str, Rates]:
    """Count what went wrong by kind, and in all."""
    by_kind: dict[str, Rates] = {}
    for row in rows:
        wrong = is_wrong(row)
        for kind in (row.kind, "all"):
            old = by_kind.get(kind, Rates(0, 0))
            by_kind[kind] = Rates(old.wrong + wrong, old.total + 1)
    return by_kind


def _rows() -> Iterator[Row]:
    for path in sorted(_FOLDER.glob("*.txt")):
        kind = path.stem.replace("_", " ")
        for line in path.read_text(encoding="utf-8").splitlines():
            if path.stem == "innocent" and line.startswith("# "):
                kind = line[2:]
            elif line and not line.startswith("# "):
                yield _row(kind, line)


def _row(kind: str, template: str) -> Row:
    digest = sha256(template.encode()).digest()
    rng = Random(digest)  # noqa: S311 - the same secrets in every run
    text = _FIELD.sub(lambda field: _value(field[1], int(field[2] or 0), rng), template)
    text = text.replace("⏎", "\n").replace("⇥", "\t")
    secrets = tuple(re.findall("«(.*?)»", text, re.DOTALL))
    return Row(kind, re.sub("[«»]", "", text), secrets, digest[0] % 2 == 1)


def _value(name: str, size: int, rng: Random) -> str:
    if alphabet := _ALPHABETS.get(name):
        return "".join(rng.choices(alphabet, k=size))
    if name.startswith("pem"):
        separator = {"pem": "\n", "pemesc": r"\n", "pemesc2x": r"\\n", "pemurl": "%0A"}[name]
        return separator.join(_value("bs", 64, rng) for _ in range(size))
    word, other = rng.sample(_WORDS, 2)
    number = str(rng.randrange(10, 9_999))
    digits = _value("hex", 32, rng)
    made = {
        "uuid": f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}",
        "word": word,
        "pass": f"{word.capitalize()}{number}{other.capitalize()}",
        "sym": f"{word[:4].capitalize()}{rng.choice('!$%&*+?@^~')}{number}{rng.choice('!#*+,-.;=?@^_~')}{other[:5]}",
        "sym2": f"{word[:4].capitalize()}{rng.choice('!$*-_.~')}{number}{rng.choice('!*-_.~+')}{other[:5]}",
        "jwt": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{_value('ur', 40, rng)}.{_value('ur', 43, rng)}",
    }
    return made.get(name) or _encoded(name, f"{word}:{number}{other}", rng)


def _encoded(name: str, user: str, rng: Random) -> str:
    texts = {
        "basic": user,
        "b64pass": user.partition(":")[2],
        "b64word": f"offset={user.partition(':')[2]}",
        "b64long": f"https://example.com/{user.replace(':', '/')}/{_value('low', 30, rng)}",
        "b64docker": f'{{"auths":{{"registry.example.com":{{"auth":"{user}"}}}}}}',
    }
    return base64.b64encode(texts[name].encode()).decode()


def _is_part_shown(secret: str, shown: str, around: str) -> bool:
    size = len(secret) // 3 + 1
    parts = {secret[at : at + size] for at in range(len(secret) - size + 1)}
    return any(part in shown and part not in around for part in parts)
