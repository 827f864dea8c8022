"""Templates from JavaScript: what is thrown or logged, as template literals or sums."""

import random
import re
from collections.abc import Iterator

from benchmarks.grouping.corpora import Template
from benchmarks.grouping.values import ERRORS, Draw, by_name

_LITERAL = re.compile(
    r"\b(?:\w*Error|(?:console|log|logger|this\.log|winston)\.\w+|reject|fail|warn|debug)\(\s*`(?P<text>(?:[^`\\$]|\\.|\$(?!\{)|\$\{[^{}`]*\})*)`"
)
_STRING = re.compile(r"\b\w*Error\(\s*(?P<quote>[\"'])(?P<text>(?:(?!(?P=quote))[^\\\n]|\\.)*)(?P=quote)")
_HOLE = re.compile(r"\$\{([^{}`]*)\}")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ERROR = re.compile(r"(?:^|\b)(?:e|ex|err|error|cause|reason|message|msg|stack)(?:\b|$)", re.IGNORECASE)


def templates(source: bytes) -> Iterator[Template]:
    """Yield a template for each call site that can be parsed."""
    text = source.decode(errors="replace")
    for found in (*_LITERAL.finditer(text), *_STRING.finditer(text)):
        pieces = _HOLE.split(found["text"])
        r = random.Random(found["text"])  # noqa: S311 - it must be the same each time
        texts, holes = [_unescaped(pieces[0])], list[Draw]()
        for expression, constant in zip(pieces[1::2], pieces[2::2], strict=True):
            if _ERROR.search(expression):
                texts[-1] += r.choice(ERRORS) + _unescaped(constant)
            else:
                holes.append(by_name(re.sub(r"([A-Z])", r" \1", expression), r))
                texts.append(_unescaped(constant))
        yield Template(tuple(texts), tuple(holes))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda escape: {"n": "\n", "t": "\t"}.get(escape[1], escape[1]), text)
