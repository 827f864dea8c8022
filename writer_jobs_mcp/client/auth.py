"""The key on its way out: sent with each request, and read again from its file once Writer refuses it."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import TypeVar, cast

import httpx
from pydantic import BaseModel

from writer_jobs_mcp.client.key_redaction import KeyRedactor
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import KeyRejected
from writer_jobs_mcp.sanitize.text import strip_invisible

ModelT = TypeVar("ModelT", bound=BaseModel)

_HEADER = "Authorization"
# Characters. A key is found across the border of two parts unless more hidden characters than this stand inside it.
_CHUNK_CHARS, _OVERLAP = 65_536, 4_096
_REMEMBERED_KEYS = 8  # answers to requests under a key that was rotated away may still be on their way


class BearerAuth(httpx.Auth):
    """Sends the key, and takes it out of whatever comes back."""

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
        # Once: httpx reads the whole answer to a request that another follows, however long it is.
        yield request

    def has_changed_since(self, request: httpx.Request) -> bool:
        """Whether its file, read again, holds another key now than was put on a request; from now on that is sent.

        Raises:
            MissingKey: There is none any more.
        """
        return self._config.api_key is None and request.headers[_HEADER] != _bearer(self._read_key())

    def is_key_in(self, text: str) -> bool:
        """Whether a text holds the key.

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
        """What to say when Writer does not take it."""
        where = "WRITER_API_KEY" if self._config.api_key else "the file named by WRITER_API_KEY_FILE"
        return KeyRejected(
            f"Writer refused the API key (401). Check that {where} holds a current key of the right organization; a "
            "new key in the environment takes effect after a restart of this server."
        )

    def stale_key_error(self) -> KeyRejected:
        """What to say when Writer does not take it, and there is another by now that the request is not sent with."""
        return KeyRejected(
            "Writer refused the API key (401), and the file named by WRITER_API_KEY_FILE has changed since. Call "
            "again: the key that it holds now will be sent."
        )

    def may_leak_in(self, texts: list[str]) -> bool:
        """Whether a key might be told by one of these, as it came or as it is shown; it is not where this is False."""
        sent = tuple(self._redactors)  # another thread may add one meanwhile
        told = "\n".join(part for text in texts for part in _parts_as_shown(text))
        return any(echoes.may_contain_key(told) for echoes in sent)

    def redact(self, parsed: ModelT, check: Callable[[], None]) -> ModelT:
        """What Writer said, with no text in it that tells a key.

        ``check`` is called every few milliseconds; what it raises ends the work.
        """
        for echoes in tuple(self._redactors):
            parsed = cast("ModelT", _map_strings(partial(_redact_text, echoes, check), parsed))
        return parsed

    def redact_error_text(self, text: str) -> str:
        """An error's words without even four characters of a key."""
        for echoes in self._redactors:
            text = echoes.redact_strict(text)
        return text


def _parts_as_shown(text: str) -> Iterator[str]:
    """Yield a text and, where it differs, what can be seen of it; a long one in parts, so that no step takes long."""
    for start in range(0, len(text), _CHUNK_CHARS - _OVERLAP):
        part = text[start : start + _CHUNK_CHARS]
        yield part
        if (shown := strip_invisible(part)) is not part:
            yield shown


def _bearer(key: str) -> str:
    return f"Bearer {key}"


def _redact_text(redactor: KeyRedactor, check: Callable[[], None], text: str) -> str:
    text = redactor.redact(text, check)
    # What is dropped from between its characters before a text is shown would join the key again.
    for shown in _parts_as_shown(text):
        check()
        if redactor.redact(shown) != shown:
            return redactor.redact(strip_invisible(text), check)
    return text


def _map_strings(change: Callable[[str], str], value: object) -> object:
    """A model, or the JSON in one, with each text changed."""
    match value:
        case str():
            return change(value)
        case BaseModel():
            # A count in a model is ours to show as a number.
            texts = {name: field for name, field in vars(value).items() if not isinstance(field, int | float)}
            return value.model_copy(update={name: _map_strings(change, field) for name, field in texts.items()})
        case tuple() | list():
            items = [_map_strings(change, item) for item in cast("Sequence[object]", value)]
            return tuple(items) if isinstance(value, tuple) else items
        case dict():
            members = cast("dict[str, object]", value).items()
            return {change(name): _map_strings(change, member) for name, member in members}
        case int() | float():  # a key may be made of digits alone
            return value if (text := str(value)) == (shown := change(text)) else shown
        case _:
            return value
