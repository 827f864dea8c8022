"""The log on stderr, which people read on a terminal: cleaned as answers are, whoever writes to it."""

import logging

from writer_jobs_mcp.text import clean

# At DEBUG these would log each chunk and header of an answer, and what clients and models say; lines of our own tell of
# each message and each request.
TALKATIVE = ("httpx", "httpcore", "mcp", "asyncio")


def log_to_stderr(level: str) -> None:
    """Log what is of a level or above, in the same form whatever else is installed."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(message)s")
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_cleaned)


def _cleaned(record: logging.LogRecord) -> bool:
    said = record.getMessage()
    if record.exc_info:
        said = f"{said}\n{logging.Formatter().formatException(record.exc_info)}"
    record.msg, record.args, record.exc_info, record.exc_text = clean(said), (), None, None
    return True
