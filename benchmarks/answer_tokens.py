"""What the answers of the tools cost, in both forms: clients give the model the structure, the text, or both."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import bpe_openai
from anyio.from_thread import start_blocking_portal

from benchmarks.measured_servers import OURS
from benchmarks.stdio_client import JsonObject, RunningServer, start_server
from benchmarks.table import Row
from writer_jobs_mcp.sandbox import SANDBOX_KEY, SandboxStore, build_app, serve

_JOBS, _APPLICATIONS = 2_000, 40
_WINDOW = {"since": "7d"}


class Answer(NamedTuple):
    """The result of a call, and which situation it stands for."""

    situation: str
    result: JsonObject


def rows() -> Iterator[Row]:
    """Yield the rows on the tools that `token_counts` does not compare with others."""
    now = datetime.now(UTC)
    store = SandboxStore(now=now, clock=lambda: datetime.now(UTC), jobs=_JOBS)
    for answer in _answers(store, _one_application):
        yield from structure_and_text_rows(answer.situation, answer.result)
    store = SandboxStore(now=now, clock=lambda: now, jobs=_JOBS, applications=_APPLICATIONS)
    for answer in _answers(store, _whole_account):
        yield from structure_and_text_rows(answer.situation, answer.result)


def _answers(store: SandboxStore, calls: Any) -> Iterable[Answer]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(build_app(store))) as url:
        environ = {**OURS.environ(url), "WRITER_API_KEY": SANDBOX_KEY, "WRITER_JOBS_ALLOW_RETRY": "true"}
        with start_server(OURS.command, environ) as ours:
            yield from calls(ours, store)


def _one_application(ours: RunningServer, store: SandboxStore) -> Iterator[Answer]:
    about = {"application_id": store.applications[0].id}
    failed = ours.call("list_failed_jobs", {**about, **_WINDOW, "limit": 100})
    yield Answer("the ids of 100 failed jobs", failed)
    with_errors = {**about, **_WINDOW, "limit": 100, "error_chars": 120}
    yield Answer("100 failed jobs with 120 characters of error", ours.call("list_failed_jobs", with_errors))
    ids = [job["id"] for job in failed["structuredContent"]["jobs"][:20]]
    listed = ours.call("list_application_jobs", {**about, "status": "completed", "limit": 1})
    completed = {"job_id": listed["structuredContent"]["jobs"][0]["id"]}
    yield Answer("2,000 characters of output", ours.call("get_job_output", {**completed, "max_chars": 2_000}))
    yield Answer("a wait for a completed job", ours.call("wait_for_job", completed))
    yield Answer("a wait for a failed job", ours.call("wait_for_job", {"job_id": ids[0]}))
    yield Answer("a dry run of 20 ids", ours.call("retry_jobs", {"job_ids": ids}))
    dry_run = ours.call("retry_jobs", {**about, **_WINDOW})
    yield Answer("a dry run of a selection", dry_run)
    sent = ours.call("retry_jobs", dry_run["structuredContent"]["next"][0]["arguments"])
    yield Answer("a retry of a selection", sent)
    yield Answer("a wait for what was retried", ours.call("wait_for_jobs", {**about, "timeout_seconds": 5}))
    yield Answer("a retry of 20 ids", ours.call("retry_jobs", {"job_ids": ids, "dry_run": False}))


def _whole_account(ours: RunningServer, _: SandboxStore) -> Iterator[Answer]:
    yield Answer("20 applications", ours.call("list_applications", {"limit": 20}))
    yield Answer(f"{_APPLICATIONS} applications triaged", ours.call("triage_all_applications", {}))


def structure_and_text_rows(
    label: str,
    answer: JsonObject,
    others: dict[str, float | str] | None = None,
    structure: int | None = None,
    text: int | None = None,
) -> Iterator[Row]:
    """Yield a row for each form of an answer, with its limit."""
    for form, content, limit in (
        ("structure", compact_json(answer["structuredContent"]), structure),
        ("text", answer["content"][0]["text"], text),
    ):
        tokens = count_tokens(content)
        reached = None if limit is None else tokens <= limit
        yield Row(f"tokens: {label}, as {form}", tokens, "", others or {}, f"≤ {limit:,}" if limit else "", reached)


def compact_json(value: Any) -> str:
    """Return a value as the JSON that clients pass to the model."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def count_tokens(text: str) -> float:
    """Return how many tokens a text has, as current models count them (o200k)."""
    return len(bpe_openai.get_encoding("o200k_base").encode(text))
