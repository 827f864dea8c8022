"""``python -m benchmarks``: what the README claims of speed and size, measured side by side, as one table."""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import calling, growing, reading, stages, waiting
from benchmarks.peers import openapi_servers, serve_api, write_schema
from benchmarks.table import Row, render_table

PARTS = ("reading", "waiting", "calling", "stages", "growing")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="one part (may be given again)")
    parser.add_argument("--openapi", type=Path, help="the schema that the generated servers are made of, YAML or JSON")
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
            case "reading":
                yield from reading.rows(address, peers)
            case "waiting":
                yield from waiting.rows(address(100), peers)
            case "calling":
                yield from calling.rows(address(1_200), peers)
            case "stages":
                yield from stages.rows(address(1_200))
            case _:
                yield from growing.rows(address)


def _environment() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("mcp", "fastmcp", "writer-sdk", "httpx", "pydantic"))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {packages}."
    )


if __name__ == "__main__":
    main()
