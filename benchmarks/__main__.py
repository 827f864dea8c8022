"""``python -m benchmarks`` measures the README's claims on speed and size, beside other tools, in one table."""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import call_time, page_stages, startup_time, token_counts, triage_scaling
from benchmarks.measured_servers import openapi_servers, serve_api, write_schema
from benchmarks.table import Row, render_table

PARTS = ("token_counts", "startup_time", "call_time", "page_stages", "triage_scaling")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="one part (may be repeated)")
    parser.add_argument("--openapi", type=Path, help="the OpenAPI schema for the generated servers, YAML or JSON")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for part in arguments.only or PARTS:
        sys.stderr.write(f"Measuring: {part} …\n")
        rows += _measure(part, arguments.openapi)
    sys.stdout.write(f"{render_table(rows)}\n\n{_environment()}\n")


def _measure(part: str, openapi: Path | None) -> Iterator[Row]:
    with serve_api() as address, tempfile.TemporaryDirectory() as folder:
        peers = openapi_servers(write_schema(Path(folder), openapi))
        match part:
            case "token_counts":
                yield from token_counts.rows(address, peers)
            case "startup_time":
                yield from startup_time.rows(address(100), peers)
            case "call_time":
                yield from call_time.rows(address(1_200), peers)
            case "page_stages":
                yield from page_stages.rows(address(1_200))
            case _:
                yield from triage_scaling.rows(address)


def _environment() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("mcp", "fastmcp", "writer-sdk", "httpx", "pydantic"))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {packages}."
    )


if __name__ == "__main__":
    main()
