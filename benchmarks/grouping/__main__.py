"""Print the grouping accuracy of this project and of the baselines, for each corpus and on average."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.grouping import catalogues, javascript, python
from benchmarks.grouping.accuracy import grouping_accuracy
from benchmarks.grouping.corpora import Corpus, corpus
from benchmarks.grouping.packages import HELD_OUT, TUNED_ON, files
from writer_jobs_mcp.failures import group_failures

Grouping = Callable[[Sequence[str]], Sequence[Hashable]]
_LANGUAGES = ("de", "fr", "es", "ru", "ja", "zh_CN")


def ours(messages: Sequence[str]) -> list[int]:
    """Return the number of each message's group."""
    found = [0] * len(messages)
    for number, group in enumerate(group_failures(messages)):
        for position in group.members:
            found[position] = number
    return found


def corpora(half: dict[str, str], cache: Path) -> Iterator[Corpus]:
    """Yield the corpora of one half of the sources."""
    made = [
        *(
            corpus("python", package, [
                t for _, source in files("python", package, ".py", cache) for t in python.templates(source)
            ])
            for package in half["python"].split()
        ),
        *(
            corpus("javascript", package, [
                t
                for suffix in (".js", ".mjs", ".cjs")
                for _, source in files("javascript", package, suffix, cache)
                for t in javascript.templates(source)
            ])
            for package in half["javascript"].split()
        ),
        *(
            corpus("gettext" if language == "en" else "translations", f"{package} {language}", [
                t
                for path, content in files("gettext", package, ".mo", cache)
                if f"/{'de' if language == 'en' else language}/" in str(path)
                for t in catalogues.templates(content, translated=language != "en")
            ])
            for number, package in enumerate(half["gettext"].split())
            for language in ("en", _LANGUAGES[number % 6], _LANGUAGES[(number + 3) % 6])
        ),
    ]  # fmt: skip
    yield from (one for one in made if one)


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("tuned-on", "held-out", "both"), default="both")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "grouping-sources")
    parser.add_argument("--ours-only", action="store_true")
    options = parser.parse_args()
    groupings: dict[str, Grouping] = {"ours": ours}
    if not options.ours_only:
        from benchmarks.grouping.baselines import by_drain, by_masking  # noqa: PLC0415 - drain3 is needed only here

        groupings |= {"masking": by_masking, "Drain": by_drain}
    for name, half in (("tuned-on", TUNED_ON), ("held-out", HELD_OUT)):
        if options.half in (name, "both"):
            _print(name, corpora(half, options.cache), groupings)


def _print(half: str, measured: Iterator[Corpus], groupings: dict[str, Grouping]) -> None:
    out = sys.stdout
    out.write(f"\n| {half} | corpus | {' | '.join(groupings)} |\n|{'---|' * (len(groupings) + 2)}\n")
    families: dict[str, list[list[float]]] = defaultdict(list)
    for one in measured:
        row = [grouping_accuracy(one.truth, grouping(one.messages)) for grouping in groupings.values()]
        families[one.family].append(row)
        out.write(f"| {one.family} | {one.name} | {_percent(row)} |\n")
        out.flush()
    for family, rows in families.items():
        out.write(f"| **{family}** | mean of {len(rows)} | {_percent([fmean(c) for c in zip(*rows, strict=True)])} |\n")


def _percent(row: Sequence[float]) -> str:
    return " | ".join(f"{100 * value:.1f}" for value in row)


if __name__ == "__main__":
    main()
