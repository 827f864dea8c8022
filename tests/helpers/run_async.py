"""Run async code in a test that is not async."""

from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import TypeVar

import anyio

T = TypeVar("T")


def run_async(function: Callable[[], Awaitable[T]]) -> T:
    """Run an async function to its end, and return its result.

    ``anyio.run`` alone fails while an async fixture of a wider scope is open (the browser's): anyio's plugin then notes
    in the context that an event loop runs, even where none does. So this runs in a context of its own.
    """
    return Context().run(anyio.run, function)
