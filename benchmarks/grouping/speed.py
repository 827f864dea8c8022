"""Measure the time to group 100,000 messages of each kind, and the memory of the table of groups."""

import multiprocessing
import random
import resource
import sys
import time
from collections.abc import Iterator

from benchmarks.grouping.values import name, number, path
from writer_jobs_mcp.failures import FailureGroups
from writer_jobs_mcp.failures.grouping.tokens import stems

MESSAGES = 100_000
SHORT = 8  # words
KINDS = ("of 20 templates", "of 5,000 templates", "all distinct", "2,000 characters long", "random words")
_WORDS = sorted(stems())


class _Count:
    def __init__(self) -> None:
        self.count = 0

    def add(self, item: int) -> None:
        self.count += item

    def merged(self, others: "Iterator[_Count]") -> "_Count":
        out = _Count()
        out.count = self.count + sum(other.count for other in others)
        return out


def messages(kind: str, count: int) -> Iterator[str]:
    """Yield messages of a kind."""
    r = random.Random(kind)  # noqa: S311 - the same each time
    number_of = {"of 20 templates": 20, "2,000 characters long": 20}.get(kind, 5_000)
    length = 150 if kind == "2,000 characters long" else SHORT
    templates = [[r.choice(_WORDS) for _ in range(length)] for _ in range(number_of)]
    for at in range(count):
        if kind == "all distinct":
            yield f"{at} {r.choice(_WORDS)} {name(r)} {at:x} is {r.choice(_WORDS)} in {path(r)} {r.choice(_WORDS)} {at}"
        elif kind == "random words":
            yield " ".join(r.choices(_WORDS, k=20))
        else:
            words = r.choice(templates)
            half = len(words) // 2
            filled = (f"{name(r)} {number(r)} " for _ in range(30 if length > SHORT else 1))
            yield f"{' '.join(words[:half])} {''.join(filled)}{' '.join(words[half:])}: {path(r)}"


def _measured(kind: str, count: int) -> tuple[float, float, int]:
    given = list(messages(kind, count))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    table = FailureGroups[int, _Count](_Count)
    for message in given:
        table.add(message, 1)
    groups = sum(1 for _ in table.groups())
    seconds = time.perf_counter() - started
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, groups


def main() -> None:
    """Print a table in Markdown; measure each figure in its own process."""
    sys.stdout.write("| messages | 10,000: s | 100,000: s | 100,000: MB | groups |\n|---|---|---|---|---|\n")
    for kind in KINDS:
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            (few, _, _), (many, megabytes, groups) = pool.starmap(
                _measured, [(kind, MESSAGES // 10), (kind, MESSAGES)], chunksize=1
            )
        sys.stdout.write(f"| {kind} | {few:.1f} | {many:.1f} | {megabytes:.0f} | {groups:,} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
