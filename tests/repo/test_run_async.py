"""A test that is not async runs async code while an async fixture of a wider scope is open."""

from collections.abc import AsyncGenerator

import pytest
from anyio.lowlevel import checkpoint

from tests.helpers.run_async import run_async


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def open_for_the_module() -> AsyncGenerator[None]:
    yield
    await checkpoint()


@pytest.mark.usefixtures("anyio_backend", "open_for_the_module")
def test_async_code_runs_while_such_a_fixture_is_open() -> None:
    async def answer() -> int:
        await checkpoint()
        return 42

    assert run_async(answer) == 42
