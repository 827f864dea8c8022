"""A progress bar on stderr, if that is a terminal."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Protocol

from tqdm import tqdm


class ShowProgress(Protocol):
    """Shows how much is done, and of how much if that is known; a sentence may say more."""

    async def __call__(self, done: int, total: int | None, sentence: str = "", /) -> None:
        """Show it."""


@contextmanager
def progress_bar(unit: str, environ: Mapping[str, str]) -> Generator[ShowProgress]:
    """Show a bar until the block ends, if stderr is a terminal that can show it; ``unit`` is what is counted."""
    is_shown = sys.stderr.isatty() and environ.get("TERM") != "dumb"
    with tqdm(desc="Reading", unit=f" {unit}", leave=False, file=sys.stderr, miniters=1, disable=not is_shown) as bar:

        async def show(done: int, total: int | None, _sentence: str = "", /) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
