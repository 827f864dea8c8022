"""A progress bar on stderr, if that is a terminal."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from tqdm import tqdm

from writer_jobs_mcp.triage.scan import Progress


@contextmanager
def progress_bar(environ: Mapping[str, str]) -> Generator[Progress | None]:
    """Show how many jobs were read, until the block ends; yield None if stderr cannot show it."""
    if not sys.stderr.isatty() or environ.get("TERM") == "dumb":
        yield None
        return
    with tqdm(desc="Reading jobs", unit=" jobs", leave=False, file=sys.stderr, miniters=1) as bar:

        async def progress(read: int, total: int | None) -> None:
            bar.total = total
            bar.update(read - bar.n)

        yield progress
