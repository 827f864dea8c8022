"""``python -m benchmarks.texts``: what long and awkward text costs, and whether the server answers pings meanwhile.

Every row is one call of one tool on a fresh server. ``worst ping`` is the longest that any ping waited for its answer.
``--package DIRECTORY`` also measures the server of another checkout, to compare before and after in one run.
``make bench-texts`` runs this and ``benchmarks.texts.linear_time``.
"""

import argparse
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.texts.api import APPLICATION, Responses, api, different_error, failed_job, nested_json, repeat
from benchmarks.texts.pinged_call import measure


@dataclass(frozen=True)
class Case:
    """One row: the jobs of the API, the request, and the most seconds that it may take."""

    what: str
    responses: Callable[[], Responses]
    method: str = "tools/call"
    params: Mapping[str, object] = field(
        default_factory=lambda: {"name": "triage_application_jobs", "arguments": {"application_id": APPLICATION}}
    )
    most_seconds: float = 45
    most_ping: float = 0.3


def _list(errors: Sequence[str]) -> Responses:
    return Responses(jobs=[failed_job(number, error) for number, error in enumerate(errors)])


def _one(output: str) -> Responses:
    job = json.loads(failed_job(0, ""))
    return Responses(single=json.dumps({**job, "status": "completed", "data": {"suggestion": output}}).encode())


CASES = (
    Case("triage, 500 failures of 6 kB of JSON in JSON", lambda: _list(repeat(nested_json, 500)), most_seconds=3),
    Case('triage, 100 failures of `"\\` × 2,000', lambda: _list([f"{n}: " + '"\\' * 2000 for n in range(100)])),
    Case('triage, 500 failures of `"\\` × 2,000', lambda: _list([f"{n}: " + '"\\' * 2000 for n in range(500)])),
    Case("triage, 300 failures of `..._` × 1,000", lambda: _list([f"{n}: " + "..._" * 1000 for n in range(300)])),
    Case("triage, 5,000 different errors of 1 kB", lambda: _list(repeat(different_error, 5_000))),
    Case(
        "get_job_output, 4,000 characters of 15 MB of `password='secret is `",
        lambda: _one("password='secret is " * 750_000),
        params={"name": "get_job_output", "arguments": {"job_id": "a-job", "max_chars": 4000}},
        most_seconds=2,
    ),
    Case(
        "a resource with 900,000 keys",
        lambda: Responses(single=json.dumps({"id": "a-job", **{f"key{n}": n for n in range(900_000)}}).encode()),
        method="resources/read",
        params={"uri": f"writer://applications/{APPLICATION}/jobs/a-job"},
    ),
)


def table(packages: Mapping[str, Path | None], cases: Sequence[Case]) -> Generator[str]:
    """Yield the rows, as Markdown; the last column says whether the first package is quick enough."""
    heads = [f"{name}: call | {name}: worst ping | {name}: answer" for name in packages]
    yield f"| text | {' | '.join(heads)} | bar | kept |"
    yield "|---" * (3 * len(packages) + 3) + "|"
    for case in cases:
        with api(case.responses()) as url:
            measured = [measure(url, case.method, case.params, package) for package in packages.values()]
        cells = [f"{each.seconds:.1f} s | {each.worst_ping:.2f} s | {each.outcome}" for each in measured]
        kept = measured[0].seconds <= case.most_seconds and measured[0].worst_ping <= case.most_ping
        bar = f"{case.most_seconds:g} s, ping {case.most_ping:g} s"
        yield f"| {case.what} | {' | '.join(cells)} | {bar} | {'yes' if kept else 'NO'} |"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser("benchmarks.texts", description=__doc__)
    parser.add_argument("--package", type=Path, help="a checkout whose server is measured beside this one")
    parser.add_argument("--only", help="only rows with these words")
    arguments = parser.parse_args()
    packages: dict[str, Path | None] = {"now": None}
    if arguments.package:
        packages["before"] = arguments.package.resolve()
    for line in table(packages, [case for case in CASES if (arguments.only or "") in case.what]):
        print(line, flush=True)


if __name__ == "__main__":
    main()
