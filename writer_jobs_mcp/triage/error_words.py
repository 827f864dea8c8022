"""Find words in errors as a reader would: letter case, line breaks and runs of blanks do not matter."""

import re
import unicodedata

from writer_jobs_mcp.sanitize.text import sanitize
from writer_jobs_mcp.sanitize.truncate import ELLIPSIS
from writer_jobs_mcp.triage.error_text import MAX_GROUPED
from writer_jobs_mcp.triage.failed_groups import NO_ERROR_TEXT

_PLACEHOLDER = re.compile(r"<[^<>\s]+>")  # in a signature


class ErrorWords:
    """Words to find in errors, or in the signatures of groups."""

    def __init__(self, words: str) -> None:
        """Take the words as a user gives them, perhaps copied from a signature that is cut off by an ellipsis."""
        self._words = _comparable(words.rstrip(ELLIPSIS) or words)

    def are_in_error(self, error: str, text: str) -> bool:
        """Return whether an error holds the words; ``text`` is as much of it as `error_text` returns.

        Credentials are masked first: nobody can find out by asking whether an error holds one.
        """
        # Of a long error only the ends are in the text; the words may be between.
        return self._words in _comparable(sanitize(error) if len(error) > MAX_GROUPED else text)

    def are_in_signature(self, signature: str) -> bool:
        """Return whether a signature holds the words; a part of a placeholder such as ``<number>`` does not count."""
        if signature == NO_ERROR_TEXT:
            return self._words == NO_ERROR_TEXT
        text = _comparable(signature)
        inside = {place for found in _PLACEHOLDER.finditer(text) for place in range(found.start() + 1, found.end())}
        start = text.find(self._words)
        while start in inside:
            start = text.find(self._words, start + 1)
        return start >= 0


def _comparable(text: str) -> str:
    folded = text.casefold()
    return " ".join((folded if folded.isascii() else unicodedata.normalize("NFC", folded)).split())
