"""Which arguments of a call mean that they are not given: null, and what frameworks send instead of it."""

from collections.abc import Collection, Mapping

from writer_jobs_mcp.tools.arguments import read_boolean

_PLACEHOLDERS = frozenset({"null", "none", "undefined", "nil"})
_LITERAL = frozenset({"contains"})
"""Arguments that may mean such a word: errors speak of ``null`` and ``undefined``."""


def find_omitted(arguments: Mapping[str, object], optional: Collection[str]) -> set[str]:
    """Return the names of the arguments that are not given.

    Null is always one; of the optional arguments also a blank, and a word such as ``"null"`` or ``"None"``. Not so the
    word in a call that sends the retries of a selection: where an id or a time was meant, more would be sent.
    """
    placeholders = {name for name, value in arguments.items() if name in optional and _is_placeholder(name, value)}
    blank = {
        name
        for name, value in arguments.items()
        if value is None or (name in optional and isinstance(value, str) and not value.strip())
    }
    given = arguments.keys() - blank - placeholders
    sends_a_selection = "dry_run" in given and not _is_true(arguments["dry_run"]) and "job_ids" not in given
    return blank if sends_a_selection else blank | placeholders


def _is_placeholder(name: str, value: object) -> bool:
    if name in _LITERAL or not isinstance(value, str):
        return False
    return value.strip().strip("\"'").lower() in _PLACEHOLDERS


def _is_true(value: object) -> bool:
    try:
        return read_boolean(value)
    except ValueError:
        return False
