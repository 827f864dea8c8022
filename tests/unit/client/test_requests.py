"""The client over real HTTP: what is sent, and how many requests at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio
import pytest
from starlette.types import Receive, Scope, Send

from tests.conftest import config_for
from tests.helpers.key import CALLS, FIRST, KEY, TIMEOUT, check_error, error_of_call, send_response
from writer_jobs_mcp.client import WriterClient, open_client
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import NotFound, Unavailable, WriterError
from writer_jobs_mcp.sandbox import (
    CannedResponse,
    Delay,
    DroppedConnection,
    FaultScript,
    InjectedFault,
    SandboxApp,
    StalledBody,
    serve,
)

BY_ID: tuple[Callable[[WriterClient, str], Awaitable[object]], ...] = (
    lambda client, id_: client.get_job(id_),
    lambda client, id_: client.get_application(id_),
    lambda client, id_: client.list_jobs(id_),
)


def after(client: WriterClient, id_: str) -> Awaitable[object]:
    return client.list_applications(after=id_)


LINES: dict[str, Callable[[WriterClient], Awaitable[object]]] = {
    "GET /v1/applications": lambda client: client.list_applications(),
    "GET /v1/applications?order=asc&limit=7&type=generation": lambda client: client.list_applications(
        order="asc", limit=7, type_="generation"
    ),
    "GET /v1/applications?before=b&after=a": lambda client: client.list_applications(before="b", after="a"),
    "GET /v1/applications/x": lambda client: client.get_application("x"),
    "GET /v1/applications/x/jobs": lambda client: client.list_jobs("x"),
    "GET /v1/applications/x/jobs?status=failed&offset=0&limit=9": lambda client: client.list_jobs(
        "x", status="failed", offset=0, limit=9
    ),
    "GET /v1/applications/jobs/x": lambda client: client.get_job("x"),
}


@pytest.mark.parametrize("line", LINES)
async def test_exactly_the_given_parameters_are_sent(
    config: Config, api: SandboxApp, faults: FaultScript, line: str
) -> None:
    faults.push(CannedResponse(404))
    await error_of_call(config, LINES[line])
    assert [request.request_line for request in api.received] == [line]


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("a b", "a%20b"),
        ("ä", "%C3%A4"),
        ("a?b", "a%3Fb"),
        ("a%2Fb", "a%252Fb"),
        ("a#b", "a%23b"),
        ("a/../b", "a%2F..%2Fb"),
        ("a\\b", "a%5Cb"),
        ("a&limit=1", "a%26limit%3D1"),
        ("%", "%25"),
        ("😀", "%F0%9F%98%80"),
    ],
)
async def test_an_id_is_encoded_as_one_path_segment(config: Config, api: SandboxApp, name: str, segment: str) -> None:
    for method in BY_ID:
        assert isinstance(await error_of_call(config, lambda client, method=method: method(client, name)), NotFound)
    assert [request.path for request in api.received] == [
        f"/v1/applications/jobs/{segment}",
        f"/v1/applications/{segment}",
        f"/v1/applications/{segment}/jobs",
    ]


@pytest.mark.parametrize("name", CALLS)
async def test_reading_methods_send_only_gets(
    short_budget_config: Config, api: SandboxApp, faults: FaultScript, name: str
) -> None:
    faults.push(DroppedConnection(), times=1)
    faults.push(CannedResponse(503), times=None)
    assert isinstance(await error_of_call(short_budget_config, CALLS[name]), Unavailable)
    assert {request.method for request in api.received} == {"GET"}


@dataclass
class Counter:
    """An app that counts the requests in flight, and answers when ``together`` of them have arrived."""

    together: int
    in_flight: int = 0
    most: int = 0
    answered: int = 0
    all_there: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        if self.in_flight == self.together:
            self.all_there.set()
        await self.all_there.wait()
        await anyio.sleep(0.005)  # time for another one to arrive
        self.in_flight -= 1
        self.answered += 1
        await send_response(send, 200, b'{"result": []}')


@pytest.mark.parametrize("concurrency", [1, 3, 16])
async def test_the_concurrency_limit_is_reached_but_not_exceeded(concurrency: int) -> None:
    app = Counter(together=concurrency)
    async with serve(app) as url:
        config = config_for(url, WRITER_API_KEY=KEY, WRITER_JOBS_CONCURRENCY=str(concurrency))
        with anyio.fail_after(TIMEOUT):
            async with open_client(config) as client, anyio.create_task_group() as tasks:
                for number in range(50):
                    tasks.start_soon(client.list_jobs, f"application {number}")
    assert (app.most, app.answered) == (concurrency, 50)


async def test_a_call_that_waits_to_retry_holds_no_slot(url: str, faults: FaultScript) -> None:
    faults.push(CannedResponse(429, headers={"Retry-After": "40"}), on="jobs/slow")
    config = config_for(url, WRITER_API_KEY=KEY, WRITER_JOBS_CONCURRENCY="1", WRITER_JOBS_CALL_BUDGET="90")
    async with open_client(config) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.get_job, "slow")
        while faults.pending:  # noqa: ASYNC110 - the sandbox has no event for it
            await anyio.sleep(0.01)
        with anyio.fail_after(20):  # half as long as the other call waits
            assert (await client.get_application(FIRST.id)).id == FIRST.id
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    "fault",
    [Delay(60), StalledBody(bytes_before=10, seconds=60), CannedResponse(503, headers={"Retry-After": "15"})],
    ids=repr,
)
async def test_a_cancelled_call_frees_its_slot(url: str, faults: FaultScript, fault: InjectedFault) -> None:
    faults.push(fault)
    config = config_for(url, WRITER_API_KEY=KEY, WRITER_JOBS_CONCURRENCY="1")
    with anyio.fail_after(TIMEOUT):
        async with open_client(config) as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.list_jobs, FIRST.id)
                while faults.pending:  # noqa: ASYNC110 - the sandbox has no event for it
                    await anyio.sleep(0.01)
                tasks.cancel_scope.cancel()
            for _ in range(3):
                assert (await client.get_application(FIRST.id)).id == FIRST.id


@pytest.mark.parametrize("name", ["\ud800", "a\udfffb", "", ".", "..", "\x00", "a" * 100_000])
async def test_any_id_raises_only_writer_errors(short_budget_config: Config, name: str) -> None:
    for method in (*BY_ID, after):
        with anyio.fail_after(TIMEOUT):
            async with open_client(short_budget_config) as client:
                try:
                    await method(client, name)
                except WriterError as error:
                    check_error(error)  # a response is fine, too
