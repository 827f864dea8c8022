"""What the agent reads: tokens, o200k, of the tools and of what they answer."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import bpe_openai
from writerai import Writer

from benchmarks.jobs import APPLICATION_ID
from benchmarks.peers import KEY, OURS, Contestant, job_tool, list_tool
from benchmarks.table import Row
from benchmarks.wire import Peer, Told, running

_PAGE = 100
_WHOLE = {"WRITER_JOBS_ALLOW_RETRY": "true"}  # every tool that there is


def rows(address: Any, peers: Sequence[Contestant]) -> Iterator[Row]:
    """The figures."""
    url = address(1_200)
    with running(OURS.command, OURS.environ(url, **_WHOLE)) as ours:
        offered = {peer.name: _each(peer, url, _offered) for peer in peers}
        yield Row("tokens: all tools", _offered(ours), peers=offered, bar="≤ 2,500", reached=_offered(ours) <= 2_500)
        listed: Told = {"application_id": APPLICATION_ID}
        for limit, as_structure, as_text in ((20, 1_600, 1_200), (100, 7_800, 6_200)):
            others = {peer.name: _each(peer, url, lambda running, n=limit: _listed(running, n)) for peer in peers}
            others["writer-sdk"] = _tokens(_sdk(url).list(APPLICATION_ID, limit=limit).to_json(indent=None))
            answer = ours.call("list_application_jobs", {**listed, "limit": limit})
            yield from _both(f"the latest {limit} jobs", answer, others, as_structure, as_text)
        failed = _sdk(url).list(APPLICATION_ID, status="failed", limit=1).result[0]
        others = {peer.name: _each(peer, url, lambda running: _job(running, failed.id)) for peer in peers}
        others["writer-sdk"] = _tokens(_sdk(url).retrieve(failed.id).to_json(indent=None))
        yield from _both("one failure", ours.call("get_job_error", {"job_id": failed.id}), others)
    for count in (1_200, 12_000):
        url = address(count)
        with running(OURS.command, OURS.environ(url, **_WHOLE)) as ours:
            asked: Told = {"application_id": APPLICATION_ID, "max_jobs": count}
            whole = ours.call("triage_application_jobs", asked)
            answer = ours.call("triage_application_jobs", {**asked, "since": "7d"})
        others = {peer.name: _each(peer, url, _failures) for peer in peers}
        others["writer-sdk"] = _told_by_a_script(url)
        yield from _both(f"what failed this week, why, is it new: {count:,} jobs", answer, others, 2_200, 1_700)
        yield from _both(f"what failed and why: {count:,} jobs", whole, {}, 2_000, 1_500)


def _both(
    what: str, answer: Told, others: dict[str, float | str], structure: int | None = None, text: int | None = None
) -> Iterator[Row]:
    for form, said, bar in (
        ("structure", _compact(answer["structuredContent"]), structure),
        ("text", answer["content"][0]["text"], text),
    ):
        tokens = _tokens(said)
        reached = None if bar is None else tokens <= bar
        yield Row(f"tokens: {what}, as {form}", tokens, "", others, f"≤ {bar:,}" if bar else "", reached)


def _each(contestant: Contestant, url: str, plan: Any) -> float | str:
    with running(contestant.command, contestant.environ(url)) as peer:
        try:
            return plan(peer)
        except RuntimeError:
            return "fails"


def _offered(peer: Peer) -> float:
    shown = [{name: tool.get(name) for name in ("name", "description", "inputSchema")} for tool in peer.tools]
    return _tokens(_compact(shown))


def _listed(peer: Peer, limit: int, **more: str | int) -> float:
    return _read(peer.call(list_tool(peer), {"application_id": APPLICATION_ID, "limit": limit, **more}))


def _job(peer: Peer, job_id: str) -> float:
    return _read(peer.call(job_tool(peer), {"job_id": job_id}))


def _failures(peer: Peer) -> float:
    """Every failed job, page after page: the model then has to group them, and to compare the weeks."""
    tool, read, offset = list_tool(peer), 0.0, 0
    while True:
        arguments = {"application_id": APPLICATION_ID, "status": "failed", "limit": _PAGE, "offset": offset}
        answer = peer.call(tool, arguments)
        read += _read(answer)
        offset += _PAGE
        if offset >= _total(answer):
            return read


def _told_by_a_script(url: str) -> float:
    """What an agent reads that may run code, and prints nothing but when each failed job began, and its error."""
    jobs = _sdk(url).list(APPLICATION_ID, status="failed", limit=_PAGE)
    return _tokens("\n".join(f"{job.created_at:%m-%d %H:%M} {job.error}" for job in jobs))


def _total(answer: Told) -> int:
    said = answer.get("structuredContent") or json.loads(answer["content"][0]["text"])
    return said["totalCount"]


def _read(answer: Told) -> float:
    """The shorter of what clients may pass to the model."""
    forms = ["".join(block.get("text", "") for block in answer["content"])]
    forms += [_compact(answer["structuredContent"])] if answer.get("structuredContent") else []
    return min(map(_tokens, forms))


def _compact(said: Any) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


@cache
def _sdk(url: str) -> Any:
    return Writer(api_key=KEY, base_url=url).applications.jobs


def _tokens(text: str) -> float:
    return len(bpe_openai.get_encoding("o200k_base").encode(text))
