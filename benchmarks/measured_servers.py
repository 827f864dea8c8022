"""The measured servers: how each is started, and the names of its tools."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.schema import OPENAPI
from benchmarks.stdio_client import RunningServer

HERE = Path(__file__).parent
KEY = "sk-bench-0123456789abcdefghijklmnop"


@dataclass(frozen=True)
class MeasuredServer:
    """A server, and its column in the table."""

    name: str
    command: Sequence[str]

    def environ(self, url: str, **more: str) -> Mapping[str, str]:
        """Return the environment to start it with, for the API at ``url``."""
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
MINIMAL = MeasuredServer("least", [sys.executable, "-m", "benchmarks.servers.minimal"])


def openapi_servers(schema: Path) -> list[MeasuredServer]:
    """Return the servers that generate their tools from an OpenAPI schema."""
    node = HERE / "node_modules/@ivotoby/openapi-mcp-server/bin/mcp-server.js"
    return [
        MeasuredServer("fastmcp", [sys.executable, "-m", "benchmarks.servers.from_openapi", str(schema)]),
        MeasuredServer(
            "openapi-mcp-server", ["node", str(node), "--transport", "stdio", "--openapi-spec", str(schema)]
        ),
    ]


def write_schema(folder: Path, given: Path | None) -> Path:
    """Write the schema as JSON: ours, or the given YAML or JSON file."""
    schema = OPENAPI
    if given:
        import yaml  # noqa: PLC0415 - installed with fastmcp, and needed only for --openapi

        schema = yaml.safe_load(given.read_text(encoding="utf-8"))
    path = folder / "openapi.json"
    path.write_text(json.dumps(schema, default=str), encoding="utf-8")
    return path


def job_tool(peer: RunningServer) -> str:
    """Return the name of the tool that returns a job without retrying it."""
    words = {tool["name"]: f"{tool['name']} {tool['description']}".lower() for tool in peer.tools}
    return next(
        name
        for name in _tools_with_arguments(peer, "job_id")
        if not {"retry", "re-triggers"} & set(words[name].split())
    )


def list_tool(peer: RunningServer) -> str:
    """Return the name of the tool that lists jobs."""
    return _tools_with_arguments(peer, "offset", "limit")[0]


def _tools_with_arguments(peer: RunningServer, *arguments: str) -> list[str]:
    return [tool["name"] for tool in peer.tools if set(arguments) <= set(tool["inputSchema"].get("properties", {}))]


@contextmanager
def serve_api() -> Generator[Callable[..., str]]:
    """Serve the API in its own process; yield a function that returns the address of a scenario."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.api"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        port = int(process.stdout.readline())

        def address(
            jobs: int, *, delay: int = 0, per_minute: int = 0, failed_percent: int | None = None, total: str = "matches"
        ) -> str:
            scenario = f"n{jobs}-o2048-d{delay}-r{per_minute}"
            if failed_percent is not None:
                scenario += f"-f{failed_percent}-t{total}"
            return f"http://127.0.0.1:{port}/{scenario}"

        try:
            yield address
        finally:
            process.stdin.close()
            process.wait()
