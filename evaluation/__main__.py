"""``python -m evaluation`` answers every question by tool calls alone, and prints what each answer costs."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from evaluation.agent import agent
from evaluation.answers import ANSWERS


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its one answer."""

    name: str
    question: str
    answer: str
    allow_retry: bool = False
    """Whether the server offers ``retry_jobs``."""


@dataclass(frozen=True, slots=True)
class Given:
    """The answer that was found, what it costs, and the texts of the results."""

    question: Question
    answer: str
    calls: int
    characters: int
    tokens: int
    text: str

    @property
    def right(self) -> bool:
        """Whether it is the right answer."""
        return self.answer == self.question.answer


def questions() -> list[Question]:
    """Read the questions."""
    written = (Path(__file__).parent / "questions.json").read_text(encoding="utf-8")
    return [Question(**each) for each in json.loads(written)]


async def answered(asked: Question) -> Given:
    """Let an agent that has seen nothing before answer a question."""
    async with agent(allow_retry=asked.allow_retry) as fresh:
        answer = await ANSWERS[asked.name](fresh)
        text = "\n".join(heard.text for heard in fresh.heard)
        return Given(asked, answer, fresh.calls, fresh.characters, fresh.tokens, text)


async def evaluation() -> list[Given]:
    """Answer all questions."""
    return [await answered(question) for question in questions()]


def as_text(given: Sequence[Given]) -> str:
    """Write a line for each answer, and the sum."""
    lines = [
        f"{'ok' if each.right else 'WRONG':<6}{each.calls} calls {each.tokens:>6,} tokens  {each.question.question} "
        f"{each.answer}" + ("" if each.right else f" (it is {each.question.answer})")
        for each in given
    ]
    right, tokens = sum(each.right for each in given), sum(each.tokens for each in given)
    calls, most = sum(each.calls for each in given), max(each.calls for each in given)
    lines.append(
        f"{right} of {len(given)} right, with {calls} calls (at most {most} for one) and about {tokens:,} tokens."
    )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the answers; the exit status is 1 if one is wrong."""
    given = anyio.run(evaluation)
    sys.stdout.write(as_text(given))
    return 0 if all(each.right for each in given) else 1


if __name__ == "__main__":
    sys.exit(main())
