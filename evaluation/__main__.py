"""``python -m evaluation``: answers every question with tool calls alone, and prints what each answer costs."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from evaluation.agent import connect_agent
from evaluation.answers import ANSWERS


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its one answer."""

    name: str
    question: str
    answer: str
    allow_retry: bool = False
    """True if the server offers ``retry_jobs``."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with the answer that was found, its cost, and the texts of the results."""

    question: Question
    answer: str
    call_count: int
    characters: int
    tokens: int
    text: str

    @property
    def is_right(self) -> bool:
        """True if it is the right answer."""
        return self.answer == self.question.answer


def read_questions() -> list[Question]:
    """Read the questions."""
    written = (Path(__file__).parent / "questions.json").read_text(encoding="utf-8")
    return [Question(**each) for each in json.loads(written)]


async def answer_question(asked: Question) -> Answered:
    """Let a new agent answer a question."""
    async with connect_agent(allow_retry=asked.allow_retry) as fresh:
        answer = await ANSWERS[asked.name](fresh)
        text = "\n".join(heard.text for heard in fresh.recorded_calls)
        return Answered(asked, answer, fresh.call_count, fresh.characters, fresh.tokens, text)


async def evaluate() -> list[Answered]:
    """Answer all questions."""
    return [await answer_question(question) for question in read_questions()]


def as_text(given: Sequence[Answered]) -> str:
    """Format a line for each answer, and the totals."""
    lines = [
        f"{'ok' if each.is_right else 'WRONG':<6}{each.call_count} calls {each.tokens:>6,} tokens  "
        f"{each.question.question} "
        f"{each.answer}" + ("" if each.is_right else f" (it is {each.question.answer})")
        for each in given
    ]
    right, tokens = sum(each.is_right for each in given), sum(each.tokens for each in given)
    calls, most = sum(each.call_count for each in given), max(each.call_count for each in given)
    lines.append(
        f"{right} of {len(given)} right, with {calls} calls (at most {most} for one) and about {tokens:,} tokens."
    )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the answers; the exit status is 1 if one is wrong."""
    given = anyio.run(evaluate)
    sys.stdout.write(as_text(given))
    return 0 if all(each.is_right for each in given) else 1


if __name__ == "__main__":
    sys.exit(main())
