"""Make corpora whose grouping is known: each message is made from a template of some program."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.grouping.values import Draw

MESSAGES = 2_000  # of a corpus, as in the published ones
TEMPLATES = 120  # at most
FEWEST = 10  # templates of a program worth measuring
LENGTH = 400  # characters of constant text
WORDS = 2  # a template of fewer says nothing of its own


@dataclass(frozen=True)
class Template:
    """What a call site prints: constant texts with a hole between each two."""

    texts: tuple[str, ...]
    holes: tuple[Draw, ...]

    @property
    def identity(self) -> str:
        """Equal for call sites that print the same."""
        return " ".join(re.sub(r"\d+", "0", "\0".join(self.texts)).split()).strip()

    @property
    def is_telling(self) -> bool:
        """Whether its constant words mean something."""
        words = re.findall(r"[^\W\d_]{2,}", " ".join(self.texts))
        return len(words) >= WORDS and len("".join(self.texts)) < LENGTH


@dataclass(frozen=True)
class Corpus:
    """Messages, and the template that each was made from."""

    family: str
    name: str
    messages: Sequence[str]
    truth: Sequence[int]


def corpus(family: str, name: str, templates: Sequence[Template]) -> Corpus | None:
    """Make messages of a program, as skewed as programs are: a few templates give most of them.

    None if the program has too few templates. The same for the same templates.
    """
    r = random.Random(f"{family}/{name}")  # noqa: S311 - it must be the same each time
    unique = {template.identity: template for template in templates if template.is_telling}
    chosen = [unique[identity] for identity in sorted(unique)]
    r.shuffle(chosen)
    chosen = chosen[:TEMPLATES]
    if len(chosen) < FEWEST:
        return None
    weights = [1 / (rank + 1) for rank in range(len(chosen))]
    fillers = [_Filler(template, r) for template in chosen]
    truth = sorted(r.choices(range(len(chosen)), weights, k=MESSAGES))
    r.shuffle(truth)
    return Corpus(family, name, [fillers[number](r) for number in truth], truth)


class _Filler:
    def __init__(self, template: Template, r: random.Random) -> None:
        self._texts = template.texts
        # Some places have one value for all their messages, some a few, most many.
        self._pools = [[draw(r) for _ in range(r.choice((1, 2, 3, 8, 50, 500, 500, 500)))] for draw in template.holes]

    def __call__(self, r: random.Random) -> str:
        out = self._texts[0]
        for pool, text in zip(self._pools, self._texts[1:], strict=True):
            out += r.choice(pool) + text
        return out
