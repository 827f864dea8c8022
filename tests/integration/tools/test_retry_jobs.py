"""Retrying: off unless allowed, first without effect, and never twice whatever happens."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest
from mcp.client import Client
from mcp.server import MCPServer
from starlette.types import Receive, Scope, Send

from tests.conftest import NOW, config_for
from tests.fakes.raw_http_server import Exchange, RawHttpServer, ScriptedServer
from tests.helpers.mcp import call_tool, call_tool_error, text_of
from writer_jobs_mcp.client import asgi_transport, open_client
from writer_jobs_mcp.context import App
from writer_jobs_mcp.errors import BudgetExceeded, Unavailable, UncertainRetry, WriterError
from writer_jobs_mcp.sandbox import (
    CannedResponse,
    Delay,
    DroppedConnection,
    FaultScript,
    InjectedFault,
    NotHttp,
    SandboxApp,
    SandboxStore,
    StalledBody,
    TruncatedBody,
    build_app,
    serve,
)
from writer_jobs_mcp.server.build import build_server

ERAS = ["auto", "legacy"]
ALIAS = "product-description-writer"
POSTS = "^POST"


@pytest.fixture(params=ERAS)
async def client(request: pytest.FixtureRequest, url: str) -> AsyncGenerator[Client]:
    """A client that cannot be asked."""
    async with Client(server_for(url), mode=request.param) as client:
        yield client


def server_for(url: str, **others: str) -> MCPServer[App]:
    return build_server(config_for(url, WRITER_JOBS_ALLOW_RETRY="true", **others), clock=lambda: NOW)


def posted_ids(api: SandboxApp) -> list[str]:
    """The ids of the jobs whose retry was asked for, as often as it was."""
    return [request.path.split("/")[4] for request in api.received if request.method == "POST"]


def failed_ids(world: SandboxStore, count: int = 1) -> list[str]:
    return [job.id for job in world.jobs(ALIAS, "failed")[:count]]


async def retry_jobs(client: Client, ids: Iterable[str], **others: Any) -> dict[str, Any]:
    return await call_tool(client, "retry_jobs", {"job_ids": list(ids), "dry_run": False, **others})


def outcomes(report: dict[str, Any]) -> list[str]:
    return [row["outcome"] for row in report["jobs"]]


# What is offered


async def test_it_is_not_offered_unless_it_is_allowed(url: str) -> None:
    async with Client(build_server(config_for(url))) as client:
        assert "retry_jobs" not in [tool.name for tool in (await client.list_tools()).tools]
        refused = await client.call_tool("retry_jobs", {"job_ids": ["a"], "dry_run": False})
    assert refused.is_error


async def test_it_is_announced_as_what_changes_something(client: Client) -> None:
    (tool,) = [tool for tool in (await client.list_tools()).tools if tool.name == "retry_jobs"]
    assert tool.annotations is not None
    assert (tool.annotations.read_only_hint, tool.annotations.idempotent_hint) == (False, False)


# What becomes of a job


async def test_a_dry_run_comes_first_and_sends_nothing(client: Client, world: SandboxStore, api: SandboxApp) -> None:
    ids = failed_ids(world, 3)
    for asked in ({}, {"dry_run": True}, {"dry_run": None}):
        report = await call_tool(client, "retry_jobs", {"job_ids": ids, **asked})
        assert report == {
            "dry_run": True,
            "jobs": [{"job_id": each, "before": "failed", "outcome": "would_retry"} for each in ids],
            "retried": 0,
            "next": [
                {
                    "tool": "retry_jobs",
                    "arguments": {"job_ids": ids, "dry_run": False},
                    "why": "retry 3 jobs, once the user agrees",
                }
            ],
        }
    assert posted_ids(api) == []


ADVICE = "Correct what the evidence names in the job's inputs or settings, then run it again."


async def test_a_dry_run_warns_where_a_retry_will_likely_fail_again(client: Client, world: SandboxStore) -> None:
    errors = ["Input missing: 'Brand' is required", "Rate limit exceeded", "Input missing: 'Tone' is required"]
    ids = [world.add(ALIAS, created_at=NOW - timedelta(hours=1), error=error).id for error in errors]
    report = await call_tool(client, "retry_jobs", {"job_ids": ids})
    assert outcomes(report) == ["would_retry"] * 3
    warning = "Retrying will likely fail again until it is fixed"
    assert [row.get("detail") for row in report["jobs"]] == [
        f"Cause: invalid_input. {warning}: {ADVICE}",
        None,
        f"Cause: invalid_input. {warning}, as above.",
    ]
    assert [call["why"] for call in report["next"]] == [
        "retry 3 jobs, once the user agrees; 2 will likely fail again until the cause is fixed"
    ]


async def test_the_call_that_a_dry_run_suggests_retries_what_it_said_and_nothing_else(
    client: Client, world: SandboxStore, api: SandboxApp
) -> None:
    ids = failed_ids(world, 2)
    dry = await call_tool(client, "retry_jobs", {"job_ids": [*ids, world.jobs(ALIAS, "completed")[0].id, "nobody"]})
    (call,) = dry["next"]
    assert call["arguments"] == {"job_ids": ids, "dry_run": False}
    report = await call_tool(client, call["tool"], call["arguments"])
    assert (outcomes(report), "next" in report) == (["accepted"] * 2, False)
    assert sorted(posted_ids(api)) == sorted(ids)


async def test_a_dry_run_suggests_no_call_where_nothing_would_be_retried(client: Client, world: SandboxStore) -> None:
    report = await call_tool(client, "retry_jobs", {"job_ids": [world.jobs(ALIAS, "completed")[0].id, "nobody"]})
    assert "next" not in report


async def test_failed_jobs_are_retried_once_each(client: Client, world: SandboxStore, api: SandboxApp) -> None:
    ids = failed_ids(world, 3)
    report = await retry_jobs(client, ids)
    assert (report["dry_run"], report["retried"], outcomes(report)) == (False, 3, ["accepted"] * 3)
    assert sorted(posted_ids(api)) == sorted(ids)
    assert {job.status(NOW) for job in map(world.job, ids) if job} == {"in_progress"}


@pytest.mark.parametrize("dry_run", [True, False])
async def test_what_did_not_fail_or_is_not_there_is_left_alone(
    client: Client, world: SandboxStore, api: SandboxApp, dry_run: bool
) -> None:
    done, running = world.jobs(ALIAS, "completed")[0].id, world.add(ALIAS, created_at=NOW).id
    report = await retry_jobs(client, [done, "nobody", running], dry_run=dry_run)
    assert [(row["job_id"], row.get("before"), row["outcome"]) for row in report["jobs"]] == [
        (done, "completed", "not_failed"),
        ("nobody", None, "not_found"),
        (running, "in_progress", "not_failed"),
    ]
    assert report["jobs"][1]["detail"].startswith('Writer does not know job "nobody"')
    assert posted_ids(api) == []


async def test_an_id_that_is_given_again_counts_once(client: Client, world: SandboxStore, api: SandboxApp) -> None:
    (job,) = failed_ids(world)
    report = await retry_jobs(client, [job, f" {job} ", job])
    assert (outcomes(report), report["retried"]) == (["accepted"], 1)
    assert posted_ids(api) == [job]


async def test_the_job_that_runs_in_its_place_is_told(client: Client, world: SandboxStore, faults: FaultScript) -> None:
    faults.push(CannedResponse(202, json.dumps({"id": "a-new-one", "status": "in_progress"}).encode()), on=POSTS)
    report = await retry_jobs(client, failed_ids(world))
    assert (outcomes(report), report["jobs"][0]["detail"]) == (["accepted"], 'This retry runs as job "a-new-one".')


ACCEPTANCES = [b"", b"Accepted.", b"[]", b'{"id": null}', b'{"id": 5}']


async def test_a_retry_that_was_accepted_is_accepted_whatever_is_said_of_it(
    client: Client, world: SandboxStore, faults: FaultScript
) -> None:
    ids = failed_ids(world, len(ACCEPTANCES))
    for job, body in zip(ids, ACCEPTANCES, strict=True):
        faults.push(CannedResponse(202, body), on=f"POST .*{job}")
    assert (await retry_jobs(client, ids))["jobs"] == [
        {"job_id": job, "before": "failed", "outcome": "accepted"} for job in ids
    ]


async def test_text_and_structure_say_the_same_of_each_job(client: Client, world: SandboxStore) -> None:
    ids = [*failed_ids(world, 2), "nobody"]
    text = text_of(await client.call_tool("retry_jobs", {"job_ids": ids, "dry_run": False}))
    head, first, second, third = text.splitlines()
    assert head == "2 of 3 jobs retried."
    assert [first, second] == [f"- {each} (was failed) accepted." for each in ids[:2]]
    assert third.startswith('- "nobody" not_found. Writer does not know')


# Never twice

INTERRUPTED_RESPONSES = [
    DroppedConnection(),
    DroppedConnection(handled=True),  # it was started, and only the answer was lost
    DroppedConnection(reset=True, handled=True),
    TruncatedBody(bytes_sent=5),
    NotHttp(),
]


async def test_a_retry_that_gets_no_whole_answer_is_unknown_and_sent_once(
    client: Client, world: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids = failed_ids(world, len(INTERRUPTED_RESPONSES))
    for job, doubt in zip(ids, INTERRUPTED_RESPONSES, strict=True):
        faults.push(doubt, on=f"POST .*{job}", times=None)
    report = await retry_jobs(client, ids)
    assert (outcomes(report), report["retried"]) == (["unknown"] * len(INTERRUPTED_RESPONSES), 0)
    assert sorted(posted_ids(api)) == sorted(ids)
    for row in report["jobs"]:
        assert "was sent" in row["detail"]
        assert "Look at the job (get_job_error) before you retry it." in row["detail"]


MAY_HAVE_STARTED = "The retry may have started: look at the job (get_job_error) before you retry it."
ERROR_RESPONSES: list[tuple[int, dict[str, str], str]] = [
    (429, {"retry-after": "0"}, "Wait 1 second"),
    (429, {"retry-after": "7"}, "Wait 7 seconds"),
    (408, {}, "408 Request Timeout"),
    (500, {}, MAY_HAVE_STARTED),
    (502, {}, MAY_HAVE_STARTED),
    (503, {"retry-after": "0"}, MAY_HAVE_STARTED),
    (504, {}, MAY_HAVE_STARTED),
    (409, {}, "409 Conflict"),
    (401, {}, "refused the API key"),
    (403, {}, "(403)"),
    (307, {"location": "/v1/applications/jobs/other/retry"}, "307 Temporary Redirect"),
    (308, {"location": "/v1/applications/jobs/other/retry"}, "308 Permanent Redirect"),
]


async def test_a_refused_retry_is_an_error_and_not_sent_again(
    client: Client, world: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids = failed_ids(world, len(ERROR_RESPONSES))
    for job, (status, headers, _) in zip(ids, ERROR_RESPONSES, strict=True):
        faults.push(CannedResponse(status, headers=headers), on=f"POST .*{job}", times=None)
    report = await retry_jobs(client, ids)
    assert (outcomes(report), report["retried"]) == (["error"] * len(ERROR_RESPONSES), 0)
    assert sorted(posted_ids(api)) == sorted(ids)
    for row, (_, _, told) in zip(report["jobs"], ERROR_RESPONSES, strict=True):
        assert row["before"] == "failed"
        assert told in row["detail"]


async def test_every_answer_that_is_neither_2xx_nor_4xx_says_that_the_retry_may_have_started(
    client: Client, world: SandboxStore, faults: FaultScript
) -> None:
    statuses = [300, 301, 302, 303, 304, 307, 308, 399, 500, 501, 502, 503, 504, 599]
    ids = failed_ids(world, len(statuses))
    for job, status in zip(ids, statuses, strict=True):
        faults.push(CannedResponse(status, headers={"location": "/"}), on=f"POST .*{job}")
    report = await retry_jobs(client, ids)
    assert outcomes(report) == ["error"] * len(statuses)
    assert [row["detail"] for row in report["jobs"] if not row["detail"].endswith(MAY_HAVE_STARTED)] == []


async def test_a_job_that_is_gone_when_it_is_retried_is_not_found(
    client: Client, world: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(CannedResponse(404), on=POSTS, times=None)
    (job,) = failed_ids(world)
    assert outcomes(await retry_jobs(client, [job])) == ["not_found"]
    assert posted_ids(api) == [job]


async def test_trouble_with_one_job_does_not_keep_the_others_back(
    client: Client, world: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids = failed_ids(world, 4)
    faults.push(DroppedConnection(handled=True), on=f"POST .*{ids[1]}")
    faults.push(CannedResponse(409), on=f"POST .*{ids[2]}")
    report = await retry_jobs(client, ids)
    assert (outcomes(report), report["retried"]) == (["accepted", "unknown", "error", "accepted"], 2)
    assert sorted(posted_ids(api)) == sorted(ids)


async def test_a_connection_that_cannot_be_made_is_tried_again_for_nothing_was_sent(world: SandboxStore) -> None:
    api, (job,) = build_app(world), failed_ids(world)
    line = FailingConnections(asgi_transport(api), times=2)
    server = build_server(config_for("http://localhost", WRITER_JOBS_ALLOW_RETRY="true"), transport=line)
    async with Client(server) as client:
        report = await retry_jobs(client, [job])
    assert (outcomes(report), line.times, posted_ids(api)) == (["accepted"], 0, [job])


class FailingConnections(httpx.AsyncBaseTransport):
    """A line that cannot be opened for the first so many POSTs."""

    def __init__(self, line: httpx.AsyncBaseTransport, times: int) -> None:
        self._line, self.times, self.failed = line, times, anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and self.times:
            self.times -= 1
            self.failed.set()
            raise httpx.ConnectError("refused", request=request)
        return await self._line.handle_async_request(request)


# Time


async def test_time_that_ends_before_a_job_was_read_sends_nothing(
    world: SandboxStore, url: str, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(Delay(30), on="^GET")
    async with Client(server_for(url, WRITER_JOBS_CALL_BUDGET="1")) as client:
        report = await retry_jobs(client, failed_ids(world))
    assert (outcomes(report), posted_ids(api)) == (["error"], [])
    assert "before" not in report["jobs"][0]


@pytest.mark.parametrize("fault", [Delay(30), StalledBody(bytes_before=5, seconds=30)])
async def test_time_that_ends_after_a_retry_was_sent_leaves_it_unknown_and_those_not_sent_alone(
    world: SandboxStore, url: str, api: SandboxApp, faults: FaultScript, fault: InjectedFault
) -> None:
    ids = failed_ids(world, 2)
    faults.push(fault, on=POSTS)
    async with Client(server_for(url, WRITER_JOBS_CALL_BUDGET="1", WRITER_JOBS_CONCURRENCY="1")) as client:
        report = await retry_jobs(client, ids)
    told = {row["job_id"]: row for row in report["jobs"]}
    (sent,) = posted_ids(api)
    (kept,) = set(ids) - {sent}
    assert (told[sent]["outcome"], told[kept]["outcome"]) == ("unknown", "error")
    assert "before the retry" in told[kept]["detail"]


async def never_respond(exchange: Exchange) -> None:
    await exchange.wait_for_close()


async def test_a_retry_is_said_to_be_sent_once_it_is_and_no_sooner(unused_url: str) -> None:
    async with ScriptedServer(never_respond).serve() as url:
        took_it = await retry_error(url)
        no_tls = await retry_error(url.replace("http:", "https:"))  # taken for a connection, and never made one
    assert isinstance(took_it, UncertainRetry)
    assert "was sent, and Writer had not answered" in str(took_it)
    assert isinstance(no_tls, BudgetExceeded)
    assert "was sent, " not in str(no_tls)
    assert isinstance(await retry_error(unused_url), Unavailable)


async def test_a_proxy_that_says_nothing_has_been_sent_no_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    wire = SilentProxy()
    async with wire.serve() as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.setenv("https_proxy", url)
        assert isinstance(await retry_error("https://writer.invalid"), BudgetExceeded)
    assert wire.asked.startswith(b"CONNECT writer.invalid:443")


async def test_a_retry_that_waits_to_be_tried_again_was_not_sent(world: SandboxStore, faults: FaultScript) -> None:
    faults.push(Delay(30), on="^GET", times=None)
    line = FailingConnections(asgi_transport(build_app(world, faults=faults)), times=1)
    config = config_for("http://localhost", WRITER_JOBS_CALL_BUDGET="2", WRITER_JOBS_CONCURRENCY="1")
    async with open_client(config, line) as client, anyio.create_task_group() as tasks:

        async def take_the_place() -> None:
            await line.failed.wait()
            with suppress(BudgetExceeded):
                await client.get_job("slow")

        tasks.start_soon(take_the_place)
        with pytest.raises(BudgetExceeded, match=r"before the retry of .* was sent"):
            await client.retry_job("j")
        tasks.cancel_scope.cancel()


async def retry_error(url: str) -> WriterError:
    """Why a retry within a second's time was not done."""
    async with open_client(config_for(url, WRITER_JOBS_CALL_BUDGET="1")) as client:
        with pytest.raises(WriterError) as caught:
            await client.retry_job("j")
    return caught.value


class SilentProxy(RawHttpServer):
    """One that takes the first request, and says nothing to it."""

    asked = b""

    async def handle_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = await reader.readuntil(b"\r\n\r\n")
        await Exchange(self.asked, reader, writer).wait_for_close()


async def test_no_more_requests_are_under_way_than_allowed(world: SandboxStore) -> None:
    crowd, ids = ConcurrencyCounter(build_app(world)), failed_ids(world, 10)
    async with serve(crowd) as url, Client(server_for(url, WRITER_JOBS_CONCURRENCY="3")) as client:
        assert (await retry_jobs(client, ids))["retried"] == 10
    assert crowd.most == 3


class ConcurrencyCounter:
    """An API that counts the requests under way at once, and answers none until three have come together."""

    def __init__(self, api: SandboxApp) -> None:
        self._api, self.now, self.most, self._three = api, 0, 0, anyio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now == 3:
            self._three.set()
        await self._three.wait()
        await anyio.sleep(0.005)  # room for one too many to come
        try:
            await self._api(scope, receive, send)
        finally:
            self.now -= 1


# Arguments


INVALID_ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({}, "job_ids is required."),
    ({"job_ids": []}, "job_ids must be a list of 1 to 20 strings; got []."),
    ({"job_ids": ["a"] * 21}, "job_ids must be a list of 1 to 20 strings; got 21 of them."),
    ({"job_ids": "some-job"}, 'job_ids must be a list of 1 to 20 strings; got "some-job".'),
    ({"job_ids": {"id": "a"}}, 'job_ids must be a list of 1 to 20 strings; got {"id": "a"}.'),
    ({"job_ids": ["a", 5]}, "job_ids[1] must be a string; got 5."),
    ({"job_ids": ["a", " "]}, 'job_ids[1] must not be empty; got "".'),
    ({"job_ids": ["a"], "dry_run": "maybe"}, 'dry_run must be true or false; got "maybe".'),
    ({"job_ids": ["a"], "dryrun": False}, 'Unknown argument "dryrun": retry_jobs takes job_ids, dry_run.'),
]


async def test_a_bad_argument_is_answered_with_one_sentence(client: Client, api: SandboxApp) -> None:
    for arguments, sentence in INVALID_ARGUMENTS:
        assert await call_tool_error(client, "retry_jobs", arguments) == sentence
    assert list(api.received) == []


async def test_twenty_jobs_are_retried_in_one_call(client: Client, world: SandboxStore, api: SandboxApp) -> None:
    ids = failed_ids(world, 20)
    assert len(ids) == 20
    assert (await retry_jobs(client, ids))["retried"] == 20
    assert sorted(posted_ids(api)) == sorted(ids)
