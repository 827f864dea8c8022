"""``python -m benchmarks.texts``: what long and awkward text costs, and whether the server answers pings meanwhile.

Every row is one call of one tool on a fresh server, a real subprocess over stdio, while a ping is sent every 50 ms.
``worst ping`` is the longest that any of them waited for its answer. ``--package DIRECTORY`` measures the server of
another checkout, so that before and after can be compared in one run.

``python -m benchmarks.texts --linear 500`` instead checks each step that works on text, by itself: on texts that are
made of random fragments (quotation marks, brackets, dots, escapes, the beginnings of tokens), the time must grow as
the text does. ``make bench-texts`` runs both.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

APPLICATION = "3f0b6c1e-9d24-4a57-8c83-5be0d7a41f92"
KEY = "sk-bench-0123456789abcdefghijklmnop"
_PING_EVERY = 0.05  # seconds
_CALL_TIMEOUT = (
    300  # seconds; far over the call budget, so that a server that does not keep it is measured all the same
)


# ---- the texts


def nested_json(rng: Random) -> str:
    """An error of about 6 kB, as services nest them: JSON inside a JSON string, three levels deep."""
    trace = [
        {"service": rng.choice(("gateway", "retriever", "planner")), "span": f"{rng.getrandbits(64):016x}", "ms": n}
        for n in range(26)
    ]
    inner: dict[str, Any] = {
        "error": {
            "type": "rate_limit_error",
            "message": f"Rate limit reached for model palmyra-x5: limit 25000, used {rng.randrange(20_000, 25_000)}.",
            "request_id": str(UUID(int=rng.getrandbits(128), version=4)),
            "trace": trace,
        }
    }
    for service in ("retriever", "gateway"):
        inner = {
            "status": "error",
            "service": service,
            "detail": f"Upstream returned 429 after {rng.randrange(100, 900)} ms",
            "response": {"headers": {"content-type": "application/json", "x-attempt": "1"}, "body": json.dumps(inner)},
            "context": [{"key": f"field_{n}", "value": "some ordinary words of a brief"} for n in range(14)],
        }
    return json.dumps(inner)


def different_error(rng: Random) -> str:
    """An error of about 1 kB that says something of its own."""
    return " ".join("".join(rng.choices("abcdefghijklmnopqrst", k=rng.randrange(3, 10))) for _ in range(150))


def _each(make: Callable[[Random], str], number: int) -> list[str]:
    rng = Random(7)  # noqa: S311 - the same texts in every run
    return [make(rng) for _ in range(number)]


# ---- the API


@dataclass
class Answers:
    """What the API answers: a list of jobs, one page at a time, and single jobs by path."""

    jobs: list[bytes] = field(default_factory=list[bytes])
    single: bytes = b"{}"


def failed_job(number: int, error: str) -> bytes:
    """A job that failed, the newest with the lowest number."""
    created = datetime.now(UTC) - timedelta(minutes=1 + number / 10)
    job = {
        "id": str(UUID(int=number + 1, version=4)),
        "status": "failed",
        "application_id": APPLICATION,
        "created_at": created.isoformat(),
        "completed_at": (created + timedelta(seconds=4)).isoformat(),
        "error": error,
    }
    return json.dumps(job).encode()


class _Handler(BaseHTTPRequestHandler):
    answers: Answers
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: int(values[0]) for name, values in parse_qs(parts.query).items() if values[0].isdigit()}
        if parts.path.endswith(f"{APPLICATION}/jobs"):
            rows = self.answers.jobs[query.get("offset", 0) :][: min(query.get("limit", 50), 100)]
            body = b'{"result":[' + b",".join(rows) + b'],"totalCount":%d}' % len(self.answers.jobs)
        else:
            body = self.answers.single
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        pass


@contextmanager
def api(answers: Answers) -> Generator[str]:
    """Serve the answers on loopback; gives the address."""
    handler = type("Handler", (_Handler,), {"answers": answers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


# ---- one call, pinged meanwhile


@dataclass(frozen=True)
class Measured:
    """How long a call took, the longest wait for a ping, and what came of the call."""

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
            env={**kept, "WRITER_API_KEY": KEY, "WRITER_BASE_URL": url},
        )
        self._ids = count(1)
        self._sent: dict[int, float] = {}
        self._answers: dict[int, tuple[float, dict[str, Any]]] = {}
        self._arrived = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            now, message = time.perf_counter(), json.loads(line)
            if "id" in message and "method" not in message:
                with self._arrived:
                    self._answers[message["id"]] = now - self._sent[message["id"]], message
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
            self._arrived.wait_for(lambda: id_ in self._answers, timeout)
            return self._answers.get(id_)

    def greet(self) -> None:
        client = {"name": "benchmarks", "version": "1"}
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
        self.wait(self.send("initialize", hello), 30)
        self._write({"method": "notifications/initialized"})

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def measure(url: str, method: str, params: Mapping[str, object], package: Path | None = None) -> Measured:
    """Make one request of a fresh server, with a ping every 50 ms until it is answered."""
    server = _Server(url, package)
    try:
        server.greet()
        call, pings = server.send(method, params), list[int]()
        until = time.perf_counter() + _CALL_TIMEOUT
        while not server.wait(call, _PING_EVERY) and time.perf_counter() < until:
            pings.append(server.send("ping", {}))
        answer = server.wait(call, 0)
        waits = [found[0] if (found := server.wait(ping, 60)) else float("inf") for ping in pings]
    finally:
        server.kill()
    if answer is None:
        return Measured(float("inf"), max(waits, default=0), "no answer")
    return Measured(answer[0], max(waits, default=0), _outcome(answer[1]))


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


# ---- the table


@dataclass(frozen=True)
class Case:
    """One row: what the API holds, and what is asked; the bars are seconds."""

    what: str
    answers: Callable[[], Answers]
    method: str = "tools/call"
    params: Mapping[str, object] = field(
        default_factory=lambda: {"name": "triage_application_jobs", "arguments": {"application_id": APPLICATION}}
    )
    most_seconds: float = 45
    most_ping: float = 0.3


def _list(errors: Sequence[str]) -> Answers:
    return Answers(jobs=[failed_job(number, error) for number, error in enumerate(errors)])


def _one(output: str) -> Answers:
    job = json.loads(failed_job(0, ""))
    return Answers(single=json.dumps({**job, "status": "completed", "data": {"suggestion": output}}).encode())


CASES = (
    Case("triage, 500 failures of 6 kB of JSON in JSON", lambda: _list(_each(nested_json, 500)), most_seconds=3),
    Case('triage, 100 failures of `"\\` × 2,000', lambda: _list([f"{n}: " + '"\\' * 2000 for n in range(100)])),
    Case('triage, 500 failures of `"\\` × 2,000', lambda: _list([f"{n}: " + '"\\' * 2000 for n in range(500)])),
    Case("triage, 300 failures of `..._` × 1,000", lambda: _list([f"{n}: " + "..._" * 1000 for n in range(300)])),
    Case("triage, 5,000 different errors of 1 kB", lambda: _list(_each(different_error, 5_000))),
    Case(
        "get_job_output, 4,000 characters of 15 MB of `password='secret is `",
        lambda: _one("password='secret is " * 750_000),
        params={"name": "get_job_output", "arguments": {"job_id": "a-job", "max_chars": 4000}},
        most_seconds=2,
    ),
    Case(
        "a resource with 900,000 keys",
        lambda: Answers(single=json.dumps({"id": "a-job", **{f"key{n}": n for n in range(900_000)}}).encode()),
        method="resources/read",
        params={"uri": f"writer://applications/{APPLICATION}/jobs/a-job"},
    ),
)


def table(packages: Mapping[str, Path | None], cases: Sequence[Case]) -> Generator[str]:
    """The rows, as Markdown; the last column says whether the bars of the first package are kept."""
    heads = [f"{name}: call | {name}: worst ping | {name}: answer" for name in packages]
    yield f"| text | {' | '.join(heads)} | bar | kept |"
    yield "|---" * (3 * len(packages) + 3) + "|"
    for case in cases:
        with api(case.answers()) as url:
            measured = [measure(url, case.method, case.params, package) for package in packages.values()]
        cells = [f"{each.seconds:.1f} s | {each.worst_ping:.2f} s | {each.outcome}" for each in measured]
        kept = measured[0].seconds <= case.most_seconds and measured[0].worst_ping <= case.most_ping
        bar = f"{case.most_seconds:g} s, ping {case.most_ping:g} s"
        yield f"| {case.what} | {' | '.join(cells)} | {bar} | {'yes' if kept else 'NO'} |"


# ---- each step by itself, on texts of random fragments

FRAGMENTS = (
    *(
        '"',
        "'",
        "`",
        "“",
        "”",
        "«",
        "„",
        "「",
        '\\"',
        '\\\\"',
        "\\",
        "\\n",
        '"\\',
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "</p>",
    ),
    *(
        ".",
        "..",
        "._",
        ",",
        ", ",
        ",x",
        ": ",
        ":",
        "=",
        "= ",
        "==",
        "/",
        "\\x",
        "@",
        "a@",
        "a.b@c",
        "-",
        "--",
        "_",
        "|",
        "~",
        "#",
    ),
    *(
        "a",
        "Ab",
        "ab ",
        "abc, ",
        "and ",
        "or c",
        "of ",
        "0",
        "1:",
        "12",
        "1.2",
        "500 ",
        "0a:",
        "deadbeef",
        "é",
        "\u0301",
        "错",
        "が",
    ),
    *(
        "http:",
        "http://",
        "a://a:",
        "www.",
        "GET /",
        "C:\\",
        "/a/",
        "mon ",
        "jan 1 ",
        "2026-01-01 ",
        "a.py",
        "error: ",
        "Error(",
    ),
    *(
        "Input: ",
        "if ",
        "Traceback (most recent call last):",
        "\n  at a.b(",
        '\n  File "a", line 1, in b',
        "Caused by:",
        "\n",
        " ",
        "\t",
    ),
    *(
        "sk-",
        "ghp_",
        "eyJ",
        "SG.",
        "key=",
        "api key: ",
        "token ",
        'token": "',
        "password='",
        "secret is ",
        "bearer ",
        "basic ",
        "cookie: a=",
    ),
    *(
        "-----BEGIN PRIVATE KEY-----",
        "?key=",
        "authorization: ",
        "--token ",
        "\x1b]",
        "\x1b[",
        "\x90",
        "\u200b",
        "\u202e",
        "[masked]",
    ),
    *(
        '{"a": ',
        '{"error": {"message": "',
        '["',
        "{'a': '",
        '"code": 4',
        '\\"message\\": \\"',
        '"reason":',
        "status=",
        "HTTP 5",
        "failed with ",
    ),
)
"""What the patterns look for, or begin with; most of the cost of a pattern is in what almost matches."""

_TIMES_AS_LONG = 4
_MOST_RATIO = 9.0  # between what is linear (4, and noise) and what is quadratic (16)
_WORTH_A_LOOK = 0.004  # seconds: below it, noise and what is done once per text are most of it


def linear_rows(texts: int) -> Generator[tuple[str, bool]]:
    """For each step that works on text, the worst of so many texts: how the time grows, and the longest stretch."""
    from writer_jobs_mcp import text  # noqa: PLC0415 - only --linear measures in this process
    from writer_jobs_mcp.failures import classify_error  # noqa: PLC0415 - likewise
    from writer_jobs_mcp.failures.grouping.template import parse_template  # noqa: PLC0415 - likewise

    steps: dict[str, tuple[Callable[[str], object], int]] = {
        "clean": (text.clean, 16_000),
        "clean_piece": (lambda said: text.clean_piece(said, len(said) // 2, 4_000), 16_000),
        "preview": (lambda said: text.preview(said, 160), 16_000),
        "quoted": (text.quoted, 16_000),
        "wording": (parse_template, 4_000),
        "classify": (classify_error, 8_000),
    }
    for name, (step, length) in steps.items():
        rng = Random(11)  # noqa: S311 - the same texts in every run
        worst, worst_ratio, longest, longest_of = 0.0, "", 0.0, ""
        for _ in range(texts):
            start = "".join(rng.choices(FRAGMENTS, k=rng.randrange(2)))
            unit = "".join(rng.choices(FRAGMENTS, k=rng.randrange(1, 5)))
            short, long = (start + unit * (size // len(unit)) for size in (length // _TIMES_AS_LONG, length))
            seconds = _cpu_seconds(step, long)
            if seconds > longest:
                longest, longest_of = seconds, f"{start!r} + {unit!r} × n"
            if seconds > _WORTH_A_LOOK and (ratio := seconds / _cpu_seconds(step, short)) > worst:
                worst, worst_ratio = ratio, f"{start!r} + {unit!r} × n"
        kept = worst <= _MOST_RATIO
        grows = f"{worst:.1f} × for {_TIMES_AS_LONG} × the text ({worst_ratio})" if worst else "too quick to tell"
        yield (
            f"| {name}, {length:,} characters | {grows} | {longest * 1000:.1f} ms ({longest_of}) |"
            f" {'yes' if kept else 'NO'} |",
            kept,
        )


def _cpu_seconds(step: Callable[[str], object], said: str) -> float:
    """The least of three runs: what else this machine does is not the step's."""
    times: list[float] = []
    for _ in range(3):
        started = time.thread_time()
        step(said)
        times.append(time.thread_time() - started)
    return min(times)


def main() -> int:
    """Measure, and print the table; 1 where a step is not linear."""
    parser = argparse.ArgumentParser("benchmarks.texts", description=__doc__)
    parser.add_argument("--package", type=Path, help="a checkout whose server is measured beside this one")
    parser.add_argument("--only", help="only rows that hold these words")
    parser.add_argument("--linear", type=int, metavar="N", help="check each step on N texts instead, for linear time")
    arguments = parser.parse_args()
    if arguments.linear:
        print("| step | worst growth | longest | kept |\n|---|---|---|---|", flush=True)
        all_kept = True
        for row, kept in linear_rows(arguments.linear):
            print(row, flush=True)
            all_kept &= kept
        return 0 if all_kept else 1
    packages: dict[str, Path | None] = {"now": None}
    if arguments.package:
        packages["before"] = arguments.package.resolve()
    for line in table(packages, [case for case in CASES if (arguments.only or "") in case.what]):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
