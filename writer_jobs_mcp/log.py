"""The log on stderr, which people read on a terminal: cleaned as answers are, whoever writes to it."""

import logging

from writer_jobs_mcp.text import clean


def clean_the_log() -> None:
    """Clean what the handlers that there are now will write; the SDK logs the names of arguments, for one."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(_cleaned)


def _cleaned(record: logging.LogRecord) -> bool:
    said = record.getMessage()
    if record.exc_info:
        said = f"{said}\n{logging.Formatter().formatException(record.exc_info)}"
    record.msg, record.args, record.exc_info, record.exc_text = clean(said), (), None, None
    return True
