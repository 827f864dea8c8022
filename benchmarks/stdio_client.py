"""A minimal MCP client over stdio, so that no client library is part of the measurement."""

import json
import os
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

JsonObject = dict[str, Any]

_INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "benchmarks", "version": "1"},
}


@dataclass
class RunningServer:
    """A running server; times are seconds since its process started."""

    process: subprocess.Popen[bytes]
    started: float
    initialized_after: float = 0
    listed_after: float = 0
    tools: list[JsonObject] = field(default_factory=list[JsonObject])
    _last_id: int = 0

    def initialize(self) -> None:
        """Initialize the session and list the tools."""
        self.request("initialize", _INITIALIZE)
        self.initialized_after = time.perf_counter() - self.started
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        self.tools = self.request("tools/list", {})["tools"]
        self.listed_after = time.perf_counter() - self.started

    def call(self, tool: str, arguments: JsonObject) -> JsonObject:
        """Call a tool and return its result.

        Raises:
            RuntimeError: The result is an error.
        """
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            message = f"{tool}({arguments}): {result['content'][0]['text']}"
            raise RuntimeError(message)
        return result

    def request(self, method: str, params: JsonObject) -> JsonObject:
        """Send a request and return its result.

        Raises:
            RuntimeError: The server returned an error, or exited.
        """
        self._last_id += 1
        self._send({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})
        assert self.process.stdout
        for line in self.process.stdout:
            answer: JsonObject = json.loads(line)
            if answer.get("id") == self._last_id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
        message = f"{method}: the server ended"
        raise RuntimeError(message)

    @property
    def peak_megabytes(self) -> float:
        """The peak memory of the process, from Linux's /proc."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    @property
    def cpu_seconds(self) -> float:
        """The CPU time of the process so far, from Linux's /proc."""
        ticks = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def _send(self, message: JsonObject) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()


@contextmanager
def start_server(command: Sequence[str], environ: Mapping[str, str]) -> Generator[RunningServer]:
    """Start a server and initialize it; kill it at the end."""
    started = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(environ)
    ) as process:
        peer = RunningServer(process, started)
        try:
            peer.initialize()
            yield peer
        finally:
            process.kill()
