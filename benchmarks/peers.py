"""Who is measured: how each is started, and what its tools are called."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.schema import OPENAPI
from benchmarks.wire import RunningServer

HERE = Path(__file__).parent
KEY = "sk-bench-0123456789abcdefghijklmnop"


@dataclass(frozen=True)
class MeasuredServer:
    """A server, and the column it is in."""

    name: str
    command: Sequence[str]

    def environ(self, url: str, **more: str) -> Mapping[str, str]:
        """What to start it with, for an API at an address."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WRITER_")}
        return {
            **kept,
            "WRITER_API_KEY": KEY,
            "WRITER_BASE_URL": url,
            "API_BASE_URL": url,
            "API_HEADERS": f"Authorization:Bearer {KEY}",
            **more,
        }


OURS = MeasuredServer("ours", [sys.executable, "-m", "writer_jobs_mcp"])
BARE = MeasuredServer("base", [sys.executable, "-m", "benchmarks.servers.bare"])
MINIMAL = MeasuredServer("least", [sys.executable, "-m", "benchmarks.servers.fetching"])


def openapi_servers(schema: Path) -> list[MeasuredServer]:
    """The servers that make their tools of a schema."""
    node = HERE / "node_modules/@ivotoby/openapi-mcp-server/bin/mcp-server.js"
    return [
        MeasuredServer("fastmcp", [sys.executable, "-m", "benchmarks.servers.from_openapi", str(schema)]),
        MeasuredServer(
            "openapi-mcp-server", ["node", str(node), "--transport", "stdio", "--openapi-spec", str(schema)]
        ),
    ]


def write_schema(folder: Path, given: Path | None) -> Path:
    """The schema as JSON: ours, or the one that was given in YAML or JSON."""
    schema = OPENAPI
    if given:
        import yaml  # noqa: PLC0415 - arrives with fastmcp, and only whoever has a schema of their own needs it

        schema = yaml.safe_load(given.read_text(encoding="utf-8"))
    path = folder / "openapi.json"
    path.write_text(json.dumps(schema, default=str), encoding="utf-8")
    return path


def job_tool(peer: RunningServer) -> str:
    """The one that tells a job, and does not run it again."""
    words = {tool["name"]: f"{tool['name']} {tool['description']}".lower() for tool in peer.tools}
    return next(
        name
        for name in _tools_with_arguments(peer, "job_id")
        if not {"retry", "re-triggers"} & set(words[name].split())
    )


def list_tool(peer: RunningServer) -> str:
    """The one that lists jobs."""
    return _tools_with_arguments(peer, "offset", "limit")[0]


def _tools_with_arguments(peer: RunningServer, *arguments: str) -> list[str]:
    return [tool["name"] for tool in peer.tools if set(arguments) <= set(tool["inputSchema"].get("properties", {}))]


@contextmanager
def serve_api() -> Generator[Callable[..., str]]:
    """The API in a process of its own; gives the address for a number of jobs and how it answers."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.api"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        port = int(process.stdout.readline())

        def address(jobs: int, *, delay: int = 0, per_minute: int = 0) -> str:
            return f"http://127.0.0.1:{port}/n{jobs}-o2048-d{delay}-r{per_minute}"

        try:
            yield address
        finally:
            process.stdin.close()
            process.wait()
