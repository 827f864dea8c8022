"""The log on stderr, which people read on a terminal: cleaned as answers are, whoever writes to it."""

import logging

from writer_jobs_mcp.text import clean

# At DEBUG these would log each chunk and header of an answer, and what clients and models say; lines of our own tell of
# each message and each request.
TALKATIVE = ("httpx", "httpcore", "mcp", "asyncio")


def log_to_stderr(level: str) -> None:
    """Log what is of a level or above, in the same form whatever else is installed."""
    logging.basicConfig(level=level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Cleaned("%(asctime)s %(levelname)s %(message)s"))


class _Cleaned(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        try:
            return clean(super().format(record))
        except Exception as exc:  # whoever logs wrongly costs a line; logging itself would print it uncleaned
            return clean(f"{record.levelname} {record.msg!r} {record.args!r} ({type(exc).__name__}: {exc})")
