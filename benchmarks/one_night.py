"""What acting on a group costs: one night's rate limits among 10,000 jobs, and the ids of a group."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from anyio.from_thread import start_blocking_portal

from benchmarks.answer_tokens import compact_json, count_tokens, structure_and_text_rows
from benchmarks.measured_servers import OURS
from benchmarks.stdio_client import start_server
from benchmarks.table import Row
from writer_jobs_mcp.sandbox import SANDBOX_KEY, SandboxStore, build_app, serve
from writer_jobs_mcp.sandbox.app import ReceivedRequest

_APPLICATION = "product-description-writer"
_JOBS, _FIRST, _SECOND, _TIMEOUTS = 10_000, 102, 89, 250
_MAX_CALLS, _MAX_TOKENS, _MAX_LIST_TOKENS = 3, 2_000, 6_400


def rows() -> Iterator[Row]:
    """Yield the rows."""
    now = datetime.now(UTC)
    store, received = SandboxStore(now=now, clock=lambda: datetime.now(UTC), jobs=_JOBS), list[ReceivedRequest]()
    _add_failures(store, now)
    app = build_app(store, on_request=received.append)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(app)) as url:
        environ = {**OURS.environ(url), "WRITER_API_KEY": SANDBOX_KEY, "WRITER_JOBS_ALLOW_RETRY": "true"}
        with start_server(OURS.command, environ) as ours:
            about: dict[str, Any] = {"application_id": _APPLICATION, "since": "3d", "contains": "timed out after the"}
            whole = ours.call("list_failed_jobs", {**about, "limit": 200})
            about = {"application_id": _APPLICATION, "since": "12h", "contains": "of the night", "max_jobs": 200}
            received.clear()
            answers = [ours.call("retry_jobs", about)]
            calls = answers[0]["structuredContent"]["next"]
            while calls and calls[0]["tool"] == "retry_jobs":
                answers.append(ours.call("retry_jobs", calls[0]["arguments"]))
                calls = answers[-1]["structuredContent"]["next"]
    posts = Counter(request.path for request in received if request.method == "POST")
    wanted = _FIRST + _SECOND
    label = f"retry {wanted} rate limits of a night, {_JOBS:,} jobs"
    yield Row(f"{label}: calls", len(answers), "", {}, f"≤ {_MAX_CALLS}", len(answers) <= _MAX_CALLS)
    texts = "".join(each["content"][0]["text"] for each in answers)
    structures = "".join(compact_json(each["structuredContent"]) for each in answers)
    for form, tokens in (("structure", count_tokens(structures)), ("text", count_tokens(texts))):
        yield Row(f"{label}: tokens as {form}", tokens, "", {}, f"≤ {_MAX_TOKENS:,}", tokens <= _MAX_TOKENS)
    yield Row(f"{label}: jobs sent", len(posts), "", {}, f"{wanted}", len(posts) == wanted)
    twice = sum(each > 1 for each in posts.values())
    yield Row(f"{label}: jobs sent twice", twice, "", {}, "0", twice == 0)
    yield Row(f"{label}: other requests", len(received) - posts.total())
    shown = whole["structuredContent"]["page"]["returned"]
    label = f"ids of {shown} of {whole['structuredContent']['matched']} timeouts of three days"
    yield from structure_and_text_rows(label, whole, None, None, _MAX_LIST_TOKENS)


def _add_failures(store: SandboxStore, now: datetime) -> None:
    for number in range(_FIRST):
        error = f"Rate limit exceeded in the batch of the night (request {number}f3c)"
        store.add(_APPLICATION, created_at=now - timedelta(hours=4, minutes=number), error=error)
    for number in range(_SECOND):
        error = f"429 Too Many Requests: {number} calls of the night were over the limit of this minute"
        store.add(_APPLICATION, created_at=now - timedelta(hours=6, minutes=number), error=error)
    for number in range(_TIMEOUTS):
        error = f"Request {number} timed out after the limit of 30 seconds"
        store.add(_APPLICATION, created_at=now - timedelta(minutes=17 * (number + 1)), error=error)
