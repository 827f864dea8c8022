"""The cost of an overview of 40 applications of 20,000 jobs, and whether each of its counts is exact."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from anyio.from_thread import start_blocking_portal

from benchmarks.answer_tokens import structure_and_text_rows
from benchmarks.expected_account import expected_rows, wrong_counts
from benchmarks.measured_servers import OURS
from benchmarks.stdio_client import start_server
from benchmarks.table import Row
from writer_jobs_mcp.sandbox import SANDBOX_KEY, SandboxStore, build_app, serve

_APPLICATIONS, _JOBS = 40, 20_000
_MAX_REQUESTS, _MAX_TOKENS = 400, 2_000
_TOTALS: tuple[Literal["matches", "all", "missing"], ...] = ("matches", "all", "missing")


def rows() -> Iterator[Row]:
    """Yield the rows, for each meaning of the total that Writer gives."""
    for total in _TOTALS:
        requests, seconds, answer, wrong = _measure(total)
        label = f"{_APPLICATIONS} applications of {_JOBS:,} jobs, total={total}"
        for sentence in wrong:
            sys.stderr.write(f"{label}: {sentence}.\n")
        limit = f"≤ {_MAX_REQUESTS}, exact"
        yield Row(f"{label}: requests", requests, "", {}, limit, requests <= _MAX_REQUESTS and not wrong)
        yield Row(f"{label}: counts that are wrong", len(wrong), "", {}, "0", not wrong)
        yield Row(f"{label}: seconds", seconds, "s")
        yield from structure_and_text_rows(label, answer, None, _MAX_TOKENS, _MAX_TOKENS)


def _measure(total: Literal["matches", "all", "missing"]) -> tuple[int, float, Any, list[str]]:
    """Return the requests and the seconds of an overview, its answer, and what is wrong with it."""
    now = datetime.now(UTC)
    # Its clock stands still: a job that fails after it was counted would be no wrong count.
    store = SandboxStore(now=now, clock=lambda: now, jobs=_JOBS, applications=_APPLICATIONS)
    # In whole seconds, since the answer shows no others.
    since = (store.anchor - timedelta(days=1)).replace(microsecond=0)
    received: list[object] = []
    app = build_app(store, total_count=total, on_request=received.append)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(app)) as url:
        environ = {**OURS.environ(url), "WRITER_API_KEY": SANDBOX_KEY}
        with start_server(OURS.command, environ) as ours:
            started = time.perf_counter()
            answer = ours.call("triage_all_applications", {"since": since.isoformat()})
            seconds = time.perf_counter() - started
    # The window before is as long as the one that ended at the call, a moment after the jobs were made.
    expected = expected_rows(store, since)
    for each in expected.values():
        del each["before"]
    return len(received), seconds, answer, wrong_counts(expected, answer["structuredContent"])
