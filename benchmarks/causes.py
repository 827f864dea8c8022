"""``python -m benchmarks.causes``: how often the classifier finds the cause that a reader gave to a reported error.

``--wrong`` lists the texts of the tuned half that it gets wrong. Those of the other parts are never printed, since
rules that are made from them would no longer be measured by them.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tests.data.reported_errors import PARTS, Part, ReportedError, reported_errors
from writer_jobs_mcp.failures import Cause, classify_error


class Outcome(NamedTuple):
    """A text, and what the classifier makes of it."""

    row: ReportedError
    found: Cause

    @property
    def right(self) -> bool:
        """Whether a reader would accept the category."""
        return self.found.category in (self.row.category, self.row.also)

    @property
    def right_retry(self) -> bool:
        """Whether the advice is the reader's too; where the second category was found, its own advice is."""
        return self.right and (self.found.category != self.row.category or self.found.retry == self.row.retry)

    @property
    def missed(self) -> bool:
        """Whether a cause was not found."""
        return not self.right and self.found.category == "unknown"


def outcomes(part: Part) -> Sequence[Outcome]:
    """Classify the texts of one part."""
    return [Outcome(row, classify_error(row.error)) for row in reported_errors(part)]


def table(part: Part, found: Sequence[Outcome]) -> Iterator[str]:
    """Yield the figures of one part as Markdown: by language, without and with a cause, and of all."""
    yield f"| {part} | texts | right | with the right retry | another known cause | unknown instead of a cause |"
    yield "|---|--:|--:|--:|--:|--:|"
    for language in sorted({outcome.row.language for outcome in found}):
        yield _line(language, [outcome for outcome in found if outcome.row.language == language])
    yield _line("that name no cause", [outcome for outcome in found if outcome.row.category == "unknown"])
    yield _line("that name a cause", [outcome for outcome in found if outcome.row.category != "unknown"])
    yield _line("all", found)


def _line(label: str, found: Sequence[Outcome]) -> str:
    right, missed = sum(one.right for one in found), sum(one.missed for one in found)
    retry, other = sum(one.right_retry for one in found), len(found) - right - missed
    return f"| {label} | {len(found)} | {right} ({right / len(found):.0%}) | {retry} | {other} | {missed} |"


def wrong(found: Iterable[Outcome]) -> Iterator[str]:
    """Yield each text whose category or retry is wrong, with what was found, what is right, and the evidence."""
    for row, cause in (outcome for outcome in found if not outcome.right_retry):
        accepted = f"{row.category}/{row.retry}" + (f" or {row.also}" if row.also else "")
        evidence = json.dumps(cause.evidence, ensure_ascii=False)
        yield f"{row.language} {cause.category}/{cause.retry}, right is {accepted}, evidence {evidence}"
        yield f"    {json.dumps(row.error, ensure_ascii=False)}"


def main() -> None:
    """Classify, and print the tables."""
    parser = argparse.ArgumentParser("benchmarks.causes", description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="only this part")
    parser.add_argument("--wrong", action="store_true", help="list the texts of the tuned half that it gets wrong")
    arguments = parser.parse_args()
    parts: Sequence[Part] = (arguments.part,) if arguments.part else PARTS
    for part in parts:
        found = outcomes(part)
        print(*table(part, found), "", sep="\n")
        if arguments.wrong and part == "tuned":
            print(*wrong(found), "", sep="\n")


if __name__ == "__main__":
    main()
