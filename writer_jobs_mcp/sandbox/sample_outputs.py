"""What completed jobs say: prose of the length and language a seed asks for, made when it is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from random import Random
from string import Template

from pydantic import TypeAdapter

from writer_jobs_mcp.sandbox.seeded import TemplateValues

MIN_CHARS, MAX_CHARS = 200, 6_000
"""Bounds of every output, in characters."""

_MARGIN = 1_000  # what the last block and the ending may add to the length aimed at

_SENTENCE_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class OutputTemplates:
    """What one application says in one language; `$slots` in the phrases are filled from `words`."""

    weight: int
    heads: list[str]
    lines: list[str]
    points: list[str]
    ends: list[str]
    words: dict[str, list[str]]
    joiner: str = " "


def sample_output(rng: Random, application: str) -> str:
    """An output of the application with this alias, `SHORTEST` to `LONGEST` characters of plain Markdown.

    Most are short and few are long, as outputs are; some hold lists, all hold line breaks.
    """
    vocabularies = _load_templates(application)
    phrases = rng.choices(vocabularies, [vocabulary.weight for vocabulary in vocabularies])[0]
    aim = MIN_CHARS + int((MAX_CHARS - _MARGIN - MIN_CHARS) * rng.random() ** 3)
    lines = _repeat_sentences(rng, phrases.lines)
    body: list[str] = []
    while sum(map(len, body)) < aim:
        body.append(phrases.joiner.join(islice(lines, rng.randint(2, 4))))
        if rng.random() < 1 / 3:
            body.append("\n".join(f"- {point}" for point in rng.sample(phrases.points, k=3)))
    text = "\n\n".join([rng.choice(phrases.heads), *body, rng.choice(phrases.ends)])
    return Template(text).substitute(TemplateValues(lambda slot: rng.choice(phrases.words[slot])))


def _repeat_sentences(rng: Random, lines: list[str]) -> Iterator[str]:
    """The opening line, then most of the others in the order they were written, again and again."""
    yield lines[0]
    while True:
        yield from (line for line in lines[1:] if rng.random() < _SENTENCE_SHARE)


@cache
def _load_templates(application: str) -> list[OutputTemplates]:
    source = resources.files("writer_jobs_mcp.sandbox").joinpath("phrases", f"{application}.json")
    return list(TypeAdapter(dict[str, OutputTemplates]).validate_json(source.read_bytes()).values())
