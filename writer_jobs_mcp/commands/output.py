"""What the commands print on stdout and stderr."""

import json
import os
import sys

PROGRAM = "writer-jobs-mcp"
FAILURE_RATE_TOO_HIGH, INCOMPLETE = 3, 4
"""Exit statuses of the reports."""


def print_text(text: str) -> None:
    """Print a paragraph, with ``?`` for each character that the encoding of stdout lacks."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        sys.stdout.flush()
    except OSError as exc:
        _exit_after_failed_write(exc)


def print_result(text: str) -> None:
    """Print a result as it is: in UTF-8 whatever the locale, but to a terminal as :func:`print_text` does."""
    if sys.stdout.isatty():
        print_text(text.removesuffix("\n"))
        return
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()
    except OSError as exc:
        _exit_after_failed_write(exc)


def format_json(structure: dict[str, object]) -> str:
    """Return a result as JSON for people and programs."""
    return json.dumps(structure, ensure_ascii=False, indent=2) + "\n"


def _exit_after_failed_write(exc: OSError) -> None:
    from writer_jobs_mcp.server.stdio import is_broken_pipe

    if not is_broken_pipe(exc):  # a reader such as head may stop early
        print_error(f"stdout cannot be written to: {exc.strerror}.")
        sys.stderr.flush()
    os._exit(1)


def print_error(sentence: str) -> None:
    """Print a sentence on stderr, with the name of the program."""
    sys.stderr.write(f"{PROGRAM}: {sentence}\n")
