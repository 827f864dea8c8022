"""What the agent reads: o200k tokens of the tools and of their results."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from writerai import Writer

from benchmarks.answer_tokens import compact_json, count_tokens, structure_and_text_rows
from benchmarks.answer_tokens import rows as other_rows
from benchmarks.jobs import APPLICATION_ID
from benchmarks.measured_servers import KEY, OURS, MeasuredServer, job_tool, list_tool
from benchmarks.stdio_client import JsonObject, RunningServer, start_server
from benchmarks.table import Row

_PAGE_SIZE = 100
_ALL_TOOLS = {"WRITER_JOBS_ALLOW_RETRY": "true"}


def rows(address: Any, peers: Sequence[MeasuredServer]) -> Iterator[Row]:
    """Yield the rows."""
    url = address(1_200)
    with start_server(OURS.command, OURS.environ(url, **_ALL_TOOLS)) as ours:
        offered = {peer.name: _measure(peer, url, _tool_list_tokens) for peer in peers}
        yield Row(
            "tokens: all tools",
            _tool_list_tokens(ours),
            peers=offered,
            limit="≤ 2,000",
            within_limit=_tool_list_tokens(ours) <= 2_000,
        )
        listed: JsonObject = {"application_id": APPLICATION_ID}
        for limit, as_structure, as_text in ((20, 1_600, 1_200), (100, 7_800, 6_200)):
            others = {
                peer.name: _measure(peer, url, lambda running, n=limit: _list_tokens(running, n)) for peer in peers
            }
            others["writer-sdk"] = count_tokens(_sdk(url).list(APPLICATION_ID, limit=limit).to_json(indent=None))
            answer = ours.call("list_application_jobs", {**listed, "limit": limit})
            yield from structure_and_text_rows(f"the latest {limit} jobs", answer, others, as_structure, as_text)
        failed = _sdk(url).list(APPLICATION_ID, status="failed", limit=1).result[0]
        others = {peer.name: _measure(peer, url, lambda running: _job_tokens(running, failed.id)) for peer in peers}
        others["writer-sdk"] = count_tokens(_sdk(url).retrieve(failed.id).to_json(indent=None))
        yield from structure_and_text_rows("one failure", ours.call("get_job_error", {"job_id": failed.id}), others)
    for count in (1_200, 12_000):
        url = address(count)
        with start_server(OURS.command, OURS.environ(url, **_ALL_TOOLS)) as ours:
            arguments: JsonObject = {"application_id": APPLICATION_ID, "max_jobs": count}
            whole = ours.call("triage_application_jobs", arguments)
            answer = ours.call("triage_application_jobs", {**arguments, "since": "7d"})
        others = {peer.name: _measure(peer, url, _all_failures_tokens) for peer in peers}
        others["writer-sdk"] = _script_output_tokens(url)
        yield from structure_and_text_rows(
            f"what failed this week, why, is it new: {count:,} jobs", answer, others, 2_200, 1_700
        )
        yield from structure_and_text_rows(f"what failed and why: {count:,} jobs", whole, {}, 2_000, 1_500)
    yield from other_rows()


def _measure(server: MeasuredServer, url: str, plan: Any) -> float | str:
    with start_server(server.command, server.environ(url)) as peer:
        try:
            return plan(peer)
        except RuntimeError:
            return "fails"


def _tool_list_tokens(peer: RunningServer) -> float:
    shown = [{name: tool.get(name) for name in ("name", "description", "inputSchema")} for tool in peer.tools]
    return count_tokens(compact_json(shown))


def _list_tokens(peer: RunningServer, limit: int, **more: str | int) -> float:
    return _result_tokens(peer.call(list_tool(peer), {"application_id": APPLICATION_ID, "limit": limit, **more}))


def _job_tokens(peer: RunningServer, job_id: str) -> float:
    return _result_tokens(peer.call(job_tool(peer), {"job_id": job_id}))


def _all_failures_tokens(peer: RunningServer) -> float:
    """Count the tokens of all pages of failed jobs, which the model would have to group and compare itself."""
    tool, read, offset = list_tool(peer), 0.0, 0
    while True:
        arguments = {"application_id": APPLICATION_ID, "status": "failed", "limit": _PAGE_SIZE, "offset": offset}
        answer = peer.call(tool, arguments)
        read += _result_tokens(answer)
        offset += _PAGE_SIZE
        if offset >= _total_count(answer):
            return read


def _script_output_tokens(url: str) -> float:
    """Count the tokens of a script's output that has only the time and the error of each failed job."""
    jobs = _sdk(url).list(APPLICATION_ID, status="failed", limit=_PAGE_SIZE)
    return count_tokens("\n".join(f"{job.created_at:%m-%d %H:%M} {job.error}" for job in jobs))


def _total_count(answer: JsonObject) -> int:
    structure = answer.get("structuredContent") or json.loads(answer["content"][0]["text"])
    return structure["totalCount"]


def _result_tokens(answer: JsonObject) -> float:
    """Count the tokens of the shorter form that clients may pass to the model."""
    forms = ["".join(block.get("text", "") for block in answer["content"])]
    forms += [compact_json(answer["structuredContent"])] if answer.get("structuredContent") else []
    return min(map(count_tokens, forms))


@cache
def _sdk(url: str) -> Any:
    return Writer(api_key=KEY, base_url=url).applications.jobs
