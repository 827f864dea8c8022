"""Await several functions at the same time."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

T = TypeVar("T")


async def run_all(functions: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Await all functions at the same time, and return their results.

    The first error cancels the others, and is raised as it is: not in a group.
    """
    results: dict[int, T] = {}
    error: Exception | None = None

    async def run(number: int) -> None:
        nonlocal error
        try:
            results[number] = await functions[number]()
        except Exception as exc:
            error = error or exc
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for number in range(len(functions)):
            tasks.start_soon(run, number)
    if error:
        raise error
    return [results[number] for number in range(len(functions))]
