"""The sandbox is served over HTTP, records its requests, and stops at once."""

import asyncio
import errno
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from tests.helpers.sandbox import FIRST, JOBS, UNKNOWN_ID, http_client, parse_job_list
from writer_jobs_mcp.sandbox import (
    SANDBOX_KEY,
    Delay,
    FaultScript,
    ReceivedRequest,
    SandboxStore,
    build_app,
    serve,
    serve_forever,
)


async def test_requests_are_recorded_in_order_without_the_key(store: SandboxStore) -> None:
    app = build_app(store)
    async with http_client(app) as client:
        answers = [await client.get("/v1/applications?limit=1"), await client.get("/v1/applications/a%2Fb")]
        await client.post(f"/v1/applications/jobs/{UNKNOWN_ID}/retry")

    assert [(request.request_line, request.status) for request in app.received] == [
        ("GET /v1/applications?limit=1", 200),
        ("GET /v1/applications/a%2Fb", 404),
        (f"POST /v1/applications/jobs/{UNKNOWN_ID}/retry", 404),
    ]
    assert [request.bytes_sent for request in app.received][:2] == [len(answer.content) for answer in answers]
    assert SANDBOX_KEY not in repr(app.received)


async def test_jobs_can_arrive_between_two_pages(store: SandboxStore) -> None:
    def arrive(request: ReceivedRequest) -> None:
        if "offset=20" in request.query:
            store.add(FIRST.id)

    async with http_client(build_app(store, on_request=arrive)) as client:
        first = parse_job_list(await client.get(JOBS))
        second = parse_job_list(await client.get(f"{JOBS}?offset=20"))

    assert second.result[0] == first.result[-1]
    assert second.totalCount == 401


async def test_serving_stops_at_once_with_a_hanging_request_and_an_open_connection(
    store: SandboxStore, faults: FaultScript, capfd: pytest.CaptureFixture[str]
) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    arrived = asyncio.Event()
    faults.push(Delay(seconds=60), on="hang")
    app = build_app(store, faults=faults, on_request=lambda request: arrived.set() if "hang" in request.path else None)
    async with httpx.AsyncClient(timeout=5) as client:
        async with serve(app) as url:
            await client.get(url)
            hanging = asyncio.create_task(client.get(f"{url}/hang"))
            await asyncio.wait_for(arrived.wait(), 5)
            assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
            left = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - left < 30  # half as long as the request would hang
        with pytest.raises(httpx.TransportError):
            await hanging
        with pytest.raises(httpx.ConnectError):
            await client.get(url)

    assert capfd.readouterr() == ("", "")


async def test_a_taken_port_is_an_error(store: SandboxStore) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError) as caught:  # noqa: PT011 - its number tells
        async with serve(build_app(store), port=taken.getsockname()[1]):
            pass
    assert caught.value.errno == errno.EADDRINUSE


async def test_serve_forever_announces_its_url_and_ends_when_cancelled(store: SandboxStore) -> None:
    announced = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve_forever(build_app(store), announced.set_result))
    url = await asyncio.wait_for(announced, 5)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {SANDBOX_KEY}"}) as client:
        assert (await client.get(f"{url}{JOBS}")).status_code == 200

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


def test_importing_the_sandbox_loads_neither_mcp_nor_httpx() -> None:
    program = "import sys, writer_jobs_mcp.sandbox; print(*sorted({'mcp', 'httpx'} & sys.modules.keys()))"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own words

    assert run.stdout == "\n"
