"""Generates outputs of completed jobs: text whose length and language depend on a seed."""

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
"""Limits of every output, in characters."""

_MARGIN = 1_000  # how much the last block and the ending may add to the target length
_SENTENCE_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class OutputTemplates:
    """Text parts of one application in one language; their `$variables` are filled from `words`."""

    weight: int
    heads: list[str]
    lines: list[str]
    points: list[str]
    ends: list[str]
    words: dict[str, list[str]]
    joiner: str = " "


def sample_output(rng: Random, application: str) -> str:
    """Generate an output of the application with this alias, `MIN_CHARS` to `MAX_CHARS` characters of plain Markdown.

    Most are short and few are long, as real outputs are; some contain lists, all contain line breaks.
    """
    languages = _load_templates(application)
    texts = rng.choices(languages, [language.weight for language in languages])[0]
    target = MIN_CHARS + int((MAX_CHARS - _MARGIN - MIN_CHARS) * rng.random() ** 3)
    lines = _repeat_sentences(rng, texts.lines)
    body: list[str] = []
    while sum(map(len, body)) < target:
        body.append(texts.joiner.join(islice(lines, rng.randint(2, 4))))
        if rng.random() < 1 / 3:
            body.append("\n".join(f"- {point}" for point in rng.sample(texts.points, k=3)))
    text = "\n\n".join([rng.choice(texts.heads), *body, rng.choice(texts.ends)])
    return Template(text).substitute(TemplateValues(lambda name: rng.choice(texts.words[name])))


def _repeat_sentences(rng: Random, lines: list[str]) -> Iterator[str]:
    """Yield the first line, then most of the others in their order, again and again."""
    yield lines[0]
    while True:
        yield from (line for line in lines[1:] if rng.random() < _SENTENCE_SHARE)


@cache
def _load_templates(application: str) -> list[OutputTemplates]:
    source = resources.files("writer_jobs_mcp.sandbox").joinpath("output_texts", f"{application}.json")
    return list(TypeAdapter(dict[str, OutputTemplates]).validate_json(source.read_bytes()).values())
