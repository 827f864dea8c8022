"""Send the API key with each request, read it again from its file after a 401, and redact it in responses."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import TypeVar, cast

import httpx
from pydantic import BaseModel

from writer_jobs_mcp.client.key_redaction import KeyRedactor
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import KeyRejected
from writer_jobs_mcp.sanitize.json_walk import map_strings
from writer_jobs_mcp.sanitize.text import strip_invisible

ModelT = TypeVar("ModelT", bound=BaseModel)

_HEADER = "Authorization"
# Characters. A key that spans two chunks is found unless it holds more invisible characters than the overlap.
_CHUNK_CHARS, _OVERLAP = 65_536, 4_096
_REMEMBERED_KEYS = 8  # responses to requests with a replaced key may still arrive


class BearerAuth(httpx.Auth):
    """Bearer authentication with a key that may be rotated, and the redaction of every key that was sent."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._key: str | None = None
        self._redactors: deque[KeyRedactor] = deque(maxlen=_REMEMBERED_KEYS)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the key on a request.

        Raises:
            MissingKey: There is none.
        """
        request.headers[_HEADER] = _bearer(self._key or self._read_key())
        # A 401 is handled by the caller: with a second request here, httpx would read the whole first response.
        yield request

    def reload_key(self, request: httpx.Request) -> bool:
        """Read the key file again, and use its key from now on; return whether it differs from the request's key.

        Raises:
            MissingKey: There is no key any more.
        """
        return self._config.api_key is None and request.headers[_HEADER] != _bearer(self._read_key())

    def is_key_in(self, text: str) -> bool:
        """Return whether a text holds the key.

        Raises:
            MissingKey: There is none.
        """
        return (self._key or self._read_key()) in text

    def _read_key(self) -> str:
        key = self._config.read_key()
        if key != self._key:
            self._key = key
            self._redactors.append(KeyRedactor(key))
        return key

    def rejected_key_error(self) -> KeyRejected:
        """Return the error for a 401."""
        where = "WRITER_API_KEY" if self._config.api_key else "the file named by WRITER_API_KEY_FILE"
        return KeyRejected(
            "Writer refused the API key (401).",
            f"Check that {where} holds a current key of the right organization; a new key in the environment takes "
            "effect after a restart of this server.",
        )

    def stale_key_error(self) -> KeyRejected:
        """Return the error for a 401 after the key file changed, where the request is not sent again."""
        return KeyRejected(
            "Writer refused the API key (401), and the file named by WRITER_API_KEY_FILE has changed since.",
            "Call again: the key that it holds now will be sent.",
        )

    def may_leak_in(self, texts: list[str]) -> bool:
        """Return whether a text may contain a key, as it is or without its invisible characters; False is certain."""
        redactors = tuple(self._redactors)  # another thread may add one meanwhile
        joined = "\n".join(part for text in texts for part in _parts_as_shown(text))
        return any(redactor.may_contain_key(joined) for redactor in redactors)

    def redact(self, parsed: ModelT, check: Callable[[], None]) -> ModelT:
        """Return a parsed response with every key masked in its texts.

        ``check`` is called every few milliseconds; an exception that it raises ends the work.
        """
        for redactor in tuple(self._redactors):
            parsed = cast("ModelT", map_strings(partial(_redact_text, redactor, check), parsed))
        return parsed

    def redact_error_text(self, text: str) -> str:
        """Mask each run of 4 characters of a key."""
        for redactor in self._redactors:
            text = redactor.redact_strict(text)
        return text


def _parts_as_shown(text: str) -> Iterator[str]:
    """Yield a text and, if it differs, its visible characters; a long text in parts, so that no step takes long."""
    for start in range(0, len(text), _CHUNK_CHARS - _OVERLAP):
        part = text[start : start + _CHUNK_CHARS]
        yield part
        if (shown := strip_invisible(part)) is not part:
            yield shown


def _bearer(key: str) -> str:
    return f"Bearer {key}"


def _redact_text(redactor: KeyRedactor, check: Callable[[], None], text: str) -> str:
    text = redactor.redact(text, check)
    # Invisible characters inside the key are dropped before a text is shown, which joins the key again.
    for shown in _parts_as_shown(text):
        check()
        if redactor.redact(shown) != shown:
            return redactor.redact(strip_invisible(text), check)
    return text
