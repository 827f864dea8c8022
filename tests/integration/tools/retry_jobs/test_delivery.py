"""A retry is sent at most once, and the report says whether it may have started."""

import asyncio
from contextlib import suppress

import anyio
import pytest
from mcp.client import Client
from starlette.types import Receive, Scope, Send

from tests.conftest import config_for
from tests.fakes.raw_http_server import Exchange, RawHttpServer, ScriptedServer
from tests.helpers.retries import (
    MAY_HAVE_STARTED,
    POSTS,
    FailingConnections,
    failed_ids,
    outcomes,
    posted_ids,
    retried,
    retry_jobs,
    retry_server,
)
from writer_jobs_mcp.client import asgi_transport, open_client
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

INTERRUPTED_RESPONSES = [
    DroppedConnection(),
    DroppedConnection(handled=True),  # the job was started, only the response was lost
    DroppedConnection(reset=True, handled=True),
    TruncatedBody(bytes_sent=5),
    NotHttp(),
]


async def test_an_interrupted_response_is_unknown_and_the_retry_is_sent_once(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids = failed_ids(store, len(INTERRUPTED_RESPONSES))
    for job, fault in zip(ids, INTERRUPTED_RESPONSES, strict=True):
        faults.push(fault, on=f"POST .*{job}", times=None)
    report = await retry_jobs(client, ids)
    assert (outcomes(report), retried(report)) == (["unknown"] * len(INTERRUPTED_RESPONSES), 0)
    assert sorted(posted_ids(api)) == sorted(ids)
    for row in report["jobs"]:
        assert "was sent" in row["detail"]
        assert "Look at the job (get_job_error) before you retry it." in row["detail"]


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


async def test_a_rejected_retry_is_an_error_and_is_not_sent_again(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids = failed_ids(store, len(ERROR_RESPONSES))
    for job, (status, headers, _) in zip(ids, ERROR_RESPONSES, strict=True):
        faults.push(CannedResponse(status, headers=headers), on=f"POST .*{job}", times=None)
    report = await retry_jobs(client, ids)
    assert (outcomes(report), retried(report)) == (["error"] * len(ERROR_RESPONSES), 0)
    assert sorted(posted_ids(api)) == sorted(ids)
    for row, (_, _, part) in zip(report["jobs"], ERROR_RESPONSES, strict=True):
        assert row["before"] == "failed"
        assert part in row["detail"]


async def test_every_3xx_and_5xx_says_that_the_retry_may_have_started(
    client: Client, store: SandboxStore, faults: FaultScript
) -> None:
    statuses = [300, 301, 302, 303, 304, 307, 308, 399, 500, 501, 502, 503, 504, 599]
    ids = failed_ids(store, len(statuses))
    for job, status in zip(ids, statuses, strict=True):
        faults.push(CannedResponse(status, headers={"location": "/"}), on=f"POST .*{job}")
    report = await retry_jobs(client, ids)
    assert outcomes(report) == ["error"] * len(statuses)
    assert [row["detail"] for row in report["jobs"] if not row["detail"].endswith(MAY_HAVE_STARTED)] == []


async def test_a_404_on_retry_is_not_found(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(CannedResponse(404), on=POSTS, times=None)
    (job,) = failed_ids(store)
    assert outcomes(await retry_jobs(client, [job])) == ["not_found"]
    assert posted_ids(api) == [job]


async def test_a_problem_with_one_job_does_not_stop_the_others(
    client: Client, store: SandboxStore, api: SandboxApp, faults: FaultScript
) -> None:
    ids = failed_ids(store, 4)
    faults.push(DroppedConnection(handled=True), on=f"POST .*{ids[1]}")
    faults.push(CannedResponse(409), on=f"POST .*{ids[2]}")
    report = await retry_jobs(client, ids)
    assert (outcomes(report), retried(report)) == (["accepted", "unknown", "error", "accepted"], 2)
    assert sorted(posted_ids(api)) == sorted(ids)


async def test_a_failed_connection_is_retried_because_nothing_was_sent(store: SandboxStore) -> None:
    api, (job,) = build_app(store), failed_ids(store)
    transport = FailingConnections(asgi_transport(api), times=2)
    server = build_server(config_for("http://localhost", WRITER_JOBS_ALLOW_RETRY="true"), transport=transport)
    async with Client(server) as client:
        report = await retry_jobs(client, [job])
    assert (outcomes(report), transport.times, posted_ids(api)) == (["accepted"], 0, [job])


async def test_when_the_budget_ends_before_a_job_is_read_nothing_is_sent(
    store: SandboxStore, url: str, api: SandboxApp, faults: FaultScript
) -> None:
    faults.push(Delay(30), on="^GET")
    async with Client(retry_server(url, WRITER_JOBS_CALL_BUDGET="1")) as client:
        report = await retry_jobs(client, failed_ids(store))
    assert (outcomes(report), posted_ids(api)) == (["error"], [])
    assert "before" not in report["jobs"][0]


@pytest.mark.parametrize("fault", [Delay(30), StalledBody(bytes_before=5, seconds=30)])
async def test_when_the_budget_ends_the_sent_retry_is_unknown_and_the_others_are_not_sent(
    store: SandboxStore, url: str, api: SandboxApp, faults: FaultScript, fault: InjectedFault
) -> None:
    ids = failed_ids(store, 2)
    faults.push(fault, on=POSTS)
    async with Client(retry_server(url, WRITER_JOBS_CALL_BUDGET="1", WRITER_JOBS_CONCURRENCY="1")) as client:
        report = await retry_jobs(client, ids)
    rows = {row["job_id"]: row for row in report["jobs"]}
    (sent,) = posted_ids(api)
    (unsent,) = set(ids) - {sent}
    assert (rows[sent]["outcome"], rows[unsent]["outcome"]) == ("unknown", "error")
    assert "before the retry" in rows[unsent]["detail"]


async def never_respond(exchange: Exchange) -> None:
    await exchange.wait_for_close()


async def test_the_error_says_sent_only_after_the_request_was_sent(unused_url: str) -> None:
    async with ScriptedServer(never_respond).serve() as url:
        no_response = await retry_error(url)
        no_tls = await retry_error(url.replace("http:", "https:"))  # TCP connects, TLS never does
    assert isinstance(no_response, UncertainRetry)
    assert "was sent, and Writer had not answered" in str(no_response)
    assert isinstance(no_tls, BudgetExceeded)
    assert "was sent, " not in str(no_tls)
    assert isinstance(await retry_error(unused_url), Unavailable)


async def test_a_silent_proxy_is_never_sent_the_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    proxy = SilentProxy()
    async with proxy.serve() as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.setenv("https_proxy", url)
        assert isinstance(await retry_error("https://writer.invalid"), BudgetExceeded)
    assert proxy.request_head.startswith(b"CONNECT writer.invalid:443")


async def test_a_retry_waiting_for_its_next_attempt_was_not_sent(store: SandboxStore, faults: FaultScript) -> None:
    faults.push(Delay(30), on="^GET", times=None)
    transport = FailingConnections(asgi_transport(build_app(store, faults=faults)), times=1)
    config = config_for("http://localhost", WRITER_JOBS_CALL_BUDGET="2", WRITER_JOBS_CONCURRENCY="1")
    async with open_client(config, transport) as client, anyio.create_task_group() as tasks:

        async def occupy_the_only_slot() -> None:
            await transport.failed.wait()
            with suppress(BudgetExceeded):
                await client.get_job("slow")

        tasks.start_soon(occupy_the_only_slot)
        with pytest.raises(BudgetExceeded, match=r"before the retry of .* was sent"):
            await client.retry_job("j")
        tasks.cancel_scope.cancel()


async def retry_error(url: str) -> WriterError:
    """Return the error of a retry with a call budget of one second."""
    async with open_client(config_for(url, WRITER_JOBS_CALL_BUDGET="1")) as client:
        with pytest.raises(WriterError) as caught:
            await client.retry_job("j")
    return caught.value


class SilentProxy(RawHttpServer):
    """A proxy that reads the first request and never responds."""

    request_head = b""

    async def handle_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.request_head = await reader.readuntil(b"\r\n\r\n")
        await Exchange(self.request_head, reader, writer).wait_for_close()


async def test_concurrent_requests_stay_within_the_limit(store: SandboxStore) -> None:
    counting_api, ids = ConcurrencyCounter(build_app(store)), failed_ids(store, 10)
    async with serve(counting_api) as url, Client(retry_server(url, WRITER_JOBS_CONCURRENCY="3")) as client:
        assert retried(await retry_jobs(client, ids)) == 10
    assert counting_api.most == 3


class ConcurrencyCounter:
    """An API that counts concurrent requests, and answers none until three have arrived."""

    def __init__(self, api: SandboxApp) -> None:
        self._api, self.now, self.most, self._three = api, 0, 0, anyio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now == 3:
            self._three.set()
        await self._three.wait()
        await anyio.sleep(0.005)  # time for a fourth request to arrive
        try:
            await self._api(scope, receive, send)
        finally:
            self.now -= 1
