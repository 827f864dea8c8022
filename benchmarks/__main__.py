"""``python -m benchmarks`` measures the README's claims on speed and size, beside other tools, in one table."""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    account,
    call_time,
    cost_over_jobs,
    one_night,
    page_stages,
    startup_time,
    token_counts,
    windows,
)
from benchmarks.measured_servers import openapi_servers, serve_api, write_schema
from benchmarks.table import Row, render_table

PARTS = ("token_counts", "startup_time", "call_time", "page_stages")
LONG_PARTS = ("account", "one_night", "windows", "windows_20_percent", "cost_over_jobs")
"""Parts that are measured only if named: `account` and `one_night` take a minute, the others 10 to 20 each."""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS + LONG_PARTS, action="append", help="one part (may be repeated)")
    parser.add_argument("--openapi", type=Path, help="the OpenAPI schema for the generated servers, YAML or JSON")
    parser.add_argument("--jobs", type=int, default=1_000_000, help="the most jobs of the long parts (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each triage of the long parts (%(default)s)")
    parser.add_argument("--figures", type=Path, help="a JSON file to write the figures of cost_over_jobs to, for plot")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for part in arguments.only or PARTS:
        sys.stderr.write(f"Measuring: {part} …\n")
        rows += _measure(part, arguments)
    sys.stdout.write(f"{render_table(rows)}\n\n{_environment()}\n")


def _measure(part: str, arguments: argparse.Namespace) -> Iterator[Row]:
    if part in LONG_PARTS:
        yield from _measure_long(part, arguments)
        return
    with serve_api() as address, tempfile.TemporaryDirectory() as folder:
        peers = openapi_servers(write_schema(Path(folder), arguments.openapi))
        match part:
            case "token_counts":
                yield from token_counts.rows(address, peers)
            case "startup_time":
                yield from startup_time.rows(address(100), peers)
            case "call_time":
                yield from call_time.rows(address(1_200), peers)
            case _:
                yield from page_stages.rows(address(1_200))


def _measure_long(part: str, arguments: argparse.Namespace) -> Iterator[Row]:
    jobs, times = arguments.jobs, arguments.runs
    if part == "account":
        yield from account.rows()
        return
    if part == "one_night":
        yield from one_night.rows()
        return
    with serve_api() as address:
        match part:
            case "windows":
                yield from windows.rows(address, jobs=jobs, failed_percent=1, times=times)
            case "windows_20_percent":
                yield from windows.rows(address, jobs=jobs, failed_percent=20, times=times)
            case _:
                figures: list[cost_over_jobs.Figure] = []
                yield from cost_over_jobs.rows(address, max_jobs=jobs, times=times, figures=figures)
                if arguments.figures:
                    written = {"measured": _environment(), "figures": [asdict(figure) for figure in figures]}
                    arguments.figures.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def _environment() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("mcp", "fastmcp", "writer-sdk", "httpx", "pydantic"))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {packages}."
    )


if __name__ == "__main__":
    main()
