"""Templates from message catalogues of C programs, in English and in translation."""

import gettext
import io
import random
import re
from collections.abc import Iterator

from benchmarks.grouping.corpora import Template
from benchmarks.grouping.values import ERRORS, Draw, anything, decimal, hexadecimal, name, number, path

LETTERS = 12  # a shorter message is a label
_HOLE = re.compile(
    r"%(?:\d+\$)?[-+ #0']*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t|q|L)?(?P<kind>[diouxXeEfgGcspm%])"
)
_HELP = re.compile(r"^\s*-|usage|--\w+|\n.*\n", re.IGNORECASE)


def templates(catalogue: bytes, *, translated: bool) -> Iterator[Template]:
    """Yield a template for each message with a hole, and for a third of the others."""
    try:
        messages = gettext.GNUTranslations(io.BytesIO(catalogue))._catalog  # type: ignore[attr-defined]
    except (OSError, UnicodeDecodeError, ValueError):
        return
    for key, translation in messages.items():
        original = key[0] if isinstance(key, tuple) else key
        if not original or _HELP.search(original) or len(original) < LETTERS:
            continue
        text = translation if translated else original
        r = random.Random(original)  # noqa: S311 - it must be the same each time
        if "%" in original or r.random() < 1 / 3:
            yield _template(text.split("\4")[-1].strip(), r)


def _template(text: str, r: random.Random) -> Template:
    texts, holes, end = [""], list[Draw](), 0
    for found in _HOLE.finditer(text):
        texts[-1] += text[end : found.start()]
        end = found.end()
        kind = found["kind"]
        if kind == "%":
            texts[-1] += "%"
        elif kind == "m" or (kind == "s" and end == len(text) and text[: found.start()].endswith(": ")):
            texts[-1] += r.choice(ERRORS)
        else:
            holes.append(_draw(kind, r))
            texts.append("")
    return Template((*texts[:-1], texts[-1] + text[end:]), tuple(holes))


def _draw(kind: str, r: random.Random) -> Draw:
    if kind in "diou":
        return number
    if kind in "xXp":
        return hexadecimal
    if kind in "eEfgG":
        return decimal
    return r.choice((name, name, path, anything(r)))
