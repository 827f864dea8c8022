"""``python -m benchmarks.texts.linear_time 300``: does the time of each step that works on text grow as the text does?

Each step runs on as many texts as given, made of random fragments: quotation marks, brackets, dots, escapes, the
beginnings of tokens. Exits with 1 if a step takes more than linear time.
"""

import argparse
import sys
import time
from collections.abc import Callable, Generator
from random import Random

from writer_jobs_mcp.failures import classify_error
from writer_jobs_mcp.failures.grouping.template import parse_template
from writer_jobs_mcp.sanitize.slices import sanitize_slice
from writer_jobs_mcp.sanitize.text import json_quote, sanitize
from writer_jobs_mcp.sanitize.truncate import preview

# fmt: off
FRAGMENTS = (
    *('"', "'", "`", "“", "”", "«", "„", "「", '\\"', '\\\\"', "\\", "\\n", '"\\', "{", "}", "[", "]", "(", ")", "<",
        ">", "</p>"),
    *(".", "..", "._", ",", ", ", ",x", ": ", ":", "=", "= ", "==", "/", "\\x", "@", "a@", "a.b@c", "-", "--", "_",
        "|", "~", "#"),
    *("a", "Ab", "ab ", "abc, ", "and ", "or c", "of ", "0", "1:", "12", "1.2", "500 ", "0a:", "deadbeef", "é", "́",
        "错", "が"),
    *("http:", "http://", "a://a:", "www.", "GET /", "C:\\", "/a/", "mon ", "jan 1 ", "2026-01-01 ", "a.py",
        "error: ", "Error("),
    *("Input: ", "if ", "Traceback (most recent call last):", "\n  at a.b(", '\n  File "a", line 1, in b',
        "Caused by:", "\n", " ", "\t"),
    *("sk-", "ghp_", "eyJ", "SG.", "key=", "api key: ", "token ", 'token": "', "password='", "secret is ", "bearer ",
        "basic ", "cookie: a="),
    *("-----BEGIN PRIVATE KEY-----", "?key=", "authorization: ", "--token ", "\x1b]", "\x1b[", "\x90", "\u200b",
        "\u202e", "[masked]"),
    *('{"a": ', '{"error": {"message": "', '["', "{'a': '", '"code": 4', '\\"message\\": \\"', '"reason":',
        "status=", "HTTP 5", "failed with "),
)
# fmt: on
"""What the patterns look for, or begin with: a pattern costs most on text that almost matches."""

_GROWTH = 4  # times as long
_MAX_RATIO = 9.0  # of the times: linear is 4, and noise; quadratic is 16
_MIN_SECONDS = 0.004  # below it, most of the time is noise and what is done once per text

Step = Callable[[str], object]
STEPS: dict[str, tuple[Step, int]] = {
    "sanitize": (sanitize, 16_000),
    "sanitize_slice": (lambda long: sanitize_slice(long, len(long) // 2, 4_000), 16_000),
    "preview": (lambda long: preview(long, 160), 16_000),
    "json_quote": (json_quote, 16_000),
    "parse_template": (parse_template, 4_000),
    "classify_error": (classify_error, 8_000),
}
"""Each step, and the characters of the texts that it runs on."""


def rows(texts: int) -> Generator[tuple[str, bool]]:
    """Yield a row for each step, with its worst growth and its longest time, and whether it is linear."""
    for name, (step, length) in STEPS.items():
        rng = Random(11)  # noqa: S311 - the same texts in every run
        worst, worst_text, longest, longest_text = 0.0, "", 0.0, ""
        for _ in range(texts):
            start = "".join(rng.choices(FRAGMENTS, k=rng.randrange(2)))
            unit = "".join(rng.choices(FRAGMENTS, k=rng.randrange(1, 5)))
            short, long = (start + unit * (size // len(unit)) for size in (length // _GROWTH, length))
            seconds = _cpu_seconds(step, long)
            if seconds > longest:
                longest, longest_text = seconds, f"{start!r} + {unit!r} × n"
            if seconds > _MIN_SECONDS and (ratio := seconds / _cpu_seconds(step, short)) > worst:
                worst, worst_text = ratio, f"{start!r} + {unit!r} × n"
        is_linear = worst <= _MAX_RATIO
        growth = f"{worst:.1f} × for {_GROWTH} × the text ({worst_text})" if worst else "too quick to tell"
        yield (
            f"| {name}, {length:,} characters | {growth} | {longest * 1000:.1f} ms ({longest_text}) |"
            f" {'yes' if is_linear else 'NO'} |",
            is_linear,
        )


def _cpu_seconds(step: Step, long: str) -> float:
    """Return the least of three runs, which leaves out most of what else this machine does."""
    times: list[float] = []
    for _ in range(3):
        started = time.thread_time()
        step(long)
        times.append(time.thread_time() - started)
    return min(times)


def main() -> int:
    """Measure, and print the table; return 1 if a step is not linear."""
    parser = argparse.ArgumentParser("benchmarks.texts.linear_time", description=__doc__)
    parser.add_argument("texts", type=int, help="how many texts each step runs on")
    print("| step | worst growth | longest | linear |\n|---|---|---|---|", flush=True)
    all_linear = True
    for row, is_linear in rows(parser.parse_args().texts):
        print(row, flush=True)
        all_linear &= is_linear
    return 0 if all_linear else 1


if __name__ == "__main__":
    sys.exit(main())
