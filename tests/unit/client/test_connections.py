"""Each request has a transport of its own, which is used again as soon as its response is closed."""

from collections.abc import Callable

import anyio
import httpx
import pytest

from writer_jobs_mcp.client.connections import Connections


class Numbered(httpx.AsyncBaseTransport):
    """Answers with its number."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/broken":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, stream=httpx.ByteStream(str(self.number).encode()))

    async def aclose(self) -> None:
        self.is_closed = True


@pytest.fixture
def created() -> list[Numbered]:
    return []


@pytest.fixture
def create(created: list[Numbered]) -> Callable[[], Numbered]:
    def create() -> Numbered:
        created.append(Numbered(len(created)))
        return created[-1]

    return create


@pytest.fixture
def client(create: Callable[[], Numbered]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=Connections(create), base_url="http://localhost")


async def test_requests_in_a_row_share_one_transport(client: httpx.AsyncClient, created: list[Numbered]) -> None:
    assert [(await client.get("/")).text for _ in range(3)] == ["0", "0", "0"]
    assert len(created) == 1


async def test_a_transport_is_in_use_until_its_response_is_closed(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/") as first, client.stream("GET", "/") as second:
        assert [await first.aread(), await second.aread()] == [b"0", b"1"]
        assert (await client.get("/")).text == "1", "the second was read to its end"
    assert (await client.get("/")).text == "1", "the one used last"


async def test_a_failed_request_gives_its_transport_back(client: httpx.AsyncClient, created: list[Numbered]) -> None:
    for _ in range(3):
        with pytest.raises(httpx.ConnectError):
            await client.get("/broken")
    assert (await client.get("/")).text == "0"
    assert len(created) == 1


async def test_all_transports_are_closed(client: httpx.AsyncClient, created: list[Numbered]) -> None:
    async with client.stream("GET", "/"), client.stream("GET", "/"):
        pass
    await client.aclose()
    assert [each.is_closed for each in created] == [True, True]


async def test_connections_that_were_not_used_for_long_are_closed_at_the_next_request(
    create: Callable[[], Numbered], created: list[Numbered]
) -> None:
    client = httpx.AsyncClient(transport=Connections(create, keepalive=0), base_url="http://localhost")
    async with client.stream("GET", "/"), client.stream("GET", "/"):
        pass
    await anyio.sleep(0.01)
    assert (await client.get("/")).text == "2"
    assert [each.is_closed for each in created] == [True, True, False]


def test_what_creating_a_transport_raises_is_raised_at_once() -> None:
    def fail() -> httpx.AsyncBaseTransport:
        raise ImportError("no SOCKS")

    with pytest.raises(ImportError):
        Connections(fail)
