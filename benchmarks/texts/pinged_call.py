"""One call of a fresh server, a real subprocess over stdio, while a ping is sent every 50 ms."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

_KEY = "sk-bench-0123456789abcdefghijklmnop"
_PING_EVERY = 0.05  # seconds
_CALL_TIMEOUT = 300  # seconds; far over the call budget, so that a server that exceeds it is measured all the same


@dataclass(frozen=True)
class Measured:
    """How long a call took, the longest wait for a ping, and the outcome of the call."""

    seconds: float
    worst_ping: float
    outcome: str


class _Server:
    def __init__(self, url: str, package: Path | None) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WRITER_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "writer_jobs_mcp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=package,
            env={**kept, "WRITER_API_KEY": _KEY, "WRITER_BASE_URL": url},
        )
        self._ids = count(1)
        self._sent: dict[int, float] = {}
        self._responses: dict[int, tuple[float, dict[str, Any]]] = {}
        self._arrived = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            now, message = time.perf_counter(), json.loads(line)
            if "id" in message and "method" not in message:
                with self._arrived:
                    self._responses[message["id"]] = now - self._sent[message["id"]], message
                    self._arrived.notify_all()

    def send(self, method: str, params: Mapping[str, object]) -> int:
        id_ = next(self._ids)
        self._sent[id_] = time.perf_counter()
        self._write({"id": id_, "method": method, "params": params})
        return id_

    def _write(self, message: Mapping[str, object]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()

    def wait(self, id_: int, timeout: float) -> tuple[float, dict[str, Any]] | None:
        with self._arrived:
            self._arrived.wait_for(lambda: id_ in self._responses, timeout)
            return self._responses.get(id_)

    def initialize(self) -> None:
        client = {"name": "benchmarks", "version": "1"}
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
        self.wait(self.send("initialize", hello), 30)
        self._write({"method": "notifications/initialized"})

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def measure(url: str, method: str, params: Mapping[str, object], package: Path | None = None) -> Measured:
    """Send one request to a fresh server, and a ping every 50 ms until it is answered."""
    server = _Server(url, package)
    try:
        server.initialize()
        call, pings = server.send(method, params), list[int]()
        until = time.perf_counter() + _CALL_TIMEOUT
        while not server.wait(call, _PING_EVERY) and time.perf_counter() < until:
            pings.append(server.send("ping", {}))
        response = server.wait(call, 0)
        waits = [found[0] if (found := server.wait(ping, 60)) else float("inf") for ping in pings]
    finally:
        server.kill()
    if response is None:
        return Measured(float("inf"), max(waits, default=0), "no response")
    return Measured(response[0], max(waits, default=0), _outcome(response[1]))


def _outcome(message: Mapping[str, Any]) -> str:
    if "error" in message:
        return f"error: {message['error']['message']}"[:70]
    result = message["result"]
    if result.get("isError"):
        return f"error: {result['content'][0]['text']}"[:70]
    if "contents" in result:
        return f"{len(result['contents'][0]['text']):,} characters"
    structure = result["structuredContent"]
    if "coverage" in structure:
        coverage = structure["coverage"]
        groups = len(structure["failures"]) + structure.get("failures_omitted", {}).get("groups", 0)
        return f"{coverage['jobs_read']:,} jobs read, {groups:,} groups, stopped by {coverage['stopped_by']}"
    return f"{len(structure.get('output', '')):,} of {structure['output_chars']:,} characters"
