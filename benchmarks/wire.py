"""A server as a subprocess, spoken to line by line: no client library of anybody's is in what is measured."""

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
    """A running server; times are seconds since its process was started."""

    process: subprocess.Popen[bytes]
    started: float
    initialized_after: float = 0
    listed_after: float = 0
    tools: list[JsonObject] = field(default_factory=list[JsonObject])
    _last_id: int = 0

    def initialize(self) -> None:
        """Initialize, and ask what tools there are."""
        self.request("initialize", _INITIALIZE)
        self.initialized_after = time.perf_counter() - self.started
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        self.tools = self.request("tools/list", {})["tools"]
        self.listed_after = time.perf_counter() - self.started

    def call(self, tool: str, arguments: JsonObject) -> JsonObject:
        """The result of a tool.

        Raises:
            RuntimeError: It is an error.
        """
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            message = f"{tool}({arguments}): {result['content'][0]['text']}"
            raise RuntimeError(message)
        return result

    def request(self, method: str, params: JsonObject) -> JsonObject:
        """The result of a request.

        Raises:
            RuntimeError: There is none.
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
        """The most memory that the process has had, as Linux tells it."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    @property
    def cpu_seconds(self) -> float:
        """What the process has computed so far, as Linux tells it."""
        ticks = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def _send(self, message: JsonObject) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()


@contextmanager
def start_server(command: Sequence[str], environ: Mapping[str, str]) -> Generator[RunningServer]:
    """Start a server and shake hands with it; it ends when its stdin closes."""
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
